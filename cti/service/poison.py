"""Events in the middle of which the centre breaks off, by a fault of ours: each is set aside with all that it takes to
see it happen again, and too many of them end in the plainest rules there are (:mod:`acd.first_come`)."""

from __future__ import annotations

import logging
import os
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from centre.calls import Call, Phase
from centre.events import (
    CallAdopted,
    CallArrived,
    ConfigurationChanged,
    DataFailed,
    DataFetched,
    EngineStarted,
    Event,
    KeysEntered,
    LineSynchronised,
    MessageTaken,
    PromptEnded,
    TimePassed,
    TimersPutOff,
    TransferFailed,
)
from centre.machine import Centre
from config.site import Site
from cti.journal import Mark
from cti.journal.codec import decode_line, encode_line, event_from_plain, to_plain
from cti.service.configurations import first_come_name
from cti.service.recovery import Recovered, Recovery
from cti.snapshots import Kept, Snapshot, Snapshots, Unusable, code_digest
from ivr.flow import Queue

_log = logging.getLogger(__name__)

FOLDER = "poison"
KEPT = 20
"""So many are set aside; a fault that goes on for ever must not fill the disk."""
TOO_MANY = 3
WITHIN_MS = 10 * 60 * 1000
PUT_OFF_MS = WITHIN_MS
"""A timer that breaks the centre off is tried again so much later: never so often that it alone were too many."""
_GRAIN_MS = 1
"""Of the clock: a timer that fires inside it would find nothing due and spin."""
_EVENT = "event.json"
_NO_PLACE = Mark(seq=0, where="")
"""Of a snapshot that no journal is read after."""


_IN_MENU = CallArrived | DataFailed | DataFetched | KeysEntered | MessageTaken | PromptEnded | TransferFailed
"""Events that a caller's way through the menu depends on."""


_STUCK_MOST = 10_000


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What ``event.json`` holds."""

    site: str
    code: str
    """:func:`~cti.snapshots.code_digest` of the engine it happened in."""
    at: int
    """Unix milliseconds."""
    event: dict[str, object]
    error: str
    """The traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """An event that was set aside."""

    at: int
    event: Event
    error: str
    centre: Centre | None
    """As it stood before; None where that could not be said."""
    code: str
    """The digest of the code in which it happened."""


class DumpError(Exception):
    """A folder is no dump that can be read; the text says why."""


