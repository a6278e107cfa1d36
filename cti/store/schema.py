"""The tables. What is here and what the migrations make of an empty database is the same; a test compares them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _site() -> Column[str]:
    """Of the key of what a site has; see :func:`is_of`. It comes second there: SQLite would look for the calls of a
    day among all of the site, by the key, where it came first."""
    return Column(
        "site",
        Text,
        primary_key=True,
        server_default="",
        comment="its id; empty: any, of before there were sites here",
    )


calls = Table(
    "calls",
    metadata,
    Column("call", Text, primary_key=True),
    _site(),
    Column("line", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("caller", Text, nullable=False, comment="the same for the same caller, however the number came; or empty"),
    Column("name", Text, nullable=False),
    Column("dialled", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("path", JSON, nullable=False),
    Column("entries", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("customer", JSON, nullable=False),
    Column("arrived_at", BigInteger, nullable=False, comment="Unix milliseconds, as every time here"),
    Column("queue", Text),
    Column("queued_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("agent", Text),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Column("ended_by", Text, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("hold_ms", BigInteger, nullable=False),
    Column("wrap_up_ms", BigInteger),
    Column("disposition", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("exits", JSON, nullable=False, server_default="[]"),
    Column("messages", JSON, nullable=False, server_default="[]"),
    Column("transfers", JSON, nullable=False, server_default="[]"),
    Column("callback", Text, nullable=False, server_default=""),
    Column("asked_by", Text, nullable=False, server_default=""),
    Column("booked_at", BigInteger),
    Column("attempts", JSON, nullable=False, server_default="[]"),
    Column("flow", Text, nullable=False, server_default=""),
    Column("nodes", JSON, nullable=False, server_default="[]"),
    Column("scores", JSON, nullable=False, server_default="[]"),
    Column("recording", Text, nullable=False, server_default=""),
)
"""The fields of :class:`centre.calls.CallRecord`, ``caller`` and ``site``."""

Index(None, calls.c.caller, calls.c.arrived_at)
Index(None, calls.c.arrived_at)

offers = Table(
    "offers",
    metadata,
    Column("call", Text, primary_key=True),
    _site(),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("offer", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("offered_at", BigInteger, nullable=False),
    Column("ringing_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("how", Text, nullable=False),
    ForeignKeyConstraint(["call", "site"], [calls.c.call, calls.c.site], ondelete="CASCADE"),
)
"""The fields of :class:`centre.calls.OfferRecord`, in their order."""

heard = Table(
    "heard",
    metadata,
    Column("message", Text, primary_key=True, comment="the name of a message that a caller left"),
    _site(),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False, comment="an agent's id, or “supervisor”"),
)
"""Which messages somebody has listened to, and who was the first."""

passwords = Table(
    "passwords",
    metadata,
    Column("site", Text, primary_key=True, comment="its id; empty: any, of before there were sites here"),
    Column("user", Text, primary_key=True),
    Column("hash", Text, nullable=False, comment="argon2id"),
    Column("set_at", BigInteger, nullable=False, server_default="0", comment="0: of before that was noted"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of the ticket in the browser's cookie"),
    Column("site", Text, nullable=False),
    Column("user", Text, nullable=False, comment="an agent's id, or “supervisor”"),
    Column("since", BigInteger, nullable=False),
    Column("by_password", Boolean, nullable=False),
    Column("is_over", Boolean, nullable=False, comment="the user has another password since"),
)
"""Who is signed in at the pages."""


def is_of(site: str, table: Table) -> ColumnElement[bool]:
    """Whether a row of ``table`` is of ``site``, or of before sites were kept apart: such a row is of any."""
    return table.c.site.in_([site, ""])
