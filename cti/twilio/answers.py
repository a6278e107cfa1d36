"""What was answered to a webhook, so that one that comes twice gets the same and moves nothing; over a restart see
:mod:`cti.twilio.replies`."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from cti.twilio.webhooks import Webhook

KEPT_MOST = 20_000
"""Answers; Twilio repeats a request within seconds, and this is minutes even of a busy centre."""
_HEADER = "i-twilio-idempotency-token"


def name_of(hook: Webhook, key: str) -> str:
    """Names the request: the same for its repetitions, which bear the token of the first one.

    The address counts too: after a failure Twilio goes on at the fallback address. A request without a token is named
    by all that stands in it: among that is what a caller typed, which nobody may find out from a name without *key*.
    """
    token = hook.headers.get(_HEADER, "")
    said = token.encode("utf-8", "replace") if token else hook.body
    request = b"\0".join((hook.method.encode(), hook.target.encode("utf-8", "replace"), said))
    return hmac.new(key.encode(), request, hashlib.sha256).hexdigest()


class Answers:
    """The latest answers, by the names of the requests."""

    def __init__(self, most: int = KEPT_MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, asyncio.Task[str]] = OrderedDict()

    async def once(self, name: str, answer: Callable[[], Awaitable[str]]) -> str:
        """What *answer* says, asked for once: a repetition that comes while the first one is still being answered waits
        for it. An answer that failed is not kept."""
        task = self._kept.get(name)
        if task is None:
            task = self._kept[name] = asyncio.ensure_future(_made(answer))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Exception:
            self._kept.pop(name, None)
            raise


async def _made(answer: Callable[[], Awaitable[str]]) -> str:
    return await answer()
