"""The two engines that ``holdless-torture`` torments: the real service and line twice, with the real lease and the real
journal of a database, on a model of that database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar, cast

from centre.effects import Effect
from centre.events import Event
from centre.machine import Centre
from config.site import Site
from cti.crm import NoRecords
from cti.journal import Entry, Header, JournalAway, JournalError
from cti.journal.codec import decode_line
from cti.journal.database import DatabaseJournal
from cti.journal.reader import entry_from_plain, header_from_plain
from cti.journal.rows import PAGE, NewRow, Place, Rows
from cti.lease import Leadership, LeaseRow, Row, Terms
from cti.postgres import Away
from cti.service.ports import LineError
from cti.service.standby import stand_by
from holdless.torture_engine import BreakableService, WatchedLine, WatchedSnapshots, WatchedStore, itself, know_rules
from simulator.torture.engine import CannotStart, PairWatch
from simulator.torture.shared import SharedDatabase

T = TypeVar("T")

_TERMS = Terms(length_ms=3_000)
_HEADER = Header(site="torture", configuration="", opened=1)


def new_pair_life(site: Site, watch: PairWatch) -> PairLife:
    """An engine that stands by."""
    return PairLife(site, watch)


class PairLife:
    """One life of one of two engines."""

    def __init__(self, site: Site, watch: PairWatch) -> None:
        self._watch = watch
        row = _VirtualRow(watch.shared)
        self._leadership = Leadership(row, me=watch.machine, name=watch.machine, terms=_TERMS, clock=watch.now)
        self._journal = CommittedJournal(watch, self._leadership)
        self._line = WatchedLine(site, watch, may_act=self._leadership.may_act, announced=True)
        self._service = BreakableService(
            watch,
            site,
            lines=[self._line],
            journal=self._journal,
            store=cast(Any, WatchedStore(watch)),
            customers=NoRecords(),
            clock=watch,
            snapshots=cast(Any, WatchedSnapshots(watch)) if watch.snapshot_every else None,
            snapshot_every=watch.snapshot_every,
            snapshot_taker=cast(Any, itself),
        )
        know_rules(self._service, watch)

    @property
    def centre(self) -> Centre:
        """The centre that it runs, or follows."""
        return self._service.centre

    @property
    def link_is_up(self) -> bool:
        """Whether it has the exchange."""
        return self._line.health()["state"] == "up"

    @property
    def says_of_journal(self) -> str:
        """How its journal does; empty: well."""
        return self._service.standing().journal.trouble

    async def start(self) -> None:
        """Stands by, and begins to work once it leads."""
        try:
            await stand_by(self._service, self._journal, self._leadership, waiting=lambda _: None)
            self._watch.begins_to_lead(self._leadership.epoch)
            self._ends = asyncio.get_running_loop().create_task(self._until_deposed())
            self._service.running.settle()
            await self._service.start()
        except (LineError, JournalError) as error:
            raise CannotStart(str(error)) from error

    def tell(self, event: Event) -> None:
        """What desks say."""
        self._service.tell(event)

    def reconfigure(self, site: Site) -> None:
        """Goes by these rules from now on."""
        self._service.reconfigure(site)

    async def _until_deposed(self) -> None:
        self._watch.deposed(await self._leadership.lost)


class CommittedJournal(DatabaseJournal):
    """The journal, with a look at each entry before and after its commit."""

    def __init__(self, watch: PairWatch, leadership: Leadership) -> None:
        super().__init__(_VirtualRows(watch.shared, watch.written), leadership, _HEADER)
        self._watch = watch

    def append(self, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None]) -> None:
        effects = tuple(effects)

        def committed() -> None:
            self._watch.committed(effects)
            kept()

        self._watch.accepted(event, at, effects)
        super().append(at, event, effects, committed)


async def _asked(shared: SharedDatabase, do: Callable[[], T]) -> T:
    """One statement. Where the database goes away before the answer, nobody knows whether it was done."""
    await asyncio.sleep(shared.takes_s())
    if shared.is_away():
        raise Away("connection refused")
    done = do()
    await asyncio.sleep(shared.takes_s())
    if shared.is_away():
        raise Away("connection lost")
    return done


async def _read(shared: SharedDatabase, do: Callable[[], T]) -> T:
    """One statement that changes nothing: when it fails does not matter, and most statements are these."""
    await asyncio.sleep(2 * shared.takes_s())
    if shared.is_away():
        raise Away("connection refused")
    return do()


class _VirtualRow(LeaseRow):
    """The lease."""

    def __init__(self, shared: SharedDatabase) -> None:
        self._shared = shared

    async def look(self) -> Row | None:
        found = await _read(self._shared, self._shared.look)
        if found is None:
            return None
        holder, epoch, left_ms = found
        return Row(holder=holder, name=holder, epoch=epoch, left_ms=left_ms)

    async def claim(self, me: str, name: str, length_ms: int, former: Row | None) -> int | None:  # noqa: ARG002
        return await _asked(self._shared, lambda: self._shared.claim(me, length_ms))

    async def renew(self, me: str, epoch: int, length_ms: int) -> bool:  # noqa: ARG002
        return await _asked(self._shared, lambda: self._shared.renew(epoch, length_ms))


class _VirtualRows(Rows):
    """The journal's rows."""

    def __init__(self, shared: SharedDatabase, written: Callable[[], None]) -> None:
        self._shared = shared
        self._written = written

    async def write(self, epoch: int, rows: Iterable[NewRow]) -> bool:
        def write() -> bool:
            done = self._shared.write(epoch, [(row.seq, row.header, row.line) for row in rows])
            self._written()
            return done

        return await _asked(self._shared, write)

    async def page(self, after: Place) -> tuple[list[Entry], Place]:
        return await _read(self._shared, lambda: self._page(after))

    def _page(self, after: Place) -> tuple[list[Entry], Place]:
        lines = self._shared.lines[after.seq : after.seq + PAGE]
        header, entries = after.header, []
        for seq, line in enumerate(lines, after.seq + 1):
            header = self._header_at(seq) or header
            assert header is not None  # the first entry of all has one
            entries.append(entry_from_plain(decode_line(line), header))
        if not entries:
            return [], after
        return entries, Place(seq=entries[-1].seq, at=entries[-1].at, header=header, line=lines[-1].decode())

    def _header_at(self, seq: int) -> Header | None:
        header = self._shared.headers.get(seq)
        return None if header is None else header_from_plain(decode_line(header))

    async def before(self, at: int) -> int:
        lines = self._shared.lines
        return next((seq for seq, line in enumerate(lines) if decode_line(line)["at"] >= at), len(lines))

    async def place_at(self, seq: int) -> Place | None:
        if not 0 < seq <= len(self._shared.lines):
            return None
        line = self._shared.lines[seq - 1]
        headers = (self._header_at(one) for one in range(seq, 0, -1))
        header = next(header for header in headers if header is not None)
        return Place(seq=seq, at=decode_line(line)["at"], header=header, line=line.decode())

    def alone(self, work: Callable[[Rows], Coroutine[Any, Any, T]]) -> T:
        """At one instant: nothing else goes on while an engine waits for this."""
        if self._shared.is_away():
            raise JournalAway("the journal's database does not answer")
        try:
            work(_AtOnce(self._shared, self._written)).send(None)
        except StopIteration as done:
            return cast(T, done.value)
        raise AssertionError("it waits")

    def close(self) -> None:
        """Nothing is open."""


class _AtOnce(_VirtualRows):
    async def page(self, after: Place) -> tuple[list[Entry], Place]:
        return self._page(after)
