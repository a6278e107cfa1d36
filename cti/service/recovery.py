"""How a service comes back to where it was, and what it does meanwhile so that this is quick."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from centre.events import ConfigurationChanged, Event
from centre.machine import Centre
from config.site import Prompt, Site
from cti.journal import Entry, EventJournal
from cti.snapshots import Forked, Kept, Snapshot, Snapshots

_log = logging.getLogger(__name__)

RECALLED_MS = 36 * 60 * 60 * 1000
"""How far back the journal is replayed where there is no snapshot: today, in any time zone, and who was signed in last
night."""
SNAPSHOT_EVENTS = 5_000
"""Events from one snapshot to the next: read back in about a second."""

Prompts = Mapping[str, Mapping[str, Prompt]]


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


class Recovery:
    """Restores a centre from snapshot and journal, and takes the snapshots."""

    def __init__(self, journal: EventJournal, snapshots: Snapshots | None, *, every: int) -> None:
        """``snapshots``: None takes none. ``every``: how many events are between two of them."""
        self._journal = journal
        self._snapshots = snapshots
        self._forked = None if snapshots is None else Forked(snapshots)
        self._every = every
        self._trusted = True
        self._events = 0
        """Since the last snapshot was begun."""
        self._lost = 0
        """Entries that the journal had lost by then: what is replayed over a gap is not the truth."""

    @property
    def failed(self) -> int:
        """How many snapshots in a row could not be kept."""
        return 0 if self._forked is None else self._forked.failed

    def recovered(self, site: Site, now: int) -> Recovered:
        """The centre as the journal leaves it.

        From a snapshot it goes by the configuration of the snapshot, and by those that the journal tells of as far as
        it knows them; without one, all of the journal is replayed by the configuration of ``site``. Raises
        :class:`~cti.journal.JournalError`.
        """
        found = None if self._snapshots is None else self._snapshots.newest(self._journal.after)
        if found is None:
            centre = Centre(site.centre)
            centre.prepare(site.digest, site.centre)
            self._events = _replay(centre, site.digest, self._journal.since(now - RECALLED_MS))
            return Recovered(centre=centre, configuration=site.digest, replayed=self._events)
        snapshot, entries = found
        centre, configuration = snapshot.kept.centre, snapshot.configuration
        centre.prepare(site.digest, site.centre)
        for entry in entries:
            centre.apply(entry.event, entry.at)
            configuration = after_event(centre, entry.event, configuration)
            self._events += 1
        return Recovered(
            centre=centre, configuration=configuration, replayed=self._events, prompts=snapshot.kept.prompts
        )

    def note(self) -> None:
        """One more event has been given to the journal."""
        self._events += 1

    def distrust(self) -> None:
        """The centre may not be what the journal says any more, as it broke off in the middle of an event: no snapshot
        is taken of it, so that a restart puts it right."""
        self._trusted = False

    def snapshot_if_due(self, centre: Centre, site: Site) -> None:
        """Begins to keep the centre where enough has happened since the last time, or the journal has a gap."""
        if self._forked is None or not self._trusted or self._forked.is_busy():
            return
        if self._events >= self._every or self._journal.status().lost != self._lost:
            self._take(centre, site)

    def close(self, centre: Centre, site: Site) -> None:
        """Takes a last snapshot, so that the next start has nothing to read."""
        if self._forked is not None:
            self._forked.finish()
            if self._events and self._trusted:
                self._take(centre, site)
                self._forked.finish()

    def _take(self, centre: Centre, site: Site) -> None:
        mark = self._journal.mark()
        if self._forked is None or mark is None:
            return
        kept = Kept(centre=centre, prompts=site.prompts)
        self._forked.take(Snapshot(mark=mark, configuration=site.digest, kept=kept))
        self._events, self._lost = 0, self._journal.status().lost


def after_event(centre: Centre, event: Event, configuration: str) -> str:
    """By which configuration ``centre`` goes after ``event``; ``configuration``: before it."""
    if isinstance(event, ConfigurationChanged) and centre.knows(event.configuration):
        return event.configuration
    return configuration


def _replay(centre: Centre, configuration: str, entries: Iterable[Entry]) -> int:
    """Lets ``centre``, which goes by ``configuration``, live through the entries; returns how many those were."""
    replayed = 0
    changed = False
    for entry in entries:
        centre.apply(entry.event, entry.at)
        changed |= entry.header.configuration != configuration
        replayed += 1
    if changed:
        _log.warning("the configuration has changed since: calls and agents are taken over as far as they fit it")
    return replayed
