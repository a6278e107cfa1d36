"""Calls as rows and back, and the few words of an earlier call that the next one's card shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Text, bindparam, cast, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from centre.calls import CallRecord
from centre.walks import walk
from cti.plain import builtins
from cti.store.schema import calls, is_of, offers
from ivr.messages import Score
from ivr.picture import Walk

WALKS_AT_ONCE = 200
"""Ways that are read from the database at a time: a day of them, read at once, would hold up calls."""
_ROWS_AT_ONCE = 50
"""Calls that are made rows of in one go: a millisecond or two of the event loop."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One earlier call of a caller."""

    call: str
    at: int
    """When the caller arrived, Unix milliseconds."""
    queue: str | None
    agent: str | None
    outcome: str
    """One of :class:`centre.calls.Outcome`; empty where it is not known."""
    disposition: str
    note: str
    talk_ms: int


def contact_of(record: CallRecord) -> Contact:
    """What the next call's card shows of this one."""
    return Contact(
        call=record.call,
        at=record.arrived_at,
        queue=record.queue,
        agent=record.agent,
        outcome=record.outcome.value if record.outcome is not None else "",
        disposition=record.disposition,
        note=record.note,
        talk_ms=record.talk_ms,
    )


async def write_calls(connection: AsyncConnection, site: str, records: Iterable[tuple[CallRecord, str]]) -> None:
    """Writes each record of ``site`` with the key of its caller; a call that is there already is replaced by what is
    new. One that another engine has closed stays as it is: ours, of before the wrap-up, is late."""
    rows = []
    for record, caller in records:
        rows.append(_row(record) | {"site": site, "caller": storable(caller)})
        if len(rows) % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    there = await _known(connection, site, {row["call"]: row["arrived_at"] for row in rows})
    rows = [row for row in rows if row["wrap_up_ms"] is not None or not there.get(row["call"], _NEW).is_closed]
    rung = [
        {"site": site, "call": row["call"], "position": position, **offer}
        for row in rows
        for position, offer in enumerate(row.pop("offers"))
    ]
    if new := [row for row in rows if row["call"] not in there]:
        await connection.execute(insert(calls), new)
    if old := [
        row | {"this_site": there[row["call"]].site, "this_call": row["call"]} for row in rows if row["call"] in there
    ]:
        for whose in (site, ""):
            theirs = [row["this_call"] for row in old if row["this_site"] == whose]
            await connection.execute(delete(offers).where(offers.c.site == whose, offers.c.call.in_(theirs)))
        this = (calls.c.site == bindparam("this_site")) & (calls.c.call == bindparam("this_call"))
        await connection.execute(update(calls).where(this), old)
    if rung:
        await connection.execute(insert(offers), rung)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a call's row says already."""

    site: str
    is_closed: bool


_NEW = _Known(site="", is_closed=False)


async def _known(connection: AsyncConnection, site: str, arrivals: Mapping[str, int]) -> dict[str, _Known]:
    """Which of the calls of ``arrivals`` (Unix milliseconds) are there. One of before sites were kept apart is the same
    call if it arrived at the same moment, and belongs to ``site`` from now on."""
    columns = (calls.c.site, calls.c.call, calls.c.arrived_at, calls.c.wrap_up_ms)
    found = await connection.execute(
        select(*columns).where(calls.c.call.in_(list(arrivals)), is_of(site, calls)).order_by(calls.c.site)
    )
    return {
        row.call: _Known(site=row.site, is_closed=row.wrap_up_ms is not None)
        for row in found
        if row.site == site or row.arrived_at == arrivals[row.call]
    }


async def read_contacts(connection: AsyncConnection, site: str, caller: str, limit: int) -> list[Contact]:
    """The last ``limit`` calls of a caller of ``site``, newest first."""
    columns = (
        calls.c.call,
        calls.c.arrived_at.label("at"),
        calls.c.queue,
        calls.c.agent,
        calls.c.outcome,
        calls.c.disposition,
        calls.c.note,
        calls.c.talk_ms,
    )
    found = await connection.execute(
        select(*columns)
        .where(calls.c.caller == storable(caller), is_of(site, calls))
        .order_by(calls.c.arrived_at.desc(), calls.c.call.desc())
        .limit(limit)
    )
    return [Contact(**dict(row, outcome=row["outcome"] or "")) for row in found.mappings()]


