"""What a caller meets before and around the engine: its name, the menu, and never a dead end."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path

import pytest

from tests.asterisk.kit.asterisk import MUSIC_HZ, Asterisk
from tests.asterisk.kit.engine import AgiCall, engine, to_the_music
from tests.asterisk.kit.operator import Operator, operator
from tests.asterisk.kit.sipp import caller
from tests.asterisk.kit.sounds import write_tone


async def test_a_caller_hears_an_apology_and_then_music_where_there_is_no_engine(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with caller(asterisk) as olena:
        await olena.answered()
        assert await olena.rtp.hears_speech(not_hz=MUSIC_HZ)
        assert await olena.rtp.hears_tone(MUSIC_HZ, within_ms=15_000)
        await hand.heard("UserEvent", UserEvent="CcWait", Reason="alone")
        olena.hang_up()
        await olena.gone()


async def test_a_call_has_its_name_and_entry_time_before_any_engine_hears_of_it(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with caller(asterisk, "4420") as olena, caller(asterisk, "0800") as taras:
        invite = await olena.saw("INVITE")
        await taras.answered()
        first = await hand.channel(CallerIDNum="+380501112233", Context="holdless-wait", Application="MusicOnHold")
        names = {one.variables["CC_ID"] for one in await hand.channels()}
        assert len(names) == 2
        assert all(uuid.UUID(name).version == 4 for name in names)
        assert int(first.variables["CC_ENTRY"]) / 1e6 == pytest.approx(invite.at, abs=2.0)
        assert first.variables["CC_DATA"] == ""
        olena.hang_up()
        taras.hang_up()
        await olena.gone()
        await taras.gone()


async def test_the_engine_is_told_name_entry_and_dialled_number(asterisk: Asterisk, hand: Operator) -> None:
    calls: list[AgiCall] = []

    async def menu(call: AgiCall) -> None:
        calls.append(call)
        await call.command("SET VARIABLE CC_NEXT hangup")

    async with engine(asterisk, menu), caller(asterisk, "+380445550000") as olena:
        await olena.gone()
    (call,) = calls
    assert uuid.UUID(call.header("arg_1")).version == 4
    assert int(call.header("arg_2")) / 1e6 == pytest.approx((await olena.saw("INVITE")).at, abs=2.0)
    assert call.header("arg_3") == "+380445550000"
    assert call.header("callerid") == "+380501112233"
    assert call.header("calleridname") == "Olena Test"


@pytest.mark.parametrize("number", ["0", "+380445550000", "*77", "#1", "800123456789012345678"])
async def test_every_number_comes_in(asterisk: Asterisk, hand: Operator, number: str) -> None:
    async def menu(call: AgiCall) -> None:
        assert call.header("arg_3") == number
        await call.command("SET VARIABLE CC_NEXT hangup")

    async with engine(asterisk, menu), caller(asterisk, number.replace("#", "%23")) as olena:
        await olena.answered()
        await olena.gone()


async def test_an_engine_that_says_wait_brings_the_caller_to_the_music_at_once(
    asterisk: Asterisk, hand: Operator
) -> None:
    async def menu(call: AgiCall) -> None:
        assert await call.command("SET VARIABLE CC_NEXT wait") == "200 result=1"

    async with engine(asterisk, menu), caller(asterisk) as olena:
        await hand.heard("UserEvent", UserEvent="CcWait", Reason="engine")
        assert await olena.rtp.hears_tone(MUSIC_HZ)
        olena.hang_up()
        await olena.gone()


async def test_an_engine_that_says_hangup_ends_the_call(asterisk: Asterisk, hand: Operator) -> None:
    async def menu(call: AgiCall) -> None:
        await call.command("SET VARIABLE CC_NEXT hangup")

    async with engine(asterisk, menu), caller(asterisk) as olena:
        bye = await olena.gone()
        assert not bye.sent


async def test_keys_a_caller_presses_reach_the_engine_in_order(asterisk: Asterisk, hand: Operator) -> None:
    listening, keys = asyncio.Event(), list[str]()

    async def menu(call: AgiCall) -> None:
        listening.set()
        while (answer := await call.command("WAIT FOR DIGIT 10000")) != "200 result=35":
            keys.append(chr(int(answer.removeprefix("200 result="))))
        await call.command("SET VARIABLE CC_NEXT hangup")

    async with engine(asterisk, menu), caller(asterisk) as olena:
        await listening.wait()
        await olena.press("4242*07#")
        await olena.gone()
    assert "".join(keys) == "4242*07"


@pytest.mark.parametrize(
    ("command", "stopped"),
    [
        ("WAIT FOR DIGIT 20000", "200 result=1000"),
        ('STREAM FILE long-prompt "0123456789*#"', "200 result=0 endpos="),
    ],
)
async def test_what_a_key_would_end_is_stopped_by_the_engines_account(
    asterisk: Asterisk, hand: Operator, command: str, stopped: str
) -> None:
    """For a key that comes a moment before: cti.asterisk.keypad."""
    write_tone(asterisk.sounds_dir / "long-prompt.wav", hz=300, seconds=20)
    answers: list[str] = []

    async def menu(call: AgiCall) -> None:
        answer = asyncio.create_task(call.command(command))
        while not answer.done():  # a stop that comes before the command has begun stops nothing
            await hand.link.action("ControlPlayback", Channel=call.header("uniqueid"), Control="stop")
            await asyncio.wait([answer], timeout=0.2)
        answers.append(await answer)
        await call.command("SET VARIABLE CC_NEXT hangup")

    async with engine(asterisk, menu), caller(asterisk) as olena:
        await olena.gone()
    (answer,) = answers
    assert answer.startswith(stopped)


async def test_an_engine_killed_in_the_menu_leaves_the_caller_with_an_apology_and_music(
    asterisk: Asterisk, hand: Operator
) -> None:
    async def menu(call: AgiCall) -> None:
        await call.command("SET VARIABLE CC_DATA half-way")
        call.die()

    async with engine(asterisk, menu), caller(asterisk) as olena:
        assert await olena.rtp.hears_speech(not_hz=MUSIC_HZ)
        await hand.heard("UserEvent", UserEvent="CcWait", Reason="alone")
        assert (await hand.waiting()).variables["CC_DATA"] == "half-way"
        olena.hang_up()
        await olena.gone()


async def test_a_frozen_engine_holds_back_neither_a_redirect_nor_a_hangup(asterisk: Asterisk, hand: Operator) -> None:
    frozen = asyncio.Semaphore(0)

    async def menu(call: AgiCall) -> None:
        frozen.release()
        await call.wait_until_closed()

    async with engine(asterisk, menu), caller(asterisk) as moved, caller(asterisk, "200") as gone:
        await frozen.acquire()
        await frozen.acquire()
        gone.hang_up()
        await hand.heard("Hangup", Exten="s", Context="holdless-menu")
        (left,) = await hand.channels()
        await hand.move(left.headers["Channel"], "holdless-wait")
        assert await moved.rtp.hears_tone(MUSIC_HZ)
        moved.hang_up()
        await moved.gone()


async def test_a_waiting_caller_keeps_name_data_and_music_when_the_engine_is_gone_and_the_exchange_reloads(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with engine(asterisk, to_the_music), caller(asterisk) as olena:
        async with operator(asterisk) as first:
            before = await first.waiting()
            await first.set(before.headers["Channel"], CC_DATA="cards, since nine")
            assert await olena.rtp.hears_tone(MUSIC_HZ)
        since = time.time()
        asterisk.cli("core reload")
        assert await olena.rtp.hears_tone(MUSIC_HZ)
        after = await hand.waiting()
        assert after.variables["CC_DATA"] == "cards, since nine"
        assert after.variables["CC_ID"] == before.variables["CC_ID"]
        assert after.variables["CC_ENTRY"] == before.variables["CC_ENTRY"]
        await asyncio.sleep(0.5)
        assert olena.rtp.longest_gap_ms(since) < 1_000
        olena.hang_up()
        await olena.gone()


async def test_a_caller_in_the_menu_of_a_frozen_engine_goes_on_to_the_music_by_himself(tmp_path: Path) -> None:
    async def menu(call: AgiCall) -> None:
        await call.wait_until_closed()

    with Asterisk(tmp_path / "a", globals={"CC_MENU_SECONDS": "1"}) as impatient:
        async with operator(impatient) as hand, engine(impatient, menu), caller(impatient) as olena:
            assert await olena.rtp.hears_speech(not_hz=MUSIC_HZ)
            await hand.heard("UserEvent", UserEvent="CcWait", Reason="alone")
            assert await olena.rtp.hears_tone(MUSIC_HZ, within_ms=15_000)
            olena.hang_up()
            await hand.nobody_left()


async def test_a_caller_on_an_exchange_without_music_hears_a_voice_again_and_again(tmp_path: Path) -> None:
    with Asterisk(tmp_path / "a") as quiet:
        (quiet.run_dir / "etc" / "musiconhold.conf").write_text("[general]\n")
        quiet.cli("module reload res_musiconhold.so")
        async with operator(quiet) as hand, caller(quiet) as olena:
            await hand.heard("UserEvent", UserEvent="CcWait")
            assert await olena.rtp.hears_sound()
            await hand.channel(Context="holdless-wait", Application="Wait")
            assert await olena.rtp.hears_sound(within_ms=20_000)
            olena.hang_up()
            await hand.nobody_left()
