"""The messages that callers left, and recorded conversations, as far as the database knows: the sounds are files."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, cast, exists, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.store.schema import calls, heard, is_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftMessage:
    """A message that a caller left."""

    message: str
    """Its name."""
    at: int
    """When, Unix milliseconds."""
    length_ms: int
    number: str
    name: str
    queue: str | None
    """The queue the caller had been in, if any."""
    into: str = ""
    """What the flow calls a statement that it asked for; empty: a message."""
    heard_at: int | None = None
    heard_by: str = ""
    """Who listened to it first, and when (Unix milliseconds)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedConversation:
    """A conversation that was recorded."""

    recording: str
    """Its name."""
    at: int
    """When it began, Unix milliseconds."""
    length_ms: int
    number: str
    name: str
    queue: str | None
    agent: str


async def read_conversations(
    connection: AsyncConnection, site: str, since: int, limit: int
) -> list[RecordedConversation]:
    """The last ``limit`` recorded conversations of calls of ``site`` that arrived at ``since`` or later, newest
    first."""
    found = await connection.execute(
        select(
            calls.c.recording,
            calls.c.answered_at.label("at"),
            (calls.c.talk_ms + calls.c.hold_ms).label("length_ms"),
            calls.c.number,
            calls.c.name,
            calls.c.queue,
            calls.c.agent,
        )
        .where(is_of(site, calls), calls.c.arrived_at >= since, calls.c.recording != "")
        .order_by(calls.c.arrived_at.desc(), calls.c.call.desc())
        .limit(limit)
    )
    return [RecordedConversation(**row) for row in found.mappings()]


async def read_messages(connection: AsyncConnection, site: str, since: int, limit: int) -> list[LeftMessage]:
    """The messages of the last ``limit`` calls of ``site`` with any that arrived at ``since`` or later, newest
    first."""
    left = calls.c.messages
    found = await connection.execute(
        select(calls.c.number, calls.c.name, calls.c.queue, left)
        .where(is_of(site, calls), calls.c.arrived_at >= since, cast(left, Text) != "[]")
        .order_by(calls.c.arrived_at.desc(), calls.c.call.desc())
        .limit(limit)
    )
    rows = found.mappings().all()
    names = [one["message"] for row in rows for one in row["messages"]]
    marks = await connection.execute(select(heard).where(is_of(site, heard), heard.c.message.in_(names)))
    listened = {mark["message"]: {"heard_at": mark["at"], "heard_by": mark["by"]} for mark in marks.mappings()}
    messages = [
        LeftMessage(
            **one, number=row["number"], name=row["name"], queue=row["queue"], **listened.get(one["message"], {})
        )
        for row in rows
        for one in row["messages"]
    ]
    return sorted(messages, key=lambda one: (one.at, one.message), reverse=True)


async def write_heard(connection: AsyncConnection, site: str, message: str, by: str, at: int) -> None:
    """Notes who listened to a message left at ``site``; who did so first stays."""
    known = exists().where(is_of(site, heard), heard.c.message == message)
    mark = select(literal(site), literal(message), literal(at, BigInteger), literal(by)).where(~known)
    await connection.execute(insert(heard).from_select(["site", "message", "at", "by"], mark))
