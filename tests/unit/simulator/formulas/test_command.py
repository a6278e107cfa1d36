"""``holdless erlang`` and ``holdless lines``: the answers of the formulas as tables and as JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from rich.console import Console

from simulator.formulas.command import print_erlang, read_service_level
from simulator.formulas.lines_command import print_lines
from simulator.service_level import Definition


def printed(**options: Any) -> str:
    out = io.StringIO()
    print_erlang(**options, console=Console(file=out, width=80))
    return out.getvalue()


def answer(**options: Any) -> Any:
    return json.loads(printed(**options, json=True))


def test_a_service_level_is_written_as_planners_say_it() -> None:
    assert read_service_level("80/20") == (0.8, 20.0)
    assert read_service_level(" 92.5 % / 7.5 s ") == (0.925, 7.5)


def test_the_least_agents_for_80_20_stand_in_the_middle() -> None:
    found = answer(calls=360, aht=240, service_level="80/20")
    assert found["model"] == "Erlang C"
    assert found["load_erlangs"] == 48
    assert found["agents"] == 54
    assert [row["agents"] for row in found["figures"]] == [51, 52, 53, 54, 55, 56, 57]
    assert [row["meets"] for row in found["figures"]] == [False] * 3 + [True] * 4


def test_patience_makes_it_erlang_a_with_every_service_level_by_its_name() -> None:
    found = answer(calls=360, aht=240, patience=120, agents=48)
    assert found["model"] == "Erlang A"
    [row] = [row for row in found["figures"] if row["agents"] == 48]
    assert {definition.measure for definition in Definition} <= set(row)
    assert row["meets"] is None
    assert row["abandonment"] == pytest.approx(0.0673, abs=1e-4)


def test_with_too_few_agents_and_nobody_hanging_up_waits_are_told_to_grow() -> None:
    found = answer(calls=360, aht=240, agents=48)
    assert (found["figures"][0]["asa"], found["figures"][0]["mean_queue"]) == (None, None)
    assert "grows" in printed(calls=360, aht=240, agents=48)


def test_shrinkage_tells_how_many_to_put_on_the_roster() -> None:
    found = answer(calls=360, aht=240, agents=49, shrinkage=30)
    [row] = [row for row in found["figures"] if row["agents"] == 49]
    assert row["rostered"] == 70
    assert "Roster" in printed(calls=360, aht=240, agents=49, shrinkage=30)


def test_spreadsheets_get_the_same_table_as_json() -> None:
    options: dict[str, Any] = {"calls": 360, "aht": 240, "patience": 120, "agents": 48}
    found = list(csv.DictReader(io.StringIO(printed(**options, csv=True))))
    for row, same in zip(found, answer(**options)["figures"], strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in same.items()}


def test_all_targets_are_met_together() -> None:
    found = answer(calls=360, aht=240, patience=120, asa=5, abandonment=4, occupancy=92)
    [row] = [row for row in found["figures"] if row["agents"] == found["agents"]]
    assert row["asa"] <= 5
    assert row["abandonment"] <= 0.04
    assert row["occupancy"] <= 0.92


def test_the_tables_fit_eighty_columns_and_show_every_definition() -> None:
    text = printed(calls=360, aht=240, patience=120, service_level="80/20", shrinkage=30)
    assert "…" not in text
    for word in ("ignored", "negative", "positive", "excluded", "met", "missed", "Hang"):
        assert word in text


def test_lines_are_erlang_b() -> None:
    out = io.StringIO()
    print_lines(calls=360, holding=300, blocked=1, json=True, console=Console(file=out))
    found = json.loads(out.getvalue())
    assert (found["model"], found["lines"]) == ("Erlang B", 75)
    out = io.StringIO()
    print_lines(calls=360, holding=300, lines=74, console=Console(file=out, width=80))
    assert "1.05%" in out.getvalue()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"calls": 0, "aht": 240, "agents": 5}, "--calls must be a number above 0"),
        ({"calls": 10, "aht": -1, "agents": 5}, "--aht must be a number above 0"),
        ({"calls": 10, "aht": 240, "agents": 0}, "--agents must be a number above 0"),
        ({"calls": 10, "aht": 240}, "--agents 55.*--service-level 80/20"),
        ({"calls": 10, "aht": 240, "service_level": "80"}, "is written like 80/20"),
        ({"calls": 10, "aht": 240, "service_level": "100/20"}, "must lie between 0 and 1"),
        ({"calls": 10, "aht": 240, "occupancy": 100}, "--occupancy must lie between 0 and 100 percent"),
        ({"calls": 10, "aht": 240, "abandonment": 3}, "needs --patience, the mean in seconds"),
        ({"calls": 10, "aht": 240, "agents": 5, "patience": 0}, "--patience must be a number above 0"),
        ({"calls": 10, "aht": 240, "agents": 5, "shrinkage": 100}, "--shrinkage must be at least 0 and below 100"),
        ({"calls": 10, "aht": 240, "asa": 0}, "--asa must be a number above 0"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_to_write(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        printed(**options)


def test_lines_need_one_question() -> None:
    with pytest.raises(ValueError, match="say either how many lines"):
        print_lines(calls=10, holding=300, console=Console(file=io.StringIO()))
    with pytest.raises(ValueError, match="--blocked must lie between 0 and 100"):
        print_lines(calls=10, holding=300, blocked=0, console=Console(file=io.StringIO()))
