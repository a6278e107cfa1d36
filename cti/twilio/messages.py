"""The messages that callers leave, and recorded conversations, fetched from Twilio to where those of other lines are:
there they stay, whatever becomes of the account."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

from cti.recordings import Recordings
from cti.twilio.rest import Files, RestFailed, RestRefused, TwilioRest
from cti.twilio.webhooks import Posted

_log = logging.getLogger(__name__)

FETCH_S = 600.0
"""How long one try may take: a conversation may have lasted for hours."""
AGAIN_AFTER_S = (5.0, 60.0, 600.0)
"""Pauses before further tries: nobody waits for it, and it is a caller's only word."""
AT_ONCE_MOST = 4
"""Messages on their way here at one time."""
_SID = re.compile(r"RE[0-9a-f]{32}")
_WANTED = ".wanted"
"""The ending of an empty file, named by message and recording, that lies in the folder until the message is there: what
this process does not come to, the next one does."""


class Messages:
    """Fetches them."""

    def __init__(self, recordings: Recordings, rest: TwilioRest, files: Files) -> None:
        self._recordings = recordings
        self._rest = rest
        self._files = files
        self._places = asyncio.Semaphore(AT_ONCE_MOST)

    def note(self, message: str, posted: Posted) -> Path | None:
        """Notes that a recording is ready, before Twilio is answered, which says so only once; returns the note for
        :meth:`fetch`. Which recording that is says its sid: an address that somebody sends is not followed. None: there
        is nothing to fetch."""
        sid = posted.get("RecordingSid")
        if posted.get("RecordingStatus") != "completed" or not _SID.fullmatch(sid):
            return None
        try:
            note = Path(f"{self._recordings.stem(message)}.{sid}{_WANTED}")
        except ValueError as error:
            _log.warning("%s stays at Twilio: %s", sid, error)
            return None
        try:
            note.touch()  # it takes no longer than an entry of the journal
        except OSError as error:
            _log.error("message %s is fetched by this engine or by none: %s", message, error)
        return note

    async def fetch_the_rest(self) -> None:
        """Fetches what an engine before this one did not come to."""
        notes = await asyncio.to_thread(lambda: sorted(self._recordings.folder.glob(f"*{_WANTED}")))
        await asyncio.gather(*(self.fetch(note) for note in notes if _SID.fullmatch(note.with_suffix("").suffix[1:])))

    async def fetch(self, note: Path) -> None:
        """Fetches the recording of which ``note`` is; then that goes."""
        partial = note.with_suffix("")
        message, sid, sound = partial.stem, partial.suffix[1:], partial.with_suffix(".wav")
        try:
            await self._sound(sid, partial)
            await asyncio.to_thread(partial.replace, sound)  # it is there as a whole, or not at all
        except RestRefused as error:
            _log.error("message %s cannot be had: Twilio has no recording %s any more (%s)", message, sid, error)
        except (RestFailed, OSError) as error:
            _log.error(
                "message %s stays at Twilio as %s until the engine is started again: %s; is this machine connected to "
                "the internet, and is there room in %s?",
                *(message, sid, error, self._recordings.folder),
            )
            return
        await asyncio.to_thread(note.unlink, missing_ok=True)

    async def _sound(self, sid: str, to: Path) -> None:
        for pause_s in AGAIN_AFTER_S:
            try:
                return await self._try(sid, to)
            except RestFailed as error:
                _log.warning("%s cannot be fetched yet: %s", sid, error)
                await asyncio.sleep(pause_s)
        return await self._try(sid, to)

    async def _try(self, sid: str, to: Path) -> None:
        async with self._places:
            await self._rest.recording(sid, self._files, to, within_s=FETCH_S)
