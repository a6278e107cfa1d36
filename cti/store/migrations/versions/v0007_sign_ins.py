"""Who is signed in at the pages, for another process to know."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table; everybody signs in anew once."""
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.Text(), primary_key=True, comment="SHA-256 of the ticket in the browser's cookie"),
        sa.Column("user", sa.Text(), nullable=False, comment="an agent's id, or “supervisor”"),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
