"""Documents on their way out: each leaves when the centre has it in its journal, so that a request that is repeated to
another engine, because this one died or the answer was lost, is told the same."""

from __future__ import annotations

import asyncio
import re

from centre import events
from centre.effects import SendReply
from cti.service.ports import Tell

KEPT_WITHIN_S = 3.0
"""How long a document may take to be kept; after that whoever brings the request tries another engine, or Twilio asks
the fallback address. With what a data dip may take it is less than the 15 s that Twilio waits."""


class NotKept(Exception):
    """The document must not go out: it may be that another engine leads."""


class Replies:
    """Those that wait to be kept."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def kept(self, call: str, request: str, document: str) -> str:
        """*document*; or what the request was answered before. Raises :class:`NotKept`."""
        waiting = self._waiting[request] = asyncio.get_running_loop().create_future()
        self._tell(events.ReplyReady(call=call, request=request, reply=document))
        try:
            async with asyncio.timeout(KEPT_WITHIN_S):
                return await waiting or document
        except TimeoutError:
            raise NotKept from None
        finally:
            self._waiting.pop(request, None)

    def send(self, order: SendReply) -> None:
        """A document is kept."""
        waiting = self._waiting.get(order.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(order.instead)


_GOES_ON_AT = re.compile(r"/calls/[^/\"]+/(\w+)/([\w-]+)")
_STEPS = frozenset({"said", "keys", "message", "outside"})


def goes_on_at(document: str) -> tuple[str, str]:
    """What the caller is in the middle of by this document, whatever was said before it: the last address that Twilio
    will ask at, without what makes each document another."""
    found = _GOES_ON_AT.findall(document)
    if not found:
        return "", ""
    what, mark = found[-1]
    return what, mark if what in _STEPS else ""
