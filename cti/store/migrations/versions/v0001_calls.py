"""Calls, their offers, and passwords."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the first tables."""
    op.create_table(
        "calls",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "caller",
            sa.Text(),
            nullable=False,
            comment="the same for the same caller, however the number came; or empty",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dialled", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("customer", sa.JSON(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False, comment="Unix milliseconds, as every time here"),
        sa.Column("queue", sa.Text()),
        sa.Column("queued_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("agent", sa.Text()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("hold_ms", sa.BigInteger(), nullable=False),
        sa.Column("wrap_up_ms", sa.BigInteger()),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_caller_arrived_at"), "calls", ["caller", "arrived_at"])
    op.create_index(op.f("ix_calls_arrived_at"), "calls", ["arrived_at"])
    op.create_table(
        "offers",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("ringing_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_offers_call_calls"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", "position", name=op.f("pk_offers")),
    )
    op.create_table(
        "passwords",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_passwords")),
    )


def downgrade() -> None:
    """Drops them, with all they hold."""
    op.drop_table("passwords")
    op.drop_table("offers")
    op.drop_table("calls")
