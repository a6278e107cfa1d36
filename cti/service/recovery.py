"""How a service comes back to where it was, and what it does meanwhile so that this is quick."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

from centre.events import ConfigurationChanged, Event
from centre.machine import Centre
from config.site import Site
from cti.journal import Entry, EventJournal
from cti.service.configurations import Configurations, Prompts, after_event, forget_others, with_former
from cti.service.reading import never, reading
from cti.service.recent import Beginning, Recent
from cti.snapshots import Forked, Kept, Snapshot, Snapshots

_log = logging.getLogger(__name__)

RECALLED_MS = 36 * 60 * 60 * 1000
"""How far back the journal is replayed where there is no snapshot: today, in any time zone, and who was signed in last
night."""
SNAPSHOT_EVENTS = 2_500
"""Events from one snapshot to the next: read back in a fifth of a second, which callers wait for at a restart. One
stops the service for some 3 ms, and takes another process some 15 ms with 500 calls."""

BEGUN_AGAIN = 3
"""So often a replay is begun again without an entry that broke it off; beyond that it goes on as it broke off."""

RECENT_MOST = 8 * SNAPSHOT_EVENTS
"""Events that are kept in memory, where snapshots fail: two seconds of a large centre to go through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Where a service goes on from."""

    centre: Centre
    configuration: str
    """The digest of what the centre goes by."""
    replayed: int
    """Events that were read from the journal."""
    prompts: Prompts = field(default_factory=dict)
    """Those that calls may still hear, of configurations before this one too."""


class Broken(Exception):
    """The centre broke off in the middle of an entry, and is of no use any more."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"entry {entry.seq}")
        self.entry = entry


class Taker(Protocol):
    """Takes snapshots, one at a time, beside whatever the service does (:class:`~cti.snapshots.Forked`)."""

    failed: int
    """How many in a row were not kept."""

    def take(self, snapshot: Snapshot) -> None:
        """Begins to keep the centre as it is at this instant."""

    def is_busy(self) -> bool:
        """Whether one is still being kept."""

    async def finish(self) -> None:
        """Waits for that one, if any."""


