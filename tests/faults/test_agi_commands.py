"""FastAGI commands and answers that are none, too many, or somebody else's. Beside ours, panoramisk's fast_agi."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from panoramisk import fast_agi

from cti.asterisk.agi import AgiRefused, AgiSession, AgiTimeout, CallerGone
from tests.faults.agi_peer import calling, converse, serving


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


@pytest.mark.parametrize(
    ("code", "key"), [("0", None), ("1000", None), ("49", "1"), ("42", "*"), ("35", "#"), ("65", "A")]
)
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
