"""What a torture knows of the engine, and the engine of its torture.

The simulator may not know the live service; whoever knows both (:mod:`holdless.torture`) puts one life of the engine
together from the real parts, on the loop, the journal and the clock that are given here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from centre.calls import CallRecord
from centre.effects import Effect, Order
from centre.events import Event
from centre.machine import Centre
from config.site import Site
from simulator.torture.disk import SnapshotFolder
from simulator.torture.shared import SharedDatabase


class CannotStart(Exception):
    """The engine gives up at its start (no exchange, say): its process ends, and is started again."""


class Poisoned(Exception):
    """What the core breaks off with, where it is made to."""


class Life(Protocol):
    """One process of the engine, from its start to its end."""

    @property
    def centre(self) -> Centre:
        """The centre that it runs."""

    @property
    def link_is_up(self) -> bool:
        """Whether it has the exchange, and has compared the calls with it."""

    @property
    def says_of_journal(self) -> str:
        """What it tells whoever watches of how its journal does; empty: all is well."""

    async def start(self) -> None:
        """Begins to work; :class:`CannotStart`."""

    def tell(self, event: Event) -> None:
        """What desks say."""

    def reconfigure(self, site: Site) -> None:
        """Goes by these rules from now on."""


class Watch(Protocol):
    """What one life of the engine is told of the world, and tells on its way. Any of these may end the process
    (:class:`~simulator.torture.loop.Killed`)."""

    snapshots: SnapshotFolder
    snapshot_every: int
    """So many events are between two snapshots; 0: none are taken."""
    spool_bytes: int
    """So much waits in memory at most for a disk that is full."""
    sites: tuple[Site, Site]
    """Whose rules the journal may speak of."""

    def now(self) -> int:
        """Unix milliseconds."""

    @property
    def is_ahead(self) -> bool:
        """Whether the centre has applied events that are not in the journal."""

    def breaks(self, event: Event) -> bool:
        """Whether the core is to break off in the middle of this event, with :class:`Poisoned`."""

    def accepted(self, event: Event, at: int, effects: Sequence[Effect]) -> None:
        """The centre has applied an event, and nobody has heard of it yet."""

    def disk_is_full(self) -> bool:
        """Whether the disk takes nothing at present."""

    def keep(self, line: bytes, effects: Sequence[Effect], kept: Callable[[], None]) -> None:
        """Writes to the journal, soon; calls *kept* when what the entry led to may leave."""

    def let_go(self, effects: Sequence[Effect]) -> None:
        """What an entry led to leaves although the disk did not take it: it waits in memory, or is lost."""

    def append(self, line: bytes) -> None:
        """Writes at last, now, what waited in memory."""

    def lost(self, seq: int, event: Event, effects: Sequence[Effect], *, again: bool) -> None:
        """An entry, with this number, fits neither on the disk nor into memory, nor, *again*, did the one before."""

    def cut_journal(self, size: int) -> None:
        """Cuts off what a crash left behind the first *size* bytes."""

    def ordering(self, order: Order) -> None:
        """The line is about to carry out an order."""

    def ordered(self) -> None:
        """The line has begun to carry it out."""

    def record(self, record: CallRecord) -> None:
        """Keeps the record of a call in the database, soon."""


class PairWatch(Watch, Protocol):
    """The same for one of two engines that share a database."""

    machine: str
    """What the engine on this machine is called, over restarts."""
    shared: SharedDatabase

    def begins_to_lead(self, epoch: int) -> None:
        """It has the lease with this number, and has read the journal to its end."""

    def deposed(self, why: str) -> None:
        """It must not lead any more, and ends."""

    def written(self) -> None:
        """The database has taken rows, and has still to say so."""

    def committed(self, effects: Sequence[Effect]) -> None:
        """What an entry led to may leave."""


NewLife = Callable[[Site, Watch, bytes], Life]
"""Makes an engine that goes on where a journal, the bytes on the disk, ends. Called on the life's own loop."""
NewPairLife = Callable[[Site, PairWatch], Life]
"""The same for one of two that share a database: it stands by until it leads."""
