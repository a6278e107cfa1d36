"""Which messages of callers somebody has listened to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table; of messages of before nothing is known."""
    op.create_table(
        "heard",
        sa.Column("message", sa.Text(), primary_key=True, comment="the name of a message that a caller left"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="an agent's id, or “supervisor”"),
    )
