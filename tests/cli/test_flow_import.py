"""``holdless flow import``: what the documentation shows, and what stands in the way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from holdless.cli import app

DOCS = Path(__file__).parents[2] / "docs" / "importing.md"
DATA = Path(__file__).parents[1] / "data"


def holdless(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def shown(kind: str) -> list[str]:
    """The snippets of a kind that the documentation shows."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The Studio flow of the documentation."""
    file = tmp_path / "main-line.json"
    file.write_text(shown("json")[0], encoding="utf-8")
    return file


def test_the_example_becomes_what_the_documentation_shows(export: Path, tmp_path: Path) -> None:
    site = tmp_path / "shop"
    done = holdless("flow", "import", "studio", export, "--out", site)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "check in site.yaml: queue “complaints”: Flex workflow WW398210, from complaints" in done.stdout
    flow, scenario = shown("yaml")[:2]
    assert (site / "flows" / "main-line.yaml").read_text(encoding="utf-8") == flow
    assert holdless("flow", "check", site).exit_code == 0
    (site / "scenarios").mkdir()
    (site / "scenarios" / "a-silent-caller.yaml").write_text(scenario, encoding="utf-8")
    tested = holdless("flow", "test", site)
    assert (tested.exit_code, tested.stdout.partition("\n")[0]) == (0, "ok    a-silent-caller")


def test_a_site_that_is_there_gets_one_more_flow_with_prompts_of_its_own(export: Path, tmp_path: Path) -> None:
    site = tmp_path / "shop"
    assert holdless("flow", "import", "studio", export, "--out", site).exit_code == 0
    before = (site / "site.yaml").read_text(encoding="utf-8")
    done = holdless("flow", "import", "studio", export, "--out", site, "--name", "evening")
    assert (site / "site.yaml").read_text(encoding="utf-8") == before
    assert "add to site.yaml: queue “complaints”" in done.stdout
    evening = (site / "flows" / "evening.yaml").read_text(encoding="utf-8")
    assert "prompt: evening-menu" in evening
    assert "no_match: evening-sorry" in evening
    assert "evening-menu: {en:" in (site / "prompts.yaml").read_text(encoding="utf-8")
    again = holdless("flow", "import", "studio", export, "--out", site, "--name", "evening")
    assert again.exit_code == 2
    assert "evening.yaml: is there already; delete it, or choose --name" in again.stderr


def test_findings_are_said_with_their_place_and_the_files_are_written(tmp_path: Path) -> None:
    file, site = DATA / "studio" / "by-hand.json", tmp_path / "hotel"
    done = holdless("flow", "import", "studio", file, "--out", site, "--hand-over", "desk")
    assert done.exit_code == 1
    finish = done.stderr.partition("to be finished by hand, 5 of ")[2]
    assert f"  {file}:37:7: Pay: a widget “capture-payments”, which is not known here" in finish
    assert "secret" not in done.stdout + done.stderr + "".join(path.read_text() for path in site.rglob("*.yaml"))
    assert holdless("flow", "check", site).exit_code == 0


