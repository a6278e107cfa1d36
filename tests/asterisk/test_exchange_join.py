"""Several phones for one waiting caller, and who has the caller: settled in the dialplan, with no engine at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cti.asterisk.ami import AmiRefused
from tests.asterisk.kit.asterisk import MUSIC_HZ, Asterisk
from tests.asterisk.kit.engine import AgiCall, engine, to_the_music
from tests.asterisk.kit.operator import Operator
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Caller, Phone, caller, phone

OTHER_HZ = 1_300.0


async def to_music_with_keys(call: AgiCall) -> None:
    await call.command("SET VARIABLE CC_KEYS *")
    await to_the_music(call)


@asynccontextmanager
async def two_ring(
    asterisk: Asterisk, hand: Operator, *, keys: bool = False
) -> AsyncIterator[tuple[Caller, list[str], Phone, Phone]]:
    """A caller in the waiting place, and two phones that ring for them as the offers 11 and 2, each on a leg."""
    menu = to_music_with_keys if keys else to_the_music
    first, second = asterisk.agents[:2]
    async with (
        engine(asterisk, menu),
        phone(first) as one,
        phone(second, hz=OTHER_HZ) as other,
        caller(asterisk) as olena,
    ):
        await olena.answered()
        waiting = await hand.channel(Context="holdless-wait", Application="WaitExten" if keys else "MusicOnHold")
        legs = [
            await hand.ring_too(waiting, f"PJSIP/{first.name}", offer="11"),
            await hand.ring_too(waiting, f"PJSIP/{second.name}", offer="2"),
        ]
        await one.saw("180")
        await other.saw("180")
        yield olena, legs, one, other
        if not olena.seen("BYE"):
            olena.hang_up()
            await olena.gone()
        for leg in legs:  # what the engine does for those who ring still
            with suppress(AmiRefused):
                await hand.link.action("Hangup", Channel=leg, Cause=16)
        await hand.nobody_left()


async def test_the_first_to_answer_has_the_caller_and_the_second_is_told_so(asterisk: Asterisk, hand: Operator) -> None:
    async with two_ring(asterisk, hand) as (olena, _, one, other):
        assert await olena.rtp.hears_tone(MUSIC_HZ)
        one.pick_up()
        assert await olena.rtp.hears_tone(AGENT_HZ)
        assert await one.rtp.hears_tone(CALLER_HZ)
        other.pick_up()
        assert "cause=200" in await other.reason(await other.saw("BYE"))
        assert await olena.rtp.hears_tone(AGENT_HZ)
        one.hang_up()
        await olena.gone()
    assert len([event for event in hand.events if event.name == "BridgeEnter"]) == 1


async def test_a_caller_whose_keys_are_listened_to_can_be_had_too(asterisk: Asterisk, hand: Operator) -> None:
    async with two_ring(asterisk, hand, keys=True) as (olena, _, _one, other):
        other.pick_up()
        assert await olena.rtp.hears_tone(OTHER_HZ)
        olena.hang_up()
        await other.saw("BYE")


async def test_when_both_answer_at_once_one_has_the_caller(asterisk: Asterisk, hand: Operator) -> None:
    async with two_ring(asterisk, hand) as (olena, _, one, other):
        one.pick_up()
        other.pick_up()
        await one.answers()
        await other.answers()
        late = await hand.heard("Hangup", Cause="26")
        entered = await hand.heard("BridgeEnter")
        assert {late.variables["CC_OFFER"], entered.variables["CC_OFFER"]} == {"11", "2"}
        assert await olena.rtp.hears_tone(AGENT_HZ if entered.variables["CC_OFFER"] == "11" else OTHER_HZ)


async def test_a_phone_that_was_taken_away_before_it_is_answered_has_no_caller(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with two_ring(asterisk, hand) as (olena, legs, one, _):
        await hand.set(legs[0], CC_VOID="1")
        one.pick_up()
        await one.saw("BYE")
        assert await olena.rtp.hears_tone(MUSIC_HZ)


async def test_a_caller_is_taken_back_from_a_phone_that_was_answered_just_when_it_was_taken_away(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with two_ring(asterisk, hand) as (olena, legs, one, other):
        one.pick_up()
        await hand.heard("BridgeEnter")
        has = await hand.link.action("Getvar", Channel=legs[0], Variable="CC_HAS")
        assert has.headers["Value"] == "1", "the engine sees that it must not hang up this leg"
        await hand.set(legs[0], CC_VOID="1")
        bridged = await hand.channel(Application="", Context="holdless-wait")
        await hand.move(bridged.headers["Uniqueid"], "holdless-wait", "alone")
        await one.saw("BYE")
        await hand.heard("UserEvent", UserEvent="CcWait", Reason="alone")
        assert await olena.rtp.hears_tone(MUSIC_HZ)
        other.pick_up()
        assert await olena.rtp.hears_tone(OTHER_HZ)


async def test_who_answers_after_the_caller_has_gone_is_free_at_once(asterisk: Asterisk, hand: Operator) -> None:
    async with two_ring(asterisk, hand) as (olena, _, one, other):
        olena.hang_up()
        await olena.gone()
        for answered in (one, other):
            answered.pick_up()
            await answered.saw("BYE")
    assert [event for event in hand.events if event.name == "BridgeEnter"] == []
