"""Asks web services for flows. Their answers are a stranger's: bounded in size and time, and taken as data only.

A request goes to no host but those that the site names, and there to nothing above the address that it binds, whatever
a caller typed or another system said that stands in the path; a redirect is not followed, no
proxy of the environment is asked, no cookie kept. The name's addresses are the resolver's business: who may change the
DNS of a named host can choose where the request goes, and TLS is what stands against that.

The HTTP client takes a sixth of a second to load: that waits for the first request, as callers wait for an engine that
starts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from centre.requests import FetchData
from config.site import WebService
from cti.dips.answer import ANSWER_BYTES_MOST, taken
from cti.service.ports import DipFailed

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS_MOST = 100
PER_HOST_MOST = 20


class DataDips:
    """A :class:`cti.service.ports.WebServices`. Use it within one event loop; ``close`` it."""

    def __init__(self, named: Callable[[], Mapping[str, WebService]]) -> None:
        """``named``: the web services of the site, as it is now, by the names that flows use."""
        self._named = named
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """The values that ``wanted`` names. Raises :class:`DipFailed` within its time-out, whatever the service does.

        ``secrets`` are added to the body; they leave no trace here.
        """
        from aiohttp import ClientError  # noqa: PLC0415 - see the module

        try:
            async with asyncio.timeout(wanted.timeout_ms / 1000):
                content = await self._content(wanted, secrets)
        except TimeoutError:
            raise DipFailed("deadline") from None
        except ClientError as error:
            raise DipFailed(type(error).__name__) from None
        return taken(content, wanted.take)

    async def close(self) -> None:
        """Ends all connections."""
        if self._session is not None:
            await self._session.close()

    async def _content(self, wanted: FetchData, secrets: Mapping[str, str]) -> bytes:
        service = self._named().get(wanted.service)
        if service is None:
            raise DipFailed("no such web service")
        if wanted.path[:1] not in ("", "/") or _climbs(wanted.path):
            raise DipFailed("the path leads out of the web service")
        from yarl import URL  # noqa: PLC0415

        url = URL(service.url + wanted.path, encoded=True)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if service.authorization is not None:
            headers["Authorization"] = await asyncio.to_thread(_authorization, service)
        async with self._open_session().request(
            "GET" if wanted.json is None else "POST",
            url.update_query(dict(wanted.query)) if wanted.query else url,
            json=None if wanted.json is None else {**wanted.json, **secrets},
            headers=headers,
            allow_redirects=False,
        ) as response:
            if not 200 <= response.status < 300:
                raise DipFailed(f"status {response.status}")
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > ANSWER_BYTES_MOST:
                    raise DipFailed("answer too large")
            return bytes(content)

    def _open_session(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MOST, limit_per_host=PER_HOST_MOST),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # each request has its own
                auto_decompress=False,  # a small answer cannot become a large one
                trust_env=False,
            )
        return self._session


def _climbs(path: str) -> bool:
    """Whether a part of the path is “..” or “.”, in whatever way it is written."""
    return not {"..", "."}.isdisjoint(re.split(r"[/\\]", unquote(path)))


def _authorization(service: WebService) -> str:
    assert service.authorization is not None
    try:
        text = service.authorization.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise DipFailed("authorization file cannot be read") from None
    if not text.isprintable():
        raise DipFailed("authorization file holds more than one line")
    return text
