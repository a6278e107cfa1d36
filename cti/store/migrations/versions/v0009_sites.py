"""Passwords and sign-ins of each site for itself, and which sign-ins a new password has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes both tables anew. Of the passwords of before nobody knows the site: they count at every site of the
    database until they are set again there. Everybody signs in anew once."""
    before = sa.table("passwords", sa.column("user"), sa.column("hash"))
    kept = op.get_bind().execute(sa.select(before.c.user, before.c.hash)).all()
    op.drop_table("passwords")
    passwords = op.create_table(
        "passwords",
        sa.Column("site", sa.Text(), primary_key=True, comment="its id; empty: any, of before there were sites here"),
        sa.Column("user", sa.Text(), primary_key=True),
        sa.Column("hash", sa.Text(), nullable=False, comment="argon2id"),
    )
    op.bulk_insert(passwords, [{"site": "", "user": row.user, "hash": row.hash} for row in kept])
    op.drop_table("sign_ins")
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.Text(), primary_key=True, comment="SHA-256 of the ticket in the browser's cookie"),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, comment="an agent's id, or “supervisor”"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by_password", sa.Boolean(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False, comment="the user has another password since"),
    )
