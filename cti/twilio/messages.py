"""The messages that callers leave, fetched from Twilio to where those of other lines are: there they stay, whatever
becomes of the account."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

from cti.recordings import Recordings
from cti.twilio.rest import Files, RestFailed, TwilioRest
from cti.twilio.webhooks import Posted

_log = logging.getLogger(__name__)

FETCH_S = 60.0
"""How long one try may take."""
AGAIN_AFTER_S = (5.0, 60.0, 600.0)
"""Pauses before further tries: nobody waits for it, and it is a caller's only word."""
_SID = re.compile(r"RE[0-9a-f]{32}")


class Messages:
    """Fetches them."""

    def __init__(self, recordings: Recordings, rest: TwilioRest, files: Files) -> None:
        self._recordings = recordings
        self._rest = rest
        self._files = files

    async def fetch(self, message: str, posted: Posted) -> None:
        """Fetches the recording that Twilio says is ready. Which one that is says its sid: an address that somebody
        sends is not followed."""
        sid = posted.get("RecordingSid")
        if posted.get("RecordingStatus") != "completed" or not _SID.fullmatch(sid):
            return
        try:
            stem = self._recordings.stem(message)
            sound = await self._sound(sid)
            await asyncio.to_thread(_keep, Path(f"{stem}.{sid}"), Path(f"{stem}.wav"), sound)
        except ValueError as error:
            _log.warning("%s stays at Twilio: %s", sid, error)
        except (RestFailed, OSError) as error:
            _log.error("message %s stays at Twilio as %s: %s", message, sid, error)

    async def _sound(self, sid: str) -> bytes:
        for pause_s in AGAIN_AFTER_S:
            try:
                return await self._rest.recording(sid, self._files, within_s=FETCH_S)
            except RestFailed as error:
                _log.warning("%s cannot be fetched yet: %s", sid, error)
                await asyncio.sleep(pause_s)
        return await self._rest.recording(sid, self._files, within_s=FETCH_S)


def _keep(partial: Path, whole: Path, sound: bytes) -> None:
    """A message is there as a whole, or not at all."""
    partial.write_bytes(sound)
    partial.replace(whole)
