"""One life of the engine, from its start to its end, between it and the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from centre.calls import CallRecord
from centre.effects import Effect, Order
from centre.events import AgentNotReady, AgentReady, CallAdopted, CallArrived, Event, TimePassed
from centre.machine import Centre
from config.site import Site
from simulator.torture.engine import Life
from simulator.torture.loop import EngineLoop
from simulator.torture.plan import Moment, S
from simulator.torture.promises import Broken

if TYPE_CHECKING:
    from simulator.torture.run import Run


_HARMLESS = AgentReady | AgentNotReady | TimePassed


class Process:
    """One life of the engine, as the world sees it; and what it is told of the world."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self.number = number
        self.loop = EngineLoop(  # type: ignore[abstract]  # the engine uses nothing else of a loop
            run.world, run.network, lambda text: run.fail(Broken("exception", text))
        )
        self.snapshots = run.snapshots
        self.snapshot_every = run.plan.snapshot_every
        self.sites = run.sites
        self.life: Life | None = None
        self.site = run.site
        """By whose rules it goes."""
        self.is_started = False
        self._batch: list[tuple[bytes, Sequence[Effect], Callable[[], None]]] = []
        self._unwritten: dict[int, Effect] = {}
        """Effects of entries that are not written yet, by identity."""
        self._ahead = 0
        """So many events are applied and not in the journal."""
        self._gap_after = 0
        """The number of the last entry before the last gap in the journal; 0: there is none."""
        self._served: frozenset[str] = frozenset()
        """The calls that the centre knew when the journal began to lose entries."""
        self.spool_bytes = run.plan.spool_bytes

    # What befalls it.

    def has_started(self) -> None:
        """Its start is over."""
        self.is_started = True
        self.load_rules()

    def thaw(self) -> None:
        """It goes on after a standstill, and then hears the signals that it was sent meanwhile."""
        self.loop.thaw()
        self._run.world.after(0, self.load_rules)

    def load_rules(self) -> None:
        """A signal to load the rules of the day. A process that stands still, or is starting, hears it afterwards."""
        site = self._run.site
        if self.is_started and not self.loop.frozen and not self.loop.dead and site is not self.site:
            self.site = site
            Reached(self).reconfigure(site)

    # What it is told of the world, and tells.

    @property
    def is_ahead(self) -> bool:
        """Whether the centre has applied events that are not in the journal yet."""
        return self._ahead > 0

    @property
    def has_gap(self) -> bool:
        """Whether the centre has applied events that no next process will ever hear of."""
        newest = self.snapshots.kept[0][0] if self.snapshots.kept else 0
        return newest < self._gap_after

    @property
    def blurred(self) -> frozenset[str]:
        """The calls of which the next process may hear the end alone, not what was before."""
        now = frozenset(() if self.life is None else self.life.centre.calls)
        return self._served | now if self.has_gap else frozenset()

    def now(self) -> int:
        """Unix milliseconds."""
        return self._run.world.now_ms()

    def breaks(self, event: Event) -> bool:
        """Whether the core breaks off: at events only whose loss costs nobody a call."""
        return not self.loop.dead and isinstance(event, _HARMLESS) and self._run.breaks()

    def accepted(self, event: Event, _at: int, effects: Sequence[Effect]) -> None:
        """The centre has applied an event."""
        if self.loop.dead:
            return
        self._ahead += 1
        self._unwritten |= {id(one): one for one in effects}
        self._run.moment(self, Moment.BEFORE_JOURNAL)
        self._run.took(self, event, effects)

    def disk_is_full(self) -> bool:
        """Whether the disk takes nothing at present."""
        return self._run.disk_is_full

    def keep(self, line: bytes, effects: Sequence[Effect], kept: Callable[[], None]) -> None:
        """Writes to the journal, at once or in a batch a moment later."""
        if self.loop.dead:
            return
        self._batch.append((line, effects, kept))
        if not self._run.plan.batch_us:
            self._write()
        elif len(self._batch) == 1:
            self.loop.call_later(self._run.plan.batch_us / S, self._write)

    def _write(self) -> None:
        batch, self._batch = self._batch, []
        for line, effects, _ in batch:
            self.append(line)
            self.let_go(effects)
        for _, _, kept in batch:
            self._run.moment(self, Moment.AFTER_JOURNAL)
            kept()

    def append(self, line: bytes) -> None:
        """Writes one line, now."""
        if self._run.due(Moment.IN_JOURNAL):
            self._run.journal.tear(line)
            self._run.crash(self)
        self._ahead -= 1
        self._run.journal.append(line)

    def let_go(self, effects: Sequence[Effect]) -> None:
        """What an entry led to may leave."""
        for effect in effects:
            self._unwritten.pop(id(effect), None)

    def lost(self, seq: int, event: Event, effects: Sequence[Effect], *, again: bool) -> None:
        """An entry fits neither on the disk nor into memory."""
        if self.loop.dead:
            return
        self._ahead -= 1
        self._run.lost(self, effects)
        known = frozenset(() if self.life is None else self.life.centre.calls)
        if not again:  # that there is no room any more, nobody could know before
            self._served, self._gap_after = known, seq - 1
        elif isinstance(event, CallArrived | CallAdopted) and event.call not in self._served:
            self._run.fail(Broken("spool", f"{event.call} is taken in while the journal loses entries"))

    def cut_journal(self, size: int) -> None:
        """Cuts off what a crash left of a line."""
        self._run.journal.cut(size)

    def ordering(self, order: Order) -> None:
        """An order is about to be carried out."""
        if not self.loop.dead:
            if id(order) in self._unwritten:
                self._run.fail(Broken("journal", f"{type(order).__name__} of {order.call} leaves before its entry"))
            self._run.moment(self, Moment.BEFORE_ORDER)

    def ordered(self) -> None:
        """An order was begun to be carried out."""
        if not self.loop.dead:
            self._run.moment(self, Moment.AFTER_ORDER)

    def record(self, record: CallRecord) -> None:
        """Goes into the database, soon."""
        if not self.loop.dead:
            self._run.database.record(record, self.number)


class Reached:
    """The engine, as desks reach it: within its own process."""

    def __init__(self, process: Process) -> None:
        assert process.life is not None
        self._loop, self._life = process.loop, process.life

    @property
    def centre(self) -> Centre:
        return self._life.centre

    @property
    def link_is_up(self) -> bool:
        return self._life.link_is_up

    @property
    def says_of_journal(self) -> str:
        return self._life.says_of_journal

    async def start(self) -> None:
        raise AssertionError("it has been started")

    def tell(self, event: Event) -> None:
        self._loop.run(lambda: self._life.tell(event))

    def reconfigure(self, site: Site) -> None:
        self._loop.run(lambda: self._life.reconfigure(site))