def test_what_a_flow_runs_is_imported_with_it(export: Path, tmp_path: Path) -> None:
    part = tmp_path / "Hours.json"
    part.write_text(json.dumps(PART), encoding="utf-8")
    main = tmp_path / "with-part.json"
    main.write_text(json.dumps(WITH_PART), encoding="utf-8")
    done = holdless(
        "flow", "import", "studio", main, "--part", f"FW7={part}", "--out", tmp_path / "site", "--name", "main"
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert "call, flow: hours" in (tmp_path / "site" / "flows" / "main.yaml").read_text(encoding="utf-8")
    refused = holdless("flow", "import", "studio", main, "--part", "FW7")
    assert (refused.exit_code, "write --part as SID=FILE" in refused.stderr) == (2, True)


def test_flows_of_one_name_do_not_write_over_each_other(export: Path, tmp_path: Path) -> None:
    part = tmp_path / "Main.json"
    part.write_text(json.dumps(PART), encoding="utf-8")
    site = tmp_path / "site"
    done = holdless("flow", "import", "studio", export, "--part", f"FW7={part}", "--out", site, "--name", "main")
    assert (done.exit_code, "main.yaml: two of the flows would be written here" in done.stderr) == (2, True)
    assert not site.exists()


@pytest.mark.parametrize("nothing_yet", ["{}\n", "# Said in the shop.\n{}\n"])
def test_the_first_prompts_of_a_site_come_to_a_file_that_loads(nothing_yet: str, export: Path, tmp_path: Path) -> None:
    site = tmp_path / "shop"
    assert holdless("flow", "import", "studio", export, "--out", site).exit_code == 0
    whole = (site / "prompts.yaml").read_text(encoding="utf-8")
    (site / "prompts.yaml").write_text(nothing_yet, encoding="utf-8")
    (site / "flows" / "main-line.yaml").unlink()
    done = holdless("flow", "import", "studio", export, "--out", site)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (site / "prompts.yaml").read_text(encoding="utf-8") == nothing_yet.replace("{}\n", "") + whole


def test_prompts_in_braces_are_left_as_they_are(export: Path, tmp_path: Path) -> None:
    site = tmp_path / "shop"
    assert holdless("flow", "import", "studio", export, "--out", site).exit_code == 0
    (site / "prompts.yaml").write_text("{hello: {en: Hello}}\n", encoding="utf-8")
    done = holdless("flow", "import", "studio", export, "--out", site, "--name", "evening")
    assert done.exit_code == 2
    assert "prompts.yaml:1:1: nothing can be written behind prompts in braces" in done.stderr
    assert not (site / "flows" / "evening.yaml").exists()


PART = {
    "states": [
        {"name": "Trigger", "type": "trigger", "transitions": [{"event": "incomingParent", "next": "closed"}]},
        {"name": "closed", "type": "say-play", "properties": {"say": "We are closed."}, "transitions": []},
    ]
}
WITH_PART = {
    "states": [
        {"name": "Trigger", "type": "trigger", "transitions": [{"event": "incomingCall", "next": "hours"}]},
        {
            "name": "hours",
            "type": "run-subflow",
            "properties": {"flow_sid": "FW7"},
            "transitions": [{"event": "completed", "next": "sales"}],
        },
        {"name": "sales", "type": "send-to-flex", "properties": {"workflow": "WW1"}, "transitions": []},
    ]
}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no such file"),
        (b"{", ":1:2: a name in quotes has to stand here"),
        (b"\xff\xfe", ":1:1: this byte is not UTF-8"),
        (b"[]", ":1:1: this is no Studio flow"),
    ],
)
def test_what_is_no_flow_is_refused_in_one_line_and_nothing_is_written(
    content: bytes | None, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "flow.json"
    if content is not None:
        file.write_bytes(content)
    done = holdless("flow", "import", "studio", file, "--out", tmp_path / "site")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"holdless: {file}")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "site").exists()


def test_a_flow_without_a_queue_is_clean_and_so_is_its_site(tmp_path: Path) -> None:
    file, site = tmp_path / "hours.json", tmp_path / "site"
    file.write_text(json.dumps(PART).replace("incomingParent", "incomingCall"), encoding="utf-8")
    done = holdless("flow", "import", "studio", file, "--out", site, "--name", "main")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "check in site.yaml: queue “operator”: no call comes to it" in done.stdout


def test_a_folder_that_cannot_be_written_is_said(export: Path, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file", encoding="utf-8")
    done = holdless("flow", "import", "studio", export, "--out", tmp_path / "site")
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)
    assert holdless("flow", "import", "studio", export, "--name", "a b").exit_code == 2


def test_a_connect_flow_is_imported_by_its_own_command(tmp_path: Path) -> None:
    file = DATA / "connect" / "main-line.json"
    done = holdless("flow", "import", "connect", file, "--out", tmp_path / "site")
    assert (done.exit_code, "to be finished by hand, 2 of 2 findings:" in done.stderr) == (1, True)
    assert "check in site.yaml: calendar “Office-Hours”" in done.stdout
    assert holdless("flow", "check", tmp_path / "site").exit_code == 0
    other = holdless("flow", "import", "studio", file)
    assert (other.exit_code, "use “holdless flow import connect”" in other.stderr) == (2, True)


def test_the_menus_of_a_dialplan_are_imported_by_their_own_command(tmp_path: Path) -> None:
    file, site = DATA / "dialplan" / "ministry.conf", tmp_path / "site"
    done = holdless("flow", "import", "dialplan", file, "--context", "ivr-main", "--out", site)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "check in site.yaml: queue “loans_queue”: Asterisk's queue loans_queue" in done.stdout
    assert holdless("flow", "check", site).exit_code == 0
    refused = holdless("flow", "import", "dialplan", file, "--context", "nowhere")
    assert (refused.exit_code, "contexts with menus: ivr-main, account" in refused.stderr) == (2, True)
