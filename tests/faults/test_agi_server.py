"""The FastAGI server and peers that misbehave. Beside it, panoramisk's fast_agi. Peers here are plain sockets."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from panoramisk import fast_agi

from cti.asterisk.agi import AgiRefused, AgiServer, AgiSession, AgiTimeout, CallerGone

OPENING = (
    b"agi_network: yes\nagi_network_script: call\nagi_channel: PJSIP/callers-1\nagi_uniqueid: 1.1\n"
    b'agi_callerid: 380441112233\nagi_calleridname: \xd0\xae\xd1\x80\xd1\x96\xd0\xb9: "X"\n'
    b"agi_arg_1: c1\nagi_arg_2: \nagi_arg_3: 900\n\n"
)

Handler = Callable[[AgiSession], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, **options: Any) -> AsyncIterator[AgiServer]:
    server = AgiServer("127.0.0.1", 0, handler, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


class Caller:
    """Asterisk's end of a session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hears(self) -> str:
        """The next command, without its line end; empty when the session has been closed."""
        with suppress(ConnectionResetError):
            async with asyncio.timeout(20):
                return (await self.reader.readline()).decode().removesuffix("\n")
        return ""

    async def closed(self) -> None:
        while await self.hears():
            pass


@asynccontextmanager
async def calling(port: int, opening: bytes = OPENING) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(opening)
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def converse(
    ask: Callable[[AgiSession], Awaitable[Any]], *answers: bytes, deadline_ms: int = 20_000
) -> tuple[Any, list[str]]:
    """What *ask* gets, or the error it raises, when Asterisk answers its commands by *answers*; and the commands."""
    results: list[Any] = []

    async def handler(session: AgiSession) -> None:
        try:
            results.append(await ask(session))
        except Exception as error:
            results.append(error)

    commands = []
    async with serving(handler, deadline_ms=deadline_ms) as server, calling(server.port) as caller:
        for answer in answers:
            commands.append(await caller.hears())
            caller.say(answer)
        await caller.closed()
    return results[0], commands


async def works(server: AgiServer) -> bool:
    """Whether a well-behaved call is served."""
    before = server.counts.sessions
    async with calling(server.port) as caller:
        heard = await caller.hears()
        caller.say(b"200 result=0\n")
        await caller.closed()
    return heard == "ANSWER" and server.counts.sessions == before + 1


async def just_answer(session: AgiSession) -> None:
    await session.answer()


# P1: peers that are no Asterisk, or stop half-way

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


@asynccontextmanager
async def bare_request(*answers: bytes) -> AsyncIterator[fast_agi.Request]:
    """A panoramisk Request whose Asterisk has already sent *answers* and closed."""
    reader = asyncio.StreamReader()
    for answer in answers:
        reader.feed_data(answer)
    reader.feed_eof()

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        yield fast_agi.Request(None, {}, reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()


async def test_bare_panoramisk_fails_with_a_value_error_when_asterisk_has_closed() -> None:
    async with bare_request() as request:
        with pytest.raises(ValueError, match="invalid literal for int"):
            await request.send_command("ANSWER")


@pytest.mark.parametrize("ending", [b"", b"HANGUP\n", b"200 result=-1\nHANGUP\n", b"200 result=-1\n", b"200 res"])
async def test_the_end_of_the_call_ends_the_session(ending: bytes) -> None:
    gone: list[BaseException] = []

    async def handler(session: AgiSession) -> None:
        for _ in range(2):  # for good: also for the commands that follow
            try:
                await session.stream_file("welcome")
            except CallerGone as error:
                gone.append(error)
        await session.answer()

    async with serving(handler) as server:
        async with calling(server.port) as caller:
            assert await caller.hears() == 'STREAM FILE "welcome" "" "0"'
            caller.say(ending)
            caller.writer.write_eof()
            await caller.closed()
        assert len(gone) == 2
        assert server.counts.failures == 0


async def test_bare_panoramisk_takes_every_answer_after_a_hangup_line_for_the_next_commands() -> None:
    async with bare_request(b"HANGUP\n", b"200 result=1 (first)\n", b"200 result=1 (second)\n") as request:
        await request.send_command("GET VARIABLE A")
        second = await request.send_command("GET VARIABLE B")
    assert second["result"] == ("1", "first")


async def test_a_511_answer_means_that_the_caller_is_gone() -> None:
    async def ask(session: AgiSession) -> None:
        for _ in range(2):
            with pytest.raises(CallerGone):
                await session.answer()

    dead = b"511 Command Not Permitted on a dead channel or intercept routine\n"
    assert await converse(ask, dead) == (None, ["ANSWER"])


async def test_bare_panoramisk_takes_a_variable_with_the_value_hangup_for_one() -> None:
    async with bare_request(b"200 result=1 (hangup)\n") as request:
        assert (await request.send_command("GET VARIABLE A"))["error"] == "AGIResultHangup"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (b"200 result=1 (hangup)\n", "hangup"),
        (b"200 result=1 (HANGUP)\n", "HANGUP"),
        (b"200 result=1 ()\n", ""),
        (b"200 result=0\n", None),
        (b'200 result=1 (a (b) result=-1 \\ "c")\n', 'a (b) result=-1 \\ "c"'),
        (b"200 result=1 (first\nHANGUP\nthird)\n", "first\nHANGUP\nthird"),
        ("200 result=1 (Юрій)\n".encode(), "Юрій"),
        (b"200 result=1 (J\xfcrgen)\n", "J\ufffdrgen"),
        (b"100 result=0 Trying...\n200 result=1 (late)\n", "late"),
    ],
)
async def test_a_variable_is_read_as_it_is(answer: bytes, value: str | None) -> None:
    result, commands = await converse(lambda session: session.get_variable("CC_DATA"), answer)
    assert (result, commands) == (value, ['GET VARIABLE "CC_DATA"'])


