"""How calls left their queues, the messages they left, the numbers outside they were put through to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; calls of before had nothing of the kind."""
    for name in ("exits", "messages", "transfers"):
        op.add_column("calls", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
