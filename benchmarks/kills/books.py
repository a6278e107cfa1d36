"""What the engine knows: its journal lived through once more, every promise checked on the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from centre.calls import Call, CallRecord, Phase
from centre.effects import CallEnded, Ring
from centre.machine import Centre
from config.site import Site
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiEvent
from cti.journal.reader import Entry
from cti.journal.source import Source
from cti.service.configurations import prepare
from simulator.torture.promises import Broken, Promises

_LINE = "asterisk-"


class Books:
    """One centre's, over all the lives of its engine. What is not right stands in :attr:`broken`."""

    def __init__(self, source: Source, site: Site) -> None:
        self._source = source
        self.centre = Centre(site.centre)
        prepare(self.centre, site)
        self._promises = Promises()
        self._last: Entry | None = None
        self.broken: list[str] = []
        self.rings: Counter[tuple[str, str]] = Counter()
        """By call and agent."""
        self.calls: dict[str, set[str]] = defaultdict(set)
        """By number of the caller."""
        self.queued_at: dict[str, int] = {}
        """By number of the caller: since when the caller waits, Unix milliseconds."""
        self.ended: Counter[str] = Counter()
        """How often each call ended."""

    def read(self) -> None:
        """Goes on where the journal was at its end. Raises :class:`~cti.journal.JournalError`."""
        last = self._last
        for entry in self._source.read(None if last is None else last.at):
            if last is None or entry.seq > last.seq:
                self._live_through(entry)
                self._last = entry

    def _live_through(self, entry: Entry) -> None:
        effects = tuple(self.centre.apply(entry.event, entry.at))
        if effects != entry.effects:
            self.broken.append(f"replay: entry {entry.seq} led to {entry.effects}, and now to {effects}")
        try:
            self._promises.after_event(self.centre, effects)
        except Broken as broken:
            self.broken.append(f"{broken} (entry {entry.seq})")
        for effect in effects:
            if isinstance(effect, Ring):
                self.rings[effect.call, effect.agent] += 1
            elif isinstance(effect, CallEnded):
                self._note(effect.record)
                self.ended[effect.record.call] += 1
        call = self.centre.calls.get(getattr(entry.event, "call", ""))
        if call is not None:
            self._note(call.record)

    def _note(self, record: CallRecord) -> None:
        self.calls[record.number].add(record.call)
        if record.queued_at is not None:
            since = self.queued_at.setdefault(record.number, record.queued_at)
            if since != record.queued_at:
                self.broken.append(f"{record.number} waits since {record.queued_at}, and before since {since}")

    def differences(self, channels: Sequence[AmiEvent]) -> Iterator[tuple[str, str]]:
        """The calls of which the engine knows something else than the exchange, or nothing, and what."""
        callers: Mapping[str, AmiEvent] = {
            _LINE + one.variables[dialplan.ID]: one for one in channels if one.variables.get(dialplan.ID)
        }
        for name, channel in callers.items():
            yield from ((name, what) for what in _of_caller(self.centre.call(name), channel))
        for name, call in self.centre.calls.items():
            if call.phase is not Phase.WRAP_UP and name not in callers:
                yield name, f"is not on the exchange, and {call.phase.value} to the engine"


def _of_caller(call: Call | None, channel: AmiEvent) -> Iterator[str]:
    if call is None:
        yield "is on the exchange, and unknown to the engine"
        return
    entry = dialplan.entry_ms(channel.variables.get(dialplan.ENTRY, ""))
    if call.record.arrived_at != entry:
        yield f"came at {entry}, and at {call.record.arrived_at} to the engine"
    talks = bool(channel.headers.get("BridgeId"))
    if talks != (call.phase is Phase.TALKING):
        yield f"{'talks' if talks else 'does not talk'}, and is {call.phase.value} to the engine"
