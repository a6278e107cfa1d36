"""Offering a waiting caller to an agent's phone, and every way this can end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.asterisk.kit.asterisk import MUSIC_HZ, Asterisk, agents_on_ports
from tests.asterisk.kit.engine import engine, to_the_music
from tests.asterisk.kit.operator import Operator, operator
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Caller, caller, phone


@asynccontextmanager
async def waiting_caller(asterisk: Asterisk, hand: Operator) -> AsyncIterator[tuple[Caller, str]]:
    """A caller in the waiting place, who hangs up in the end, and the name of the channel."""
    async with engine(asterisk, to_the_music), caller(asterisk) as olena:
        await olena.answered()
        yield olena, (await hand.waiting()).headers["Channel"]
        if not olena.seen("BYE"):
            olena.hang_up()
            await olena.gone()


async def test_a_caller_moved_to_dial_hears_music_until_the_agent_answers_then_both_hear_each_other(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0]) as desk:
        await hand.ring(channel, "PJSIP/a0001")
        assert (await desk.rings()).user == "a0001"
        assert await olena.rtp.hears_tone(MUSIC_HZ)
        desk.pick_up()
        assert await olena.rtp.hears_tone(AGENT_HZ)
        assert await desk.rtp.hears_tone(CALLER_HZ)


async def test_an_agents_leg_says_which_call_and_offer_it_is_for(asterisk: Asterisk, hand: Operator) -> None:
    async with waiting_caller(asterisk, hand) as (_, channel), phone(asterisk.agents[0]) as desk:
        await hand.ring(channel, "PJSIP/a0001", offer="77")
        await desk.rings()
        of_caller = await hand.channel(Channel=channel)
        of_agent = await hand.channel(Context="holdless-phone", ChannelStateDesc="Ringing")
        assert of_agent.variables["CC_CALL"] == of_caller.variables["CC_ID"]
        assert of_agent.variables["CC_ID"] == ""
        assert of_agent.variables["CC_OFFER"] == "77"
        assert set(desk.call_names.values()) == {""}, "a phone is told the call's name only where the site wants that"


async def test_where_the_site_wants_it_an_agents_phone_is_told_the_name_of_the_call(tmp_path: Path) -> None:
    with Asterisk(tmp_path / "a", agents_on_ports(free_ports(1)), globals={"CC_CALL_HEADER": "yes"}) as telling:
        (agent,) = telling.agents
        async with (
            operator(telling) as hand,
            waiting_caller(telling, hand) as (_, channel),
            phone(agent) as desk,
        ):
            await hand.ring(channel, f"PJSIP/{agent.name}")
            invite = await desk.rings()
            of_caller = await hand.channel(Channel=channel)
            assert desk.call_names == {invite.call_id: of_caller.variables["CC_ID"]}


async def test_a_caller_who_hangs_up_while_ringing_stops_the_phone(asterisk: Asterisk, hand: Operator) -> None:
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0]) as desk:
        await hand.ring(channel, "PJSIP/a0001")
        await desk.rings()
        olena.hang_up()
        await desk.saw("CANCEL")
        ended = await hand.heard("DialEnd", Channel=channel)
        assert ended.headers["DialStatus"] == "CANCEL"


async def test_an_agent_who_does_not_answer_gives_the_caller_back_to_the_music(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0]) as desk:
        await hand.ring(channel, "PJSIP/a0001", seconds=1, offer="5")
        await desk.saw("CANCEL")
        done = await hand.heard("UserEvent", UserEvent="CcDialDone", Offer="5")
        assert done.headers["Status"] == "NOANSWER"
        await hand.heard("UserEvent", UserEvent="CcWait", Reason="dial")
        assert await olena.rtp.hears_tone(MUSIC_HZ)


@pytest.mark.parametrize(
    ("behaviour", "endpoint", "status", "cause"),
    [
        pytest.param(PhoneBehaviour(on_call="busy"), "PJSIP/a0001", "BUSY", "17", id="a busy phone"),
        pytest.param(
            PhoneBehaviour(on_call="silent"), "PJSIP/a0001", "CHANUNAVAIL", None, id="a phone that says nothing"
        ),
        pytest.param(None, "PJSIP/a0001", "CHANUNAVAIL", None, id="no phone there"),
        pytest.param(None, "PJSIP/nobody", "CHANUNAVAIL", "3", id="an endpoint nobody configured"),
    ],
)
async def test_a_phone_that_cannot_ring_gives_the_caller_back_to_the_music_with_the_reason(
    asterisk: Asterisk,
    hand: Operator,
    behaviour: PhoneBehaviour | None,
    endpoint: str,
    status: str,
    cause: str | None,
) -> None:
    async def ring(olena: Caller, channel: str) -> None:
        await hand.ring(channel, endpoint, seconds=20, offer="6")
        done = await hand.heard("UserEvent", UserEvent="CcDialDone", Offer="6")
        assert done.headers["Status"] == status
        assert cause in (None, done.headers["Cause"])
        assert await olena.rtp.hears_tone(MUSIC_HZ)

    async with waiting_caller(asterisk, hand) as (olena, channel):
        if behaviour is None:
            await ring(olena, channel)
        else:
            async with phone(asterisk.agents[0], behaviour):
                await ring(olena, channel)


async def test_a_call_ends_for_the_caller_when_the_agent_hangs_up(asterisk: Asterisk, hand: Operator) -> None:
    behaviour = PhoneBehaviour(answer_after_ms=50)
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0], behaviour) as desk:
        await hand.ring(channel, "PJSIP/a0001")
        assert await desk.rtp.hears_tone(CALLER_HZ)
        desk.hang_up()
        bye = await olena.gone()
        assert not bye.sent


async def test_keys_a_caller_presses_in_conversation_reach_the_agents_phone(asterisk: Asterisk, hand: Operator) -> None:
    behaviour = PhoneBehaviour(answer_after_ms=50)
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0], behaviour) as desk:
        await hand.ring(channel, "PJSIP/a0001")
        assert await desk.rtp.hears_tone(CALLER_HZ)
        await olena.press("907#")
        assert await desk.rtp.hears_tone(CALLER_HZ)
        assert desk.rtp.keys_heard == "907#"


async def test_a_call_ends_for_the_agent_when_the_caller_hangs_up(asterisk: Asterisk, hand: Operator) -> None:
    behaviour = PhoneBehaviour(answer_after_ms=50)
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0], behaviour) as desk:
        await hand.ring(channel, "PJSIP/a0001")
        assert await desk.rtp.hears_tone(CALLER_HZ)
        olena.hang_up()
        bye = await desk.saw("BYE")
        assert not bye.sent


async def test_a_second_redirect_stops_the_first_phone_and_rings_the_next(asterisk: Asterisk, hand: Operator) -> None:
    first, second = asterisk.agents[:2]
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(first) as one, phone(second) as other:
        await hand.ring(channel, "PJSIP/a0001", offer="1")
        await one.rings()
        await hand.ring(channel, "PJSIP/a0002", offer="2")
        await one.saw("CANCEL")
        await other.rings()
        other.pick_up()
        assert await olena.rtp.hears_tone(AGENT_HZ)


async def test_an_offer_withdrawn_while_ringing_brings_the_caller_back_to_the_music(
    asterisk: Asterisk, hand: Operator
) -> None:
    async with waiting_caller(asterisk, hand) as (olena, channel), phone(asterisk.agents[0]) as desk:
        await hand.ring(channel, "PJSIP/a0001")
        await desk.rings()
        await hand.move(channel, "holdless-wait")
        await desk.saw("CANCEL")
        assert await olena.rtp.hears_tone(MUSIC_HZ)


async def test_an_agents_phone_cannot_dial_into_the_menus(asterisk: Asterisk, hand: Operator) -> None:
    assert "There is no existence" in asterisk.cli("dialplan show 100@holdless-phone")


async def test_a_phone_serves_one_call_after_another(asterisk: Asterisk, hand: Operator) -> None:
    behaviour = PhoneBehaviour(answer_after_ms=20, hang_up_after_ms=200)
    async with phone(asterisk.agents[2], behaviour) as desk:
        for times in (1, 2, 3):
            async with waiting_caller(asterisk, hand) as (olena, channel):
                await hand.ring(channel, "PJSIP/a0003", offer=f"{times}")
                await desk.answers(times=times)
                await olena.gone()
                await hand.nobody_left()
