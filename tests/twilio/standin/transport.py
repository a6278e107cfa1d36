"""The helper library's way to the stand-in: requests as they would go out, without the net."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from cti.twilio.transport import AiohttpClient, NotThere

if TYPE_CHECKING:
    from tests.twilio.standin.twilio import StandIn

SOUND = b"RIFF"
"""Of every recording."""


class Transport(AiohttpClient):
    """The helper library's way to the stand-in: requests as they would go out, without the net."""

    def __init__(self, world: StandIn) -> None:
        super().__init__()
        self._world = world

    async def download(self, path: str, auth: tuple[str, str], to: Path, *, within_s: float) -> None:
        if self._world.recordings_fail == "404":
            raise NotThere("status 404")
        if self._world.recordings_fail:
            raise TimeoutError
        _keep(to)

    async def send(
        self,
        method: str,
        url: str,
        body: str | None,
        headers: dict[str, str],
        auth: tuple[str, str] | None,
        within_s: float,
    ) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(within_s):
            if url.startswith(self._world.public_url):
                return await self._world.forward(method, url, headers), {}, b""
            status, content = await self._world.rest(method, url, body or "", auth)
        return status, {}, content


def _keep(to: Path) -> None:
    to.write_bytes(SOUND)
