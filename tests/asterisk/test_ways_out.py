"""Leaving a queue on a real Asterisk: by a key, to a machine that records, to a number outside."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from acd.effects import AgentState, Answered, Exit, Handled, Released
from centre.calls import Outcome, Phase
from centre.effects import Queued, TakeMessage
from centre.events import AgentSignedOut, WrapUpFinished
from config.loader import load_site
from cti.recordings import Recordings
from tests.asterisk.engine import Engine, bank_on, engine_for
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Caller, caller, phone

OUTSIDE = "2001"
"""A phone of the test's that stands for the world behind the trunk."""
FLOW = """
start: technical
language: en
nodes:
  technical: {do: queue, queue: technical, waiting: music, otherwise: sorry}
  music: {do: music, keys: {"1": message, "2": outside, "3": cards}}
  cards: {do: queue, queue: cards, otherwise: sorry}
  message: {do: voicemail, prompt: no-match, silence: 3 s, shortest: 500 ms, next: sorry, otherwise: sorry}
  outside: {do: transfer, number: colleague, ring: 3 s, otherwise: message}
  sorry: {do: hangup, prompt: no-match}
"""
TO_ONE_AGENT = """
start: andriy
language: en
nodes:
  andriy: {do: transfer, agent: andriy, queue: technical, wait: 20 s, unanswered: others, otherwise: sorry}
  others: {do: queue, queue: cards, otherwise: sorry}
  sorry: {do: hangup, prompt: no-match}
"""
ENOUGH_MS = 1_500


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent(name, port) for name, port in zip(("andriy", OUTSIDE), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("out") / "asterisk", phones) as running:
        yield running


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def site(exchange: Asterisk, tmp_path: Path) -> Path:
    """The agents of the example bank, and a menu that is nothing but ways out of a queue."""
    site = bank_on(exchange, tmp_path)
    (site / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    edited(site / "site.yaml", "workload: workload.yaml", "")
    outside = f'outside_numbers: {{colleague: "{OUTSIDE}"}}\nasterisk:\n  trunk: "PJSIP/{{number}}"  '
    edited(site / "site.yaml", "asterisk:  ", outside)
    return site


@pytest.fixture
async def engine(exchange: Asterisk, site: Path, tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_for(load_site(site), tmp_path / "data") as running:
        yield running


async def waits(engine: Engine, customer: Caller) -> None:
    await customer.answered()
    await engine.saw(Queued)
    assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)


async def speaks(engine: Engine, folder: Path) -> None:
    """Waits until some of the message is on the disk."""
    order = await engine.saw(TakeMessage)
    recordings = Recordings(folder / "data" / "messages")
    async with asyncio.timeout(30):
        while recordings.length_ms(order.message) < ENOUGH_MS:  # noqa: ASYNC110 - Asterisk writes, and tells nobody
            await asyncio.sleep(0.1)


async def test_the_music_is_left_by_a_key_and_by_no_other(exchange: Asterisk, engine: Engine) -> None:
    async with caller(exchange) as customer:
        await waits(engine, customer)
        await customer.press("9")
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        await customer.press("3")
        await engine.saw(Queued, lambda queued: queued.queue == "cards")
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        customer.hang_up()
        record = await engine.ended()
    assert (record.outcome, record.queue) == (Outcome.ABANDONED, "cards")
    assert [(left.queue, left.why) for left in record.exits] == [("technical", "exit-key")]


async def test_a_phone_rings_for_a_caller_whose_music_can_be_left(exchange: Asterisk, engine: Engine) -> None:
    behaviour = PhoneBehaviour(answer_after_ms=100, hang_up_after_ms=500)
    async with phone(exchange.agents[0], behaviour), caller(exchange) as customer:
        await waits(engine, customer)
        await customer.press("9")
        engine.ready("andriy")
        await customer.gone()
        assert (await engine.ended()).outcome is Outcome.ANSWERED


async def test_a_caller_speaks_after_the_tone_and_hangs_up(exchange: Asterisk, engine: Engine, tmp_path: Path) -> None:
    async with caller(exchange) as customer:
        await waits(engine, customer)
        await customer.press("1")
        await speaks(engine, tmp_path)
        customer.hang_up()
        record = await engine.ended()
    (message,) = record.messages
    assert (record.outcome, record.ended_by) == (Outcome.VOICEMAIL, "caller")
    file = Recordings(tmp_path / "data" / "messages").find(message.message)
    assert file is not None
    with wave.open(str(file)) as sound:
        rate, samples = sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    assert message.length_ms == len(samples) * 1000 // rate
    spectrum = np.abs(np.fft.rfft(samples))
    assert abs(int(np.argmax(spectrum)) * rate / len(samples) - CALLER_HZ) < 10, "the caller's own voice"


async def test_a_key_ends_the_message_and_the_flow_goes_on(exchange: Asterisk, engine: Engine, tmp_path: Path) -> None:
    async with caller(exchange) as customer:
        await waits(engine, customer)
        await customer.press("1")
        await speaks(engine, tmp_path)
        await customer.press("#")
        await customer.gone()
        record = await engine.ended()
    assert (record.outcome, record.ended_by) == (Outcome.VOICEMAIL, "centre")


async def test_a_number_outside_answers(exchange: Asterisk, engine: Engine) -> None:
    async with phone(exchange.agents[1], PhoneBehaviour(answer_after_ms=200)) as outside, caller(exchange) as customer:
        await waits(engine, customer)
        await customer.press("2")
        await outside.answers()
        assert await outside.rtp.hears_tone(CALLER_HZ)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        assert [call.phase for call in engine.service.centre.calls.values()] == [Phase.OUTSIDE]
        customer.hang_up()
        record = await engine.ended()
    assert (record.outcome, record.transfers[0].how) == (Outcome.TRANSFERRED, "answered")


async def test_where_nobody_answers_outside_the_caller_is_still_there(exchange: Asterisk, engine: Engine) -> None:
    async with phone(exchange.agents[1]), caller(exchange) as customer:
        await waits(engine, customer)
        await customer.press("2")
        await engine.saw(TakeMessage)
        customer.hang_up()
        record = await engine.ended()
    assert (record.outcome, record.transfers[0].how) == (Outcome.TRANSFER_FAILED, "no-answer")


async def test_who_talks_outside_is_not_parted_by_another_engine(
    exchange: Asterisk, site: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as first_engine, phone(exchange.agents[1]) as outside:
        first = await first_engine.enter_async_context(engine_for(load_site(site), tmp_path / "data"))
        async with caller(exchange) as customer:
            await waits(first, customer)
            await customer.press("2")
            await outside.rings()
            await first_engine.aclose()
            outside.pick_up()
            await outside.answers()
            async with engine_for(load_site(site), tmp_path / "data") as second:
                assert await customer.rtp.hears_tone(AGENT_HZ)
                customer.hang_up()
                record = await second.ended()
    assert (record.outcome, record.transfers[0].how) == (Outcome.TRANSFERRED, "answered")


@pytest.fixture
async def direct(exchange: Asterisk, site: Path, tmp_path: Path) -> AsyncIterator[Engine]:
    """A menu that leads everybody to one agent."""
    (site / "flows" / "main.yaml").write_text(TO_ONE_AGENT, encoding="utf-8")
    async with engine_for(load_site(site), tmp_path / "data") as running:
        yield running


async def test_a_caller_is_transferred_to_one_agent(exchange: Asterisk, direct: Engine) -> None:
    behaviour = PhoneBehaviour(answer_after_ms=100, hang_up_after_ms=500)
    async with phone(exchange.agents[0], behaviour):
        direct.ready("andriy")
        async with caller(exchange) as customer:
            await customer.gone()
            record = await direct.ended()
    assert (record.outcome, record.agent, record.queue, record.exits) == (Outcome.ANSWERED, "andriy", "technical", ())


async def test_an_agent_who_does_not_want_a_transfer_is_not_rung_again(exchange: Asterisk, direct: Engine) -> None:
    async with phone(exchange.agents[0], PhoneBehaviour(on_call="busy")):
        direct.ready("andriy")
        async with caller(exchange) as customer:
            await direct.saw(Queued, lambda queued: queued.queue == "cards")
            customer.hang_up()
            record = await direct.ended()
    assert [(left.queue, left.why) for left in record.exits] == [("technical", "agent-unanswered")]


async def test_a_caller_who_waits_for_an_agent_goes_on_as_soon_as_that_agent_leaves(
    exchange: Asterisk, direct: Engine
) -> None:
    async with phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)):
        direct.ready("andriy")
        async with caller(exchange) as first, caller(exchange) as second:
            await direct.saw(Answered)
            await second.answered()
            await direct.saw(Queued, times=2)
            assert await second.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
            direct.service.tell(AgentSignedOut(agent="andriy"))
            first.hang_up()
            await direct.agent_is("andriy", AgentState.WRAP_UP)
            direct.service.tell(WrapUpFinished(agent="andriy"))
            left = await direct.saw(Released)
            await second.gone()
    heard = {type(one.effect): one.at for one in direct.heard}
    assert left.why is Exit.AGENT_AWAY
    assert heard[Released] - heard[Handled] < 1_000, "not at the end of the 20 seconds"


async def test_a_caller_for_an_agent_who_is_not_at_work_goes_on_at_once(exchange: Asterisk, direct: Engine) -> None:
    async with caller(exchange) as customer:
        await customer.gone()
        record = await direct.ended()
    assert (record.outcome, [(left.queue, left.why) for left in record.exits]) == (
        Outcome.TRANSFER_FAILED,
        [("technical", "agent-away")],
    )
