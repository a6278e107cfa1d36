"""What site.yaml can tell routing: as written, or refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.setup import Order, Preference, Spill
from config import load_site
from tests.unit.config.sites import copy_of_the_bank, expected_at, refused

QUEUES = "queues:\n"
STEP = "{after: 45 s, needs: cards}"
CARDS = "    needs: cards >= 2\n"

WRONG = [
    (
        QUEUES,
        "order: {by: strict, points_per_minute: ‸2}\nqueues:\n",
        "in strict order a minute is worth nothing; write “by: score”, or leave this out",
    ),
    (QUEUES, "order: {points_per_minute: ‸2}\nqueues:\n", "in strict order a minute is worth nothing"),
    (QUEUES, "order: {by: ‸scores}\nqueues:\n", "did you mean “score”?"),
    (QUEUES, "order: {by: score, points_per_minute: ‸0}\nqueues:\n", "0 does not fit; write 1 or more"),
    (QUEUES, "order: {starvation_limit: ‸0 s}\nqueues:\n", "this cannot take no time at all"),
    ("{name: Olena Kovalenko,", "{name: Olena Kovalenko, weight: ‸0,", "0 does not fit; write 1 or more"),
    ("{name: Olena Kovalenko,", "{name: Olena Kovalenko, cost_per_hour: ‸-1,", "write 0 or more"),
    (CARDS, "    ‸last_agent: {within: 1 h}\n" + CARDS, "“first_for” is missing here; add “first_for: …”"),
    (CARDS, "    keep_place: ‸5\n" + CARDS, "5 has no unit; write it as “5 s” (or ms, min, h)"),
    ("{name: Olena Kovalenko,", "{name: Olena Kovalenko, queues: {‸card: {rank: 1}},", "did you mean “cards”?"),
    ("{name: Olena Kovalenko,", "{name: Olena Kovalenko, queues: {cards: {rank: ‸x}},", "whole number"),
    (STEP, "{after: 45 s, spill: {to: ‸laons}}", "did you mean “loans”?"),
    (STEP, "{after: 45 s, spill: {to: ‸cards}}", "a queue cannot spill to itself; name another queue"),
    (STEP, "{after: 45 s, spill: {to: loans, if_service_level_below: ‸80}}", "write it in per cent"),
    (QUEUES, "random_seed: ‸-1\nqueues:\n", "write 0 or more"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_wrong_rule_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    site = copy_of_the_bank(tmp_path)
    place = expected_at(site, "site.yaml", old, new)
    text = str(refused(site))
    assert place in text
    assert message in text


def test_order_is_strict_unless_the_site_says_otherwise(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    assert load_site(site).acd.order is Order.STRICT
    expected_at(
        site, "site.yaml", QUEUES, "order: {by: score, points_per_minute: 3, starvation_limit: 5 min}\nqueues:\n"
    )
    setup = load_site(site).acd
    assert (setup.order, setup.points_per_minute, setup.starvation_ms) == (Order.SCORE, 3, 300_000)


def test_what_strategies_know_of_an_agent_is_configured(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    name = "{name: Olena Kovalenko,"
    expected_at(site, "site.yaml", name, name + " weight: 3, cost_per_hour: 18.5,")
    expected_at(site, "site.yaml", QUEUES, "random_seed: 7\nqueues:\n")
    setup = load_site(site).acd
    olena, taras = setup.agents[:2]
    assert (setup.seed, olena.weight, olena.cost_per_hour) == (7, 3, 1850)
    assert (taras.weight, taras.cost_per_hour) == (1, 0)


def test_what_is_remembered_of_callers_is_configured(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(
        site, "site.yaml", CARDS, CARDS + "    last_agent: {first_for: 30 s, within: 2 h}\n    keep_place: 3 min\n"
    )
    cards, loans = load_site(site).acd.queues[:2]
    assert (cards.last_agent_ms, cards.last_agent_within_ms, cards.keep_place_ms) == (30_000, 7_200_000, 180_000)
    assert (loans.last_agent_ms, loans.keep_place_ms) == (0, 0)


def test_preferences_are_configured(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    name = "{name: Olena Kovalenko,"
    expected_at(site, "site.yaml", name, name + " queues: {cards: {rank: -1}, loans: {after: 90 s}},")
    assert load_site(site).acd.agents[0].queues == {"cards": Preference(rank=-1), "loans": Preference(after_ms=90_000)}


def test_a_step_that_spills_is_configured(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    spill = "{to: loans, if_nobody_staffed: true, if_longest_wait: 3 min, if_service_level_below: 62.5 %}"
    expected_at(site, "site.yaml", STEP, f"{{after: 45 s, spill: {spill}}}")
    (step,) = load_site(site).acd.queues[0].steps
    assert step.spill == Spill(queue="loans", nobody_staffed=True, longest_wait_ms=180_000, service_level_below=625)
