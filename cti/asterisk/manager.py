"""Manager actions of the line: sent over the link there is now, on their own or in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from cti.asterisk.ami import AmiError, AmiLink, AmiReply, AmiValue
from cti.service.background import Background

_log = logging.getLogger(__name__)


class Manager:
    """Whoever sends actions, and the work that waits for their answers."""

    def __init__(self) -> None:
        self.link: AmiLink | None = None
        """Set before anything is sent."""
        self._background = Background()

    async def close(self) -> None:
        """Breaks off what is going on."""
        await self._background.close()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins what goes on by itself; what the exchange refuses of it, or the link, is logged."""
        self._background.run(self.guarded(work))

    @staticmethod
    async def guarded(work: Coroutine[Any, Any, None]) -> None:
        """The same, to be waited for."""
        try:
            await work
        except AmiError as error:
            # A caller who hung up meanwhile is the usual reason, and told by an event of its own.
            _log.info("not carried out: %s", error)

    async def act(self, name: str, headers: dict[str, AmiValue]) -> AmiReply:
        """Sends one action and returns the answer. AmiError: the exchange refuses it, or the link is down."""
        assert self.link is not None
        return await self.link.action(name, headers, deadline_ms=None)

    async def action(self, name: str, **headers: AmiValue) -> None:
        """The same where the answer says nothing more."""
        assert self.link is not None
        await self.link.action(name, deadline_ms=None, **headers)

    @staticmethod
    async def in_order(*actions: Coroutine[Any, Any, None]) -> None:
        """Sends the actions in this order without waiting between them; Asterisk carries them out in this order."""
        done = await asyncio.gather(*actions, return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result

    async def redirect(self, channel: str, context: str, extension: str) -> None:
        """Moves a channel to another place in the dialplan."""
        await self.action("Redirect", Channel=channel, Context=context, Exten=extension, Priority=1)

    async def set(self, channel: str, variable: str, value: str) -> None:
        """Sets a variable of a channel."""
        await self.action("Setvar", Channel=channel, Variable=variable, Value=value)

    async def end(self, channel: str) -> None:
        """Hangs a channel up."""
        await self.action("Hangup", Channel=channel, Cause=16)

    async def stop_playing(self, channel: str) -> None:
        """Ends what is played to a channel, or its wait for a key; never raises."""
        await self.guarded(self.action("ControlPlayback", Channel=channel, Control="stop"))
