"""Makes a recorded day of two tables: calls, and when agents were logged in."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from acd.requirement import RequirementError, describe, parse
from centre.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, CallAdopted
from centre.virtual.agent import Duty
from config.errors import Finding, SiteError, shown, unknown
from config.measured import milliseconds, no_seconds, wall_time
from config.players import pause_reason
from config.site import Site
from config.table import Row, read_table
from config.workload import Absence
from simulator.replay.day import RecordedCall, RecordedDay, Ring, RingEnd, WaitEnd, Wish
from simulator.staff import Plan, Roster
from simulator.stage import DRAIN_MS

CALLS = (
    "arrival",
    "queue",
    "needs",
    "priority",
    "answered_after",
    "abandoned_after",
    "talk",
    "wrap_up",
    "ring",
    "missed",
    "agent",
)
"""Times in seconds; ``needs`` is on top of what the queue needs. ``ring`` is how long the phone rang that was answered,
or that still rang when the caller gave up; ``missed`` how many agents let it ring before."""
MISSED_MOST = 1_000
"""So many agents let one call ring at most; a table that says more has another column there."""
OPTIONAL = ("segment",)
AGENTS = ("agent", "from", "to")
LINE = "csv"


def read_day(site: Site, start: int, end: int, calls: Path, agents: Path | None) -> RecordedDay:
    """The day from ``start`` to ``end`` (Unix milliseconds). Without a table of ``agents`` they worked as the site's
    workload has it. :class:`~config.errors.SiteError` carries everything that is wrong, each with its place."""
    findings: list[Finding] = []
    found = [
        call for row in read_table(calls, ("arrival",), (*CALLS, *OPTIONAL), findings) for call in _call(site, row)
    ]
    if agents is not None:
        wishes = _wishes(site, agents, findings)
    elif site.workload is not None and site.workload.staff:
        wishes = _planned(site, start, end + DRAIN_MS)
    else:
        wishes = []
        message = "nothing says who was at work; name a table with --agents, or give the site's workload.yaml a staff"
        findings.append(Finding(str(calls), 0, 0, message))
    of_the_day = sorted((call for call in found if start <= call.at < end), key=lambda call: call.at)
    if not findings and not of_the_day:
        days = ", ".join(sorted({_date(site, call.at) for call in found})[:5])
        message = f"there is no call of {_date(site, start)} in it; " + (
            f"there are calls of {days}" if days else "write a row for each below the headings"
        )
        findings.append(Finding(str(calls), 0, 0, message))
    if findings:
        raise SiteError(findings)
    return RecordedDay(
        start=start,
        end=end,
        since=start,
        calls=tuple(of_the_day),
        wishes=tuple((max(at, start), wish) for at, wish in wishes if at < end + DRAIN_MS),
        source=str(calls),
        walks_the_menu=False,
    )


def _date(site: Site, at: int) -> str:
    return datetime.fromtimestamp(at / 1000, site.time_zone).date().isoformat()


def _call(site: Site, row: Row) -> Sequence[RecordedCall]:
    """The call of the row; nothing, with findings, where it is none."""
    before = len(row.findings)
    at = _moment(site, row, "arrival")
    queue, needs = _queue(site, row)
    answered, abandoned = _seconds(row, "answered_after"), _seconds(row, "abandoned_after")
    talk, wrap_up, ring = (_seconds(row, column) for column in ("talk", "wrap_up", "ring"))
    if (answered is None) == (abandoned is None) and len(row.findings) == before:
        row.fault(
            "answered_after",
            "write here after how many seconds of waiting the call was answered, or in “abandoned_after” after how "
            "many the caller gave up: one of the two",
        )
    if answered is not None and talk is None and len(row.findings) == before:
        row.fault("talk", "how long the conversation took is missing; write seconds")
    priority = row.cells.get("priority", "0")
    if not re.fullmatch(r"-?[0-9]{1,9}", priority):
        row.fault("priority", f"{shown(priority)} is no number of points; write a whole number, such as 10 or -5")
    missed = row.cells.get("missed", "0")
    if not (re.fullmatch("[0-9]{1,9}", missed) and int(missed) <= MISSED_MOST):
        row.fault("missed", f"{shown(missed)} is no number of rings; write a whole number up to {MISSED_MOST}")
    agent = row.cells.get("agent", "")
    if agent:
        _check_agent(site, row, agent)
    if len(row.findings) > before:
        return ()
    waited_ms = answered if answered is not None else abandoned
    assert at is not None
    assert waited_ms is not None
    arrival = CallAdopted(
        call=f"{LINE}-{row.line}",
        line=LINE,
        number="",
        name="",
        arrived_at=at,
        queue=queue,
        waiting_since=at,
        needs=needs,
        priority=int(priority),
    )
    call = RecordedCall(at=at, arrival=arrival, queue=queue, waited_ms=waited_ms, segment=row.cells.get("segment", ""))
    call.needs, call.priority = needs, int(priority)
    call.end = WaitEnd.ABANDONED if answered is None else WaitEnd.ANSWERED
    # Whose they were is not known, nor when those came back: they do so after a while, see simulator.replay.rerun.
    call.rings = [Ring(agent="", how=RingEnd.MISSED)] * int(missed)
    if answered is not None:
        call.talk_ms, call.wrap_up_ms, call.agent = talk, wrap_up or 0, agent
        call.rings.append(Ring(agent=agent, how=RingEnd.ACCEPTED, after_ms=min(ring or 0, answered)))
    elif ring is not None:
        call.rings.append(Ring(agent=agent, how=RingEnd.WITHDRAWN, after_ms=min(ring, waited_ms)))
    return (call,)


def _queue(site: Site, row: Row) -> tuple[str, tuple[str, ...]]:
    """The queue and what the call needs on top; by the need alone where no queue is named."""
    queue, needs = row.cells.get("queue", ""), row.cells.get("needs", "")
    setups = {one.id: one for one in site.acd.queues}
    try:
        wanted = parse(needs) if needs else None
    except RequirementError as error:
        row.fault("needs", f"{error}")
        return "", ()
    if queue and queue not in setups:
        row.fault("queue", unknown("queue", queue, setups))
    elif not queue and wanted is not None:
        queue = next((one.id for one in setups.values() if one.needs == wanted), "")
        if not queue:
            there = "; ".join(f"{one.id}: {describe(one.needs)}" for one in setups.values())
            row.fault("needs", f"no queue needs just that, so name the queue too; there is {there}")
        return queue, ()
    elif not queue:
        row.fault("queue", "neither a queue nor what the call needs stands here; write one of the two")
    return queue, (needs,) if needs else ()


def _seconds(row: Row, column: str) -> int | None:
    text = row.cells.get(column)
    duration_ms = milliseconds(text) if text is not None else None
    if text is not None and duration_ms is None:
        row.fault(column, no_seconds(text))
    return duration_ms


def _moment(site: Site, row: Row, column: str) -> int | None:
    local = wall_time(row, column)
    return None if local is None else int(local.replace(tzinfo=site.time_zone).timestamp() * 1000)


def _wishes(site: Site, path: Path, findings: list[Finding]) -> list[tuple[int, Wish]]:
    wishes: list[tuple[int, Wish]] = []
    logged_in: dict[str, list[tuple[int, int, int]]] = {}
    for row in read_table(path, AGENTS, AGENTS, findings):
        agent, begin, end = row.cells.get("agent", ""), _moment(site, row, "from"), _moment(site, row, "to")
        _check_agent(site, row, agent)
        if begin is not None and end is not None and end <= begin:
            row.fault("to", "this is not after “from”; write a later time")
        if begin is not None and end is not None:
            for line, since, until in logged_in.setdefault(agent, []):
                if begin < until and since < end:
                    row.fault("from", f"“{agent}” is logged in then already, by line {line}; make one row of the two")
            logged_in[agent].append((row.line, begin, end))
            wishes += [(begin, AgentSignedIn(agent=agent)), (begin, AgentReady(agent=agent))]
            wishes.append((end, AgentSignedOut(agent=agent)))
    # Who logs out and in again at one moment is in.
    return sorted(wishes, key=lambda wish: (wish[0], not isinstance(wish[1], AgentSignedOut)))


def _check_agent(site: Site, row: Row, agent: str) -> None:
    if agent in site.agents:
        return
    meant = next((known for known, words in site.agents.items() if words.name.casefold() == agent.casefold()), None)
    message = f"“{agent}” is the name of an agent; write “{meant}”" if meant else unknown("agent", agent, site.agents)
    row.fault("agent", message)


def _planned(site: Site, start: int, end: int) -> list[tuple[int, Wish]]:
    """On duty, on breaks and off as the plan has it, as if everybody came and stayed."""
    assert site.workload is not None
    roster = Roster(Plan.by_shifts(site.workload, start, end), Absence(), 0)
    wishes: list[tuple[int, Wish]] = []
    before: dict[str, Duty] = {}
    for moment in roster.changes():
        # At one moment in the order of the site, as in the twin: who comes first is first in line.
        for setup in site.acd.agents:
            agent, duty = setup.id, roster.duty_at(setup.id, moment)
            was = before.get(agent, Duty.OFF)
            before[agent] = duty
            if duty is was:
                continue
            if was is Duty.OFF:
                wishes.append((moment, AgentSignedIn(agent=agent)))
            wishes.append((moment, _wish(agent, duty, pause_reason(site))))
    return wishes


def _wish(agent: str, duty: Duty, pause: str) -> Wish:
    match duty:
        case Duty.ON:
            return AgentReady(agent=agent)
        case Duty.PAUSE:
            return AgentNotReady(agent=agent, reason=pause)
        case Duty.OFF:
            return AgentSignedOut(agent=agent)


def write_calls(site: Site, day: RecordedDay, path: Path) -> None:
    """Writes the callers of ``day`` who came to a queue as a table that :func:`read_day` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*CALLS, *OPTIONAL))
        for call in day.calls:
            if call.at >= day.start and call.end in (WaitEnd.ANSWERED, WaitEnd.ABANDONED):
                table.writerow(_row(site, call))


def _row(site: Site, call: RecordedCall) -> tuple[str, ...]:
    answered = call.end is WaitEnd.ANSWERED
    rang = bool(call.rings) and call.rings[-1].how in (RingEnd.ACCEPTED, RingEnd.WITHDRAWN)
    missed = sum(ring.how is RingEnd.MISSED for ring in call.rings)
    waited = f"{call.waited_ms / 1000:.3f}"
    queued = datetime.fromtimestamp((call.at + call.to_queue_ms) / 1000, site.time_zone).replace(tzinfo=None)
    return (
        queued.isoformat(timespec="milliseconds"),
        call.queue,
        " and ".join(f"({need})" if " " in need else need for need in call.needs),
        str(call.priority) if call.priority else "",
        waited if answered else "",
        "" if answered else waited,
        f"{(call.talk_ms or 0) / 1000:.3f}" if answered else "",
        f"{call.wrap_up_ms / 1000:.3f}" if answered else "",
        f"{call.rings[-1].after_ms / 1000:.3f}" if rang else "",
        str(missed) if missed else "",
        call.agent,
        call.segment,
    )