async def read_calls(
    connection: AsyncConnection, site: str, since: int, until: int, filters: Mapping[str, str], limit: int
) -> list[CallRecord]:
    """Calls of ``site`` that arrived from ``since`` to before ``until``, newest first; ``filters``: column to value."""
    query = select(calls).where(_arrived(site, since, until))
    for column, value in filters.items():
        query = query.where(calls.c[column] == storable(value))
    found = await connection.execute(query.order_by(calls.c.arrived_at.desc(), calls.c.call.desc()).limit(limit))
    return await _records(connection, site, found.mappings().all())


async def read_newest(connection: AsyncConnection, site: str, before: int) -> int | None:
    """When the latest call of ``site`` arrived of those that had ended before ``before``; None: there is none."""
    ended = select(calls.c.arrived_at).where(is_of(site, calls), calls.c.ended_at < before)
    return await connection.scalar(ended.order_by(calls.c.arrived_at.desc()).limit(1))


async def read_walks(connection: AsyncConnection, site: str, flow: str, since: int, until: int) -> list[Walk]:
    """The ways through ``flow`` of calls of ``site`` that arrived from ``since`` to before ``until``."""
    columns = (calls.c.nodes, calls.c.ended_by, calls.c.outcome)
    query = select(*columns).where(_arrived(site, since, until), calls.c.flow == storable(flow))
    found = await connection.stream(query.execution_options(yield_per=WALKS_AT_ONCE))
    return [walk(row.nodes, row.ended_by, row.outcome or "") async for row in found]


async def read_scores(connection: AsyncConnection, site: str, since: int, until: int) -> list[tuple[str, Score]]:
    """What callers of ``site`` said who arrived from ``since`` to before ``until``, each answer with the queue of the
    call."""
    query = select(calls.c.queue, calls.c.scores).where(
        _arrived(site, since, until), cast(calls.c.scores, Text) != "[]"
    )
    found = await connection.stream(query.execution_options(yield_per=WALKS_AT_ONCE))
    return [(row.queue or "", msgspec.convert(score, Score)) async for row in found for score in row.scores]


def _arrived(site: str, since: int, until: int) -> ColumnElement[bool]:
    return is_of(site, calls) & (calls.c.arrived_at >= since) & (calls.c.arrived_at < until)


async def _records(connection: AsyncConnection, site: str, rows: Sequence[RowMapping]) -> list[CallRecord]:
    rung: dict[tuple[str, str], list[dict[str, Any]]] = {_key(row): [] for row in rows}
    theirs = is_of(site, offers) & offers.c.call.in_([row["call"] for row in rows])
    found = await connection.execute(select(offers).where(theirs).order_by(offers.c.call, offers.c.position))
    for offer in found.mappings():
        rung.setdefault(_key(offer), []).append(_plain(offer))
    return [msgspec.convert(_plain(row) | {"offers": rung[_key(row)]}, CallRecord) for row in rows]


def _key(row: RowMapping) -> tuple[str, str]:
    return row["site"], row["call"]


def _plain(row: RowMapping) -> dict[str, Any]:
    """SQLAlchemy's names of columns are a kind of their own; the way back to records wants plain ones."""
    return {str(name): value for name, value in row.items()}


def _row(record: CallRecord) -> dict[str, Any]:
    return {key: _storable_data(value) for key, value in builtins(record).items()}


def storable(text: str) -> str:
    """The text as every database takes it: what is no character, and the zero byte that PostgreSQL refuses, are
    shown as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def _storable_data(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list() | tuple():
            return [_storable_data(one) for one in value]
        case dict():
            return {storable(key): _storable_data(one) for key, one in value.items()}
    return value
