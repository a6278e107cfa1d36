"""Customers are called back over Twilio: the agent first, or the customer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.effects import CallEnded
from tests.twilio.house import House, on_twilio, open_house
from tests.virtual.jumping_clock import in_jumping_time

IVAN = "+380501110003"
ANN = "sip:ann@phones.example.com"


async def asks_back(house: House, keys: str) -> str:
    """Ivan asks to be called back, hears good-bye, and is not on the line any more."""
    caller = await house.call(keys, IVAN)
    await house.until(lambda: caller.over)
    await house.until(lambda: house.all(CallEnded))
    return f"twilio-{caller.sid}-back"


def state_of(house: House, agent: str) -> AgentState:
    return house.service.centre.acd.agent(agent).state


async def came_to(house: House, back: str, outcome: Outcome) -> None:
    await house.until(lambda: [one.record for one in house.all(CallEnded) if one.record.call == back])
    (record,) = [one.record for one in house.all(CallEnded) if one.record.call == back]
    assert record.outcome is outcome


@in_jumping_time
async def test_customer_first_waits_with_music_until_an_agent_is_there(tmp_path: Path) -> None:
    async with open_house(on_twilio("callback", tmp_path), tmp_path) as house:
        back = await asks_back(house, "211")
        house.twilio.phone(ANN).answers_after = 5
        house.ready("ann")
        await house.until(lambda: house.twilio.phone(IVAN).legs)
        customer = house.twilio.phone(IVAN).legs[0]
        await house.until(lambda: customer.heard)
        assert customer.heard[0].what == "music"
        await house.until(lambda: customer.heard[-1].what == "connected")
        await house.until(lambda: state_of(house, "ann") is AgentState.TALKING)
        customer.hang_up()
        await came_to(house, back, Outcome.ANSWERED)
        assert house.twilio.conferences == {}


@in_jumping_time
async def test_a_customer_who_does_not_answer_is_called_again_later(tmp_path: Path) -> None:
    async with open_house(on_twilio("callback", tmp_path), tmp_path) as house:
        back = await asks_back(house, "211")
        house.twilio.phone(IVAN).answers_after = None
        house.ready("ann")
        await house.until(lambda: house.twilio.phone(IVAN).legs)
        await asyncio.sleep(60)
        assert house.service.centre.calls[back].phase is Phase.CALLBACK
        assert house.twilio.phone(IVAN).legs[0].over
        house.twilio.phone(IVAN).answers_after = 2
        await house.until(lambda: len(house.twilio.phone(IVAN).legs) > 1, within_s=600)
        await house.until(lambda: state_of(house, "ann") is AgentState.TALKING)
        record = house.service.centre.calls[back].record
        assert [attempt.how for attempt in record.attempts] == ["no-answer", "answered"]


@in_jumping_time
async def test_agent_first_hears_music_until_the_customer_answers(tmp_path: Path) -> None:
    async with open_house(on_twilio("callback", tmp_path), tmp_path) as house:
        caller = await house.call("1", IVAN)
        await house.press(caller, "1")  # out of the queue
        await house.press(caller, "1")  # yes, this number
        await house.until(lambda: house.all(CallEnded))
        back = f"twilio-{caller.sid}-back"
        house.ready("ann")
        await house.until(lambda: house.twilio.phone(ANN).legs)
        agent = house.twilio.phone(ANN).legs[0]
        await house.until(lambda: agent.heard and agent.heard[-1].what == "music")
        await house.until(lambda: agent.heard[-1].what == "connected")
        await house.until(lambda: state_of(house, "ann") is AgentState.TALKING)
        agent.hang_up()
        await came_to(house, back, Outcome.ANSWERED)
        assert house.twilio.phone(IVAN).legs[0].over


@in_jumping_time
async def test_an_agent_who_puts_the_phone_down_before_the_customer_came_has_declined(tmp_path: Path) -> None:
    async with open_house(on_twilio("callback", tmp_path), tmp_path) as house:
        caller = await house.call("1", IVAN)
        await house.press(caller, "11")
        await house.until(lambda: house.all(CallEnded))
        back = f"twilio-{caller.sid}-back"
        house.twilio.phone(IVAN).answers_after = 20
        house.ready("ann")
        await house.until(lambda: house.twilio.phone(IVAN).legs)
        house.twilio.phone(ANN).legs[0].hang_up()
        await house.until(lambda: house.twilio.phone(IVAN).legs[0].over)
        await house.until(lambda: house.service.centre.calls[back].record.offers[0].how == "declined")
