"""A day on record, replayed: exactly as it was under the same rules, and telling under others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from config.errors import SiteError
from config.loader import load_site
from config.site import Site
from cti.journal import Journal
from cti.journal.source import InFiles
from holdless.replay import day_from_journal
from simulator.command import print_simulated_day
from simulator.playable import SimulationError
from simulator.replay.calls_csv import read_day, write_calls
from simulator.replay.casting import Casting
from simulator.replay.command import ReplayOptions, day_from_tables, print_replayed
from simulator.replay.compare import Replayed, replay
from simulator.replay.day import RecordedDay, RingEnd, WaitEnd
from simulator.replay.plots import replay_charts
from simulator.replay.report import as_html, print_replay, rows
from simulator.replay.rerun import rerun
from simulator.replications import Study
from simulator.twin import Twin, span_of
from tests.twin.recorded import MONDAY, recorded
from tests.virtual.house import BANK, bank


def a_day(site: Site) -> Study:
    return Study(site=site, date=MONDAY, days=1)


@pytest.fixture(scope="module")
def morning() -> RecordedDay:
    return recorded(bank(), seed=1, begin=time(9), hours=4)[0]


def everybody_technical() -> Site:
    """The bank, had everybody learnt to give technical help."""
    site = bank()
    agents = tuple(replace(agent, skills={**agent.skills, "technical": 5}) for agent in site.acd.agents)
    return replace(site, acd=replace(site.acd, agents=agents))


@pytest.fixture(scope="module")
def taught(morning: RecordedDay) -> Replayed:
    return replay(bank(), everybody_technical(), morning, repeats=2)


def test_under_the_same_rules_every_caller_and_agent_does_as_on_record_to_the_millisecond() -> None:
    day, twin = recorded(bank(), seed=2, begin=time(7), hours=8)
    run = rerun(bank(), day, Casting(day, seed=99))
    assert len(day.calls) > 400
    for call in day.calls:
        outcome = run.outcomes[call.call]
        assert (outcome.end, outcome.waited_ms, outcome.agent) == (call.end, call.waited_ms, call.agent), call.call
    ends = {call.end for call in day.calls}
    assert {WaitEnd.ANSWERED, WaitEnd.ABANDONED, WaitEnd.NEVER} <= ends
    twin.centre.metrics.book_until(day.end)
    before, after = twin.centre.metrics, run.centre.metrics
    for agent in bank().acd.agents:
        assert after.agent(agent.id, day.start, day.end) == before.agent(agent.id, day.start, day.end)


def test_the_journal_tells_the_same_day_as_the_twin_that_wrote_it(tmp_path: Path) -> None:
    site = bank()
    assert site.workload is not None
    start, end = span_of(site, MONDAY, time(9), 1)
    twin = Twin(site, site.workload, seed=1, start=start, end=end)
    journal = Journal.open(tmp_path, site="bank")
    twin.witness = lambda event, at, effects: journal.append(at, event, effects)
    twin.run()
    journal.close()
    day = day_from_journal(site, MONDAY, InFiles(tmp_path), "tier")
    same = replay(site, site, day, repeats=1)
    assert same.recorded_callers == same.as_recorded > 60


def test_the_same_rules_make_no_difference_and_the_same_seed_gives_the_same_answer() -> None:
    day, _ = recorded(bank(), seed=1, begin=time(9), hours=1)
    # Another object, so that it is run a second time.
    copy = replace(bank())
    result = replay(bank(), copy, day, repeats=1)
    for group in result.groups:
        assert (group.gained, group.lost) == (0, 0)
        for difference in group.measures.values():
            assert (difference.difference, difference.low, difference.high) in ((0.0, 0.0, 0.0), (None, None, None))
    assert replay(bank(), copy, day, repeats=1) == result


def test_a_change_moves_the_queue_that_it_is_about(taught: Replayed) -> None:
    groups = {(group.kind, group.name): group for group in taught.groups}
    technical = groups["queue", "technical"]
    assert technical.measures["mean_wait_ms"].is_clear
    assert (technical.measures["mean_wait_ms"].difference or 0) < -5_000
    assert (technical.measures["service_level_abandons_negative"].difference or 0) > 0.05
    assert technical.gained > 3 * technical.lost
    assert groups["skill", "technical"] == replace(technical, kind="skill", name="technical")
    # Agents who could do nothing else help now, and are busier for it.
    by_agent = {one.agent: one for one in taught.agents}
    assert by_agent["petro"].calls.difference is not None
    assert by_agent["petro"].calls.difference > 5
    assert by_agent["petro"].occupancy.is_clear


def test_what_was_never_seen_is_said(taught: Replayed, morning: RecordedDay) -> None:
    everybody = taught.patience[""]
    assert everybody.observed == sum(call.end is WaitEnd.ABANDONED for call in morning.calls)
    assert taught.patience_drawn == sum(call.end is WaitEnd.ANSWERED for call in morning.calls)
    assert taught.handling_drawn == everybody.observed
    assert taught.as_recorded == taught.recorded_callers


def test_agents_whom_the_proposed_site_does_not_have_are_named(morning: RecordedDay) -> None:
    site = bank()
    without = replace(site, acd=replace(site.acd, agents=site.acd.agents[1:]))
    result = replay(site, without, morning, repeats=1)
    assert result.not_in_proposed == ("olena",)
    by_queue = {group.name: group for group in result.groups if group.kind == "queue"}
    assert by_queue["cards"].lost > by_queue["cards"].gained


def test_a_day_survives_being_written_as_a_table(morning: RecordedDay, tmp_path: Path) -> None:
    write_calls(bank(), morning, tmp_path / "calls.csv")
    day = read_day(bank(), morning.start, morning.end, tmp_path / "calls.csv", None)
    assert [(call.queue, call.needs, call.end, call.waited_ms, call.talk_ms) for call in day.calls] == [
        (call.queue, call.needs, call.end, call.waited_ms, call.talk_ms)
        for call in sorted(morning.calls, key=lambda call: call.at + call.to_queue_ms)
        if call.end in (WaitEnd.ANSWERED, WaitEnd.ABANDONED)
    ]
    assert [len(call.rings) for call in day.calls] == [
        len(call.rings)
        for call in sorted(morning.calls, key=lambda call: call.at + call.to_queue_ms)
        if call.end in (WaitEnd.ANSWERED, WaitEnd.ABANDONED)
    ]


@pytest.mark.parametrize("example", ["bank", "clinic"])
def test_a_simulated_day_written_as_a_table_is_replayed_to_the_millisecond(example: str, tmp_path: Path) -> None:
    site = load_site(BANK.parent / example)
    print_simulated_day(
        Study(site=site, date=MONDAY, days=1), calls=tmp_path / "calls.csv", console=Console(file=StringIO())
    )
    day = day_from_tables(site, MONDAY, tmp_path / "calls.csv", None)
    # Callers who gave up while a phone rang, and rings that nobody took up, change whom everybody after them gets.
    hows = {ring.how for call in day.calls for ring in call.rings}
    assert {RingEnd.WITHDRAWN, RingEnd.MISSED} <= hows
    same = replay(site, site, day, repeats=1)
    assert same.as_recorded == same.recorded_callers > 600


TABLES = [
    (
        "arrival,queue\n2026-11-23T09:00:00,cards\n",
        "calls.csv:2:1: column “answered_after”: write here after how many",
    ),
    (
        "arrival,queue,answered_after\n2026-11-23T09:00:00,cards,12\n",
        "calls.csv:2:1: column “talk”: how long the conversation took is missing; write seconds",
    ),
    (
        "arrival;queue;abandoned_after\n2026-11-23T09:00:00;card;12\n",
        "calls.csv:2:21: column “queue”: “card” is no queue; did you mean “cards”?",
    ),
    (
        'arrival,needs,abandoned_after\n2026-11-23T09:00:00,"cards >= 3, please",12\n',
        "calls.csv:2:21: column “needs”: only skills, levels (“cards >= 2”), and, or, not",
    ),
    (
        "arrival,needs,abandoned_after\n2026-11-23T09:00:00,cards >= 3,12\n",
        "calls.csv:2:21: column “needs”: no queue needs just that, so name the queue too; there is cards: cards >= 2;",
    ),
    (
        "arrival,queue,abandoned_after\n2026-11-23 at nine,cards,12\n",
        "calls.csv:2:1: column “arrival”: “2026-11-23 at nine” is no date with a time of day; write it like",
    ),
    (
        "arrival,queue,abandoned_after\n2026-11-23T09:00:00,cards,a while\n",
        "calls.csv:2:27: column “abandoned_after”: “a while” is no number of seconds; write it like 12.5",
    ),
    (
        "arrival,queue,abandoned_after\n2026-11-24T09:00:00,cards,12\n",
        "calls.csv: there is no call of 2026-11-23 in it; there are calls of 2026-11-24",
    ),
    (
        "arrival,queue,abandoned_after,missed\n2026-11-23T09:00:00,cards,12,twice\n",
        "calls.csv:2:30: column “missed”: “twice” is no number of rings; write a whole number",
    ),
    ("arrival,que\n", "calls.csv:1:9: “que” is no column that is read; did you mean “queue”?"),
]


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_a_wrong_table_is_refused_with_line_and_column_and_what_to_write(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "calls.csv").write_text(text, encoding="utf-8")
    start, end = span_of(bank(), MONDAY)
    with pytest.raises(SiteError) as caught:
        read_day(bank(), start, end, tmp_path / "calls.csv", None)
    assert any(str(finding).removeprefix(f"{tmp_path}/").startswith(message) for finding in caught.value.findings), (
        caught.value.findings
    )


def test_a_need_alone_finds_the_queue_that_asks_for_just_that(tmp_path: Path) -> None:
    text = "arrival,needs,abandoned_after\n2026-11-23T09:00:00,cards >= 2,12\n2026-11-23T09:00:00,technical,12\n"
    (tmp_path / "calls.csv").write_text(text, encoding="utf-8")
    day = read_day(bank(), *span_of(bank(), MONDAY), tmp_path / "calls.csv", None)
    assert [call.queue for call in day.calls] == ["cards", "technical"]


def test_agents_work_as_their_table_says(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "arrival,queue,answered_after,talk,agent,segment\n"
        "2026-11-23T09:00:00,technical,4,60,andriy,gold\n2026-11-23T11:00:00,technical,4,60,andriy,\n",
        encoding="utf-8",
    )
    (tmp_path / "agents.csv").write_text(
        "agent,from,to\nandriy,2026-11-23T08:00:00,2026-11-23T10:00:00\n", encoding="utf-8"
    )
    day = read_day(bank(), *span_of(bank(), MONDAY), tmp_path / "calls.csv", tmp_path / "agents.csv")
    run = rerun(bank(), day, Casting(day, seed=1))
    # The second caller comes when nobody is there any more.
    assert [run.outcomes[call.call].end for call in day.calls] == [WaitEnd.ANSWERED, WaitEnd.ABANDONED]
    (tmp_path / "agents.csv").write_text(
        "agent,from,to\nandry,2026-11-23T08:00:00,2026-11-23T07:00:00\n", encoding="utf-8"
    )
    with pytest.raises(SiteError, match=r"agents\.csv:2:1: column “agent”: “andry” is no agent; did you mean “andriy”"):
        read_day(bank(), *span_of(bank(), MONDAY), tmp_path / "calls.csv", tmp_path / "agents.csv")


def test_words_of_the_customer_records_are_no_markup_and_steer_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "arrival,queue,abandoned_after,segment\n2026-11-23T09:00:00,technical,12,[/b] \x1b[2Jgold\n", encoding="utf-8"
    )
    day = read_day(bank(), *span_of(bank(), MONDAY), tmp_path / "calls.csv", None)
    text = StringIO()
    print_replayed(bank(), None, day, ReplayOptions(repeats=1), Console(file=text, width=100))
    assert text.getvalue().count("Segment [/b] �[2Jgold") == 2  # a row, and a table
    print_replayed(bank(), None, day, ReplayOptions(repeats=1, csv=True), Console(file=text, width=100))
    assert "\nsegment,[/b] �[2Jgold,asa_ms," in text.getvalue()
    assert "\x1b" not in text.getvalue()


def test_who_was_never_rung_for_is_answered_as_soon_as_agents_answer_on_that_day(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "arrival,queue,answered_after,abandoned_after,talk\n"
        "2026-11-23T09:00:00,technical,4,,60\n2026-11-23T11:00:00,technical,,90,\n",
        encoding="utf-8",
    )
    day = read_day(bank(), *span_of(bank(), MONDAY), tmp_path / "calls.csv", None)
    run = rerun(bank(), day, Casting(day, seed=1))
    # The table says nothing of rings, so agents answer at once, also a caller for whom none was free on record.
    outcomes = [run.outcomes[call.call] for call in day.calls]
    assert [(outcome.end, outcome.waited_ms) for outcome in outcomes] == [(WaitEnd.ANSWERED, 0)] * 2


def test_a_proposed_site_without_a_queue_of_the_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "arrival,queue,abandoned_after\n2026-11-23T09:00:00,loans,1\n", encoding="utf-8"
    )
    day = read_day(bank(), *span_of(bank(), MONDAY), tmp_path / "calls.csv", None)
    without = replace(bank(), queues={name: text for name, text in bank().queues.items() if name != "loans"})
    with pytest.raises(SimulationError, match="has no queue loans, where callers of that day waited; keep the queues"):
        print_replayed(bank(), without, day, ReplayOptions(), Console(file=StringIO()))


def test_the_example_of_proposed_rules_is_the_bank_but_for_what_it_proposes() -> None:
    proposed = load_site(BANK.parent / "bank-proposed")
    cards, *others = bank().acd.queues
    changed, *same = proposed.acd.queues
    assert same == others
    assert (cards.priority, changed.priority) == (10, 0)
    assert replace(changed, priority=10, steps=cards.steps) == cards
    assert (proposed.acd.agents, proposed.workload, proposed.entry) == (
        bank().acd.agents,
        bank().workload,
        bank().entry,
    )


def test_the_report_is_one_page_with_charts_that_needs_nothing_else(taught: Replayed, tmp_path: Path) -> None:
    page = as_html(bank(), taught, "<svg>drawn</svg>")
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "Kaplan–Meier" in page
    assert page.count("Daniel O&#39;Connor") == 1
    assert "<svg>drawn</svg>" in page
    technical = next(group for group in taught.groups if (group.kind, group.name) == ("queue", "technical"))
    assert f"{technical.measures['service_level_abandons_negative'].proposed:.1%}" in page


def test_what_is_drawn_says_who_gains_and_when(taught: Replayed) -> None:
    (_, waits), (_, levels), (_, day) = replay_charts(bank(), taught)
    rows = waits.to_dict()["layer"][1]["data"]["values"]
    technical = next(group for group in taught.groups if (group.kind, group.name) == ("queue", "technical"))
    (row,) = [row for row in rows if row["whose"] == "Technical help"]
    assert row["mean"] * 1000 == pytest.approx(technical.measures["mean_wait_ms"].difference)
    assert row["verdict"] == "better"
    assert len(levels.to_dict()["layer"][1]["data"]["values"]) == len(rows)
    drawn = [row for row in day.to_dict()["data"]["values"] if row["queue"] == "Technical help"]
    assert len([row for row in drawn if row["value"] is not None]) == 2 * 2 * len(technical.intervals)
    assert {row["rules"] for row in drawn} == {"today", "proposed"}


def test_the_half_hours_make_up_the_day(taught: Replayed) -> None:
    for group in taught.groups:
        assert sum(one.callers for one in group.intervals) == group.callers
        waited = sum(one.callers * one.mean_wait_proposed_ms for one in group.intervals)
        assert waited / max(group.callers, 1) == pytest.approx(group.measures["mean_wait_ms"].proposed or 0.0)


def test_ctrl_c_leaves_the_repetitions_that_are_done(morning: RecordedDay) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    stopped = replay(bank(), bank(), morning, repeats=4, progress=interrupt)
    assert (stopped.stopped, stopped.repeats) == (True, 1)
    assert stopped.groups == replay(bank(), bank(), morning, repeats=1).groups
    text = StringIO()
    print_replay(Console(file=text, width=120), bank(), stopped)
    assert "stopped by hand after 1 repetitions" in text.getvalue()


def test_spreadsheets_get_a_row_for_each_figure(taught: Replayed) -> None:
    found = {row[:3]: row[3:] for row in rows(taught)}
    assert len(found) == sum(len(group.measures) for group in taught.groups) + 2 * len(taught.agents)
    technical = next(group for group in taught.groups if (group.kind, group.name) == ("queue", "technical"))
    asa = technical.measures["asa_ms"]
    assert found["queue", "technical", "asa_ms"] == (asa.today, asa.proposed, asa.difference, asa.low, asa.high)
    assert found["agent", "olena", "occupancy"][0] is not None


def test_people_get_tables_and_machines_get_json(tmp_path: Path) -> None:
    day, _ = recorded(bank(), seed=1, begin=time(9), hours=1)
    text = StringIO()
    options = ReplayOptions(repeats=1, report=tmp_path / "report.html")
    print_replayed(bank(), None, day, options, Console(file=text, width=100))
    assert "100.0% of them end under today's rules as on record" in text.getvalue()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 3
    text = StringIO()
    print_replayed(bank(), None, day, ReplayOptions(repeats=1, json=True), Console(file=text, width=20))
    told = json.loads(text.getvalue())
    assert told["as_recorded"] == told["recorded_callers"] == len(day.calls)
    assert told["groups"][0]["measures"]["asa_ms"]["difference"] == 0.0


def test_the_example_in_the_documentation_is_what_the_command_prints(tmp_path: Path) -> None:
    site, proposed = bank(), load_site(BANK.parent / "bank-proposed")
    print_simulated_day(
        Study(site=site, date=MONDAY, days=1), calls=tmp_path / "yesterday.csv", console=Console(file=StringIO())
    )
    day = day_from_tables(site, MONDAY, tmp_path / "yesterday.csv", None)
    text = StringIO()
    print_replayed(site, proposed, day, ReplayOptions(repeats=2), Console(file=text, width=100))
    shown = "\n".join(line.rstrip() for line in text.getvalue().splitlines())
    page = (BANK.parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")
    assert page.split("```\n")[1].strip() in shown


def test_what_other_systems_answered_is_answered_again() -> None:
    site = load_site(BANK.parent / "menus")
    day, _ = recorded(site, seed=1, begin=time(9), hours=2)
    assert any(call.fetched for call in day.calls)
    run = rerun(replace(site, workload=None), day, Casting(day, seed=1))
    for call in day.calls:
        outcome = run.outcomes[call.call]
        assert (outcome.queue, outcome.end, outcome.waited_ms) == (call.queue, call.end, call.waited_ms)


def test_customers_are_called_back_about_as_often_as_on_record() -> None:
    site = load_site(BANK.parent / "callback")
    day, twin = recorded(site, seed=1, begin=time(9), hours=3)
    run = rerun(site, day, Casting(day, seed=1))
    # How long a callback takes is not on record, and who is offered one depends on the queue.
    wanted = twin.centre.conservation().callbacks
    assert wanted > 30
    assert abs(run.centre.conservation().callbacks - wanted) < wanted / 5
    assert set(run.outcomes) == {call.call for call in day.calls}
