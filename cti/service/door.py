"""Whether new calls are taken in, and who waits outside while they are not."""

from __future__ import annotations

from collections.abc import Container

from centre.events import CallAdopted, CallArrived, CallerHungUp, Event, LineSynchronised


class Door:
    """Callers whom the centre does not know yet, while nothing can be promised to them.

    One who arrives is left to what the line does without an engine; one whom the line keeps waiting is told to the
    centre as soon as the door opens, with the time of waiting that the line knows.
    """

    def __init__(self) -> None:
        self.turned_away = 0
        """Callers who arrived at a closed door, since the start."""
        self._outside: dict[str, CallAdopted] = {}

    @property
    def outside(self) -> int:
        """Callers who wait on their lines for the door to open."""
        return len(self._outside)

    def closed_to(self, event: Event, known: Container[str]) -> bool:
        """Whether ``event`` is of somebody new, and stays outside. ``known``: the calls of the centre."""
        match event:
            case CallArrived() if event.call not in known:
                self.turned_away += 1
                return True
            case CallAdopted() if event.call not in known:
                self._outside[event.call] = event
                return True
        return False

    def heard(self, event: Event) -> None:
        """Anything that happens: who waits outside may leave."""
        match event:
            case CallerHungUp():
                self._outside.pop(event.call, None)
            case LineSynchronised():
                there = set(event.calls)
                self._outside = {
                    call: one for call, one in self._outside.items() if one.line != event.line or call in there
                }

    def opened(self) -> list[CallAdopted]:
        """Who waited outside, in the order of their coming, and does no longer."""
        waited, self._outside = list(self._outside.values()), {}
        return waited
