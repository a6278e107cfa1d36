"""A connection to a PostgreSQL server that comes back by itself. For what is to be said at once or not at all: the
lease and the journal; the store has SQLAlchemy's pool."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


class Away(Exception):
    """The server did not do what it was asked, or nobody knows whether it did; the text says why, in one line."""


class BadAddress(ValueError):
    """Not the URL of a PostgreSQL database."""


class Session:
    """One connection, made when it is first needed and again after each failure. For one task at a time."""

    def __init__(self, address: str, *, name: str, answer_s: float) -> None:
        """``name``: what the server calls us. ``answer_s``: how long connecting may take, and each statement. Raises
        :class:`BadAddress`."""
        self._address = _plain(address)
        self._settings = {"application_name": name, "lock_timeout": f"{int(answer_s * 500)}ms"}
        self._answer_s = answer_s
        self._connection: asyncpg.Connection[Any] | None = None

    async def ask(self, statement: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Runs one statement in a transaction of its own. Raises :class:`Away`."""
        try:
            async with asyncio.timeout(self._answer_s):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await asyncpg.connect(
                        self._address, timeout=self._answer_s, server_settings=self._settings
                    )
                return await self._connection.fetch(statement, *arguments)
        except Exception as error:  # asyncpg's are of many families, and whoever asks again must hear of each
            self._drop()
            raise Away(_first_line(error)) from error
        except BaseException:
            self._drop()  # whatever was broken off in the middle
            raise

    def another(self) -> Session:
        """One more connection to the same server, for another thread."""
        return Session(self._address, name=self._settings["application_name"], answer_s=self._answer_s)

    def close(self) -> None:
        """Ends the connection."""
        self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def shown(address: str) -> str:
    """The address without its password, and without settings: one may stand there, too."""
    return make_url(address).set(query={}).render_as_string(hide_password=True)


def _plain(address: str) -> str:
    """The address as asyncpg reads it, without the name of a driver."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError, TypeError):  # the last two: a port that is no number
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise BadAddress("this is not the address of a PostgreSQL database; write postgresql://user@host/database")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _first_line(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (str(error) or type(error).__name__).splitlines()[0]
