"""What callers said of their conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; callers of before were not asked."""
    op.add_column("calls", sa.Column("scores", sa.JSON(), nullable=False, server_default="[]"))