class Recovery:
    """Restores a centre from snapshot and journal, and takes the snapshots."""

    def __init__(
        self,
        journal: EventJournal,
        snapshots: Snapshots | None,
        *,
        every: int,
        taker: Callable[[Snapshots], Taker] = Forked,
    ) -> None:
        """``snapshots``: None takes none. ``every``: how many events are between two of them. ``taker``: who keeps
        them."""
        self._journal = journal
        self._snapshots = snapshots
        self._taker = None if snapshots is None else taker(snapshots)
        self._every = every
        self._recent = Recent(RECENT_MOST)
        self._configurations = Configurations()
        self._folder, self._own = Path(), ""
        """Of the site as this engine has it, and the digest of its configuration."""
        self._trusted = True
        self._left_out: set[int] = set()
        """The numbers of entries that break this version off, and that it goes on without."""
        self._events = 0
        """Since the last snapshot was begun."""
        self._changed = False
        """Whether the configuration has changed since: from a snapshot of now a start goes on at once, and need not
        read the files of the configurations before."""
        self._lost = 0
        """Entries that the journal had lost by then: what is replayed over a gap is not the truth."""

    @property
    def failed(self) -> int:
        """How many snapshots in a row could not be kept."""
        return 0 if self._taker is None else self._taker.failed

    def prepare(self, centre: Centre, site: Site, configuration: str) -> None:
        """Lets events speak to ``centre``, which goes by ``configuration``, of the site's, and of the plainest rules
        for it."""
        self._add(site)
        self._prepare(centre, configuration)

    def _add(self, site: Site) -> None:
        self._folder, self._own = site.folder, site.digest
        self._configurations.add(site)

    def _prepare(self, centre: Centre, configuration: str) -> None:
        self._configurations.forget_old(centre, {self._own, configuration, *self._recent.configurations()})
        self._configurations.prepare(centre)

    def sources(self, configuration: str) -> Mapping[str, str]:
        """The files of a configuration, if it is known (:attr:`config.site.Site.sources`)."""
        return self._configurations.sources(configuration)

    @property
    def prompts(self) -> Prompts:
        """Those of the configurations that the journal has told of so far."""
        return self._configurations.prompts

    def recovered(self, site: Site, now: int, is_unwanted: Callable[[], bool] = never) -> Recovered:
        """The centre as the journal leaves it.

        It goes by the configuration of the snapshot, or without one by that of the journal's first entry, and by those
        that the journal tells of. One whose files the journal has not, as it is of a version before they stood there,
        or that this version cannot read, counts as if nothing had changed: to that of ``site``, without a snapshot, and
        from whatever was before. Entries that break
        the centre off are left out: an engine that is there without them is better than one that does not start.
        ``is_unwanted`` is asked before each entry, for there may be many. Raises :class:`~cti.journal.JournalError`,
        and :class:`~cti.service.reading.BrokenOff` once ``is_unwanted`` says so.
        """
        while True:
            try:
                return self._recovered(site, now, is_unwanted)
            except Broken as broken:
                self.leave_out(broken)

    def leave_out(self, broken: Broken) -> None:
        """From now on :meth:`recovered` goes on as if the entry had never been."""
        _log.warning("the journal is read again without entry %d", broken.entry.seq)
        self._left_out.add(broken.entry.seq)

    def lived_through(self, centre: Centre, entry: Entry, configuration: str) -> str:
        """Lets ``centre``, which goes by ``configuration``, live through an entry; returns what it goes by then.

        Raises :class:`Broken` where it breaks off; or it leaves the entry out, and the centre as it is, where that
        happened too often to begin again.
        """
        if self._configurations.learn(entry.header, self._folder):
            self._prepare(centre, configuration)
        if entry.seq in self._left_out:
            return configuration
        try:
            centre.apply(entry.event, entry.at)
        except Exception as error:
            begin_again = len(self._left_out) < BEGUN_AGAIN
            _log.error(
                "entry %d of the journal (%s) breaks this version; please report this",
                entry.seq,
                type(entry.event).__name__,
                exc_info=begin_again,
            )
            if begin_again:
                raise Broken(entry) from error
            self._trusted = False
            return configuration
        self.note(entry.event, entry.at)
        return after_event(centre, entry.event, configuration)

    def _recovered(self, site: Site, now: int, is_unwanted: Callable[[], bool]) -> Recovered:
        self._events = 0
        found = None if self._snapshots is None else self._snapshots.newest(self._journal.after)
        if found is None:
            with reading(self._journal.since(now - RECALLED_MS), is_unwanted) as wanted:
                return self._from_the_beginning(site, wanted)
        snapshot, entries = found
        centre, configuration = snapshot.kept.centre, snapshot.configuration
        self._recent.begin(snapshot.mark, configuration)
        forget_others(centre, configuration)
        self.prepare(centre, site, configuration)
        with reading(entries, is_unwanted) as wanted:
            for entry in wanted:
                configuration = self.lived_through(centre, entry, configuration)
        return Recovered(
            centre=centre,
            configuration=configuration,
            replayed=self._events,
            prompts=with_former(snapshot.kept.prompts, self._configurations.prompts),
        )

    def _from_the_beginning(self, site: Site, entries: Iterator[Entry]) -> Recovered:
        first = next(entries, None)
        new, is_guessed = self.new(site, first), False
        centre, configuration = new.centre, new.configuration
        for entry in () if first is None else chain([first], entries):
            configuration = self.lived_through(centre, entry, configuration)
            is_guessed |= entry.header.configuration != "" and not centre.knows(entry.header.configuration)
        if is_guessed:
            _log.warning("the configuration has changed since: calls and agents are taken over as far as they fit it")
        return replace(new, configuration=configuration, replayed=self._events, prompts=self._configurations.prompts)

    @property
    def is_blank(self) -> bool:
        """Whether nothing has happened yet: the rules are those of whoever writes the first entry."""
        return self._recent.is_blank

    def new(self, site: Site, first: Entry | None) -> Recovered:
        """A centre to which nothing has happened, by the rules of the ``first`` entry that it is to live through, or if
        there is none, or nobody knows these, by those of ``site``."""
        self._add(site)
        configuration = site.digest
        if first is not None:
            self._configurations.learn(first.header, site.folder)
            if self._configurations.knows(first.header.configuration):
                configuration = first.header.configuration
        self._recent.begin(None, configuration)
        centre = Centre(self._configurations.setup(configuration))
        self._configurations.prepare(centre)
        return Recovered(centre=centre, configuration=configuration, replayed=0)

    def before_a_break(self) -> Recovered | None:
        """The centre as it stood before an event in the middle of which it broke off; None where that is not known. It
        takes as long as a restart, but for what is read of the journal."""
        self._trusted = True
        for beginning in reversed(self._recent.beginnings):
            try:
                recovered = self._since(beginning)
            except Exception:  # what broke the centre off may do so again
                _log.exception("how the centre stood cannot be said")
                break
            if recovered is not None:
                return recovered
        self._trusted = False
        return None

    def _since(self, beginning: Beginning) -> Recovered | None:
        if beginning.mark is None:
            configuration = beginning.configuration
            centre = Centre(self._configurations.setup(configuration))
        else:
            snapshot = None if self._snapshots is None else self._snapshots.at(beginning.mark)
            if snapshot is None:
                return None
            centre, configuration = snapshot.kept.centre, snapshot.configuration
        self._configurations.prepare(centre)
        replayed = 0
        for event, at in self._recent.since(beginning):
            centre.apply(event, at)
            configuration = after_event(centre, event, configuration)
            replayed += 1
        return Recovered(centre=centre, configuration=configuration, replayed=replayed)

    def note(self, event: Event, at: int) -> None:
        """The centre has taken one more event, and the journal has it."""
        self._recent.happened(event, at)
        self._events += 1
        self._changed |= isinstance(event, ConfigurationChanged)

    async def written(self) -> None:
        """Waits for the snapshot that is being written, if any."""
        if self._taker is not None:
            await self._taker.finish()

    @property
    def trusted(self) -> bool:
        """Whether the centre is what the journal says, as far as is known."""
        return self._trusted

    def distrust(self) -> None:
        """The centre may not be what the journal says any more, as it broke off in the middle of an event: no snapshot
        is taken of it until it has been put right."""
        self._trusted = False

    def snapshot_if_due(self, centre: Centre, site: Site, configuration: str) -> None:
        """Begins to keep the centre, which goes by ``configuration``, where enough has happened since the last time, or
        the journal has a gap."""
        if self._taker is None or not self._trusted or self._taker.is_busy():
            return
        is_due = self._events >= self._every or self._changed
        if is_due or self._journal.status().lost != self._lost:
            self._take(centre, site, configuration)

    async def close(self, centre: Centre, site: Site, configuration: str) -> None:
        """Takes a last snapshot, so that the next start has nothing to read."""
        if self._taker is not None:
            await self._taker.finish()
            if self._events and self._trusted:
                self._take(centre, site, configuration)
                await self._taker.finish()

    def _take(self, centre: Centre, site: Site, configuration: str) -> None:
        mark = self._journal.mark()
        if self._taker is None or mark is None:
            return
        kept = Kept(centre=centre, prompts=with_former(site.prompts, self._configurations.prompts))
        self._recent.snapshot(mark, configuration, last_was_kept=not self._taker.failed)
        self._taker.take(Snapshot(mark=mark, configuration=configuration, kept=kept))
        self._events, self._changed, self._lost = 0, False, self._journal.status().lost
