"""The manager link against a real Asterisk: what the faults tests assume of it, and what only it can show."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cti.asterisk.ami import (
    AmiEvent,
    AmiLink,
    AmiLoginRefused,
    AmiLost,
    AmiRefused,
    channel_variables,
    unescaped,
)
from cti.asterisk.ami_messages import LINES_MAX
from tests.asterisk.kit.asterisk import Asterisk

# A call that needs no phone: one end comes in at the dialplan and waits there, the other, ours, hears the hold music.
CALL = {"Channel": "Local/900@holdless-in/n", "Context": "holdless-hold", "Exten": "s", "Priority": "1"}
AWKWARD = 'a,CC_ENTRY=evil "q" (x) [y] \\ z ${EXTEN} ; = ? \' | Юрій 😀'


@asynccontextmanager
async def linked(asterisk: Asterisk, user: str = "", **options: Any) -> AsyncIterator[AmiLink]:
    link = AmiLink("127.0.0.1", asterisk.ami_port, user or asterisk.ami_user, asterisk.ami_secret, **options)
    await link.start()
    try:
        yield link
    finally:
        await link.close()


async def next_event(link: AmiLink, wanted: Callable[[AmiEvent], bool]) -> AmiEvent:
    async with asyncio.timeout(20):
        async for event in link.events:
            if wanted(event):
                return event
    raise AssertionError("the events ended")


@asynccontextmanager
async def a_call(link: AmiLink, name: str, **headers: Any) -> AsyncIterator[AmiEvent]:
    """A call whose channel has the Uniqueid *name*; gives its OriginateResponse."""
    await link.action("Originate", CALL, ChannelId=name, **headers)
    try:
        yield await next_event(link, lambda event: event.name == "OriginateResponse")
    finally:
        await link.action("Hangup", Channel=name)
        await next_event(link, lambda event: event.name == "Hangup" and event.headers["Uniqueid"] == name)


async def up_again(link: AmiLink) -> None:
    for _ in range(1500):
        if link.up:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the link did not come up in 30 s: {link.trouble}")


async def test_a_wrong_secret_and_an_unknown_user_are_refused(asterisk: Asterisk) -> None:
    for user, secret in ((asterisk.ami_user, "wrong"), ("nobody", asterisk.ami_secret)):
        with pytest.raises(AmiLoginRefused, match=f"{user}.*Authentication failed"):
            await AmiLink("127.0.0.1", asterisk.ami_port, user, secret).start()


async def test_the_originate_response_comes_as_an_event_known_by_our_channel_id(asterisk: Asterisk) -> None:
    before_ms = time.time_ns() // 1_000_000
    async with linked(asterisk) as link, a_call(link, "ami-own-id") as response:
        assert (response.headers["Uniqueid"], response.headers["Response"]) == ("ami-own-id", "Success")
        assert response.timestamp_ms is not None
        assert before_ms - 1 <= response.timestamp_ms <= time.time_ns() // 1_000_000 + 1
        assert (link.counts.connects, link.counts.strays) == (1, 0)


async def test_an_originate_to_nobody_is_a_failure_event_and_not_an_error(asterisk: Asterisk) -> None:
    async with linked(asterisk) as link:
        await link.action("Originate", CALL | {"Channel": "PJSIP/nobody"}, ChannelId="ami-nobody")
        event = await next_event(link, lambda event: event.name == "OriginateResponse")
    assert (event.headers["Response"], event.headers["Uniqueid"]) == ("Failure", "ami-nobody")


async def test_channel_variables_arrive_as_they_are_and_come_back_as_they_were(asterisk: Asterisk) -> None:
    given = {"CC_ID": "id-1", "CC_DATA": AWKWARD}
    async with linked(asterisk) as link, a_call(link, "ami-variables", Variable=channel_variables(given)):
        for name, value in given.items():
            assert (await link.action("Getvar", Channel="ami-variables", Variable=name)).headers["Value"] == value
        channels = {item.headers["Uniqueid"]: item for item in await link.collect("CoreShowChannels")}
        assert channels["ami-variables"].variables == {**given, "CC_ENTRY": "", "CC_CALL": "", "CC_OFFER": ""}


async def test_an_unescaped_comma_would_set_another_variable(asterisk: Asterisk) -> None:
    async with linked(asterisk) as link, a_call(link, "ami-comma", Variable="CC_DATA=a,CC_ENTRY=evil"):
        assert (await link.action("Getvar", Channel="ami-comma", Variable="CC_ENTRY")).headers["Value"] == "evil"


async def test_a_callers_name_comes_back_as_it_was(asterisk: Asterisk) -> None:
    async with linked(asterisk) as link, a_call(link, "ami-name", CallerID='"Юрій \\"O\'Neil\\"?" <123>'):
        channels = {item.headers["Uniqueid"]: item for item in await link.collect("CoreShowChannels")}
        assert unescaped(channels["ami-name"].headers["CallerIDName"]) == 'Юрій "O\'Neil"?'


@pytest.mark.parametrize("value", ["x" * 1015, "я" * 507, AWKWARD], ids=["1015", "cyrillic", "awkward"])
async def test_the_longest_value_we_let_through_arrives_whole(asterisk: Asterisk, value: str) -> None:
    async with linked(asterisk) as link, a_call(link, "ami-long"):
        await link.action("Setvar", Channel="ami-long", Variable="CC_DATA", Value=value)
        assert (await link.action("Getvar", Channel="ami-long", Variable="CC_DATA")).headers["Value"] == value


async def test_as_many_and_as_long_lines_as_we_let_through_are_taken(asterisk: Asterisk) -> None:
    lines = {f"H{number}": "x" for number in range(LINES_MAX - 4)}
    async with linked(asterisk, "observer") as link:
        await link.action("UserEvent", lines | {"UserEvent": "Many", "Long": "x" * 1016})
        event = await next_event(link, lambda event: event.headers.get("UserEvent") == "Many")
    assert event.headers["Long"] == "x" * 1016
    assert event.headers[f"H{LINES_MAX - 5}"] == "x"


async def test_asterisks_refusals_are_raised_in_its_words(asterisk: Asterisk) -> None:
    async with linked(asterisk) as link:
        with pytest.raises(AmiRefused, match="Channel does not exist"):
            await link.action("Redirect", Channel="gone", Context="holdless-wait", Exten="s", Priority=1)
        with pytest.raises(AmiRefused, match="Permission denied"):
            await link.action("Command", Command="core show version")
        with pytest.raises(AmiRefused, match="Invalid/unknown command"):
            await link.action("NoSuchAction")
        assert link.counts.strays == 0


async def test_the_output_of_a_command_is_its_lines(asterisk: Asterisk) -> None:
    async with linked(asterisk, "observer") as link:
        (line,) = (await link.action("Command", Command="core show version")).output
        many = (await link.action("Command", Command="core show uptime")).output
    assert line.startswith("Asterisk ")
    assert len(many) == 2


async def test_a_list_is_collected_whole_while_calls_come_and_go(asterisk: Asterisk) -> None:
    wanted = [f"ami-list-{number}" for number in range(40)]
    names: set[str] = set()
    async with linked(asterisk) as link:
        await asyncio.gather(*(link.action("Originate", CALL, ChannelId=name) for name in wanted))
        for _ in wanted:
            event = await next_event(link, lambda event: event.name == "OriginateResponse")
            if event.headers["Response"] == "Success":  # Asterisk fails one in some hundred Local channels at once
                names.add(event.headers["Uniqueid"])
        assert len(names) > 30
        there = {item.headers["Uniqueid"] for item in await link.collect("CoreShowChannels")}
        assert there >= names
        await asyncio.gather(*(link.action("Hangup", Channel=name) for name in names))
        hung_up: set[str] = set()
        while not hung_up >= names:
            event = await next_event(link, lambda event: event.name == "Hangup")
            hung_up.add(event.headers["Uniqueid"])
        there = {item.headers["Uniqueid"] for item in await link.collect("CoreShowChannels")}
        assert there.isdisjoint(names)
        assert (link.counts.losses, link.counts.strays) == (0, 0)


async def test_a_killed_asterisk_is_noticed_and_the_new_process_is_found_and_known_for_new(tmp_path: Path) -> None:
    ups: asyncio.Queue[str] = asyncio.Queue()
    downs: asyncio.Queue[str] = asyncio.Queue()

    async def up(link: AmiLink) -> None:
        status = (await link.action("CoreStatus")).headers
        await link.collect("CoreShowChannels")
        ups.put_nowait(f"{status['CoreStartupDate']} {status['CoreStartupTime']}")

    with Asterisk(tmp_path / "a") as own:
        async with linked(own, on_up=up, on_down=downs.put_nowait, retry_max_ms=200) as link, asyncio.timeout(60):
            first = await ups.get()
            await link.action("Originate", CALL, ChannelId="ami-killed")
            await next_event(link, lambda event: event.name == "OriginateResponse")
            await asyncio.to_thread(own.kill)
            await downs.get()
            with pytest.raises(AmiLost):
                await link.action("CoreStatus")
            await asyncio.sleep(1.1)  # CoreStartupTime counts whole seconds
            await asyncio.to_thread(own.restart)
            assert await ups.get() != first
            await up_again(link)
            assert await link.collect("CoreShowChannels") == []  # the Originate was not sent again


async def test_a_frozen_asterisk_is_noticed_and_found_again_with_its_calls(tmp_path: Path) -> None:
    downs: asyncio.Queue[str] = asyncio.Queue()

    with Asterisk(tmp_path / "a") as own:
        async with linked(own, on_down=downs.put_nowait, heartbeat_ms=200, deadline_ms=1_000) as link:
            await link.action("Originate", CALL, ChannelId="ami-frozen")
            await next_event(link, lambda event: event.name == "OriginateResponse")
            os.kill(own.pid, signal.SIGSTOP)
            try:
                async with asyncio.timeout(20):
                    assert "Ping" in await downs.get()
                with pytest.raises(AmiLost):
                    await link.action("CoreStatus")
            finally:
                os.kill(own.pid, signal.SIGCONT)
            await up_again(link)
            there = {item.headers["Uniqueid"] for item in await link.collect("CoreShowChannels")}
            assert "ami-frozen" in there
