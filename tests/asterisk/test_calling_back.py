"""Customers are called back over a real Asterisk: SIPp's callers, agents' phones, and a trunk with customers behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.effects import Answered, CallEnded, DialCustomer, OfferEnded
from config.loader import load_site
from tests.asterisk.engine import Engine, bank_on, engine_for
from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Phone, caller, phone

NUMBER = "+380501110003"
AT_ONCE = PhoneBehaviour(answer_after_ms=200)
BUSY = PhoneBehaviour(on_call="busy")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk with the phone of Grace, and a carrier's trunk behind which the customer's phone is."""
    phones = [Agent(name, port) for name, port in zip(("grace", "carrier"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("back") / "asterisk", phones) as running:
        yield running


def site_on(asterisk: Asterisk, folder: Path, order: str) -> Path:
    """The bank, where whoever wants technical help may be called back."""
    site = bank_on(asterisk, folder)
    for file, shipped, ours in (
        (
            "site.yaml",
            "    needs: technical\n",
            f"    needs: technical\n    callback: {{order: {order}, gap: 500 ms, ring: 2 min}}\n",
        ),
        ("site.yaml", '  endpoint: "PJSIP/{agent}"', '  trunk: "PJSIP/{number}@carrier"\n  endpoint: "PJSIP/{agent}"'),
        ("site.yaml", "entry: main", "callbacks: {country: UA}\nentry: main"),
        (
            "flows/main.yaml",
            "  technical: {do: queue,",
            "  technical: {do: callback, queue: technical, prompt: please-wait, number: card-number, accepted: sorry,\n"
            "    refused: wait, invalid: sorry}\n"
            "  wait: {do: queue,",
        ),
    ):
        text = (site / file).read_text(encoding="utf-8")
        assert shipped in text
        (site / file).write_text(text.replace(shipped, ours, 1), encoding="utf-8")
    return site


@asynccontextmanager
async def engine_on(asterisk: Asterisk, folder: Path, order: str) -> AsyncIterator[Engine]:
    async with engine_for(load_site(site_on(asterisk, folder, order)), folder / "data") as running:
        yield running


def the_phone(exchange: Asterisk, name: str) -> Agent:
    return next(one for one in exchange.agents if one.name == name)


async def asks_back(exchange: Asterisk, engine: Engine) -> str:
    """Somebody calls, wants technical help, and accepts to be called back; returns the name of the callback."""
    async with caller(exchange, sender=f'"Emily" <sip:{NUMBER}@127.0.0.1>') as customer:
        await engine.walks_to_technical(customer)
        await engine.asks("technical")
        await customer.press("1")
        await customer.gone()
    asked = await engine.ended()
    assert asked.outcome is Outcome.CALLBACK
    return asked.callback


async def talk(agent: Phone, customer: Phone) -> None:
    assert await agent.rtp.hears_tone(CALLER_HZ), "the agent hears the customer"
    assert await customer.rtp.hears_tone(AGENT_HZ), "the customer hears the agent"


async def test_agent_first_the_agent_answers_and_then_the_customer_is_dialled(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with engine_on(exchange, tmp_path, "agent-first") as engine:
        back = await asks_back(exchange, engine)
        async with (
            phone(the_phone(exchange, "grace"), AT_ONCE) as grace,
            phone(the_phone(exchange, "carrier"), hz=CALLER_HZ) as customer,
        ):
            engine.ready("grace")
            await grace.answers()
            invite = await customer.rings()
            assert NUMBER in invite.line
            await engine.agent_is("grace", AgentState.OFFERED)
            customer.pick_up()
            assert (await engine.saw(Answered)).call == back
            await talk(grace, customer)
            customer.hang_up()
            await grace.saw("BYE")
            record = await engine.ended(times=2)
    assert (record.call, record.agent, record.outcome) == (back, "grace", Outcome.ANSWERED)
    assert record.ended_by == "caller"
    assert [attempt.how for attempt in record.attempts] == ["answered"]


async def test_customer_first_the_customer_answers_and_then_the_agent_is_rung(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with engine_on(exchange, tmp_path, "customer-first") as engine:
        back = await asks_back(exchange, engine)
        async with (
            phone(the_phone(exchange, "carrier"), AT_ONCE, hz=CALLER_HZ) as customer,
            phone(the_phone(exchange, "grace")) as grace,
        ):
            engine.ready("grace")
            await customer.answers()
            await grace.rings()
            assert engine.service.centre.calls[back].phase is Phase.OFFERED
            grace.pick_up()
            await engine.saw(Answered)
            await talk(grace, customer)
            grace.hang_up()
            record = await engine.ended(times=2)
    assert (record.call, record.outcome, record.ended_by) == (back, Outcome.ANSWERED, "agent")


@pytest.mark.parametrize("order", ["agent-first", "customer-first"])
async def test_a_busy_customer_is_called_again_and_the_agent_is_not_blamed(
    exchange: Asterisk, tmp_path: Path, order: str
) -> None:
    async with engine_on(exchange, tmp_path, order) as engine:
        back = await asks_back(exchange, engine)
        async with phone(the_phone(exchange, "grace"), AT_ONCE) as grace:
            async with phone(the_phone(exchange, "carrier"), BUSY):
                engine.ready("grace")
                await engine.saw(OfferEnded, lambda ended: ended.how == "customer-not-reached")
            async with phone(the_phone(exchange, "carrier"), AT_ONCE, hz=CALLER_HZ) as customer:
                await engine.saw(DialCustomer, times=2)
                await engine.saw(Answered)
                await talk(grace, customer)
                customer.hang_up()
                record = await engine.ended(times=2)
    assert (record.call, [attempt.how for attempt in record.attempts]) == (back, ["busy", "answered"])
    assert engine.service.centre.metrics.agent("grace", 0).missed == 0


async def test_who_calls_in_while_the_phone_at_home_rings_gets_the_agent(exchange: Asterisk, tmp_path: Path) -> None:
    async with engine_on(exchange, tmp_path, "agent-first") as engine:
        back = await asks_back(exchange, engine)
        async with (
            phone(the_phone(exchange, "grace"), AT_ONCE) as grace,
            phone(the_phone(exchange, "carrier")) as home,
        ):
            engine.ready("grace")
            await home.rings()
            async with caller(exchange, sender=f'"Emily" <sip:{NUMBER}@127.0.0.1>') as customer:
                await engine.walks_to_technical(customer, times=2)
                await engine.asks("technical", times=2)
                await customer.press("0")
                await home.saw("CANCEL")
                answered = await engine.saw(Answered)
                assert answered.call != back
                dropped = (await engine.saw(CallEnded, lambda ended: ended.record.call == back)).record
                assert (dropped.outcome, dropped.ended_by) == (Outcome.CALLBACK_DROPPED, "caller")
                customer.hang_up()
                await grace.saw("BYE", times=2)
                await engine.ended(times=3)


@pytest.mark.parametrize("order", ["agent-first", "customer-first"])
async def test_who_calls_in_while_a_phone_that_the_engine_before_has_rung_still_rings_is_rung_no_more(
    exchange: Asterisk, tmp_path: Path, order: str
) -> None:
    site, data = load_site(site_on(exchange, tmp_path, order)), tmp_path / "data"
    async with (
        phone(the_phone(exchange, "grace"), AT_ONCE) as grace,
        phone(the_phone(exchange, "carrier")) as home,
    ):
        async with engine_for(site, data) as before:
            back = await asks_back(exchange, before)
            before.ready("grace")
            await home.saw("180")
        async with engine_for(site, data) as engine:
            assert engine.service.centre.calls[back].phase is Phase.DIALLING
            async with caller(exchange, sender=f'"Emily" <sip:{NUMBER}@127.0.0.1>') as customer:
                await engine.walks_to_technical(customer)
                await engine.asks("technical")
                await customer.press("0")
                await home.saw("CANCEL")
                assert (await engine.saw(Answered)).call != back
                customer.hang_up()
                dropped = (await engine.saw(CallEnded, lambda ended: ended.record.call == back)).record
                assert dropped.outcome is Outcome.CALLBACK_DROPPED
                await grace.saw("BYE", times=2 if order == "agent-first" else 1)
                await engine.ended(times=2)
