"""Twilio's REST API over aiohttp, for the helper library.

The library's own asynchronous client sends a repeated field as one text, logs every address with the account in it, and
knows no deadline that aiohttp 3.14 takes; so it is given this one.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

API = "https://api.twilio.com"
ANSWER_BYTES_MOST = 16 * 1024 * 1024
"""A page of 1,000 calls is about 1 MB."""
FILE_BYTES_MOST = 1024 * 1024 * 1024
"""An hour of a conversation is 58 MB."""
TRY_S = 5.0
"""How long one try may take."""


class TooLarge(aiohttp.ClientError):
    """The answer is larger than anything that was asked for."""


class NotThere(aiohttp.ClientError):
    """Twilio has no such file."""


class AiohttpClient(AsyncHttpClient):  # type: ignore[misc]  # the library has no types
    """See the module. ``close`` it."""

    def __init__(self, origin: str = API) -> None:
        """*origin*: where the account's API is."""
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._origin = origin
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        allow_redirects: bool = False,  # noqa: ARG002 - so is this, and none is followed
    ) -> Response:
        """One try, as the library has built it. TimeoutError after *timeout* (:data:`TRY_S`) seconds, else
        aiohttp.ClientError where Twilio cannot be reached."""
        status, answer_headers, body = await self.send(
            method,
            self._origin + uri.removeprefix(API) + (f"?{urlencode(params, doseq=True)}" if params else ""),
            urlencode(data, doseq=True) if data else None,
            headers or {},
            auth,
            timeout or TRY_S,
        )
        return Response(status, body.decode("utf-8", "replace"), answer_headers)

    async def download(self, path: str, auth: tuple[str, str], to: Path, *, within_s: float) -> None:
        """Writes a file of the API to *to*. NotThere where it is none, aiohttp.ClientError or TimeoutError where it
        cannot be had, OSError where it cannot be written."""
        async with asyncio.timeout(within_s), self._asked("GET", self._origin + path, None, {}, auth) as response:
            if response.status in (404, 410):
                raise NotThere(f"status {response.status}")
            if response.status != 200:
                raise aiohttp.ClientError(f"status {response.status}")
            length, file = 0, await asyncio.to_thread(to.open, "wb")
            try:
                async for chunk in response.content.iter_any():
                    length += len(chunk)
                    if length > FILE_BYTES_MOST:
                        raise TooLarge(f"more than {FILE_BYTES_MOST} bytes")
                    await asyncio.to_thread(file.write, chunk)
            finally:
                await asyncio.to_thread(file.close)

    async def close(self) -> None:
        """Ends all connections."""
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        body: str | None,
        headers: dict[str, str],
        auth: tuple[str, str] | None,
        within_s: float,
    ) -> tuple[int, dict[str, str], bytes]:
        """One request as it goes out: status, headers and body of the answer."""
        async with asyncio.timeout(within_s), self._asked(method, url, body, headers, auth) as response:
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > ANSWER_BYTES_MOST:
                    raise TooLarge(f"more than {ANSWER_BYTES_MOST} bytes")
            return response.status, dict(response.headers), bytes(content)

    def _asked(
        self, method: str, url: str, body: str | None, headers: dict[str, str], auth: tuple[str, str] | None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return self._session.request(
            method,
            url,
            data=body,
            headers=headers if auth is None else {**headers, "Authorization": aiohttp.encode_basic_auth(*auth)},
            allow_redirects=False,
        )
