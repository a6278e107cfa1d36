"""A caller waits on a real Asterisk, and hears more than music: the place in the queue, a question, and again music."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from centre.calls import Outcome
from centre.effects import Answered, OfferEnded, Queued, Speak, TakeMessage
from config.loader import load_site
from tests.asterisk.engine import Engine, bank_on, engine_for
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, caller, phone
from tests.asterisk.kit.sounds import write_tone
from tests.engine_process import journaled, killed, serving

PLACE_HZ, LONG_HZ = 800.0, 1_300.0
"""Tones that stand for two announcements."""
FLOW = """
start: technical
language: en
nodes:
  technical: {do: queue, queue: technical, waiting: greeting, otherwise: sorry}
  greeting: {do: say, prompt: your-place, next: music}
  music: {do: music, for: 1 s, next: long, keys: {"1": message}}
  long: {do: say, prompt: long, next: music}
  message: {do: voicemail, prompt: no-match, next: sorry, otherwise: sorry}
  sorry: {do: hangup, prompt: no-match}
"""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    (port,) = free_ports(1)
    with Asterisk(tmp_path_factory.mktemp("waiting") / "asterisk", [Agent("andriy", port)]) as running:
        yield running


@pytest.fixture
def site(exchange: Asterisk, tmp_path: Path) -> Path:
    """The agents of the example bank, and a flow that is one queue with announcements."""
    site = bank_on(exchange, tmp_path, ring_s=1)
    (site / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    settings = site / "site.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("workload: workload.yaml", ""), encoding="utf-8")
    with (site / "prompts.yaml").open("a", encoding="utf-8") as prompts:
        prompts.write("\nyour-place: {en: 'Your place is {position:digits}', uk: Ваше місце в черзі}\n")
        prompts.write("long: {en: Something very long, uk: Щось дуже довге}\n")
    for language in ("en", "uk"):
        (site / "prompts" / language / "your-place").mkdir()
        for name in ("your-place", "your-place/1"):
            write_tone(site / "prompts" / language / f"{name}.wav", hz=PLACE_HZ, seconds=0.5)
        write_tone(site / "prompts" / language / "long.wav", hz=LONG_HZ, seconds=30)
    return site


@pytest.fixture
async def engine(exchange: Asterisk, site: Path, tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_for(load_site(site), tmp_path / "data") as running:
        yield running


async def test_the_place_is_told_and_a_key_during_the_music_leads_on(exchange: Asterisk, engine: Engine) -> None:
    async with caller(exchange) as customer:
        await customer.answered()
        assert await customer.rtp.hears_tone(PLACE_HZ, within_ms=10_000)
        assert await customer.rtp.hears_speech(not_hz=PLACE_HZ), "one"
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        await customer.press("1")
        await engine.saw(TakeMessage)
        customer.hang_up()
        record = await engine.ended()
    spoken = await engine.saw(Speak)
    assert (spoken.prompts, spoken.values) == (("your-place",), {"position": "1"})
    assert [(left.queue, left.why) for left in record.exits] == [("technical", "exit-key")]


async def test_an_agent_is_connected_in_the_midst_of_an_announcement(exchange: Asterisk, engine: Engine) -> None:
    async with phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)), caller(exchange) as customer:
        await customer.answered()
        assert await customer.rtp.hears_tone(LONG_HZ, within_ms=15_000)
        engine.ready("andriy")
        await engine.saw(Answered)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        customer.hang_up()
        assert (await engine.ended()).outcome is Outcome.ANSWERED


async def test_after_a_phone_that_rang_in_vain_music_follows_and_then_the_flow_goes_on(
    exchange: Asterisk, engine: Engine
) -> None:
    async with phone(exchange.agents[0]), caller(exchange) as customer:
        await customer.answered()
        assert await customer.rtp.hears_tone(LONG_HZ, within_ms=15_000)
        engine.ready("andriy")
        await engine.saw(OfferEnded)
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        await engine.saw(Speak, times=3)
        assert await customer.rtp.hears_tone(LONG_HZ, within_ms=10_000)
        customer.hang_up()
        record = await engine.ended()
    spoken = [one.effect.prompts[0] for one in engine.heard if isinstance(one.effect, Speak)]
    assert (spoken, record.outcome) == (["your-place", "long", "long"], Outcome.ABANDONED)


@pytest.mark.alone
async def test_the_engine_is_killed_in_the_midst_of_an_announcement(
    exchange: Asterisk, site: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    async with serving(site, data, "asterisk") as process, caller(exchange) as customer:
        await customer.answered()
        await journaled(data, lambda one: isinstance(one, Speak) and one.prompts == ("long",))
        assert await customer.rtp.hears_tone(LONG_HZ, within_ms=15_000)
        await killed(process)
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        await asyncio.sleep(0.5)
        async with engine_for(load_site(site), data) as engine:
            (waiting,) = engine.service.centre.waiting_calls("technical")
            assert (await engine.saw(Speak)).prompts == ("long",)
            assert await customer.rtp.hears_tone(LONG_HZ, within_ms=10_000)
            customer.hang_up()
            record = await engine.ended()
    assert record.queued_at == waiting.record.queued_at
    assert record.ended_at is not None
    assert record.queued_at is not None
    assert record.ended_at - record.queued_at > 4_000
    assert not any(isinstance(one.effect, Queued) for one in engine.heard), "it never left its place"
