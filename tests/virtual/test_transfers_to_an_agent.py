"""Callers who key in a colleague's extension, on the virtual line: the example site “extensions”."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from acd.effects import AgentState
from centre.calls import CallRecord, Outcome
from centre.effects import CallEnded, Queued, Ring
from centre.events import AgentNotReady, AgentSignedOut, HangUpAsked, OfferAccepted, OfferDeclined, WrapUpFinished
from config import load_site
from config.site import Site
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

ANN, BOB = "101", "102"


def site() -> Site:
    return replace(load_site(Path(__file__).parents[2] / "config/examples/extensions"), customers=bank().customers)


@asynccontextmanager
async def office(folder: Path, *agents: str) -> AsyncIterator[House]:
    async with open_house(site(), folder) as house:
        house.ready(*agents)
        yield house


async def answered(house: House, agent: str) -> None:
    await house.until(lambda: house.service.centre.acd.agent(agent).state is AgentState.OFFERED)
    house.service.tell(OfferAccepted(agent=agent))
    await house.until(lambda: house.service.centre.acd.agent(agent).state is AgentState.TALKING)


async def ended(house: House, number: str) -> CallRecord:
    def found() -> list[CallRecord]:
        return [effect.record for effect in house.all(CallEnded) if effect.record.number == number]

    await house.until(lambda: bool(found()))
    return found()[0]


def ways(record: CallRecord) -> list[tuple[str, str]]:
    return [(left.queue, left.why) for left in record.exits]


@in_jumping_time
async def test_the_colleague_whose_extension_it_is_is_rung_and_nobody_else(tmp_path: Path) -> None:
    async with office(tmp_path, ANN, BOB) as house:
        await house.call("+380501110001", keys=BOB)
        await answered(house, BOB)
        house.service.tell(HangUpAsked(agent=BOB))
        record = await ended(house, "+380501110001")
        assert [ring.agent for ring in house.all(Ring)] == [BOB]
    assert (record.outcome, record.agent, record.queue) == (Outcome.ANSWERED, BOB, "direct")


@in_jumping_time
async def test_a_colleague_who_lets_it_ring_is_not_rung_again_and_reception_serves_the_caller(tmp_path: Path) -> None:
    async with office(tmp_path, ANN, BOB) as house:
        caller = await house.call("+380501110001", keys=ANN)
        await house.until(lambda: bool(house.all(Ring)))
        house.service.tell(AgentNotReady(agent=ANN, reason="lunch"))
        house.service.tell(OfferDeclined(agent=ANN))
        await house.until(lambda: any("cannot be reached" in line.text for line in caller.transcript))
        await answered(house, BOB)
        caller.hang_up()
        record = await ended(house, "+380501110001")
        assert [ring.agent for ring in house.all(Ring)] == [ANN, BOB]
    assert (record.outcome, record.agent, ways(record)) == (
        Outcome.ANSWERED,
        BOB,
        [("direct", "agent-unanswered")],
    )


@in_jumping_time
async def test_a_colleague_on_the_phone_is_waited_for_a_minute(tmp_path: Path) -> None:
    async with office(tmp_path, ANN) as house:
        await house.call("+380501110001", keys=ANN)
        await answered(house, ANN)
        caller = await house.call("+380501110002", keys=ANN)
        await house.until(lambda: len(house.all(Queued)) == 2)
        queued_at = house.service.now()
        await house.until(lambda: any("is on the phone" in line.text for line in caller.transcript))
        assert 60_000 <= house.service.now() - queued_at < 61_000
        await house.until(lambda: house.all(Queued)[-1].queue == "reception")
        caller.hang_up()
        record = await ended(house, "+380501110002")
        assert len(house.all(Ring)) == 1
    assert (record.outcome, ways(record)) == (Outcome.ABANDONED, [("direct", "agent-busy")])


@in_jumping_time
async def test_who_waits_for_a_colleague_hears_at_once_that_the_colleague_has_left(tmp_path: Path) -> None:
    async with office(tmp_path, ANN) as house:
        await house.call("+380501110001", keys=ANN)
        await answered(house, ANN)
        caller = await house.call("+380501110002", keys=ANN)
        await house.until(lambda: len(house.all(Queued)) == 2)
        house.service.tell(AgentSignedOut(agent=ANN))
        house.service.tell(HangUpAsked(agent=ANN))
        house.service.tell(WrapUpFinished(agent=ANN))
        left_at = house.service.now()
        await house.until(lambda: any("cannot be reached" in line.text for line in caller.transcript))
        assert house.service.now() - left_at < 1_000
        caller.hang_up()
        record = await ended(house, "+380501110002")
    assert ways(record)[0] == ("direct", "agent-away")


@in_jumping_time
async def test_who_is_not_at_work_or_not_known_is_said_at_once(tmp_path: Path) -> None:
    async with office(tmp_path, BOB) as house:
        caller = await house.call("+380501110001", keys=f"999{ANN}")
        await answered(house, BOB)
        heard = [line.text for line in caller.transcript]
        assert any("Nobody has this extension" in text for text in heard)
        assert any("cannot be reached" in text for text in heard)
        caller.hang_up()
        record = await ended(house, "+380501110001")
    assert ways(record) == [("direct", "unknown-agent"), ("direct", "agent-away")]


@in_jumping_time
async def test_who_waits_for_a_colleague_is_the_next_to_have_that_colleague(tmp_path: Path) -> None:
    async with office(tmp_path, ANN) as house:
        first = await house.call("+380501110001", keys=ANN)
        await answered(house, ANN)
        second = await house.call("+380501110002", keys=ANN)
        await house.until(lambda: len(house.all(Queued)) == 2)
        waiting = house.service.centre.acd.waiting("direct")
        first.hang_up()
        await house.until(lambda: len(house.all(Ring)) == 2)
        assert [house.all(Ring)[-1].call] == waiting
        second.hang_up()
