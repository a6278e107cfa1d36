"""Every example site does what docs/rules.md tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import load_site
from tests.unit.acd.floor import Floor

EXAMPLES = Path(__file__).parents[3] / "config" / "examples"
DOCS = Path(__file__).parents[3] / "docs"
MINUTE = 60_000


def example(name: str) -> Floor:
    return Floor.of(load_site(EXAMPLES / name).acd)


@pytest.mark.parametrize("folder", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_every_example_is_a_site(folder: Path) -> None:
    assert load_site(folder).acd.agents


def test_a_minute_is_worth_a_point() -> None:
    floor = example("order")
    floor.call("ivan", "everybody", ago=4 * MINUTE)
    floor.call("olha", "gold")
    floor.call("petro", "everybody", ago=2 * MINUTE)
    floor.ready("ann", "bob")
    assert (floor.acd.agent("ann").call, floor.acd.agent("bob").call) == ("ivan", "olha")


def test_a_quarter_of_an_hour_goes_before_any_points() -> None:
    floor = example("order")
    floor.call("ivan", "everybody", ago=4 * MINUTE, priority=100)
    floor.call("petro", "everybody", ago=15 * MINUTE)
    floor.ready("ann")
    assert floor.acd.agent("ann").call == "petro"


@pytest.mark.parametrize(("queue", "agents"), [("cheap", ["cleo", "bob", "ann"]), ("first", ["ann", "bob", "cleo"])])
def test_each_queue_chooses_by_its_own_strategy(queue: str, agents: list[str]) -> None:
    floor = example("strategies")
    for agent in ("cleo", "bob", "ann"):
        floor.ready(agent)
        floor.later(1_000)
    for call in ("c1", "c2", "c3"):
        floor.call(call, queue)
    assert [floor.acd.agent(agent).call for agent in agents] == ["c1", "c2", "c3"]