class Poison:
    """Sets such events aside, and counts them."""

    def __init__(self, data: Path | None, site: str) -> None:
        """``data``: the folder in which ``poison/`` is made; None: they are only counted."""
        self._folder = None if data is None else data / FOLDER
        self._site = site
        self._times: deque[int] = deque(maxlen=TOO_MANY)
        self.count = 0
        """Since the start."""

    def note(self, at: int) -> None:
        """One more, at ``at``."""
        self.count += 1
        self._times.append(at)

    def too_many(self, at: int) -> bool:
        """Whether there were :data:`TOO_MANY` in the last :data:`WITHIN_MS`."""
        return len(self._times) == TOO_MANY and at - self._times[0] <= WITHIN_MS

    def set_aside(self, at: int, event: Event, error: Exception, before: Recovered | None) -> None:
        """Writes the event down, and the centre as it stood before it where that is known. What cannot be written is
        logged: the callers come first."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if len(list(self._folder.iterdir())) >= KEPT:
                _log.warning(
                    "%s holds %d events already: this one is not kept; send them in and empty it", self._folder, KEPT
                )
                return
            dump = self._folder / f"{at}-{self.count}-{type(event).__name__}"
            dump.mkdir(mode=0o700)
            told = _Told(
                site=self._site,
                code=code_digest(),
                at=at,
                event=to_plain(event),
                error="".join(traceback.format_exception(error)),
            )
            file = os.open(dump / _EVENT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as stream:
                stream.write(encode_line(msgspec.to_builtins(told)))
            if before is not None:
                kept = Kept(centre=before.centre, prompts={})
                Snapshots(dump, self._site).write(
                    Snapshot(mark=_NO_PLACE, configuration=before.configuration, kept=kept)
                )
            _log.error("set aside in %s; see it again with: holdless reproduce %s", dump, dump)
        except Exception as trouble:  # what broke the centre off may be no better to write down
            _log.error("the event could not be set aside in %s: %s", self._folder, trouble)


class Refusals:
    """What is done about events in the middle of which the centre breaks off."""

    def __init__(self, poison: Poison, recovery: Recovery) -> None:
        self._poison = poison
        self._recovery = recovery
        self._stuck: dict[str, None] = {}
        """Calls whose way through the menu was refused, the latest last."""
        self.shortest_ms = _GRAIN_MS
        """How soon the centre is told of the time at the soonest: what stays due must not take all the time there is
        when it breaks the centre off each time."""

    @property
    def count(self) -> int:
        """Events that were refused, since the start."""
        return self._poison.count

    @property
    def timers_run(self) -> bool:
        """Whether what is due does not break the centre off each time, as far as is known."""
        return self.shortest_ms == _GRAIN_MS

    def took(self, event: Event) -> None:
        """The centre has taken this one well."""
        if isinstance(event, TimePassed | TimersPutOff):
            self.shortest_ms = _GRAIN_MS

    def refuse(self, event: Event, at: int, error: Exception) -> Recovered | None:
        """Sets ``event`` aside, in which the centre broke off at ``at``. Returns the centre as it was before; None: it
        stays as it broke off, as that is not known, or as it takes too long for a fault that comes again and again."""
        _log.error("refused event %s", type(event).__name__, exc_info=error)
        if isinstance(event, TimePassed):
            self.shortest_ms = min(2 * self.shortest_ms, 1_000)
        self._recovery.distrust()
        before = None if self._poison.too_many(at) else self._recovery.before_a_break()
        self._poison.set_aside(at, event, error, before)
        self._poison.note(at)
        return before

    def remedies(
        self, event: Event, at: int, restored: Recovered | None, site: Site, configuration: str
    ) -> list[Event]:
        """What the centre, which goes by ``configuration``, is to be told before anything else, now that ``event`` was
        refused at ``at``, and it is as it was before that (``restored``), or as it broke off (None)."""
        if isinstance(event, ConfigurationChanged | TimersPutOff):
            return []  # these are the remedies: asked for once more, they would be for ever
        told: list[Event] = []
        too_many = self._poison.too_many(at)
        if isinstance(event, TimePassed):
            first = None if too_many or restored is None else restored.centre.next_due()
            # The first that is due, as the others may be harmless; once there is no time to find out, all of them.
            told.append(TimersPutOff(due=at if first is None else first, until=at + PUT_OFF_MS))
        if (too_many or isinstance(event, EngineStarted)) and not goes_first_come(configuration, site):
            _log.error(
                "%s: from now on calls go in the order of their coming to whoever is ready (docs/reliability.md); load "
                "the configuration again to end that",
                f"{TOO_MANY} events were refused within {WITHIN_MS // 60_000} minutes"
                if too_many
                else "the start was refused",
            )
            told.append(ConfigurationChanged(configuration=first_come_name(site.digest)))
            if isinstance(event, EngineStarted):
                told.append(event)
        return told

    def too_many(self, at: int) -> bool:
        """Whether faults come again and again."""
        return self._poison.too_many(at)

    def to_a_queue(self, event: Event, at: int, centre: Centre) -> list[Event]:
        """What becomes of callers whose menu faults that come again and again keep from them (``event`` was refused),
        or whom the centre does not know (it was taken, and is the list of a line): they wait in the first queue that
        the flow has, for whoever is ready. Nothing, as long as there were not too many."""
        if isinstance(event, _IN_MENU):
            self._stuck[event.call] = None
            if len(self._stuck) > _STUCK_MOST:
                del self._stuck[next(iter(self._stuck))]
        if not self._poison.too_many(at):
            return []
        if isinstance(event, LineSynchronised):
            strays = [
                call
                for call in event.calls
                if (known := centre.call(call)) is None or (call in self._stuck and _is_new(known))
            ]
            return [
                _adopted(CallArrived(call=call, line=event.line, number="", name=""), at, centre) for call in strays
            ]
        if not isinstance(event, _IN_MENU):
            return []
        known = centre.call(event.call)
        if known is not None and not _is_new(known):
            return []
        if isinstance(event, CallArrived):
            return [_adopted(event, at, centre)]
        line = event.call.partition("-")[0]
        return [_adopted(CallArrived(call=event.call, line=line, number="", name=""), at, centre)]

    def in_words(self, configuration: str, site: Site) -> Mapping[str, str]:
        """For whoever asks how the service does."""
        if not self.count:
            return {"state": "up"}
        rules = "; first come, first served" if goes_first_come(configuration, site) else ""
        return {"state": f"{self.count} refused{rules}, see the log"}


def _is_new(call: Call) -> bool:
    """Whether the call is in a menu, and has never waited."""
    return call.phase is Phase.MENU and call.record.queued_at is None


def _adopted(caller: CallArrived, at: int, centre: Centre) -> CallAdopted:
    setup, known = centre.setup, centre.call(caller.call)
    flow = setup.flows[setup.entry if known is None else known.session.flow]
    queues = (node.queue for node in flow.nodes.values() if isinstance(node, Queue))
    return CallAdopted(
        call=caller.call,
        line=caller.line,
        number=caller.number,
        name=caller.name,
        arrived_at=at if caller.arrived_at is None else caller.arrived_at,
        queue=next(queues, ""),
        waiting_since=at,
    )


def goes_first_come(configuration: str, site: Site) -> bool:
    """Whether ``configuration`` is the plainest rules for the queues and agents of ``site``."""
    return configuration == first_come_name(site.digest)


def read_dump(folder: Path) -> Dump:
    """What :meth:`Poison.set_aside` wrote; raises :class:`DumpError`."""
    try:
        told = msgspec.convert(decode_line((folder / _EVENT).read_bytes()), _Told)
        event = event_from_plain(told.event)
    except OSError as error:
        raise DumpError(f"{folder / _EVENT} cannot be read: {error.strerror}; name a folder in {FOLDER}/") from error
    except (msgspec.ValidationError, ValueError) as error:
        raise DumpError(f"{folder / _EVENT} is no event that was set aside: {error}") from error
    try:
        # Whether it happens to newer code, too, is what one asks of a repair, as long as that can read it.
        found = Snapshots(folder, told.site, code=told.code).look()
    except OSError:
        found = None
    except Unusable as error:
        raise DumpError(
            f"the snapshot in {folder} cannot be read by this version: {error}; reproduce it with the one that wrote it"
        ) from error
    centre = None if found is None else found.kept.centre
    return Dump(at=told.at, event=event, error=told.error, centre=centre, code=told.code)
