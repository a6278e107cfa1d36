"""Calls and the messages heard of each site for itself; when a password was set."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of the calls of before nobody knows the site: they count at every site of the database. SQLite copies a table to
    give it another key, and would delete the offers with the calls that it copies: they let go of each other first."""
    with op.batch_alter_table("offers") as offers:
        offers.drop_constraint("fk_offers_call_calls", type_="foreignkey")
    for table, key in (
        ("calls", ["call", "site"]),
        ("offers", ["call", "site", "position"]),
        ("heard", ["message", "site"]),
    ):
        with op.batch_alter_table(table) as changed:
            changed.add_column(_site())
            changed.drop_constraint(f"pk_{table}", type_="primary")
            changed.create_primary_key(f"pk_{table}", key)
    with op.batch_alter_table("offers") as offers:
        offers.create_foreign_key(
            "fk_offers_call_site_calls", "calls", ["call", "site"], ["call", "site"], ondelete="CASCADE"
        )
    op.add_column(
        "passwords",
        sa.Column("set_at", sa.BigInteger(), nullable=False, server_default="0", comment="0: of before that was noted"),
    )


def _site() -> sa.Column[str]:
    return sa.Column(
        "site",
        sa.Text(),
        nullable=False,
        server_default="",
        comment="its id; empty: any, of before there were sites here",
    )
