"""The way of each call through its menu."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; nobody knows the ways of calls before."""
    op.add_column("calls", sa.Column("flow", sa.Text(), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("nodes", sa.JSON(), nullable=False, server_default="[]"))
