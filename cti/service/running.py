"""The centre that a service runs, and the rules by which it goes: how both come back to where they were, and how a
running centre takes other rules."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from centre.calls import CallRecord
from centre.effects import CallEnded, WrapUpClosed
from centre.events import ConfigurationChanged, Event
from centre.machine import Centre
from config.site import Site
from cti.journal import Entry, EventJournal
from cti.service.configurations import Prompts, after_event, first_come_name, spoken_of, with_former
from cti.service.lines import reconfigure
from cti.service.poison import Refusals
from cti.service.ports import Clock, Line
from cti.service.reading import never
from cti.service.recovery import Broken, Recovered, Recovery

_log = logging.getLogger(__name__)


class Running:
    """One centre, its site, and the configuration of it by which the centre goes.

    A start has two halves, between which another engine may still lead: :meth:`recall`, and :meth:`settle`. What is
    sent out, and when, is for the service.
    """

    def __init__(
        self,
        site: Site,
        *,
        lines: Mapping[str, Line],
        journal: EventJournal,
        recovery: Recovery,
        refusals: Refusals,
        keep_record: Callable[[CallRecord], None],
        clock: Clock,
    ) -> None:
        """``keep_record``: where records go of calls that end with the rules by which they were."""
        self.site = site
        self.centre = Centre(site.centre)
        self.configuration = site.digest
        """The digest of what the centre goes by. Before :meth:`settle` that may be what another engine went by."""
        self._lines = lines
        self._journal = journal
        self._recovery = recovery
        self._refusals = refusals
        self._keep_record = keep_record
        self._clock = clock
        recovery.prepare(self.centre, site, self.configuration)

    def recall(self, is_unwanted: Callable[[], bool] = never) -> int:
        """The first half of a start: the centre as the journal leaves it so far, sending nothing out; returns how many
        events that took. It may take seconds, and raises :class:`~cti.service.reading.BrokenOff` once ``is_unwanted``
        says so, and :class:`~cti.journal.JournalError`."""
        recovered = self._recovery.recovered(self.site, self._clock.now(), is_unwanted)
        self.put_right(recovered)
        self._keep_prompts(recovered.prompts)
        return recovered.replayed

    def follow(self, entries: Iterable[Entry]) -> int:
        """Lets the centre live through what another engine has written since :meth:`recall`, sending nothing out;
        returns how many events those were. Raises :class:`~cti.journal.JournalError`."""
        followed = 0
        for entry in entries:
            if self._recovery.is_blank:
                self.put_right(self._recovery.new(self.site, entry))
            try:
                self.configuration = self._recovery.lived_through(self.centre, entry, self.configuration)
            except Broken as broken:
                self._recovery.leave_out(broken)
                if not self.put_right(self._recovery.before_a_break()):
                    return followed + self.recall()
            followed += 1
        self.snapshot_if_due()
        return followed

    def settle(self) -> None:
        """The second half of a start: this engine writes the journal from now on, by its own configuration."""
        self._keep_prompts(self._recovery.prompts)  # of menus that the engine before this one loaded meanwhile
        if self.configuration != self.site.digest:
            self._change_before_start()
        else:  # of which the journal may have been opened with an older one
            self._write_by_it()

    def load(self, site: Site) -> None:
        """Lets events speak of another configuration of the site, by which the lines go from now on. The centre does so
        after :meth:`settle`, or after :class:`~centre.events.ConfigurationChanged`.

        Raises :class:`~cti.service.ports.LineError`, with nothing changed, where a line would need a new start for it.
        """
        site = _with_former(site, self.site.prompts)
        reconfigure(self._lines.values(), site, before=self.site)
        self.site = site
        self._recovery.prepare(self.centre, site, self.configuration)

    def took(self, event: Event) -> None:
        """The centre has taken ``event``, which the journal is still to get: by which rules it goes after it."""
        configuration = after_event(self.centre, event, self.configuration)
        if configuration != self.configuration:
            self.configuration = configuration
            self._write_by_it()

    def put_right(self, recovered: Recovered | None) -> bool:
        """Goes on from there, if that is known."""
        if recovered is None:
            return False
        self.centre, self.configuration = recovered.centre, recovered.configuration
        return True

    def snapshot_if_due(self) -> None:
        """Begins to keep the centre where enough has happened since the last time."""
        self._recovery.snapshot_if_due(self.centre, self.site, self.configuration)

    async def keep(self) -> None:
        """Takes a last snapshot, if the journal has all that happened, so that the next start has nothing to read."""
        await self._recovery.close(self.centre, self.site, self.configuration)

    def _write_by_it(self) -> None:
        self._journal.change_to(self.configuration, self._recovery.sources(self.configuration))

    def _keep_prompts(self, prompts: Prompts) -> None:
        """Lets lines speak those of configurations before this one too."""
        if spoken_of(prompts) <= spoken_of(self.site.prompts):
            return
        self.site = _with_former(self.site, prompts)
        for line in self._lines.values():
            line.reconfigure(self.site)

    def _change_before_start(self) -> None:
        """The configuration changed while nobody ran the centre. One that breaks it is replaced by the plainest rules
        for it, and where they do so too, by the one of before: callers are on the lines, and a process that ends here
        would end here each time it is started again."""
        _log.warning("the configuration has changed since: calls and agents are taken over as far as they fit it")
        for configuration in (self.site.digest, first_come_name(self.site.digest)):
            if self._changed_to(configuration):
                return
        _log.error("this configuration cannot be gone by: queues and agents stay as they were; change it and load it")
        self._write_by_it()

    def _changed_to(self, configuration: str) -> bool:
        """No line hears of what follows: each finds out how its calls stand when it starts, as after any crash."""
        at, event = self._clock.now(), ConfigurationChanged(configuration=configuration)
        try:
            effects = self.centre.apply(event, at)
        except Exception as error:
            if not self.put_right(self._refusals.refuse(event, at, error)):
                self.recall()
            return False
        records = [effect.record for effect in effects if isinstance(effect, CallEnded | WrapUpClosed)]

        def keep_records() -> None:
            for record in records:
                self._keep_record(record)

        self.configuration = configuration
        self._write_by_it()
        self._journal.append(at, event, effects, keep_records)
        self._recovery.note(event, at)
        return True


def _with_former(site: Site, prompts: Prompts) -> Site:
    """Callers may be in menus of a configuration before this one, whose prompts they still hear."""
    former = site.former_prompts | (spoken_of(prompts) - spoken_of(site.prompts))
    return replace(site, prompts=with_former(site.prompts, prompts), former_prompts=former)
