"""One caller sent through the menu, in a centre where nobody works, to see what it makes of callers of a kind.

The menu is walked by the very centre, exchange and simulated caller of the twin, so the planner knows no node of a
flow.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.effects import Exit
from acd.requirement import ANYBODY, Requirement, both, parse
from centre.effects import Effect, Queued, Released, Wait
from centre.events import CallerPressedExit, Event, KeysEntered
from centre.virtual.caller import SimulatedCaller
from centre.virtual.habits import CallerHabits
from config.population import keys_of, offers_of
from config.site import Site
from config.workload import Callers, Workload
from simulator.planner.laws import mean_ms
from simulator.planner.model import Stretch
from simulator.stage import Stage

_NUMBER = "+380501234567"
"""Like those of simulated callers: see :mod:`config.population`."""
_LONGEST_MENU_MS = 3_600_000
_ROUNDS = 3
"""Who hears the same music that often goes round in circles."""
_SEEN: tuple[type, ...] = (Queued, Released, Wait)


@dataclass(frozen=True)
class Stood:
    """Where a call, or a callback, came into a queue."""

    node: str
    queue: str
    needs: Requirement
    priority: int


class Probe(Stage):
    """A caller of ``kind`` who dials ``at`` that time (Unix milliseconds). Times count from there until the caller is
    in a queue, then from there."""

    def __init__(self, site: Site, kind: Callers, workload: Workload, at: int, *, wants_callback: bool) -> None:
        super().__init__(site, name="probe", start=at, end=at, observer=dict.fromkeys(_SEEN, self._see))
        self.stood: Stood | None = None
        """In the first queue; None: in none."""
        self.came: Stretch | None = None
        """There."""
        self.music: Stretch | None = None
        """When music began for the last time before the caller left."""
        self.left: Stretch | None = None
        """When the caller left the queue by oneself."""
        self.over: Stretch | None = None
        """When the callback came into its queue."""
        self.back: Stood | None = None
        """The callback."""
        self.second = ""
        """The queue in which the caller waited after having left the first one; empty: in none."""
        self._since, self._pause = at, round(mean_ms(workload.key_delay))
        self._pause_over: int | None = None
        """When the present pause before a key is over; None: it has led to something."""
        self._pauses: list[int] = []
        """When those were over that led to something."""
        self._heard: dict[str, int] = {}
        habits = CallerHabits(
            wants=kind.wants,
            keys=keys_of(kind, offers_of(site.flows.values()), wants_callback=wants_callback),
            key_delay=self._key_delay,
            patience_ms=_LONGEST_MENU_MS,
            talk=lambda _queue, _agent: 0,
            hangs_up_first=True,
            rings=lambda: None,
            wrap_up=lambda _queue, _agent: 0,
        )
        SimulatedCaller(self._exchange, self._timers, habits, number=_NUMBER)

    def walk(self, *, to_the_end: bool) -> None:
        """Until the caller is in a queue; ``to_the_end``: and beyond, until it is clear whether the caller leaves it,
        and what comes of that."""
        environment, end = self._timers.environment, self._since + _LONGEST_MENU_MS
        while self._exchange.calls and (self.stood is None or to_the_end) and self.over is None:
            if max(self._heard.values(), default=0) >= _ROUNDS or (self.stood is None and environment.now >= end):
                return
            environment.step()

    def tell(self, event: Event) -> None:
        """Takes in one event. A key that is pressed when none is wanted tells nothing, and nobody waited for it."""
        over = self._pause_over
        if isinstance(event, KeysEntered | CallerPressedExit) and over is not None and over <= self._timers.now():
            self._pauses.append(over)
            self._pause_over = None
        super().tell(event)

    def _key_delay(self) -> int:
        self._pause_over = self._timers.now() + self._pause
        return self._pause

    def _see(self, effect: Effect, at: int) -> None:
        match effect:
            case Wait(call=call) if self.stood is None:
                self.stood, self.came = self._stood(call), self._stretch(at)
                self._since = at
                self._hear(effect.node, at)
            case Wait() if self.left is None:
                self._hear(effect.node, at)
            case Wait(queue=queue):
                self.second = queue
            case Released(why=Exit.KEY):
                self.left = self._stretch(at)
            case Queued(call=call, callback=True):
                self.back, self.over = self._stood(call), self._stretch(at)
            case _:
                pass

    def _hear(self, music: str, at: int) -> None:
        if music:
            self.music = self._stretch(at)
            self._heard[music] = self._heard.get(music, 0) + 1

    def _stretch(self, at: int) -> Stretch:
        pauses = sum(self._since < over <= at for over in self._pauses)
        return Stretch(ms=at - self._since - pauses * self._pause, keys=pauses)

    def _stood(self, name: str) -> Stood:
        call = self.centre.call(name)
        assert call is not None
        assert call.record.queue is not None
        needs: Requirement = ANYBODY
        for text in call.session.needs:
            needs = both(needs, parse(text))
        return Stood(call.session.waiting_at, call.record.queue, needs, call.session.priority)
