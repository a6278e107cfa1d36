"""One day of the example bank under the twin."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from io import StringIO

import pytest
from rich.console import Console

from acd.counters import QueueCounters, average_callback_wait_ms, average_speed_of_answer_ms
from acd.effects import AgentChanged, AgentState
from centre.calls import CallRecord, Outcome
from centre.effects import CallEnded
from centre.virtual.caller import Parting
from config.arrivals import Factors, pieces, poisson
from config.laws import Deterministic
from config.loader import load_site
from config.streams import stream
from config.workload import Retry, Transfer, Workload
from simulator.command import print_simulated_day
from simulator.measures import measures_of
from simulator.playable import SimulationError
from simulator.replications import Study, figures_of_day, result_of
from simulator.stage import Observer
from simulator.sums import COUNTED, Key
from simulator.twin import Twin, span_of
from tests.twin.days import played
from tests.virtual.house import BANK, bank

MONDAY = date(2026, 11, 23)
HOUR_MS = 3_600_000
START, END = span_of(bank(), MONDAY)


@pytest.fixture(scope="module")
def monday() -> Twin:
    return played(bank(), seed=1, date=MONDAY)


def records_of(day: Callable[[Observer], Twin]) -> list[CallRecord]:
    records: list[CallRecord] = []
    day({CallEnded: lambda ended, _: records.append(ended.record)})
    return records


def queues_of(day: Twin) -> dict[str, QueueCounters]:
    return {queue.id: day.centre.metrics.queue(queue.id, START) for queue in day.centre.setup.acd.queues}


def still_there(day: Twin) -> int:
    return sum(day.centre.conservation().inside.values())


def test_the_same_seed_gives_the_same_day_and_another_seed_another(monday: Twin) -> None:
    assert queues_of(played(bank(), seed=1, date=MONDAY)) == queues_of(monday)
    assert queues_of(played(bank(), seed=2, date=MONDAY)) != queues_of(monday)


def test_every_call_ended_in_exactly_one_way(monday: Twin) -> None:
    assert still_there(monday) == 0
    assert monday.centre.conservation().arrived == sum(monday.outcomes.values())
    for name, queue in queues_of(monday).items():
        assert queue.queued == queue.answered + queue.abandoned + queue.released + queue.moved_on
        for counted in ("queued", "answered", "abandoned", "short_abandoned", "released"):
            intervals = monday.centre.metrics.queue_intervals(name)
            assert getattr(queue, counted) == sum(getattr(row, counted) for _, row in intervals)
    assert monday.outcomes[Outcome.ANSWERED] == sum(queue.answered for queue in queues_of(monday).values())
    assert monday.outcomes[Outcome.LOST] == 0


def test_as_many_call_as_the_workload_says(monday: Twin) -> None:
    workload = bank().workload
    assert workload is not None
    expected = sum(workload.calls_per_hour(START + hour * HOUR_MS) for hour in range(24))
    assert abs(monday.centre.conservation().arrived - expected) < 4 * expected**0.5


def test_measures_are_of_the_right_size() -> None:
    study = Study(site=bank(), date=MONDAY, days=1)
    measures = result_of(study, [figures_of_day(study, 1)]).measures
    assert 0.2 < (measures[Key("all", "")]["occupancy"].mean or 0.0) < 0.9
    for queue in study.site.queues:
        own = {name: one.mean or 0.0 for name, one in measures[Key("queue", queue)].items()}
        ignored, positive = own["service_level_abandons_ignored"], own["service_level_abandons_positive"]
        assert 0 < own["service_level_abandons_negative"] <= min(ignored, positive) <= 1
        assert 0 < own["answered_wait_p50_ms"] < own["answered_wait_p90_ms"] <= own["max_wait_ms"]
        assert 120_000 < own["aht_ms"] < 500_000


def test_callers_are_the_same_whatever_the_centre_does_with_them() -> None:
    site = bank()
    assert site.workload is not None
    # Nobody works, so everybody's fate is another one.
    closed = replace(site, workload=replace(site.workload, staff=()))

    def arrivals(records: list[CallRecord]) -> dict[str, tuple[int, str, str]]:
        return {record.call: (record.arrived_at, record.number, record.language) for record in records}

    staffed_day = records_of(lambda observer: played(site, seed=5, date=MONDAY, observer=observer))
    closed_day = records_of(lambda observer: played(closed, seed=5, date=MONDAY, observer=observer))
    assert arrivals(staffed_day) == arrivals(closed_day)
    assert Counter(record.outcome for record in closed_day)[Outcome.ANSWERED] == 0


def test_agents_work_their_shifts_and_take_their_breaks() -> None:
    states: dict[str, list[tuple[int, AgentState, str]]] = {}

    def observe(changed: AgentChanged, at: int) -> None:
        states.setdefault(changed.agent, []).append((at, changed.state, changed.reason))

    played(bank(), seed=1, date=MONDAY, observer={AgentChanged: observe})

    def minute(at: int) -> float:
        return (at - START) / 60_000

    olena = [(minute(at), state, reason) for at, state, reason in states["olena"] if at < END]
    assert olena[0][:2] == (8 * 60, AgentState.NOT_READY)
    assert olena[1][:2] == (8 * 60, AgentState.READY)
    away = next(at for at, state, reason in olena if reason == "break")
    # At half past twelve, or when the conversation of that moment is wrapped up.
    assert 12.5 * 60 <= away < 13.5 * 60
    assert olena[-1][1] is AgentState.LOGGED_OUT
    assert 17 * 60 <= olena[-1][0] < 18 * 60
    # The night shift is on when the day begins.
    assert (0.0, AgentState.READY, "") in [(minute(at), state, reason) for at, state, reason in states["mykola"]]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (MONDAY, 24)])
def test_a_day_is_from_midnight_to_midnight_also_when_the_clocks_change(day: date, hours: int) -> None:
    start, end = span_of(bank(), day)
    assert end - start == hours * HOUR_MS
    assert still_there(played(bank(), seed=1, date=day)) == 0


def test_callers_for_a_closed_desk_give_up_after_hearing_so_twice() -> None:
    sunday = MONDAY - timedelta(days=1)
    records = records_of(lambda observer: played(bank(), seed=1, date=sunday, observer=observer))
    for_loans = [record for record in records if [step.key for step in record.path][1:2] == ["2"]]
    assert len(for_loans) > 100
    assert {record.outcome for record in for_loans} == {Outcome.LEFT_IN_MENU}
    assert max(len(record.path) for record in for_loans) == 3


def test_a_site_without_a_workload_is_refused_with_what_to_do() -> None:
    with pytest.raises(SimulationError, match="names no workload; add"):
        figures_of_day(Study(site=replace(bank(), workload=None), date=MONDAY, days=1), 1)


@pytest.mark.parametrize("day", [date.min, date.max, date(1970, 12, 31)])
def test_a_date_out_of_reach_is_refused_with_what_to_do(day: date) -> None:
    with pytest.raises(SimulationError, match="choose a date from 1971 to 2999"):
        span_of(bank(), day)


def test_the_tables_show_the_figures_of_the_result(monday: Twin) -> None:
    text = StringIO()
    print_simulated_day(Study(site=bank(), date=MONDAY, days=1), console=Console(file=text, width=120))
    lines = text.getvalue().splitlines()
    assert f"{monday.centre.conservation().arrived} calls arrived" in text.getvalue()
    cards = next(line for line in lines if line.strip().startswith("Card services"))
    first = figures_of_day(Study(site=bank(), date=MONDAY, days=1), 1)[Key("queue", "cards")][0]
    counted = dict(zip(COUNTED, first, strict=True))
    assert cards.split()[2:5] == [str(int(counted[name])) for name in ("queued", "answered", "abandoned")]


def test_the_json_holds_every_figure_by_the_names_of_many_days(monday: Twin) -> None:
    text = StringIO()
    study = Study(site=bank(), date=MONDAY, days=1)
    print_simulated_day(study, json=True, console=Console(file=text, width=20))
    told = json.loads(text.getvalue())
    assert told["date"] == "2026-11-23"
    assert told["outcomes"]["answered"] == monday.outcomes[Outcome.ANSWERED]
    assert list(told["figures"][0]) == ["of", "name", "begins", "measure", "mean", "half_width"]
    assert {row["measure"] for row in told["figures"] if row["of"] == "queue"} == set(measures_of("queue"))


def test_who_gives_up_or_finds_the_lines_busy_calls_again_as_often_as_the_workload_says() -> None:
    site = bank()
    assert site.workload is not None
    retry = Retry(after_abandon=1.0, after_busy=1.0, delay=Deterministic(mean_ms=60_000), most=2)
    kinds = tuple(kind for kind in site.workload.callers if kind.wants == "cards")
    closed = replace(site.workload, callers=kinds, staff=(), lines=1, retry=retry)
    start, end = span_of(site, MONDAY, time(9), 2)
    twin = Twin(site, closed, seed=1, start=start, end=end)
    twin.run()
    first = sum(1 for _ in arrivals_of(closed, start, end))
    # Nobody is there: everybody gives up, or finds the one line taken, three times over.
    assert sum(twin.partings.values()) == 3 * first
    assert set(twin.partings) == {Parting.GAVE_UP, Parting.BUSY}


def arrivals_of(workload: Workload, start: int, end: int) -> Iterator[int]:
    for kind in workload.callers:
        rates = pieces(workload, kind, start, end, Factors(workload.busyness, 1))
        next_after, at = poisson(stream(1, "arrivals", kind.name), rates), start
        while (due := next_after(at)) is not None:
            yield (at := due)


def test_who_is_sent_on_dials_as_another_kind() -> None:
    site = bank()
    assert site.workload is not None
    only_cards = tuple(replace(kind, name=kind.wants or "") for kind in site.workload.callers if kind.wants)
    cards, technical = only_cards[0], replace(only_cards[-1], share=0.0)
    transfers = (Transfer(queue="cards", to="technical", share=0.5),)
    workload = replace(site.workload, callers=(cards, technical), transfers=transfers)
    day = played(replace(site, workload=workload), seed=1, date=MONDAY, begin=time(9), hours=6)
    by_queue = queues_of(day)
    assert abs(by_queue["technical"].queued - by_queue["cards"].answered / 2) < 3 * by_queue["cards"].answered ** 0.5
    assert by_queue["technical"].queued > 100


def test_callers_who_accept_are_called_back_and_are_in_no_service_level() -> None:
    day = played(load_site(BANK.parent / "callback"), seed=1, date=MONDAY, begin=time(9), hours=2)
    books, queue = day.centre.conservation(), queues_of(day)["help"]
    assert 0 < queue.callbacks_connected <= queue.callbacks == books.callbacks == day.outcomes[Outcome.CALLBACK]
    assert (average_callback_wait_ms(queue) or 0) > (average_speed_of_answer_ms(queue) or 0)
    assert books.arrived + books.callbacks == sum(day.outcomes.values()) + still_there(day)
