"""What SIPp's callers and phones saw, while it happens: the one witness that knows nothing of the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

from benchmarks.asterisk_load import Message, carried_in, message_in, tag_of
from tests.asterisk.kit.sipp import Tail

NEVER = float("inf")


@dataclass(slots=True, kw_only=True)
class Caller:
    """One caller. Unix seconds, None where it did not come to that."""

    number: int
    """In the load: the first is 1."""
    answered: float | None = None
    """The exchange took the call."""
    refused: str = ""
    """What it said if it did not."""
    left: float | None = None
    """The caller hung up."""
    let_go: float | None = None
    """The exchange hung up."""

    @property
    def gone(self) -> float:
        """When the call was over."""
        return min(NEVER if self.left is None else self.left, NEVER if self.let_go is None else self.let_go)


@dataclass(slots=True, kw_only=True)
class Ring:
    """One INVITE to a phone. Unix seconds."""

    caller: int
    agent: str
    at: float
    answered: float | None = None
    """The phone's 200 OK."""
    over: float = NEVER
    """The first sign of its end: CANCEL, BYE, or a refusal."""


@dataclass(slots=True)
class Wire:
    """Everybody's calls so far; :meth:`look` again for news."""

    folder: Path
    callers: dict[int, Caller] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)
    """In the order in which they came."""
    strangers: int = 0
    """INVITEs for callers of another load."""
    _carried: dict[str, int | None] = field(default_factory=dict)
    _by_call: dict[str, Ring] = field(default_factory=dict)
    _early: list[Message] = field(default_factory=list)
    """Messages of calls to phones of which it is not known yet for whom they are: that is in another file."""
    _of_callers: Tail = field(init=False)
    _of_phones: Tail = field(init=False)
    _log: Tail = field(init=False)
    tag: str = field(init=False)
    """With what every caller's number begins."""

    def __post_init__(self) -> None:
        self._of_callers = Tail(self.folder / "callers" / "messages")
        self._of_phones = Tail(self.folder / "phones" / "messages")
        self._log = Tail(self.folder / "phones" / "log")
        self.tag = tag_of(self.folder)

    def look(self) -> None:
        """Takes in what is new."""
        for row in self._of_callers.lines():
            self._of_caller(message_in(row))
        early, self._early = [*self._early, *map(message_in, self._of_phones.lines())], []
        for row in self._log.lines():
            call_id, caller = carried_in(row, self.tag)
            self._carried[call_id] = caller
        for one in early:
            if one.call_id in self._carried:
                self._of_phone(one)
            else:
                self._early.append(one)

    def _of_caller(self, one: Message) -> None:
        caller = self.callers.setdefault(one.caller, Caller(number=one.caller))
        if one.line.startswith("SIP/2.0 200") and not one.sent and caller.answered is None:
            caller.answered = one.at
        elif one.line.startswith(("SIP/2.0 4", "SIP/2.0 5", "SIP/2.0 6")) and caller.answered is None:
            caller.refused = one.line
        elif one.line.startswith("BYE"):
            if one.sent:
                caller.left = caller.left or one.at
            else:
                caller.let_go = caller.let_go or one.at

    def _of_phone(self, one: Message) -> None:
        ring = self._by_call.get(one.call_id)
        if ring is None:
            caller = self._carried[one.call_id]
            if one.line.startswith("INVITE") and caller is not None:
                ring = self._by_call[one.call_id] = Ring(caller=caller, agent=one.user, at=one.at)
                self.rings.append(ring)
            self.strangers += one.line.startswith("INVITE") and caller is None
        elif one.line.startswith("SIP/2.0 200") and one.sent and ring.answered is None and ring.over == NEVER:
            ring.answered = one.at
        elif one.line.startswith(("BYE", "CANCEL", "SIP/2.0 603")):
            ring.over = min(ring.over, one.at)

    def there(self, at: float) -> list[Caller]:
        """Who was on the line at this time."""
        return [one for one in self.callers.values() if one.answered is not None and one.answered <= at < one.gone]

    def talks(self) -> dict[int, list[Ring]]:
        """By caller: the rings that were answered."""
        found: dict[int, list[Ring]] = defaultdict(list)
        for ring in self.rings:
            if ring.answered is not None:
                found[ring.caller].append(ring)
        return found

    def first_ring(self, since: float) -> Ring | None:
        """The first INVITE to a phone after this time."""
        return next((ring for ring in self.rings if ring.at > since), None)


def doubled(wire: Wire) -> Iterator[str]:
    """Callers and agents who had two phones or two callers at a time, and callers who talked twice."""
    for what, who in (("caller", attrgetter("caller")), ("agent", attrgetter("agent"))):
        for whom, rings in _by(wire.rings, who):
            for earlier, later in pairwise(sorted(rings, key=attrgetter("at"))):
                if later.at < earlier.over:
                    yield f"{what} {whom} was rung at {later.at:.3f}, while {earlier} was not over"
    for caller, talks in wire.talks().items():
        if len(talks) > 1:
            yield f"caller {caller} talked {len(talks)} times: {talks}"


def _by(rings: Sequence[Ring], key: attrgetter[object]) -> Iterable[tuple[object, list[Ring]]]:
    found: dict[object, list[Ring]] = defaultdict(list)
    for ring in rings:
        found[key(ring)].append(ring)
    return found.items()
