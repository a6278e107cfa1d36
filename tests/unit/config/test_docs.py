"""What the documentation shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML

from acd.requirement import ANYBODY
from acd.setup import Strategy
from config import load_site
from config.schema.staffing import GoalModel, MovableBreakModel, StaffingModel, TeamModel
from config.schema.workload import WorkloadModel
from config.schema_export import schemas
from ivr.aloud import Aloud, read_template, words_of
from tests.unit.config.sites import copy_of_the_bank

DOCS = Path(__file__).parents[3] / "docs"


def snippets(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_menu_in_the_documentation_runs_in_the_example_bank(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "flows" / "documented.yaml").write_text(snippets("menus.md")[0], encoding="utf-8")
    assert {flow.id for flow in load_site(site).flows.values()} == {"main", "documented"}


def test_the_prompts_in_the_documentation_are_read_as_it_says() -> None:
    (text,) = (one for one in snippets("menus.md") if one.startswith("# prompts.yaml"))
    prompts = YAML(typ="safe").load(text)
    values = {"balance": "21.02", "ahead": "2", "wait": "61", "day": "2026-11-23", "hour": "17:05"}
    said = [
        (language, words_of(read_template(template), language, values))
        for by_language in prompts.values()
        for language, template in by_language.items()
    ]
    page = (DOCS / "menus.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (en|ru|uk) \| (.*) \|$", page, re.MULTILINE) == said
    documented = re.findall(r"^\| `([a-z]+)[^`]*` \|", page.partition("| how to read it |")[2], re.MULTILINE)
    assert set(documented) == {*Aloud, "plural"}


def test_the_smallest_site_in_the_documentation_is_a_site(tmp_path: Path) -> None:
    for snippet in snippets("configuration.md"):
        path = tmp_path / snippet.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(snippet, encoding="utf-8")
    site = load_site(tmp_path)
    (queue,) = site.acd.queues
    assert (queue.id, queue.needs, queue.strategy) == ("orders", ANYBODY, Strategy.LONGEST_IDLE)
    assert list(site.agents) == ["anna"]


def test_the_workload_in_the_documentation_goes_on_from_that_of_the_bank(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    path = site / "workload.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "{share: 2, wants: loans", "{name: loans-again, share: 2, wants: loans"
    )
    path.write_text(text + snippets("planners.md")[0], encoding="utf-8")
    workload = load_site(site).workload
    assert workload is not None
    assert workload.weekdays[5:] == (0.6, 0.3)
    assert (workload.lines, workload.absence.away_ms) == (40, 720_000)
    assert workload.handling_by_level["cards"].factor({"cards": 9}) == 0.85


def test_the_staffing_in_the_documentation_is_one_for_the_bank(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "staffing.yaml").write_text(snippets("planners.md")[1], encoding="utf-8")
    staffing = load_site(site).staffing
    assert staffing is not None
    assert (staffing.teams[0].most, staffing.goals["cards"].definition) == (12, "abandons-positive")


def test_every_setting_of_a_staffing_is_documented() -> None:
    text = (DOCS / "planners.md").read_text(encoding="utf-8")
    models = (StaffingModel, TeamModel, GoalModel, MovableBreakModel)
    assert [
        name for model in models for name in model.model_fields if f"`{name}`" not in text and name != "skills"
    ] == []


def test_every_setting_of_a_workload_is_documented() -> None:
    text = (DOCS / "planners.md").read_text(encoding="utf-8")
    assert [setting for setting in WorkloadModel.model_fields if f"`{setting}`" not in text] == []


def test_every_setting_of_a_queue_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    queue = re.search(
        r'"QueueModel": \{.*?"properties": \{(.*?)^ {6}\}', schemas()["site.schema.json"], re.DOTALL | re.M
    )
    assert queue is not None
    settings = re.findall(r'^ {8}"(\w+)": \{', queue[1], re.MULTILINE)
    assert len(settings) > 5
    assert [setting for setting in settings if f"`{setting}`" not in text] == []
