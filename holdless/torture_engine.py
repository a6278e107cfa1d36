"""The engine that ``holdless-torture`` torments.

It is the real service and the real line to Asterisk, on the loop, the journal and the database that the simulator gives
them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from centre.calls import CallRecord
from centre.effects import CallEnded, Effect, Order, WrapUpClosed
from centre.events import Event
from centre.machine import Centre
from config.site import Site
from cti.asterisk.line import AsteriskLine
from cti.crm import NoRecords
from cti.journal import Entry, ForeignMark, Header, JournalStatus, Keeping, Mark
from cti.journal.codec import decode_line, effect_from_plain, encode_entry, event_from_plain
from cti.journal.place import digest_of
from cti.journal.spool import EntrySpool, Waiting
from cti.service.ports import LineError, MayAct, always
from cti.service.runtime import Service
from cti.snapshots import Snapshot, decode, encode
from cti.store import StoreStatus
from simulator.torture.engine import CannotStart, Poisoned, Watch

_ENDED = (CallEnded.__name__, WrapUpClosed.__name__)
"""The only effects that a start looks at."""
_AT_ONCE_BYTES = 6_000
"""Written in one go at most of what waited in memory: some ten entries."""


def new_life(site: Site, watch: Watch, journal: bytes) -> RealLife:
    """The engine, carried on from the journal."""
    return RealLife(site, watch, journal)


class RealLife:
    """One life of the real service."""

    def __init__(self, site: Site, watch: Watch, journal: bytes) -> None:
        end = journal.rfind(b"\n") + 1
        self._line = WatchedLine(site, watch)
        self._service = BreakableService(
            watch,
            site,
            lines=[self._line],
            journal=WatchedJournal(watch, journal[:end]),
            store=cast(Any, WatchedStore(watch)),
            customers=NoRecords(),
            clock=watch,
            snapshots=cast(Any, WatchedSnapshots(watch)) if watch.snapshot_every else None,
            snapshot_every=watch.snapshot_every,
            snapshot_taker=cast(Any, itself),
        )
        know_rules(self._service, watch)
        watch.cut_journal(end)
        self._service.recover()

    @property
    def centre(self) -> Centre:
        """The centre that it runs."""
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
        """Begins to work."""
        try:
            await self._service.start()
        except LineError as error:
            raise CannotStart(str(error)) from error

    def tell(self, event: Event) -> None:
        """What desks say."""
        self._service.tell(event)

    def reconfigure(self, site: Site) -> None:
        """Goes by these rules from now on."""
        self._service.reconfigure(site)


def know_rules(service: Service, watch: Watch) -> None:
    """Spares the service the parsing of rules that were gone by, which takes as long as a whole run does: that it reads
    them from the journal is the matter of tests/virtual/test_the_rules_of_the_past.py."""
    for site in (*watch.sites, service.site):
        service._recovery.prepare(service.centre, site, service.site.digest)


class BreakableService(Service):
    """The service, whose core breaks off where it is told to."""

    def __init__(self, watch: Watch, site: Site, **parts: Any) -> None:
        super().__init__(site, **parts)
        self._watch = watch
        self._takes = self._turns._take
        setattr(self._turns, "_take", self._take)  # noqa: B010 - of this one service

    def _take(self, event: Event) -> None:
        if self._watch.breaks(event):
            broken = self.centre

            def breaks_off(_event: Event, _at: int) -> list[Effect]:
                broken._state.calls.clear()
                raise Poisoned("in the middle of it")

            setattr(broken, "apply", breaks_off)  # noqa: B010 - of this one centre, which is given up then
        self._takes(event)


class WatchedLine(AsteriskLine):
    """The line, with a look at each order before and after it."""

    def __init__(self, site: Site, watch: Watch, *, may_act: MayAct = always, announced: bool = False) -> None:
        super().__init__(
            site, recordings=Path(tempfile.gettempdir()), now=watch.now, may_act=may_act, announced=announced
        )
        self._watch = watch

    def carry_out(self, order: Order) -> None:
        self._watch.ordering(order)
        super().carry_out(order)
        self._watch.ordered()


class WatchedJournal:
    """The journal's lines, on the world's disk, and in memory while that is full. Each line begins with its number and
    the configuration that it was decided by; the real journal has headers for that."""

    def __init__(self, watch: Watch, kept: bytes) -> None:
        """*kept*: what a process before this one has left."""
        self._watch = watch
        self._kept = kept.splitlines(keepends=True)
        self._configuration = b""
        self._last = self._kept[-1] if self._kept else b""
        """The last line that is on the disk, or about to be."""
        self._seq = _seq(self._last)
        """The number of the last entry."""
        self._spool = EntrySpool(watch.spool_bytes)

    def append(self, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None]) -> None:
        effects = tuple(effects)
        self._watch.accepted(event, at, effects)
        self.retry()
        self._seq += 1
        line = b"%d %s %s" % (self._seq, self._configuration, encode_entry(self._seq, at, event, effects))
        if not self._spool and not self._watch.disk_is_full():
            self._last = line
            self._watch.keep(line, effects, kept)
            return
        lost, again = self._spool.lost, self._spool.full
        self._spool.put(Waiting(self._seq, at, _header(self._configuration), line))
        self._watch.let_go(effects)
        if self._spool.lost > lost:
            self._watch.lost(self._seq, event, effects, again=again)
        kept()

    def retry(self) -> None:
        if not self._spool or self._watch.disk_is_full():
            return
        entries = list(self._spool.head(_AT_ONCE_BYTES))
        for entry in entries:
            self._last = entry.line
            self._watch.append(entry.line)
        self._spool.done(len(entries))

    def change_to(self, configuration: str, sources: Mapping[str, str]) -> None:  # noqa: ARG002
        """From the next entry on (see :func:`know_rules` for their files)."""
        self._configuration = configuration.encode()

    def status(self) -> JournalStatus:
        behind, lost = len(self._spool), self._spool.lost
        if not behind:
            return JournalStatus(lost=lost)
        keeping = Keeping.FULL if self._spool.full else Keeping.BEHIND
        return JournalStatus(keeping=keeping, trouble="the disk is full", behind=behind, lost=lost)

    def mark(self) -> Mark | None:
        if self._watch.is_ahead or not self._last:
            return None
        return Mark(seq=_seq(self._last), where=_digest(self._last))

    def after(self, mark: Mark) -> Iterator[Entry]:
        index = min(mark.seq, len(self._kept))  # lower, where entries before it are lost
        while index and _seq(self._kept[index - 1]) > mark.seq:
            index -= 1
        if not index or _digest(self._kept[index - 1]) != mark.where:
            raise ForeignMark("the journal has another entry there, or none")
        return map(_entry, self._kept[index:])

    def since(self, at: int) -> Iterator[Entry]:
        """What was kept before this process."""
        return (entry for entry in map(_entry, self._kept) if entry.at >= at)


class WatchedSnapshots:
    """Snapshots in the world's folder, written beside whatever the engine does; both of
    :class:`~cti.snapshots.Snapshots` and :class:`~cti.snapshots.Forked`, so far as the service needs them."""

    def __init__(self, watch: Watch) -> None:
        self._folder = watch.snapshots
        self._is_busy = False
        self.failed = 0

    def newest(self, after: Callable[[Mark], Iterator[Entry]]) -> tuple[Snapshot, Iterator[Entry]] | None:
        for seq, data in self._folder.kept:
            snapshot = _snapshot(data)
            try:
                return snapshot, after(snapshot.mark)
            except ForeignMark:  # a power cut took the end of the journal
                self._folder.discard(seq)
        return None

    def at(self, mark: Mark) -> Snapshot | None:
        found = next((_snapshot(data) for seq, data in self._folder.kept if seq == mark.seq), None)
        return found if found is not None and found.mark == mark else None

    def take(self, snapshot: Snapshot) -> None:
        self._is_busy = True
        mark = snapshot.mark
        data = msgspec.msgpack.encode((mark.seq, mark.where, snapshot.configuration, encode(snapshot.kept)))
        self._folder.write(mark.seq, data, self._written)

    def _written(self) -> None:
        self._is_busy = False

    def is_busy(self) -> bool:
        return self._is_busy

    async def finish(self) -> None:
        raise AssertionError("no engine here ends in order")


def _snapshot(data: bytes) -> Snapshot:
    seq, where, configuration, payload = msgspec.msgpack.decode(data, type=tuple[int, str, str, bytes])
    return Snapshot(mark=Mark(seq=seq, where=where), configuration=configuration, kept=decode(payload))


def itself(snapshots: WatchedSnapshots) -> WatchedSnapshots:
    """What takes snapshots: no other process does."""
    return snapshots


class WatchedStore:
    """The database, so far as the service needs it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def record(self, record: CallRecord) -> None:
        self._watch.record(record)

    async def newest(self, before: int) -> int | None:
        return before  # no run is so long that anything older could be owed

    def status(self) -> StoreStatus:
        return StoreStatus()


def _digest(line: bytes) -> str:
    """As the journal in a database has it, which knows no ends of lines."""
    return digest_of(line.rstrip(b"\n"))


def _seq(line: bytes) -> int:
    return int(line[: line.index(b" ")]) if line else 0


def _entry(line: bytes) -> Entry:
    _, configuration, entry = line.split(b" ", 2)
    plain = decode_line(entry)
    ended = [one for one in plain["effects"] if one["type"] in _ENDED]
    return Entry(
        seq=plain["seq"],
        at=plain["at"],
        event=event_from_plain(plain["event"]),
        effects=tuple(map(effect_from_plain, ended)),
        header=_header(configuration),
    )


@cache
def _header(configuration: bytes) -> Header:
    return Header(site="torture", configuration=configuration.decode(), opened=1)
