"""The picture of a menu, with the ways that callers went."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

from centre import events
from centre.machine import Centre
from config import load_site
from config.scenarios import load_scenarios
from config.site import Site
from cti.journal import Journal
from ivr.flow import Choice, Flow, HangUp, Menu
from ivr.messages import EntryEnd
from ivr.picture import Walk, counted, drawn
from simulator.menus.scenarios import coverage, try_scenario
from tests.unit.simulator.menu_example import change, run

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_has_a_box_for_every_node_and_an_arrow_for_every_way(menus: Site) -> None:
    flow = menus.entry_flow
    picture = ElementTree.fromstring(drawn(flow))
    titles = [title.text for group in picture.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")]
    assert sorted(filter(None, titles)) == sorted(flow.nodes)
    ways = coverage([try_scenario(menus, scenario) for scenario in load_scenarios(menus)])[0].all_edges
    arrows = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(arrows) == len(ways)
    assert drawn(flow) == drawn(flow)


def walk(*nodes: str, hung_up: bool = False) -> Walk:
    return Walk(nodes=nodes, hung_up=hung_up)


def test_a_picture_with_counts_says_how_many_went_where_and_hung_up(menus: Site) -> None:
    flow = menus.entry_flow
    counts = counted(
        flow,
        [
            walk("welcome", "who", "language", hung_up=True),
            walk("welcome", "who", "language", "in-english", "main", hung_up=True),
            walk("welcome", "who", "language", "in-english", "main", "complaint"),
            walk("welcome", "who", "old-node", "closed", hung_up=True),
        ],
    )
    assert (counts.calls, counts.came["language"], counts.other_ways) == (4, 3, 1)
    assert counts.went["language", "in-english"] == 2
    assert counts.left == {"language": 1, "main": 1}, "who hangs up during the good-bye has heard it all"
    long = counted(flow, [walk("welcome", "", "main", hung_up=True)])
    assert (long.other_ways, dict(long.went), dict(long.left)) == (0, {}, {"main": 1}), "what was left out is no way"
    plain, picture = drawn(flow), drawn(flow, counts)
    assert "hung up" not in plain
    texts = [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]
    assert texts.count("1 hung up") == 2
    assert "4 calls" in texts
    assert "key 1, otherwise: 2" in texts
    widths = [float(path.get("stroke-width", "1")) for path in ElementTree.fromstring(picture).iter(f"{SVG}path")]
    assert max(widths) == 7, "the way that every call went is the widest"


def test_a_node_that_leads_to_itself_has_a_loop() -> None:
    flow = Flow(
        id="loop",
        digest="loop",
        start="ask",
        language="en",
        nodes={"ask": Menu(prompt="ask", choices={"9": Choice(next="ask")}, otherwise="end"), "end": HangUp()},
    )
    arrows = [path for path in ElementTree.fromstring(drawn(flow)).iter(f"{SVG}path") if path.get("marker-end")]
    assert len(arrows) == 2


def test_the_command_counts_a_day_of_the_journal(copied: Path, tmp_path: Path) -> None:
    site = load_site(copied)
    centre = Centre(site.centre)
    noon = round(datetime(2026, 11, 23, 12, tzinfo=site.time_zone).timestamp() * 1000)
    told: list[events.Event] = [
        events.CallArrived(call="one", line="line", number="", name=""),
        events.PromptEnded(call="one", step=1),
        events.DataFailed(call="one", step=2, why="unknown"),
        events.KeysEntered(call="one", step=3, keys="2", end=EntryEnd.KEYS),
        events.CallerHungUp(call="one"),
    ]
    journal = Journal.open(tmp_path / "data", site=site.id)
    for number, event in enumerate(told):
        at = noon + number * 1_000
        journal.append(at, event, centre.apply(event, at))
    journal.close()
    out = tmp_path / "menu.svg"
    told_to = ("--data", str(tmp_path / "data"), "--out", str(out))
    assert run("draw", str(copied), "--counts", "2026-11-23", *told_to) == (0, f"wrote {out}\n")
    texts = [text.text for text in ElementTree.parse(out).iter(f"{SVG}text")]
    assert (texts.count("1 call"), texts.count("1 hung up")) == (5, 1)
    code, said = run("draw", str(copied), "--counts", "2026-11-24", *told_to)
    assert (code, "knows no call that came to “main” on 2026-11-24" in said) == (2, True)
    code, said = run("draw", str(copied), "--counts", "2026-11-23", "--data", str(tmp_path / "none"))
    assert (code, said.startswith("holdless: ")) == (2, True)


def test_what_a_file_says_is_text_in_the_picture(copied: Path) -> None:
    change(copied, "flows/main.yaml", "{en: Operator, uk: Оператор}", "{en: '<script>', uk: '\"&'}")
    ElementTree.fromstring(drawn(load_site(copied).entry_flow))
