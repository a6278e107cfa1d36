"""Events in the middle of which the centre breaks off, by a fault of ours: each is set aside with all that it takes to
see it happen again, and too many of them end in the plainest rules there are (:mod:`acd.first_come`)."""

from __future__ import annotations

import logging
import os
import traceback
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from centre.events import Event
from centre.machine import Centre
from cti.journal.codec import decode_line, encode_line, event_from_plain, to_plain
from cti.snapshots import Snapshot, Snapshots, code_digest

_log = logging.getLogger(__name__)

FOLDER = "poison"
KEPT = 20
"""So many are set aside; a fault that goes on for ever must not fill the disk."""
TOO_MANY = 3
WITHIN_MS = 10 * 60 * 1000
_EVENT = "event.json"


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

    def set_aside(self, at: int, event: Event, error: Exception, before: Snapshot | None) -> None:
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
                Snapshots(dump, self._site).write(before)
            _log.error("set aside in %s; see it again with: holdless reproduce %s", dump, dump)
        except Exception as trouble:  # what broke the centre off may be no better to write down
            _log.error("the event could not be set aside in %s: %s", self._folder, trouble)


def read_dump(folder: Path) -> Dump:
    """What :meth:`Poison.set_aside` wrote; raises :class:`DumpError`."""
    try:
        told = msgspec.convert(decode_line((folder / _EVENT).read_bytes()), _Told)
        event = event_from_plain(told.event)
    except OSError as error:
        raise DumpError(f"{folder / _EVENT} cannot be read: {error.strerror}; name a folder in {FOLDER}/") from error
    except (msgspec.ValidationError, ValueError) as error:
        raise DumpError(f"{folder / _EVENT} is no event that was set aside: {error}") from error
    centre = None
    with suppress(OSError):
        # Whether it happens to newer code, too, is what one asks of a repair.
        found = Snapshots(folder, told.site, code=told.code).newest(lambda _: iter(()))
        centre = None if found is None else found[0].kept.centre
    return Dump(at=told.at, event=event, error=told.error, centre=centre, code=told.code)
