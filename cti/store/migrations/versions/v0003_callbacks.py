"""Customers who are called back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; calls of before were no callbacks and asked for none."""
    for name in ("callback", "asked_by"):
        op.add_column("calls", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("booked_at", sa.BigInteger()))
    op.add_column("calls", sa.Column("attempts", sa.JSON(), nullable=False, server_default="[]"))
