"""What follows on a conversation on the Twilio line: the caller is asked, whatever becomes of agent and engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import CallRecord, Phase
from centre.effects import CallEnded, Effect
from centre.events import Event, HangUpAsked, WrapUpFinished
from config.site import Site
from cti.journal import Journal
from ivr.flow import Queue
from tests.twilio.house import PUBLIC, House, on_twilio, open_house
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time

OLHA = "sip:olha@phones.example.com"
ONE_MOMENT = "<Response><Say>One moment please.</Say><Pause length='5'/><Redirect>{}</Redirect></Response>"


def insurance(folder: Path) -> Site:
    """The example, where all callers are asked at once."""
    site = on_twilio("insurance", folder)
    claims = site.entry_flow.nodes["claims"]
    assert isinstance(claims, Queue)
    nodes = {**site.entry_flow.nodes, "claims": replace(claims, after="satisfied")}
    flow = replace(site.entry_flow, nodes=nodes)
    return replace(site, flows={**site.flows, site.entry: flow})


def scores(record: CallRecord) -> list[tuple[str, int]]:
    return [(score.name, score.score) for score in record.scores]


async def talking(house: House) -> Leg:
    house.ready("olha")
    caller = await house.call("2")
    await house.until(lambda: state_of(house) is AgentState.TALKING and caller.heard[-1].what == "connected")
    return caller


def state_of(house: House) -> AgentState:
    return house.service.centre.acd.agent("olha").state


@in_jumping_time
async def test_the_caller_is_asked_when_the_agent_hangs_up_and_the_agent_wraps_up_meanwhile(tmp_path: Path) -> None:
    async with open_house(insurance(tmp_path), tmp_path) as house:
        caller = await talking(house)
        house.twilio.phone(OLHA).legs[0].hang_up()
        await house.until(lambda: caller.asked)
        assert state_of(house) is AgentState.WRAP_UP
        house.service.tell(WrapUpFinished(agent="olha"))
        await house.until(lambda: state_of(house) is AgentState.READY)
        await house.press(caller, "5")
        await house.until(lambda: caller.asked)
        await house.press(caller, "9")
        await house.until(lambda: caller.over)
        await house.until(lambda: house.all(CallEnded))
        assert scores(house.wrapped_up()) == [("satisfied", 5), ("likely", 9)]
        assert house.ended().ended_by == "agent"


@in_jumping_time
async def test_who_hangs_up_half_way_has_answered_what_was_answered(tmp_path: Path) -> None:
    async with open_house(insurance(tmp_path), tmp_path) as house:
        caller = await talking(house)
        house.service.tell(HangUpAsked(agent="olha"))
        await house.press(caller, "2")
        await house.until(lambda: caller.asked)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert scores(house.ended()) == [("satisfied", 2)]
        assert house.twilio.phone(OLHA).legs[0].over


@in_jumping_time
async def test_the_next_engine_goes_on_with_the_question_that_was_open(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), insurance(tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        caller = await talking(house)
        house.service.tell(HangUpAsked(agent="olha"))
        await house.press(caller, "4")
        await house.until(lambda: caller.asked)
    async with open_house(site, tmp_path, twilio) as house:
        assert house.service.centre.conservation().inside[Phase.AFTER] == 1
        await house.press(caller, "10")
        await house.until(lambda: caller.over)
        await house.until(lambda: house.all(CallEnded))
        assert scores(house.ended()) == [("satisfied", 4), ("likely", 10)]


@in_jumping_time
async def test_a_caller_whom_the_next_engine_finds_talking_is_asked_also_where_its_journal_takes_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Journal.append

    def late(journal: Journal, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None]) -> None:
        def soon() -> None:
            asyncio.get_running_loop().call_later(0.2, kept)

        append(journal, at, event, effects, soon)

    twilio, site = StandIn(public_url=PUBLIC), insurance(tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        caller = await talking(house)
    async with open_house(site, tmp_path, twilio) as house:
        monkeypatch.setattr(Journal, "append", late)
        twilio.phone(OLHA).legs[0].hang_up()
        await house.until(lambda: caller.asked or caller.over)
        await house.press(caller, "3")
        await house.until(lambda: caller.asked)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert scores(house.ended()) == [("satisfied", 3)]


@in_jumping_time
async def test_a_caller_whose_agent_hung_up_while_no_engine_was_there_is_asked_by_the_next(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), insurance(tmp_path)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await talking(house)
        twilio.bins[twilio.fallback_url] = ONE_MOMENT.format(f"{PUBLIC}/voice")
    twilio.phone(OLHA).legs[0].hang_up()
    await asyncio.sleep(20)
    assert not caller.over
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        await house.until(lambda: caller.asked)
        assert state_of(house) is AgentState.WRAP_UP
        await house.press(caller, "3")
        await house.until(lambda: caller.asked)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert scores(house.ended()) == [("satisfied", 3)]
