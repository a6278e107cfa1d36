"""What happened lately, in memory: a centre that broke off is put right from it without asking disk or database.

The journal may be behind (its disk is full, a commit is under way) and takes long to read from a database. What has
happened since the last snapshots is little, and all of it is known here whether or not it has been written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from centre.events import ConfigurationChanged, Event
from cti.journal import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A state of the centre that can be had again."""

    mark: Mark | None
    """Where a snapshot was taken; None: before everything."""
    number: int
    """How many events had happened by then."""
    configuration: str
    """By which the centre went then."""


class Recent:
    """The events since each of some beginnings, at most ``most`` of them: beyond that the beginnings are of no use."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._events: deque[tuple[Event, int]] = deque()
        self._first = 0
        """The number of the first event that is still there."""
        self.beginnings: list[Beginning] = []
        """Oldest first."""

    def begin(self, mark: Mark | None, configuration: str) -> None:
        """Nothing of what was before counts any more."""
        self._events.clear()
        self._first = 0
        self.beginnings = [Beginning(mark=mark, number=0, configuration=configuration)]

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all has happened yet, nor before a snapshot."""
        return not self._events and [one.mark for one in self.beginnings] == [None]

    def happened(self, event: Event, at: int) -> None:
        """The centre took this event at Unix milliseconds ``at``."""
        if not self.beginnings:
            return
        self._events.append((event, at))
        if len(self._events) > self._most:
            self._keep([])

    def snapshot(self, mark: Mark, configuration: str, *, last_was_kept: bool) -> None:
        """A snapshot is begun of the centre as it is now. ``last_was_kept``: whether the one before came to be."""
        kept = self.beginnings[-1:] if last_was_kept else self.beginnings[:1]
        number = self._first + len(self._events)
        self._keep([*kept, Beginning(mark=mark, number=number, configuration=configuration)])

    def configurations(self) -> set[str]:
        """Those that it takes to go through all of this again."""
        changes = {event.configuration for event, _ in self._events if isinstance(event, ConfigurationChanged)}
        return changes | {beginning.configuration for beginning in self.beginnings}

    def since(self, beginning: Beginning) -> Iterator[tuple[Event, int]]:
        """What happened after one of :attr:`beginnings`, each event with its time."""
        return islice(self._events, beginning.number - self._first, None)

    def _keep(self, beginnings: list[Beginning]) -> None:
        self.beginnings = beginnings
        end = self._first + len(self._events)
        begin = beginnings[0].number if beginnings else end
        while self._first < begin:
            self._events.popleft()
            self._first += 1
