"""Keys of a caller who types fast, knows the menu and does not listen: none is lost, none counts twice.

Counts only, and they are the same on every machine: however busy it is, every key is pressed and every key is there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

from config.loader import load_site
from tests.asterisk.engine import bank_on, engine_for
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.sipp import caller

QUESTIONS, KEYS_EACH = 12, 4
ASKED_S = 0.15
"""How long the customer records take after each question: time in which FastAGI throws keys away."""


class Slow:
    """Customer records that know nobody, and take their time."""

    async def find(self, number: str) -> Mapping[str, str] | None:
        await asyncio.sleep(ASKED_S)
        return None


def questions() -> str:
    """A flow of nothing but questions, with a look into the customer records after each."""
    nodes = [
        f"""
  q{number}: {{do: collect, prompt: card-number, into: code{number}, next: look{number},
      keys: {{least: {KEYS_EACH}}}}}
  look{number}: {{do: lookup, next: q{number + 1}, unknown: q{number + 1}}}"""
        for number in range(QUESTIONS)
    ]
    return f"""
start: q0
language: en
otherwise: q{QUESTIONS}
nodes: {"".join(nodes)}
  q{QUESTIONS}: {{do: hangup, prompt: welcome}}
"""


async def test_every_key_of_a_fast_typist_is_there_once(asterisk: Asterisk, tmp_path: Path) -> None:
    site = bank_on(asterisk, tmp_path)
    (site / "flows" / "main.yaml").write_text(questions(), encoding="utf-8")
    settings = (site / "site.yaml").read_text(encoding="utf-8").replace("workload: workload.yaml", "")
    (site / "site.yaml").write_text(settings, encoding="utf-8")
    keys = "".join(random.Random(7).choices("0123456789", k=QUESTIONS * KEYS_EACH))
    async with engine_for(load_site(site), tmp_path / "data", Slow()) as engine, caller(asterisk) as customer:
        await customer.answered()
        await engine.asks("q0")
        await customer.press(keys, held_ms=40, gap_ms=10)
        await customer.gone()
        record = await engine.ended()
    assert "".join(entry.value for entry in record.entries) == keys