USAGE = b"520-Invalid command syntax.  Proper usage follows:\nUsage: SAY IT\n\n\tOften.\n520 End of proper usage.\n"


async def test_bare_panoramisk_leaves_lines_of_a_usage_text_for_the_next_command() -> None:
    async with bare_request(USAGE, b"200 result=0\n") as request:
        await request.send_command("SAY IT")
        with pytest.raises(ValueError, match="invalid literal for int"):  # an empty line out of the usage text
            await request.send_command("ANSWER")


@pytest.mark.parametrize("refusal", [USAGE, b"510 Invalid or unknown command\n", b"520 Invalid command syntax.\n"])
async def test_a_refused_command_is_an_error_and_the_next_one_gets_its_own_answer(refusal: bytes) -> None:
    async def ask(session: AgiSession) -> str | None:
        with pytest.raises(AgiRefused):
            await session.answer()
        return await session.get_variable("A")

    result, _ = await converse(ask, refusal, b"200 result=1 (own)\n")
    assert result == "own"


# prompts and keys


async def test_a_prompt_that_is_not_there_is_told_in_the_log_and_the_call_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ask(session: AgiSession) -> str | None:
        assert await session.stream_file("missing") is None
        return await session.get_variable("A")

    # As Asterisk 22 does it; only that it answers the second command tells that the caller is there.
    missing, alive = b"200 result=-1 endpos=0\n", b"200 result=6\n"
    result, commands = await converse(ask, missing, alive, b"200 result=1 (on)\n")
    assert (result, commands[1]) == ("on", "CHANNEL STATUS")
    assert "'missing'" in caplog.text


@pytest.mark.parametrize(("code", "key"), [("0", None), ("49", "1"), ("42", "*"), ("35", "#"), ("65", "A")])
async def test_a_key_is_the_callers_or_none(code: str, key: str | None) -> None:
    async def ask(session: AgiSession) -> list[str | None]:
        return [await session.stream_file("menu", "123*#"), await session.wait_for_digit(3000)]

    result, commands = await converse(ask, f"200 result={code} endpos=99\n".encode(), f"200 result={code}\n".encode())
    assert result == [key, key]
    assert commands == ['STREAM FILE "menu" "123*#" "0"', 'WAIT FOR DIGIT "3000"']


# what is sent


async def test_arguments_are_quoted_so_that_each_stays_one() -> None:
    async def ask(session: AgiSession) -> None:
        await session.set_variable("CHANNEL(language)", "uk")
        await session.set_variable("CC_DATA", 'a "b" \\ c\td')
        await session.set_music(True, "calm")
        await session.set_music(False)
        await session.verbose("hello", 2)
        assert await session.exec_app("Wait", "1") == "0"
        await session.hangup()

    _, commands = await converse(ask, *[b"200 result=0\n"] * 7)
    assert commands == [
        'SET VARIABLE "CHANNEL(language)" "uk"',
        'SET VARIABLE "CC_DATA" "a \\"b\\" \\\\ c\td"',
        'SET MUSIC "ON" "calm"',
        'SET MUSIC "OFF" "default"',
        'VERBOSE "hello" "2"',
        'EXEC "Wait" "1"',
        "HANGUP",
    ]


