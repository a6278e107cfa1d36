"""The messages that callers leave, fetched from Twilio into the data folder: there they are whatever becomes of the
account, under the names that the centre gave them."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

from cti.twilio.rest import Files, RestFailed, TwilioRest
from cti.twilio.webhooks import Posted

_log = logging.getLogger(__name__)

FETCH_S = 60.0
_NAME = re.compile(r"[A-Za-z0-9-]{1,200}")
_SID = re.compile(r"RE[0-9a-f]{32}")


class Messages:
    """One folder."""

    def __init__(self, folder: Path, rest: TwilioRest, files: Files) -> None:
        self._folder = folder
        self._rest = rest
        self._files = files

    def prepare(self) -> None:
        """Makes the folder; OSError where that is impossible."""
        self._folder.mkdir(parents=True, exist_ok=True)

    async def fetch(self, message: str, posted: Posted) -> None:
        """Fetches the recording that Twilio says is ready. Which one that is says its sid: an address that somebody
        sends is not followed."""
        sid = posted.get("RecordingSid")
        if posted.get("RecordingStatus") != "completed" or not _NAME.fullmatch(message) or not _SID.fullmatch(sid):
            return
        try:
            sound = await self._rest.recording(sid, self._files, within_s=FETCH_S)
            await asyncio.to_thread(self._keep, message, sid, sound)
        except (RestFailed, OSError) as error:
            _log.error("message %s stays at Twilio as %s: %s", message, sid, error)

    def _keep(self, message: str, sid: str, sound: bytes) -> None:
        partial = self._folder / f"{sid}.part"
        partial.write_bytes(sound)
        partial.replace(self._folder / f"{message}.wav")
