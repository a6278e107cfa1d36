"""Hold and retrieve by the engine: two channels parted and brought together again, as often as the agent likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.asterisk.kit.asterisk import MUSIC_HZ, Asterisk
from tests.asterisk.kit.engine import engine, to_the_music
from tests.asterisk.kit.operator import Operator
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Caller, Phone, caller, phone


@dataclass(frozen=True, slots=True)
class Talk:
    """A caller and an agent in conversation."""

    olena: Caller
    desk: Phone
    caller_channel: str
    agent_channel: str
    hand: Operator

    async def hold(self) -> None:
        await self.hand.move_both(
            self.caller_channel, ("holdless-hold", "s"), self.agent_channel, ("holdless-agent", "hold")
        )
        # A Redirect is for a channel that rests in an application: between two steps it may be lost or end the call.
        await self.hand.channel(Channel=self.agent_channel, Context="holdless-agent", Application="Wait")
        await self.hand.channel(Channel=self.caller_channel, Context="holdless-hold", Application="MusicOnHold")

    async def retrieve(self) -> None:
        await self.hand.set(self.agent_channel, CC_PEER=self.caller_channel)
        await self.hand.move(self.agent_channel, "holdless-agent", "talk")

    async def both_hear_each_other(self) -> bool:
        return await self.olena.rtp.hears_tone(AGENT_HZ) and await self.desk.rtp.hears_tone(CALLER_HZ)


@asynccontextmanager
async def talk(asterisk: Asterisk, hand: Operator) -> AsyncIterator[Talk]:
    behaviour = PhoneBehaviour(answer_after_ms=20)
    async with (
        engine(asterisk, to_the_music),
        caller(asterisk) as olena,
        phone(asterisk.agents[0], behaviour) as desk,
    ):
        await olena.answered()
        channel = (await hand.waiting()).headers["Channel"]
        await hand.ring(channel, "PJSIP/a0001")
        await desk.answers()
        agent = await hand.channel(Context="holdless-phone", ChannelStateDesc="Up")
        yield Talk(olena, desk, channel, agent.headers["Channel"], hand)
        if not olena.seen("BYE"):
            olena.hang_up()
            await olena.gone()


async def test_a_held_caller_hears_music_and_the_agent_no_longer_hears_the_caller(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with talk(asterisk, hand) as call:
        assert await call.both_hear_each_other()
        await call.hold()
        assert await call.olena.rtp.hears_tone(MUSIC_HZ)
        assert not await call.desk.rtp.hears_tone(CALLER_HZ, within_ms=300)
        call.olena.hang_up()
        await call.olena.gone()
        call.desk.hang_up()
        await call.desk.saw("BYE")


async def test_a_held_call_is_taken_back_again_and_again(asterisk: Asterisk, hand: Operator) -> None:
    async with talk(asterisk, hand) as call:
        for _ in range(3):
            await call.hold()
            assert await call.olena.rtp.hears_tone(MUSIC_HZ)
            await call.retrieve()
            assert await call.both_hear_each_other()


@pytest.mark.parametrize("first", ["caller", "agent"])
async def test_a_call_taken_back_ends_for_both_when_either_hangs_up(
    asterisk: Asterisk, hand: Operator, first: str
) -> None:
    async with talk(asterisk, hand) as call:
        await call.hold()
        assert await call.olena.rtp.hears_tone(MUSIC_HZ)
        await call.retrieve()
        assert await call.both_hear_each_other()
        leaves, stays = (call.olena, call.desk) if first == "caller" else (call.desk, call.olena)
        leaves.order()
        assert (await leaves.saw("BYE")).sent
        bye = await stays.saw("BYE")
        assert not bye.sent


async def test_taking_back_a_caller_who_is_gone_frees_the_agents_phone(asterisk: Asterisk, hand: Operator) -> None:
    async with talk(asterisk, hand) as call:
        await call.hold()
        call.olena.hang_up()
        await hand.heard("Hangup", Channel=call.caller_channel)
        await call.retrieve()
        bye = await call.desk.saw("BYE")
        assert not bye.sent


async def test_an_agent_who_hangs_up_on_a_held_caller_leaves_the_caller_with_music_for_the_engine_to_find(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with talk(asterisk, hand) as call:
        await call.hold()
        call.desk.hang_up()
        await hand.heard("Hangup", Channel=call.agent_channel)
        assert await call.olena.rtp.hears_tone(MUSIC_HZ)
        found = await hand.channel(Channel=call.caller_channel, Context="holdless-hold")
        assert found.variables["CC_ID"]
