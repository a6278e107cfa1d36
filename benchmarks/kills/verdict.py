"""What is lost, doubled or out of order, by what callers, phones, journal and database say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.kills.books import Books
from benchmarks.kills.wire import Caller, Ring, Wire
from centre.calls import CallRecord, Outcome

TOLERANCE_S = 0.5
"""Two phones are rung in the order in which that was decided; on the way there they may overtake each other."""
QUEUED_WITHIN_S = 2.0
"""A caller who is answered is in the queue by then, on a machine that is out of breath."""
_ABANDONED = frozenset({Outcome.ABANDONED, Outcome.LEFT_IN_MENU})
_UNSEEN = frozenset({*_ABANDONED, Outcome.ANSWERED, Outcome.LOST})


@dataclass(frozen=True, slots=True)
class Away:
    """A time without an engine, or without its link; Unix seconds."""

    since: float
    until: float

    def covers(self, caller: Caller) -> bool:
        """Whether this caller came and went meanwhile, or about."""
        assert caller.answered is not None
        return self.since - 1.0 <= caller.answered and caller.gone <= self.until + 1.0

    def touches(self, *moments: float) -> bool:
        """Whether one of these was in it, or about."""
        return any(self.since - 1.0 <= moment <= self.until + 1.0 for moment in moments)


def lost(wire: Wire, books: Books, records: Sequence[CallRecord], away: Sequence[Away]) -> Iterator[str]:
    """Callers who were not served or whose wait began anew, and calls without the right record."""
    talks = wire.talks()
    of = Counter(record.number for record in records)
    by_number = {record.number: record for record in records}
    for caller in wire.callers.values():
        number = f"{wire.tag}{caller.number}"
        if caller.answered is None:
            yield f"{number} was not let in: {caller.refused or 'no answer'}"
            continue
        if caller.number not in talks and caller.left is None:
            yield f"{number} was {'hung up on' if caller.let_go else 'not served'}: {caller}"
        if number not in books.calls:
            if not any(one.covers(caller) for one in away):
                yield f"{number} stands in no journal: {caller}"
        elif of[number] == 0:
            yield f"{number} has no record"
        else:
            yield from _wrong(caller, talks.get(caller.number, []), by_number[number], away)


def _wrong(caller: Caller, talks: Sequence[Ring], record: CallRecord, away: Sequence[Away]) -> Iterator[str]:
    assert caller.answered is not None
    began = caller.answered
    seen = [caller.gone, *(ring.answered or 0.0 for ring in talks)]
    if any(one.touches(*seen) for one in away):
        right = _UNSEEN  # nobody was there to see how it ended
    else:
        right = frozenset({Outcome.ANSWERED}) if talks else _ABANDONED
    if record.outcome not in right:
        yield f"{record.number} ended as {record.outcome}, by {record.ended_by}: {caller}, {talks}"
    if record.queued_at is None:
        return
    queued_at = record.queued_at / 1000
    # Who comes while nobody is there waits from when they are let in: the time before is the menu's.
    latest = max([began, *(one.until for one in away if one.touches(began))]) + QUEUED_WITHIN_S
    if not began - QUEUED_WITHIN_S <= queued_at <= latest:
        yield f"{record.number} came at {began:.3f}, and waits since {queued_at:.3f}"


def unheard_of(wire: Wire, books: Books) -> int:
    """Callers who were on the line, and of whom the journal says nothing."""
    answered = [one for one in wire.callers.values() if one.answered is not None]
    return sum(f"{wire.tag}{one.number}" not in books.calls for one in answered)


def unqueued(wire: Wire, books: Books) -> int:
    """Callers of the journal of whom it does not say since when they wait."""
    known = [f"{wire.tag}{one.number}" for one in wire.callers.values() if one.answered is not None]
    return sum(number in books.calls and number not in books.queued_at for number in known)


def doubled(wire: Wire, books: Books, records: Sequence[CallRecord]) -> Iterator[str]:
    """Calls with two names, ends or records, and rings that nobody decided on."""
    for number, count in Counter(record.number for record in records).items():
        if count > 1:
            yield f"{number} has {count} records"
    for number, calls in books.calls.items():
        if len(calls) > 1:
            yield f"{number} has {len(calls)} calls: {calls}"
    for call, count in books.ended.items():
        if count > 1:
            yield f"{call} ended {count} times"
    rung = Counter((f"{wire.tag}{ring.caller}", ring.agent) for ring in wire.rings)
    for (number, agent), count in rung.items():
        decided = sum(books.rings[call, agent] for call in books.calls.get(number, ()))
        if count > decided:
            yield f"{agent} was rung for {number} {count} times, {decided} of which were decided"


def out_of_order(wire: Wire, books: Books) -> Iterator[str]:
    """Phones that were rung for a caller while another one, who had waited longer, was rung for nowhere."""
    waits = {one.number: books.queued_at.get(f"{wire.tag}{one.number}") for one in wire.callers.values()}
    since = {number: at / 1000 for number, at in waits.items() if at is not None}
    rings: dict[int, list[Ring]] = {number: [] for number in since}
    for ring in wire.rings:
        rings.setdefault(ring.caller, []).append(ring)
    for ring in wire.rings:
        mine = since.get(ring.caller)
        if mine is None:
            yield f"{ring} came for somebody of whom the journal does not say since when they wait"
            continue
        for number, waits_since in since.items():
            if waits_since >= mine or waits_since > ring.at - TOLERANCE_S:
                continue
            other = wire.callers[number]
            if other.gone <= ring.at + TOLERANCE_S or _has_had(rings[number], ring):
                continue
            yield f"{ring} came before {other}, who waits since {waits_since:.3f}"


def _has_had(rings: Sequence[Ring], other: Ring) -> bool:
    """Whether this caller has or had an agent at that time, or had that agent before and did not get through."""
    for ring in rings:
        if ring.at <= other.at + TOLERANCE_S and ring.over >= other.at - TOLERANCE_S:
            return True
        if ring.at < other.at and (ring.answered is not None or ring.agent == other.agent):
            return True
    return False
