"""Moves calls by hand where the engine would: with the engine's own account, so its few rights prove enough."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cti.asterisk.ami import AmiEvent, AmiLink
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.program import KitError

DEADLINE_MS = 30_000
_POLL_SECONDS = 0.005


class Operator:
    """Made by `operator`. *events* grows as they come."""

    def __init__(self, link: AmiLink) -> None:
        self.link = link
        self.events: list[AmiEvent] = []

    async def channels(self) -> list[AmiEvent]:
        """Every channel there is, as CoreShowChannels lists it."""
        return await self.link.collect("CoreShowChannels")

    async def channel(self, **headers: str) -> AmiEvent:
        """Wait for the channel with these headers in CoreShowChannels: `channel(Application="MusicOnHold")`."""
        until = time.monotonic() + DEADLINE_MS / 1000
        while True:
            for one in await self.channels():
                if all(one.headers.get(name) == value for name, value in headers.items()):
                    return one
            if time.monotonic() > until:
                there = [dict(one.headers) for one in await self.channels()]
                raise KitError(f"waited {DEADLINE_MS} ms in vain for a channel {headers}; there are: {there}")
            await asyncio.sleep(_POLL_SECONDS)

    async def nobody_left(self) -> None:
        """Wait until every channel is gone."""
        until = time.monotonic() + DEADLINE_MS / 1000
        while left := await self.channels():
            if time.monotonic() > until:
                raise KitError(f"channels are left over: {[dict(one.headers) for one in left]}")
            await asyncio.sleep(_POLL_SECONDS)

    async def waiting(self) -> AmiEvent:
        """Wait for the one caller in the waiting place, with music."""
        return await self.channel(Context="holdless-wait", Application="MusicOnHold")

    async def set(self, channel: str, **variables: str) -> None:
        """Set channel variables."""
        for name, value in variables.items():
            await self.link.action("Setvar", Channel=channel, Variable=name, Value=value)

    async def move(self, channel: str, context: str, exten: str = "s") -> None:
        """Redirect a channel to the first priority there."""
        await self.link.action("Redirect", Channel=channel, Context=context, Exten=exten, Priority=1)

    async def move_both(self, first: str, to: tuple[str, str], second: str, second_to: tuple[str, str]) -> None:
        """Redirect two channels of one conversation at once, each to its context and extension."""
        await self.link.action(
            "Redirect",
            Channel=first, Context=to[0], Exten=to[1], Priority=1,
            ExtraChannel=second, ExtraContext=second_to[0], ExtraExten=second_to[1], ExtraPriority=1,
        )  # fmt: skip

    async def ring(self, channel: str, endpoint: str, *, seconds: int = 20, offer: str = "1") -> None:
        """What the engine does to offer a waiting caller to an agent."""
        await self.move(channel, "holdless-dial", f"{offer}~{seconds}~{endpoint}")

    async def ring_too(self, waiting: AmiEvent, endpoint: str, *, seconds: int = 20, offer: str = "1") -> str:
        """What the engine does to ring one of several phones for a waiting caller; returns the leg's Uniqueid."""
        leg = f"{waiting.variables['CC_ID']}-{offer}-phone"
        variables = {
            "CC_CALL": waiting.variables["CC_ID"],
            "CC_OFFER": offer,
            "CC_CALLER": waiting.headers["Uniqueid"],
        }
        await self.link.action(
            "Originate",
            Channel=endpoint, ChannelId=leg, Context="holdless-join", Exten="s", Priority=1, Timeout=seconds * 1000,
            Variable=[f"{name}={value}" for name, value in variables.items()],
        )  # fmt: skip
        return leg

    async def heard(self, name: str, *, times: int = 1, **headers: str) -> AmiEvent:
        """Wait for the *times*-th event with this name and these headers."""
        until = time.monotonic() + DEADLINE_MS / 1000
        while True:
            found = [
                one
                for one in self.events
                if one.name == name and all(one.headers.get(header) == value for header, value in headers.items())
            ]
            if len(found) >= times:
                return found[times - 1]
            if time.monotonic() > until:
                seen = [(one.name, one.headers.get("Channel"), one.headers.get("UserEvent")) for one in self.events]
                raise KitError(f"waited {DEADLINE_MS} ms in vain for {name} {headers} number {times}; seen: {seen}")
            await asyncio.sleep(_POLL_SECONDS)

    async def read(self) -> None:
        """Keep every event; runs as long as the operator."""
        async for event in self.link.events:
            self.events.append(event)


@asynccontextmanager
async def operator(asterisk: Asterisk) -> AsyncIterator[Operator]:
    """An operator at *asterisk*'s manager interface."""
    link = AmiLink("127.0.0.1", asterisk.ami_port, asterisk.ami_user, asterisk.ami_secret)
    await link.start()
    one = Operator(link)
    reader = asyncio.create_task(one.read(), name="operator")
    try:
        yield one
    finally:
        await link.close()
        await reader
