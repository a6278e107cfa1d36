"""Values read aloud on a real Asterisk: words of Debian's Russian package and of the site's own, in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from centre.effects import HangUp
from config.aloud import recordings, unrecorded
from config.loader import load_site
from tests.asterisk.engine import bank_on, engine_for
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.sipp import caller
from tests.asterisk.kit.sounds import write_tone

OWN_HZ = 1_250
"""What the site's own recordings sound like here."""
FLOW = """
start: say
language: ru
variables: {orders: {type: number, start: 2001}, day: {type: text, start: '"2026-11-23"'}}
nodes:
  say: {do: hangup, prompt: orders}
"""
PROMPTS = 'orders: {ru: "{orders:number neuter} {orders:plural one=письмо few=письма many=писем}, {day:date}"}'


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    with Asterisk(tmp_path_factory.mktemp("aloud") / "asterisk", []) as running:
        yield running


@pytest.fixture
def site(exchange: Asterisk, tmp_path: Path) -> Path:
    """The bank, with a menu that reads two values; what no package has is recorded as a tone."""
    site = bank_on(exchange, tmp_path)
    (site / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    (site / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    settings = (site / "site.yaml").read_text(encoding="utf-8")
    settings = settings.replace("languages: [en, uk]", "languages: [ru]").replace("workload: workload.yaml", "")
    (site / "site.yaml").write_text(settings, encoding="utf-8")
    for name in unrecorded(load_site(site), "orders", "ru"):
        path = site / "prompts" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tone(path, hz=OWN_HZ, seconds=0.2)
    return site


async def test_words_of_the_package_and_the_sites_own_are_played_in_the_callers_language(
    exchange: Asterisk, site: Path, tmp_path: Path
) -> None:
    loaded = load_site(site)
    async with engine_for(loaded, tmp_path / "data") as engine, caller(exchange) as customer:
        await customer.answered()
        order = await engine.saw(HangUp)
        assert (order.prompts, order.values) == (("orders",), {"orders": "2001", "day": "2026-11-23"})
        assert await customer.rtp.hears_tone(OWN_HZ), "две тысячи: the site's own"
        assert await customer.rtp.hears_speech(not_hz=OWN_HZ), "одно: only the Russian package has it"
        await customer.gone()
    played = [one if isinstance(one, str) else one.name for one in recordings(loaded, "orders", "ru", order.values)]
    assert played == ["2f.wav", "thousands-i.wav", "digits/1n", "1-one.wav", "digits/20", "h-3n.wav", "digits/mon-10"]
    assert "does not exist" not in exchange.log
