"""The table of docs/planners.md says what the planner runs and what it refuses; here the code is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from acd.setup import (
    AcdSetup,
    AgentSetup,
    CallbackRules,
    ChannelSetup,
    Order,
    Phones,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
    Strategy,
)
from config import load_site
from config.workload import Absence, Busyness, Retry, Transfer, Workload
from simulator.planner.demand import not_drawn
from simulator.planner.known_rules import refusals
from simulator.planner.menu_ways import not_walked
from simulator.planner.model import AT_ONCE
from tests.virtual.house import bank

PAGE = Path(__file__).parents[2] / "docs" / "planners.md"


class Always:
    """Hours without end."""

    def is_open(self, at: int) -> bool:
        return at >= 0

    def next_change(self, at: int) -> int | None:
        return None if at >= 0 else 0


def centre(**changes: Any) -> AcdSetup:
    return replace(AcdSetup(queues=(QueueSetup(id="q"),), agents=(AgentSetup(id="a"),)), **changes)


def queue(**changes: Any) -> AcdSetup:
    return centre(queues=(QueueSetup(id="q", **changes),))


def step(**changes: Any) -> AcdSetup:
    return queue(steps=(RelaxationStep(after_ms=1_000, **changes),))


def agent(**changes: Any) -> AcdSetup:
    return centre(agents=(AgentSetup(id="a", queues={"q": Preference(**changes)}),))


def load(**changes: Any) -> Workload:
    workload = bank().workload
    assert workload is not None
    return replace(workload, **changes)


RULES: Mapping[str, AcdSetup] = {
    "order": centre(order=Order.SCORE, points_per_minute=3),
    "starvation": centre(starvation_ms=60_000),
    "misses_allowed": centre(misses_allowed=5),
    "priority": queue(priority=3),
    "relax": step(add_priority=1),
    "ring": queue(ring_ms=9_000),
    "wrap_up": queue(wrap_up_ms=None),
    "waiting_limit": queue(max_waiting=3),
    "wait_limit": queue(max_wait_ms=60_000),
    "rank": agent(rank=1),
    "strategy": queue(strategy=Strategy.WEIGHTED_RANDOM),
    "spill": step(spill=Spill(queue="q")),
    "last_agent": queue(last_agent_ms=60_000),
    "keep_place": queue(keep_place_ms=60_000),
    "unstaffed": queue(unstaffed_ms=60_000),
    "hours": queue(hours=Always()),
    "callback": queue(callback=CallbackRules()),
    "phones": queue(phones=Phones(at_once=2)),
    "after": agent(after_ms=9_000),
    "channel": centre(channels=(ChannelSetup(), ChannelSetup(id="chat")), queues=(QueueSetup(id="q", channel="chat"),)),
}
LOADS: Mapping[str, Callable[[], Workload]] = {
    "calls_per_hour": lambda: load(rates=((time(0), 9.0),)),
    "weekdays": lambda: load(weekdays=(0.5,) * 7),
    "busyness": lambda: load(busyness=Busyness(day_sd=0.1)),
    "correlation": lambda: load(busyness=Busyness(day_sd=0.1, correlation=0.5)),
    "interval": lambda: load(busyness=Busyness(interval_sd=0.1)),
    "trace": lambda: load(trace=()),
    "unanswered": lambda: load(unanswered=0.2),
    "retry": lambda: load(retry=Retry(after_abandon=0.5, after_busy=0.5, delay=AT_ONCE, most=2)),
    "transfers": lambda: load(transfers=(Transfer(queue="cards", to="callers-1", share=0.1),)),
    "lines": lambda: load(lines=40),
    "absence": lambda: load(absence=Absence(no_show=0.1)),
}


def planner_runs(setting: str) -> bool:
    """What the table says."""
    for row in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 4 and f"`{setting}`" in re.sub(r"\([^)]*\)", "", cells[1]):
            assert cells[3] in ("yes", "refused"), row
            return cells[3] == "yes"
    raise AssertionError(f"the table has no row for {setting}")


@pytest.mark.parametrize("setting", RULES)
def test_a_rule_is_run_or_refused_by_name_as_the_table_says(setting: str) -> None:
    found = refusals(RULES[setting])
    if planner_runs(setting):
        assert not found
    else:
        assert any(f"“{setting}”" in one.message or one.path[-1] == setting for one in found)


@pytest.mark.parametrize("setting", LOADS)
def test_a_load_is_drawn_or_refused_by_name_as_the_table_says(setting: str) -> None:
    found = not_drawn(LOADS[setting](), bank().acd, bank().entry_flow)
    assert not found if planner_runs(setting) else f"“{setting}”" in found[0].message


@pytest.mark.parametrize("strategy", Strategy)
def test_all_strategies_are_run(strategy: Strategy) -> None:
    assert not refusals(queue(strategy=strategy))


def test_no_setting_of_a_queue_is_missing_above() -> None:
    plain = QueueSetup(id="q")
    changed = {
        field.name
        for setup in RULES.values()
        for one in setup.queues
        for field in fields(one)
        if getattr(one, field.name) != getattr(plain, field.name)
    }
    told_otherwise = {"id", "needs", "threshold_ms", "short_abandon_ms", "last_agent_within_ms", "serves_after_closing"}
    assert {field.name for field in fields(QueueSetup)} == changed | told_otherwise


def test_a_menu_that_transfers_to_one_agent_is_refused_by_the_name_of_the_node() -> None:
    site = load_site(Path(__file__).parents[2] / "config" / "examples" / "extensions")
    assert any(
        "“colleague”: the planner does not run “transfer” to an agent" in one.message
        for one in not_walked(site.entry_flow)
    )