@pytest.mark.parametrize("text", ["a\nEXEC System rm", "a\rb", "a\0b", "\ud800", "x" * 2047])
async def test_text_that_would_become_a_command_is_never_sent(text: str) -> None:
    async def ask(session: AgiSession) -> None:
        for attempt in (
            session.set_variable("CC_DATA", text),
            session.verbose(text),
            session.stream_file(text),
            session.exec_app("NoOp", text),
        ):
            with pytest.raises(ValueError, match="AGI "):
                await attempt
        await session.answer()

    _, commands = await converse(ask, b"200 result=0\n")
    assert commands == ["ANSWER"]


async def test_a_value_that_asterisk_would_give_back_cut_off_is_refused() -> None:
    async def ask(session: AgiSession) -> None:
        with pytest.raises(ValueError, match="more than 1023 bytes"):
            await session.set_variable("CC_DATA", "я" * 512)
        await session.set_variable("CC_DATA", "x" * 1023)

    _, commands = await converse(ask, b"200 result=1\n")
    assert len(commands) == 1


@pytest.mark.parametrize("name", ["", "A B", "A=1", "SHELL(rm -rf /)", "A\n", '"A"', "${A}", "1A"])
async def test_what_is_not_the_name_of_a_variable_or_an_application_is_refused(name: str) -> None:
    async def ask(session: AgiSession) -> None:
        for attempt in (session.get_variable(name), session.set_variable(name, "1"), session.exec_app(name)):
            with pytest.raises(ValueError, match="is not the name of"):
                await attempt

    result, _ = await converse(ask)
    assert result is None


async def test_an_application_that_asterisk_has_not_got_is_refused() -> None:
    result, _ = await converse(lambda session: session.exec_app("Nope"), b"200 result=-2\n")
    assert isinstance(result, AgiRefused)


async def test_two_tasks_that_command_at_once_each_get_their_own_answer() -> None:
    async def ask(session: AgiSession) -> list[str | None]:
        return list(await asyncio.gather(session.get_variable("A"), session.get_variable("B")))

    result, _ = await converse(ask, b"200 result=1 (a)\n", b"200 result=1 (b)\n")
    assert result == ["a", "b"]


# deadlines and handlers


@pytest.mark.parametrize("answer", [b"", b"200 result=0", b"100 result=0 Trying...\n"])
async def test_a_command_that_is_not_answered_in_time_ends_the_session(answer: bytes) -> None:
    async def ask(session: AgiSession) -> None:
        with pytest.raises(AgiTimeout, match="ANSWER was not answered within 500 ms"):
            await session.answer()
        with pytest.raises(CallerGone):
            await session.answer()

    result, _ = await converse(ask, answer, deadline_ms=500)
    assert result is None


@pytest.mark.parametrize("garbage", [b"SSH-2.0\n", b"\n" * 3, b"x" * 100_000, b"520-\n" + b"usage\n" * 200])
async def test_an_answer_that_is_none_ends_the_session(garbage: bytes) -> None:
    async def ask(session: AgiSession) -> str:
        with pytest.raises(Exception, match=r"not an answer|without end|more than 100 lines") as error:
            await session.answer()
        with pytest.raises(CallerGone):
            await session.answer()
        return type(error.value).__name__

    result, _ = await converse(ask, garbage)
    assert result == "AgiGarbled"


async def test_a_command_broken_off_ends_the_session_for_its_answer_would_be_taken_for_the_nexts() -> None:
    async def ask(session: AgiSession) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.wait_for_digit(5000), 0.05)
        with pytest.raises(CallerGone, match="broken off"):
            await session.get_variable("A")

    result, commands = await converse(ask, b"")
    assert (result, len(commands)) == (None, 1)


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


async def test_a_caller_without_number_or_name_has_none() -> None:
    seen: list[Any] = []

    async def handler(session: AgiSession) -> None:
        seen.extend([session.caller_number, session.caller_name, session.arguments])

    opening = b"agi_channel: PJSIP/1\nagi_callerid: unknown\nagi_calleridname: unknown\n\n"
    async with serving(handler) as server, calling(server.port, opening) as caller:
        await caller.closed()
    assert seen == [None, None, ()]


async def test_two_hundred_calls_at_once_are_all_served() -> None:
    async with serving(just_answer) as server:

        async def call() -> None:
            async with calling(server.port) as caller:
                assert await caller.hears() == "ANSWER"
                caller.say(b"200 result=0\n")
                await caller.closed()

        await asyncio.gather(*(call() for _ in range(200)))
        assert server.counts.sessions == 200
