"""Recordings of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; no conversation of before was recorded."""
    op.add_column("calls", sa.Column("recording", sa.Text(), nullable=False, server_default=""))
