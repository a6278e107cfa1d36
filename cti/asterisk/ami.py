"""The link to Asterisk's manager interface (AMI): always there, or honestly down.

What it promises to the adapter above it:

- Every action has a deadline and is sent at most once. It ends with Asterisk's answer (`AmiReply`), or raises
  `AmiRefused` (Asterisk's words), `AmiTimeout`, `AmiLost` or, for input that must not be sent, ValueError.
- When the connection breaks, freezes or is cut off, everything under way fails with `AmiLost`, `on_down` is called, and
  the link comes back by itself, with a growing pause between attempts.
- After every login, the first one too, `on_up` is awaited before any event of the new connection is given out: fetch
  the state of the exchange there (CoreStatus, CoreShowChannels). Events missed meanwhile don't matter then.
- Events come in order through the bounded `events`. If the reader falls so far behind that it is full, the link is
  dropped and taken up again, with `on_up`: no Hangup is ever lost in silence.
- `close` is final.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from cti.asterisk.ami_connection import AmiCounts, Connection
from cti.asterisk.ami_errors import (
    AmiError,
    AmiLoginRefused,
    AmiLost,
    AmiRefused,
    AmiTimeout,
    AmiUnreachable,
)
from cti.asterisk.ami_inbox import Inbox
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders, AmiReply, AmiValue, channel_variables, unescaped
from cti.service.ports import MayAct, always

__all__ = [
    "AmiCounts",
    "AmiError",
    "AmiEvent",
    "AmiHeaders",
    "AmiLink",
    "AmiLoginRefused",
    "AmiLost",
    "AmiRefused",
    "AmiReply",
    "AmiTimeout",
    "AmiUnreachable",
    "AmiValue",
    "channel_variables",
    "unescaped",
]

log = logging.getLogger(__name__)


async def _nothing(link: AmiLink) -> None:
    """No resync: for tests and tools that only send actions."""


class AmiLink:
    """See the module. One link for one Asterisk; `start` it, read `events` in one task, `close` it."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        on_up: Callable[[AmiLink], Awaitable[None]] = _nothing,
        on_down: Callable[[str], None] | None = None,
        events: str = "on",
        inbox_size: int = 20_000,
        deadline_ms: int = 5_000,
        heartbeat_ms: int = 3_000,
        retry_first_ms: int = 200,
        retry_max_ms: int = 5_000,
        may_act: MayAct = always,
    ) -> None:
        """*user*, *secret*: a section of manager.conf. *events*: its event classes, "on" for all it may read.

        *on_up(link)*: awaited after every login; may use `action` and `collect`, but neither `close` nor wait for an
        event. If it raises, the link is dropped and tried again. *on_down(reason)*: called when a link that was up is
        lost; must not block.

        *deadline_ms*: for connecting, logging in and every action without a deadline of its own.
        *heartbeat_ms*: how often Asterisk is asked whether it lives; a frozen one is noticed after twice that.
        *retry_first_ms*, *retry_max_ms*: pause before the first attempt to reconnect, doubled up to the most.
        *may_act*: asked right before each action is written.
        """
        self.address = f"{host}:{port}"
        self.counts = AmiCounts()
        self.events = Inbox(inbox_size)
        self.trouble = "not started"
        """Why the link is down, in one line; empty while it is up."""
        self._host, self._port, self._user, self._secret = host, port, user, secret
        self._on_up, self._on_down, self._classes = on_up, on_down, events
        self._deadline_ms, self._heartbeat_ms = deadline_ms, heartbeat_ms
        self._retry_first_ms, self._retry_max_ms = retry_first_ms, retry_max_ms
        self._may_act = may_act
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def up(self) -> bool:
        """Whether the link is up, logged in and resynced."""
        return not self.trouble

    async def start(self) -> None:
        """Connect, log in and resync for the first time; from then on the link keeps itself up.

        AmiUnreachable or AmiLoginRefused, each in one clear line, when that fails; it is not tried again then.
        What `on_up` raises comes through as it is.
        """
        if self._closed or self._keeper is not None:
            raise RuntimeError("an AmiLink is started once and never after close(); make a new one")
        connection = await self._bring_up()
        self._keeper = asyncio.create_task(self._keep(connection), name=f"AMI link {self.address}")

    async def close(self) -> None:
        """End the link for good: no reconnect, actions under way fail with AmiLost, readers' loops end."""
        self._closed = True
        self.trouble = "closed"
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._connection is not None:
            await self._let_go(self._connection, "the link was closed by Holdless")
        self.events.end()

    def renew(self, why: str) -> None:
        """Lets go of a connection that is up, for `on_up` to be awaited on another."""
        if self._connection is not None and self.up:
            self._connection.drop(why)

    async def action(
        self,
        name: str,
        headers: Mapping[str, AmiValue] | None = None,
        /,
        *,
        deadline_ms: int | None = None,
        **more: AmiValue,
    ) -> AmiReply:
        """Send the action *name*, once, and return Asterisk's answer.

        *headers* and *more* as for dict(): `action("Redirect", Channel=..., Context=...)`, named as in Asterisk's
        reference; a list repeats a header. Originate always runs with Async (a waiting one would block the manager
        session) and needs a ChannelId of yours: by it, as Uniqueid, its OriginateResponse is known.
        Actions begun one after the other are written in that order, before the first is answered.

        AmiRefused, AmiTimeout, AmiLost; ValueError for a header that cannot be sent safely.
        """
        wanted = {**(headers or {}), **more}
        if name.lower() == "originate":
            given = {header.lower() for header in wanted}
            if "channelid" not in given:
                raise ValueError("Originate needs a ChannelId of your own choice, to know its events by")
            if "async" in given:
                raise ValueError("leave Async out: Originate always runs with Async: true")
            wanted["Async"] = True
        if not self._may_act():
            self.counts.withheld += 1
            raise AmiLost(f"{name} was not sent: another engine may lead by now")
        return await self._linked(name).action(name, wanted, deadline_ms=deadline_ms or self._deadline_ms)

    async def collect(
        self,
        name: str,
        headers: Mapping[str, AmiValue] | None = None,
        /,
        *,
        until: str | None = None,
        deadline_ms: int | None = None,
        **more: AmiValue,
    ) -> list[AmiEvent]:
        """Send an action that answers by a list (CoreShowChannels, QueueStatus) and return its entries.

        *until*: the event that closes the list, "<name>Complete" unless said otherwise. The entries don't show up in
        `events`. Errors as for `action`; a list cut short is an error, never a short list.
        """
        wanted = {**(headers or {}), **more}
        closing = until or f"{name}Complete"
        connection = self._linked(name)
        return await connection.collect(name, wanted, until=closing, deadline_ms=deadline_ms or self._deadline_ms)

    def _linked(self, name: str) -> Connection:
        if self._connection is None:  # P6
            raise AmiLost(f"{name} was not sent, there is no link to Asterisk at {self.address}: {self.trouble}")
        return self._connection

    async def _bring_up(self) -> Connection:
        """One attempt to connect, log in and resync; leaves nothing behind when it fails."""
        connection = await Connection.open(
            self._host,
            self._port,
            deadline_ms=self._deadline_ms,
            on_event=self._take,
            counts=self.counts,
        )
        try:
            self.counts.events_forgotten += self.events.hold()
            await connection.login(self._user, self._secret, events=self._classes, deadline_ms=self._deadline_ms)
            self._connection = connection
            await self._on_up(self)
            if connection.lost.done() or self._closed:
                raise AmiLost(f"the link to Asterisk at {self.address} was lost again during the resync")
        except BaseException:
            await self._let_go(connection, "the link did not come up")
            raise
        self.counts.connects += 1
        self.trouble = ""
        self.events.release()
        return connection

    async def _let_go(self, connection: Connection, reason: str) -> None:
        self._connection = None
        connection.drop(reason)
        await connection.dropped()

    def _take(self, event: AmiEvent) -> str | None:
        if self.events.put(event):
            return None
        self.counts.overflows += 1
        return f"the reader is {self.events.size} events behind; resyncing instead of losing some"

    async def _keep(self, connection: Connection) -> None:
        """The life of a started link: watch, tell, bring back, for ever."""
        clock = asyncio.get_running_loop().time
        pause_ms = self._retry_first_ms
        while True:
            since = clock()
            reason = await self._watch(connection)
            self.trouble = reason
            self.counts.losses += 1
            log.warning("the link to Asterisk at %s is down: %s", self.address, reason)
            await self._let_go(connection, reason)
            self._tell_down(reason)
            if (clock() - since) * 1000 > self._retry_max_ms:
                pause_ms = self._retry_first_ms  # it held; one that breaks at once keeps its growing pause
            connection, pause_ms = await self._bring_back(pause_ms)
            log.info("the link to Asterisk at %s is up again", self.address)

    async def _watch(self, connection: Connection) -> str:
        """Wait until *connection* is lost; ask now and then, as a frozen peer closes nothing (P17)."""
        while True:
            await asyncio.wait([connection.lost], timeout=self._heartbeat_ms / 1000)
            if connection.lost.done():
                return connection.lost.result()
            try:
                await connection.action("Ping", {}, deadline_ms=self._heartbeat_ms)
            except AmiTimeout:
                return f"Asterisk did not answer a Ping within {self._heartbeat_ms} ms"
            except AmiError as error:
                return connection.lost.result() if connection.lost.done() else str(error)

    async def _bring_back(self, pause_ms: int) -> tuple[Connection, int]:
        """Try until the link is up; returns the connection and the pause to begin with next time."""
        while True:
            await asyncio.sleep(pause_ms / 1000)
            pause_ms = min(pause_ms * 2, self._retry_max_ms)
            try:
                return await self._bring_up(), pause_ms
            except AmiError as error:
                trouble = str(error)
                if trouble != self.trouble:  # told once, not at every attempt
                    log.error("%s", trouble)  # noqa: TRY400 - the line says all there is
                    self.trouble = trouble
            except Exception:
                log.exception("the resync with Asterisk at %s failed; trying again", self.address)
                self.trouble = "the resync failed, see the log"

    def _tell_down(self, reason: str) -> None:
        if self._on_down is None:
            return
        try:
            self._on_down(reason)
        except Exception:
            log.exception("on_down failed")
