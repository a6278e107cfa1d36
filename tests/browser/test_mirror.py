"""The pages' own half of the streams (mirror.js), in Chromium: whatever arrives, it shows the truth in the end."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from cti.web.streams import Stream
from tests.browser.conftest import NewPage
from tests.browser.live import LiveCentre

JOURNEYS = 80
STEPS = 40
KEPT = 3
"""Changes that the server still has, of each stream."""

TRAVEL = (Path(__file__).parent / "travel.js").read_text("utf-8")


def any_value(random: Random, depth: int = 3) -> Any:
    kind = random.randrange(6 if depth else 4)
    if kind == 4:
        return [any_value(random, depth - 1) for _ in range(random.randrange(4))]
    if kind == 5:
        return {random.choice("abc0"): any_value(random, depth - 1) for _ in range(random.randrange(4))}
    return [None, random.choice([True, False]), random.randrange(3), random.choice(["", "x"])][kind]


def any_stream(random: Random, name: str) -> dict[str, Any]:
    """What the server's half makes of some states in a row."""
    state: dict[str, Any] = {}
    stream = Stream(lambda: state, name=name)
    told: dict[str, Any] = {"name": name, "states": [None], "changes": [None]}
    for _ in range(12):
        state = {**state, **{random.choice("abcd"): any_value(random) for _ in range(2)}, "padding": "x" * 600}
        before = stream.number
        stream.touch()
        stream.renew()
        if stream.number > before:
            told["states"].append(state)
            message = stream.next(before)
            assert message is not None
            told["changes"].append(json.loads(bytes(message["change"])) if message["type"] == "change" else None)
    return told


def any_journey(random: Random) -> dict[str, Any]:
    kinds = ("changes", "changes", "arrives", "arrives", "lost", "twice", "late", "cut", "reload")
    steps = random.choices(kinds, k=STEPS)
    if random.random() < 0.5:
        steps[random.randrange(STEPS)] = "dies"
    return {"streams": [any_stream(random, "one"), any_stream(random, "two")], "steps": steps}


async def test_any_journey_ends_in_the_truth(centre: LiveCentre, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{centre.address}/floor")
    script = await page.locator("script[type=module]").first.get_attribute("src")
    assert script is not None
    build = script.split("/")[2]
    journeys = [any_journey(Random(seed)) for seed in range(JOURNEYS)]
    ends = await page.evaluate(TRAVEL, [f"/static/{build}/web/js/mirror.js", journeys, KEPT])
    wrong = [seed for seed, (shown, truth) in enumerate(ends) if shown != truth]
    assert (len(ends), wrong) == (JOURNEYS, [])
