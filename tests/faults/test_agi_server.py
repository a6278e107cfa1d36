"""The FastAGI server and peers that misbehave. Beside it, panoramisk's fast_agi."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from cti.asterisk.agi import AgiServer, AgiSession
from tests.faults.agi_peer import OPENING, calling, just_answer, serving, works

BARE = """
import asyncio
from panoramisk.fast_agi import Application

async def main():
    application = Application(loop=asyncio.get_running_loop())
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    await asyncio.sleep(0.05)
    print("alive", flush=True)
    writer.close()
    await asyncio.sleep(0.5)
    print("alive after the probe", flush=True)

asyncio.run(main())
"""


def test_bare_panoramisk_stops_its_whole_event_loop_over_one_port_probe() -> None:
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True) as engine:
        try:
            assert engine.stdout is not None
            assert engine.stdout.readline() == "alive\n"
            with pytest.raises(subprocess.TimeoutExpired):
                engine.wait(3)  # it would have ended after half a second
        finally:
            engine.kill()
        assert engine.stdout.read() == ""


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"agi_network: yes\nagi_chan",
        b"agi_network: yes\nagi_channel: PJSIP/1\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n\n",
        b"agi_channel: 1\nagi_extension: 1\nagi_extension: 900\n\n",
        b"agi_channel: PJSIP/1\n" + b"".join(b"agi_arg_%d: x\n" % number for number in range(70)) + b"\n",
        b"agi_channel: " + b"x" * 9_000 + b"\n\n",
        b"agi_channel: " + b"x" * 200_000,
    ],
)
async def test_a_peer_that_does_not_open_as_agi_harms_nothing(opening: bytes) -> None:
    async with serving(just_answer) as server:
        async with calling(server.port, opening) as probe:
            if probe.writer.can_write_eof():
                probe.writer.write_eof()
            await probe.closed()
        assert await works(server)
        assert (server.counts.malformed, server.counts.sessions) == (1, 1)


async def test_a_peer_that_resets_the_connection_harms_nothing() -> None:
    async with serving(just_answer) as server:
        async with calling(server.port, b"agi_network: yes\n"):
            pass
        assert await works(server)


async def test_a_peer_that_says_nothing_is_closed_in_time() -> None:
    async with serving(just_answer, opening_ms=50) as server:
        async with calling(server.port, b"agi_network: yes\n") as silent:
            await silent.closed()
        assert await works(server)
        assert server.counts.malformed == 1


async def test_an_opening_that_trickles_in_byte_by_byte_is_read() -> None:
    async with serving(just_answer) as server, calling(server.port, b"") as caller:
        for byte in OPENING:
            caller.say(bytes([byte]))
            await asyncio.sleep(0)
        assert await caller.hears() == "ANSWER"


async def test_more_sessions_than_allowed_are_left_to_the_dialplan_and_the_others_go_on() -> None:
    async with serving(just_answer, sessions_max=2) as server:
        async with calling(server.port) as first, calling(server.port) as second:
            assert [await first.hears(), await second.hears()] == ["ANSWER", "ANSWER"]
            async with calling(server.port) as third:
                assert await third.hears() == ""
            first.say(b"200 result=0\n")
            await first.closed()
            assert await works(server)
        assert server.counts.turned_away == 1


# P3: what ends a session, and what does not


async def test_a_handler_that_raises_is_told_in_the_log_and_ends_its_own_session_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails_once(session: AgiSession) -> None:
        if server.counts.sessions == 1:
            raise ZeroDivisionError
        await session.answer()

    async with serving(fails_once) as server:
        async with calling(server.port) as caller:
            assert await caller.hears() == ""
        assert await works(server)
        assert server.counts.failures == 1
    assert "ZeroDivisionError" in caplog.text


async def test_closing_the_server_ends_every_session_and_its_handler() -> None:
    ended: list[str] = []

    async def handler(session: AgiSession) -> None:
        try:
            await session.wait_for_digit(60_000)
        finally:
            ended.append(session.channel)

    async with serving(handler) as server, calling(server.port) as caller:
        await caller.hears()
        await server.close()
        await caller.closed()
        assert ended == ["PJSIP/callers-1"]
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", server.port)


async def test_a_taken_port_is_an_error_that_names_it() -> None:
    async with serving(just_answer) as server:
        with pytest.raises(OSError, match=str(server.port)):
            await AgiServer("127.0.0.1", server.port, just_answer).start()


async def test_a_session_knows_the_call_it_is_about() -> None:
    seen: list[Any] = []

    async def handler(session: AgiSession) -> None:
        seen.extend([session.script, session.arguments, session.uniqueid, session.caller_number, session.caller_name])

    async with serving(handler) as server, calling(server.port) as caller:
        await caller.closed()
    assert seen == ["call", ("c1", "", "900"), "1.1", "380441112233", 'Юрій: "X"']


@pytest.mark.parametrize("withheld", ["unknown", "anonymous", "Anonymous", "Restricted"])
async def test_a_caller_without_number_or_name_has_none(withheld: str) -> None:
    seen: list[Any] = []

    async def handler(session: AgiSession) -> None:
        seen.extend([session.caller_number, session.caller_name, session.arguments])

    opening = f"agi_channel: PJSIP/1\nagi_callerid: {withheld}\nagi_calleridname: {withheld}\n\n".encode()
    async with serving(handler) as server, calling(server.port, opening) as caller:
        await caller.closed()
    assert seen == [None, None, ()]


@pytest.mark.parametrize(
    ("presentation", "shown"),
    [
        ("0", True),
        ("3", True),
        ("32", False),
        ("35", False),
        ("67", True),
        ("", True),
        ("²", True),
        ("9" * 5_000, True),
    ],
)
async def test_a_number_that_is_not_to_be_shown_is_withheld(presentation: str, shown: bool) -> None:
    seen: list[Any] = []

    async def handler(session: AgiSession) -> None:
        seen.extend([session.caller_number, session.caller_name])

    caller_id = "agi_callerid: 380441112233\nagi_calleridname: Olena"
    opening = f"agi_channel: DAHDI/1\n{caller_id}\nagi_callingpres: {presentation}\n\n".encode()
    async with serving(handler) as server, calling(server.port, opening) as caller:
        await caller.closed()
    assert seen == (["380441112233", "Olena"] if shown else [None, None])


async def test_two_hundred_calls_at_once_are_all_served() -> None:
    async with serving(just_answer) as server:

        async def call() -> None:
            async with calling(server.port) as caller:
                assert await caller.hears() == "ANSWER"
                caller.say(b"200 result=0\n")
                await caller.closed()

        await asyncio.gather(*(call() for _ in range(200)))
        assert server.counts.sessions == 200
