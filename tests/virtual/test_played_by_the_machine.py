"""Callers and agents whom the machine plays on the live service, and the people who take their places."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from acd.effects import AgentChanged, AgentState, OfferEnd, OfferEnded
from centre.calls import Outcome
from centre.effects import Answered, CallEnded, Ring
from centre.virtual.call import CallState
from cti.virtual import VirtualLine
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import JumpingClock, in_jumping_time

EVERYBODY = ("olena", "taras", "maria", "james", "iryna", "petro", "sofia", "daniel", "andriy", "kateryna", "mykola")
ENGLISH_CARDS = "114321"


def state_of(house: House, agent: str) -> AgentState:
    return house.service.centre.acd.agent(agent).state


@in_jumping_time
async def test_an_hour_of_simulated_calls_loses_nobody(tmp_path: Path) -> None:
    async with open_house(bank(calls_per_hour=240, played=EVERYBODY), tmp_path) as house:
        await asyncio.sleep(3_600)
        books = house.service.centre.conservation()
        arrived = books.arrived
        assert 180 <= arrived <= 300
        assert arrived == books.ended + sum(books.inside.values())
        outcomes = [ended.record.outcome for ended in house.all(CallEnded)]
        assert outcomes.count(Outcome.ANSWERED) > arrived / 2
        assert {OfferEnd.NO_ANSWER} <= {ended.how for ended in house.all(OfferEnded)}
        assert "break" in {changed.reason for changed in house.all(AgentChanged)}
        by = {ended.record.ended_by for ended in house.all(CallEnded) if ended.record.outcome is Outcome.ANSWERED}
        assert by == {"caller", "agent"}


@in_jumping_time
async def test_the_same_seed_plays_the_same_hour(tmp_path: Path) -> None:
    hours = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        async with open_house(bank(calls_per_hour=120, played=EVERYBODY), tmp_path / run, seed=7) as house:
            began = house.service.now()
            await asyncio.sleep(1_800)
            hours.append(
                [(e.record.arrived_at - began, e.record.outcome, e.record.agent) for e in house.all(CallEnded)]
            )
    assert len(hours[0]) > 20
    assert hours[0] == hours[1]


@in_jumping_time
async def test_a_played_agent_answers_a_person_and_lets_go_after_a_while(tmp_path: Path) -> None:
    async with open_house(bank(played=("olena",)), tmp_path) as house:
        caller = await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: caller.state is CallState.TALKING)
        await house.until(lambda: caller.state is CallState.ENDED, within_s=3_600)
        assert caller.ended_by == "agent"
        await house.until(lambda: state_of(house, "olena") is AgentState.READY)


@in_jumping_time
async def test_who_signs_in_at_the_desk_is_played_no_longer_until_signing_out(tmp_path: Path) -> None:
    async with open_house(bank(played=("olena",)), tmp_path) as house:
        assert state_of(house, "olena") is AgentState.READY
        house.line.take_over("olena")
        view = house.service.centre.acd.agent("olena")
        assert (view.state, view.reason) == (AgentState.NOT_READY, "signed-in")
        house.ready("olena")
        caller = await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: len(house.all(Ring)) > 0)
        await asyncio.sleep(19)
        assert house.all(Answered) == []
        await house.until(lambda: house.all(OfferEnded) != [])
        house.line.give_back("olena")
        await house.until(lambda: caller.state is CallState.TALKING)


@in_jumping_time
async def test_taking_over_in_the_middle_of_a_conversation_leaves_the_caller_to_the_person(tmp_path: Path) -> None:
    async with open_house(bank(played=("olena",)), tmp_path) as house:
        caller = await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: caller.state is CallState.TALKING)
        house.line.take_over("olena")
        await asyncio.sleep(7_200)
        assert caller.state is CallState.TALKING


@in_jumping_time
async def test_an_agent_set_aside_for_missed_calls_comes_back(tmp_path: Path) -> None:
    site = bank(played=("olena",))
    assert site.workload is not None
    deaf = replace(site, workload=replace(site.workload, unanswered=1.0))
    async with open_house(deaf, tmp_path) as house:
        await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: "missed-calls" in {changed.reason for changed in house.all(AgentChanged)})
        await house.until(lambda: state_of(house, "olena") is not AgentState.NOT_READY)


@in_jumping_time
async def test_callers_of_an_earlier_process_are_lost_not_forgotten(tmp_path: Path) -> None:
    async with open_house(bank(played=("olena",)), tmp_path) as house:
        waiting = await house.call(keys="12")
        await house.until(lambda: waiting.state is CallState.WAITING)
        talking = await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: talking.state is CallState.TALKING)
    async with open_house(bank(played=("olena",)), tmp_path) as house:
        books = house.service.centre.conservation()
        assert (books.arrived, books.ended, sum(books.inside.values())) == (2, 2, 0)
        again = await house.call(keys=ENGLISH_CARDS)
        assert again.id not in (waiting.id, talking.id)
        await house.until(lambda: again.state is CallState.TALKING)


@in_jumping_time
async def test_a_closed_line_leaves_nothing_behind() -> None:
    told: list[object] = []
    line = VirtualLine(bank(calls_per_hour=600, played=EVERYBODY), seed=1, clock=JumpingClock())
    before = asyncio.all_tasks()
    await line.start(told.append)
    line.place_call("+1", "somebody")
    await asyncio.sleep(60)
    assert line.health()["state"] == "up"
    await line.close()
    so_far = len(told)
    await asyncio.sleep(3_600)
    assert len(told) == so_far
    assert asyncio.all_tasks() == before
    assert line.health() == {"state": "down"}
