"""FastAGI sessions against a real Asterisk: text, prompts, keys and hangups as it tells them.

A Local channel comes in at holdless-in, so the dialplan's own AGI() reaches our server: the contract is tried as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from cti.asterisk.agi import AgiRefused, AgiServer, AgiSession, CallerGone
from cti.asterisk.agi_protocol import COMMAND_BYTES_MAX
from cti.asterisk.agi_session import VALUE_BYTES_MAX
from cti.asterisk.ami import AmiLink, AmiRefused
from tests.asterisk.kit.asterisk import Asterisk

AWKWARD = 'a, "q" (x) [y] \\ z ${EXTEN} ; = ? \' | Юрій 😀\t.'


@asynccontextmanager
async def linked(asterisk: Asterisk) -> AsyncIterator[AmiLink]:
    link = AmiLink("127.0.0.1", asterisk.ami_port, asterisk.ami_user, asterisk.ami_secret)
    await link.start()
    try:
        yield link
    finally:
        await link.close()


async def in_session(asterisk: Asterisk, ask: Callable[[AgiSession, AmiLink], Awaitable[Any]]) -> Any:
    """What *ask* returns or raises in the session of a call of its own."""
    outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def handler(session: AgiSession) -> None:
        try:
            outcome.set_result(await ask(session, link))
        except Exception as error:
            outcome.set_exception(error)

    server = AgiServer("127.0.0.1", asterisk.agi_port, handler)
    await server.start()
    try:
        async with linked(asterisk) as link, asyncio.timeout(60):
            await link.action(
                "Originate",
                ChannelId="agi-caller",
                Channel="Local/900@holdless-in/n",
                Context="holdless-hold",
                Exten="s",
                Priority=1,
                CallerID='"Юрій \\"X\\"" <380441112233>',
            )
            try:
                return await outcome
            finally:
                for item in await link.collect("CoreShowChannels"):
                    if item.headers["Linkedid"] == "agi-caller":
                        with suppress(AmiRefused):  # gone in the meantime
                            await link.action("Hangup", Channel=item.headers["Uniqueid"])
    finally:
        await server.close()


async def test_a_session_knows_the_call_as_the_dialplan_named_it(asterisk: Asterisk) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> None:
        cc_id, entry, dialled = session.arguments
        assert (session.script, dialled) == ("call", "900")
        assert (cc_id, entry) == (await session.get_variable("CC_ID"), await session.get_variable("CC_ENTRY"))
        channels = {item.headers["Channel"]: item for item in await link.collect("CoreShowChannels")}
        channel = channels[session.channel]
        assert (channel.headers["Uniqueid"], channel.variables["CC_ID"]) == (session.uniqueid, cc_id)
        assert session.caller_name == 'Юрій "X"'

    await in_session(asterisk, ask)


async def test_a_variable_comes_back_as_it_was_set(asterisk: Asterisk) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> list[str | None]:
        got = []
        for value in values:
            await session.set_variable("CC_DATA", value)
            got.append(await session.get_variable("CC_DATA"))
        assert await session.get_variable("CC_NO_SUCH") is None
        await session.set_variable("CHANNEL(language)", "ru")
        assert await session.get_variable("CHANNEL(language)") == "ru"
        return got

    values = [AWKWARD, "hangup", "HANGUP", "-1", "", " ", "a) (b", "яя", "x" * VALUE_BYTES_MAX]
    assert await in_session(asterisk, ask) == values


async def test_an_applications_argument_is_handed_over_as_it_is_and_never_evaluated(asterisk: Asterisk) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> str | None:
        await session.exec_app("Set", "CC_DATA=${CC_ID}")
        return await session.get_variable("CC_DATA")

    assert await in_session(asterisk, ask) == "${CC_ID}"


async def test_a_prompt_is_played_and_one_that_is_not_there_does_not_end_the_call(
    asterisk: Asterisk, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> None:
        assert await session.stream_file("beep", "0123456789*#") is None
        assert "no-such-prompt" not in caplog.text
        assert await session.stream_file("no-such-prompt") is None
        assert "no-such-prompt" in caplog.text
        assert await session.get_variable("CC_ID")

    await in_session(asterisk, ask)


@pytest.mark.parametrize("key", ["0", "5", "*", "#"])
async def test_a_key_ends_a_prompt_and_a_pause(asterisk: Asterisk, key: str) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> list[str | None]:
        async def press() -> None:
            for _ in range(2):
                await asyncio.sleep(0.2)
                await link.action("PlayDTMF", Channel=session.channel, Digit=key, Receive=True)

        pressing = asyncio.create_task(press())
        prompt = await session.stream_file("demo-congrats", "0123456789*#")
        pause = await session.wait_for_digit(20_000)
        await pressing
        return [prompt, pause, await session.wait_for_digit(10)]

    assert await in_session(asterisk, ask) == [key, key, None]


async def look_up(session: AgiSession) -> None:
    """Something that takes the engine's time and not Asterisk's; then the next command."""
    for _ in range(100):
        await asyncio.sleep(0.05)
        await session.get_variable("CC_ID")


@pytest.mark.parametrize("busy", ["prompt", "pause", "application", "engine"])
async def test_a_hangup_is_told_whatever_the_session_is_doing(
    asterisk: Asterisk, busy: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> None:
        while_it: dict[str, Callable[[AgiSession], Awaitable[Any]]] = {
            "prompt": lambda session: session.stream_file("demo-congrats"),
            "pause": lambda session: session.wait_for_digit(20_000),
            "application": lambda session: session.exec_app("Wait", "20"),
            "engine": look_up,
        }

        async def hang_up() -> None:
            await asyncio.sleep(0.2)
            await link.action("Hangup", Channel="agi-caller")

        hanging_up = asyncio.create_task(hang_up())
        with pytest.raises(CallerGone):
            await while_it[busy](session)
        await hanging_up

    await in_session(asterisk, ask)
    assert "demo-congrats" not in caplog.text


async def test_the_engine_can_end_a_call(asterisk: Asterisk) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> None:
        await session.hangup()
        await session.hangup()
        with pytest.raises(CallerGone):
            await session.answer()

    await in_session(asterisk, ask)


async def test_the_other_commands_are_taken_as_we_write_them(asterisk: Asterisk) -> None:
    async def ask(session: AgiSession, link: AmiLink) -> None:
        await session.answer()
        await session.set_music(True)
        await session.set_music(False)
        await session.verbose(AWKWARD.replace("\t", " "), 1)
        assert await session.exec_app("NoOp", AWKWARD) == "0"
        assert await session.exec_app("NoOp", "x" * (COMMAND_BYTES_MAX - len('EXEC "NoOp" ""'))) == "0"
        with pytest.raises(AgiRefused, match="no application NoSuchApplication"):
            await session.exec_app("NoSuchApplication")
        await session.set_variable("TIMEOUT(absolute)", "100")

    await in_session(asterisk, ask)


async def test_a_handler_that_raises_leaves_its_caller_to_the_dialplan(asterisk: Asterisk) -> None:
    async def handler(session: AgiSession) -> None:
        raise ZeroDivisionError

    server = AgiServer("127.0.0.1", asterisk.agi_port, handler)
    await server.start()
    try:
        async with linked(asterisk) as link, asyncio.timeout(60):
            await link.action(
                "Originate",
                ChannelId="agi-left",
                Channel="Local/900@holdless-in/n",
                Context="holdless-hold",
                Exten="s",
                Priority=1,
            )
            async for event in link.events:
                if event.headers.get("UserEvent") == "CcWait" and event.headers.get("Linkedid") == "agi-left":
                    break
            await link.action("Hangup", Channel="agi-left")
        assert server.counts.failures == 1
    finally:
        await server.close()
