"""One connection to Asterisk's manager interface, from greeting to end: actions out, answers and events in.

A connection is used once. What holds over many of them (reconnecting, resyncing) is `AmiLink` in ami.py.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from cti.asterisk.ami_errors import AmiLoginRefused, AmiLost, AmiRefused, AmiTimeout, AmiUnreachable
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders, AmiReply, AmiValue, checked_headers
from cti.asterisk.ami_wire import Wire, connect

LIST_ITEMS_MAX = 100_000
_LIST_MARK = "-list"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class AmiCounts:
    """What has happened on a link since it was made."""

    connects: int = 0
    """Times the link came up."""
    losses: int = 0
    """Times it broke after it had been up."""
    overflows: int = 0
    """Losses because the reader of the events had fallen too far behind."""
    events_forgotten: int = 0
    """Unread events of an ended connection that `on_up` made superfluous."""
    strays: int = 0
    """Answers that nobody waited for: late or doubled."""
    withheld: int = 0
    """Actions that were not sent, as another engine may have led by then."""


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

    def __init__(self, address: str, on_event: Callable[[AmiEvent], str | None], counts: AmiCounts) -> None:
        self.address = address
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._counts = counts
        self._on_event = on_event
        self._asked: dict[str, _Ask] = {}
        # Other clients' ActionIDs come by in events, so ours must not be guessable from a counter alone.
        self._token = secrets.token_hex(6)
        self._serial = 0
        self._wire: Wire | None = None

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        deadline_ms: int,
        on_event: Callable[[AmiEvent], str | None],
        counts: AmiCounts,
    ) -> Self:
        """Connect and wait for the greeting.

        *on_event* is called for every event that is not the entry of a list of ours. It must not block or raise; if it
        returns a text, the connection is dropped for that reason. AmiUnreachable says what to look at.
        """
        connection = cls(f"{host}:{port}", on_event, counts)
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
        ask = _Ask(name, asyncio.get_running_loop().create_future())
        return await self._ask(ask, headers, deadline_ms)

    async def collect(
        self, name: str, headers: Mapping[str, AmiValue], *, until: str, deadline_ms: int
    ) -> list[AmiEvent]:
        """Send an action that answers by a list of events; return them, without the closing event *until*."""
        ask = _Ask(name, asyncio.get_running_loop().create_future(), until)
        await self._ask(ask, headers, deadline_ms)
        return ask.items

    def drop(self, reason: str) -> None:
        """End the connection now; everything under way fails with AmiLost."""
        if self._wire is not None:
            self._wire.abort(reason)
        self.on_gone(reason)

    async def dropped(self) -> None:
        """Wait until the socket of a dropped connection is closed."""
        if self._wire is not None:
            await self._wire.gone

    async def _ask(self, ask: _Ask, headers: Mapping[str, AmiValue], deadline_ms: int) -> AmiReply:
        checked = checked_headers(headers)
        if self._wire is None or self.lost.done():
            reason = self.lost.result() if self.lost.done() else "not connected"
            raise AmiLost(f"{ask.name} was not sent, there is no link to Asterisk at {self.address}: {reason}")
        self._serial += 1
        action_id = f"{self._token}-{self._serial}" + (_LIST_MARK if ask.until else "")
        self._asked[action_id] = ask
        try:
            self._wire.write(ask.name, action_id, checked)
            async with asyncio.timeout(deadline_ms / 1000):
                return await ask.done
        except TimeoutError:
            raise AmiTimeout(
                f"Asterisk at {self.address} did not answer {ask.name} within {deadline_ms} ms;"
                " it may or may not have been carried out"
            ) from None
        finally:
            self._asked.pop(action_id, None)

    def on_event(self, event: AmiEvent) -> None:
        """A wire's event: the entry of a list that is being collected, or news for the subscriber."""
        action_id = event.headers.get("ActionID", "")
        if not (action_id.startswith(self._token) and action_id.endswith(_LIST_MARK)):
            # P14: also events with the ActionID of one of our actions, OriginateResponse above all
            complaint = self._on_event(event)
            if complaint:
                self.drop(complaint)
            return
        ask = self._asked.get(action_id)
        if ask is None or ask.done.done():
            self._stray(event.name, event.headers)  # the rest of a list whose deadline has passed
        elif event.name == ask.until and ask.reply is not None:
            ask.done.set_result(ask.reply)
        elif len(ask.items) < LIST_ITEMS_MAX:
            ask.items.append(event)
        else:
            self.drop(f"{ask.name} lists more than {LIST_ITEMS_MAX} entries")

    def on_reply(self, reply: AmiReply) -> None:
        """A wire's answer: the first one for an action counts."""
        ask = self._asked.get(reply.headers.get("ActionID", ""))
        if ask is None or ask.done.done() or ask.reply is not None:
            self._stray("answer", reply.headers)
        elif not reply.success:
            words = reply.message or "no reason given"
            ask.done.set_exception(AmiRefused(f"Asterisk refuses {ask.name}: {words}", reply))
        elif ask.until is None:
            ask.done.set_result(reply)
        else:
            ask.reply = reply

    def _stray(self, what: str, headers: AmiHeaders) -> None:
        self._counts.strays += 1
        log.debug("nobody waits for this %s: %s", what, headers)

    def on_gone(self, reason: str) -> None:
        """A wire's end. Nothing that was under way is kept for later (P7)."""
        if self.lost.done():
            return
        self.lost.set_result(reason)
        for ask in self._asked.values():
            if not ask.done.done():
                ask.done.set_exception(
                    AmiLost(
                        f"the link to Asterisk at {self.address} was lost before {ask.name} was answered"
                        f" ({reason}); it may or may not have been carried out"
                    )
                )
