"""One connection to Asterisk's manager interface, from greeting to end: actions out, answers and events in.

A connection is used once. What holds over many of them (reconnecting, resyncing) is `AmiLink` in ami.py.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from cti.asterisk.ami_errors import AmiLoginRefused, AmiLost, AmiRefused, AmiTimeout, AmiUnreachable
from cti.asterisk.ami_messages import AmiEvent, AmiReply, AmiValue, checked_headers
from cti.asterisk.ami_wire import Wire, connect

LIST_ITEMS_MAX = 100_000


@dataclass(slots=True)
class _Ask:
    """An action on its way. With *until* it is a list: its events are kept until that event comes."""

    name: str
    done: asyncio.Future[AmiReply]
    until: str | None = None
    items: list[AmiEvent] = field(default_factory=list)
    reply: AmiReply | None = None


class Connection:
    """See the module. Made by `open`; *lost* is done, with the reason, as soon as the connection has ended."""

    def __init__(self, address: str, on_event: Callable[[AmiEvent], str | None]) -> None:
        self.address = address
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.strays = 0
        """Answers and list entries nobody waits for: late, doubled, or not asked for."""
        self._on_event = on_event
        self._asked: dict[str, _Ask] = {}
        # Other clients' ActionIDs come by in events, so ours must not be guessable from a counter alone.
        self._token = secrets.token_hex(6)
        self._serial = 0
        self._wire: Wire | None = None

    @classmethod
    async def open(cls, host: str, port: int, *, deadline_ms: int, on_event: Callable[[AmiEvent], str | None]) -> Self:
        """Connect and wait for the greeting.

        *on_event* is called for every event that is not the entry of a list of ours. It must not block or raise; if it
        returns a text, the connection is dropped for that reason. AmiUnreachable says what to look at.
        """
        connection = cls(f"{host}:{port}", on_event)
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                connection._wire = await connect(host, port, connection)
        except TimeoutError:
            raise AmiUnreachable(
                f"{connection.address} does not greet as an Asterisk manager within {deadline_ms} ms:"
                " is it the AMI port (manager.conf: port), and does Asterisk still run?"
            ) from None
        except OSError as error:
            raise AmiUnreachable(
                f"no Asterisk manager at {connection.address} ({error.strerror or error}): is Asterisk running,"
                " with enabled=yes and this port and bindaddr in manager.conf?"
            ) from None
        if connection.lost.done():
            raise AmiUnreachable(f"{connection.address}: {connection.lost.result()}; check host and port")
        return connection

    async def login(self, user: str, secret: str, *, events: str, deadline_ms: int) -> None:
        """Log in. AmiLoginRefused when Asterisk says no, AmiUnreachable when it says nothing."""
        headers = {"Username": user, "Secret": secret, "Events": events}
        try:
            await self.action("Login", headers, deadline_ms=deadline_ms)
        except AmiRefused as error:
            raise AmiLoginRefused(
                f"Asterisk at {self.address} refuses the manager user {user!r}"
                f" ({error.message or 'no reason given'}):"
                f" compare the secret, deny and permit in section [{user}] of manager.conf, then `manager reload`",
                error.reply,
            ) from None
        except (AmiLost, AmiTimeout) as error:
            raise AmiUnreachable(f"Asterisk at {self.address} does not answer the login: {error}") from None

    async def action(self, name: str, headers: Mapping[str, AmiValue], *, deadline_ms: int) -> AmiReply:
        """Send one action, once, and return Asterisk's answer."""
        return await self._ask(name, headers, None, deadline_ms)

    async def collect(
        self, name: str, headers: Mapping[str, AmiValue], *, until: str, deadline_ms: int
    ) -> list[AmiEvent]:
        """Send an action that answers by a list of events and return them, without the closing event *until*."""
        items: list[AmiEvent] = []
        await self._ask(name, headers, until, deadline_ms, items)
        return items
