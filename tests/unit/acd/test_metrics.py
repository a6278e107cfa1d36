"""The counters and the measures made of them, on days short enough to add up by hand."""

from __future__ import annotations

import pytest

from acd import counters as m
from acd import events as ev
from acd.counters import QueueCounters
from acd.effects import Abandoned, AgentState
from acd.metrics import Metrics
from tests.unit.acd.floor import T0, Floor, queue

QUARTER = 900_000
START = T0 - T0 % QUARTER


class Measured(Floor):
    """A floor whose effects are counted, beginning at a quarter of an hour."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.metrics = Metrics(QUARTER, self.setup.queues, self.setup.agents)
        self.now = START

    def tell(self, event: ev.Event) -> list[object]:  # type: ignore[override]
        effects = super().tell(event)
        for effect in effects:
            self.metrics.note(effect, self.now)
        return list(effects)


def test_a_call_belongs_to_the_interval_in_which_it_came_whenever_it_was_answered() -> None:
    floor = Measured(queue(threshold_ms=20_000), ann={})
    floor.later(QUARTER - 10_000)
    floor.call("c1")
    floor.later(15_000)
    floor.ready("ann")
    floor.answer("ann")
    first, second = floor.metrics.queue("cards", START, START + QUARTER), floor.metrics.queue("cards", START + QUARTER)
    assert (first.queued, first.answered, first.answered_within, first.answered_wait_ms) == (1, 1, 1, 15_000)
    assert second == QueueCounters()


def test_the_four_service_levels_of_one_quarter_of_an_hour() -> None:
    floor = Measured(queue(threshold_ms=20_000, short_abandon_ms=5_000, wrap_up_ms=0), ann={})
    for number, (waits, then) in enumerate(
        [(20_000, "answer"), (20_001, "answer"), (5_000, "hang up"), (5_001, "hang up"), (30_000, "hang up")]
    ):
        call = f"c{number}"
        floor.call(call)
        floor.later(waits)
        if then == "answer":
            floor.ready("ann")
            floor.answer("ann")
            floor.tell(ev.CallFinished(call=call))
            floor.tell(ev.AgentSignedOut(agent="ann"))
        else:
            floor.tell(ev.CallAbandoned(call=call))
    counted = floor.metrics.queue("cards", START)
    assert m.service_level_abandons_ignored(counted) == 1 / 2
    assert m.service_level_abandons_negative(counted) == 1 / 5
    assert m.service_level_abandons_positive(counted) == 3 / 5
    assert m.service_level_short_abandons_excluded(counted) == 1 / 4
    assert m.average_speed_of_answer_ms(counted) == 20_000.5
    assert counted.max_wait_ms == 30_000


@pytest.mark.parametrize(
    "measure",
    [
        m.service_level_abandons_ignored,
        m.service_level_abandons_negative,
        m.service_level_abandons_positive,
        m.service_level_short_abandons_excluded,
        m.average_speed_of_answer_ms,
        m.average_handling_time_ms,
    ],
)
def test_of_no_calls_there_is_no_measure(measure: object) -> None:
    assert callable(measure)
    assert measure(QueueCounters()) is None


def test_handling_time_is_talk_hold_and_wrap_up() -> None:
    floor = Measured(queue(wrap_up_ms=30_000), ann={})
    floor.ready("ann")
    floor.later(70_000)
    floor.call("c1")
    floor.later(10_000)
    floor.answer("ann")
    floor.later(100_000)
    floor.tell(ev.CallHeld(call="c1"))
    floor.later(20_000)
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(30_000)
    floor.later(30_000)
    floor.metrics.book_until(floor.now)
    assert m.average_handling_time_ms(floor.metrics.queue("cards", START)) == 150_000
    ann = floor.metrics.agent("ann", START)
    assert (ann.offered_ms, ann.talk_ms, ann.hold_ms, ann.wrap_up_ms) == (10_000, 100_000, 20_000, 30_000)
    assert (ann.ready_ms, ann.handled, ann.answered) == (100_000, 1, 1)
    assert m.occupancy(ann) == 160 / 260


def test_a_state_that_spans_intervals_is_cut_at_their_boundary() -> None:
    floor = Measured(ann={})
    floor.ready("ann")
    floor.later(2 * QUARTER + 1)
    floor.metrics.book_until(floor.now)
    assert [floor.metrics.agent("ann", START + n * QUARTER, START + (n + 1) * QUARTER).ready_ms for n in range(3)] == [
        QUARTER,
        QUARTER,
        1,
    ]


def test_an_overflow_counts_where_it_came_and_where_it_went() -> None:
    floor = Measured(queue("cards", "cards"), queue("loans"), ann={})
    floor.call("c1", "cards")
    floor.later(30_000)
    floor.call("c1", "loans")
    floor.tell(ev.CallAbandoned(call="c1"))
    cards, loans = floor.metrics.queue("cards", START), floor.metrics.queue("loans", START)
    assert (cards.queued, cards.moved_on, cards.abandoned) == (1, 1, 0)
    assert (loans.queued, loans.moved_on, loans.abandoned) == (1, 0, 1)


def test_a_call_refused_by_a_full_queue_never_was_in_it() -> None:
    floor = Measured(queue(max_waiting=0))
    floor.call("c1")
    counted = floor.metrics.queue("cards", START)
    assert (counted.queued, counted.released, counted.refused) == (0, 0, 1)


def test_misses_and_declines_are_told_apart() -> None:
    floor = Measured(settings={"misses_allowed": 9}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    floor.later(10_000)
    floor.fail("ann", ev.OfferFailure.BUSY)
    floor.tell(ev.CallAbandoned(call="c1"))
    ann = floor.metrics.agent("ann", START)
    assert (ann.missed, ann.declined) == (1, 1)
    assert floor.state("ann") is AgentState.READY


def test_what_is_forgotten_is_gone_and_the_rest_stays() -> None:
    floor = Measured(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.tell(ev.CallAbandoned(call="c1"))
    floor.later(QUARTER)
    floor.call("c2")
    floor.tell(ev.CallAbandoned(call="c2"))
    floor.metrics.book_until(floor.now)
    floor.metrics.forget(START + QUARTER)
    assert [start for start, _ in floor.metrics.queue_intervals("cards")] == [START + QUARTER]
    assert floor.metrics.queue("cards", 0).abandoned == 1
    assert floor.metrics.agent("ann", 0).ready_ms == 0


def test_a_queue_without_a_setup_counts_with_the_usual_thresholds() -> None:
    metrics = Metrics()
    metrics.note(Abandoned(call="c1", queue="x", waited_ms=5_000), START)
    assert metrics.queue("x", 0).short_abandoned == 1


def test_an_interval_has_a_length() -> None:
    with pytest.raises(ValueError, match="at least one millisecond"):
        Metrics(0)


def test_a_skill_counts_the_calls_that_asked_for_it_and_the_work_of_all_who_hold_it() -> None:
    floor = Measured(
        queue("cards", "cards >= 2 and not trainee", wrap_up_ms=0),
        queue("loans"),
        ann={"cards": 5, "english": 2},
        bob={},
    )
    floor.ready("ann")
    floor.call("c1", "cards", needs="english")
    floor.call("c2", "cards")
    floor.call("c3", "loans", needs="english")
    floor.later(10_000)
    floor.answer("ann")
    floor.later(50_000)
    floor.tell(ev.CallFinished(call="c1"))
    floor.tell(ev.CallAbandoned(call="c3"))
    floor.metrics.book_until(floor.now)
    cards, english = (floor.metrics.skill(skill, START) for skill in ("cards", "english"))
    assert (cards.queued, cards.answered, cards.handled, cards.talk_ms) == (2, 1, 1, 50_000)
    assert (english.queued, english.answered, english.abandoned, english.max_wait_ms) == (2, 1, 1, 60_000)
    assert floor.metrics.skill("trainee", START) == QueueCounters()
    assert floor.metrics.holders("english", START).talk_ms == 50_000
    assert m.occupancy(floor.metrics.holders("cards", START)) == 1.0


def test_quarters_of_an_hour_add_up_to_halves() -> None:
    floor = Measured(queue(wrap_up_ms=0), ann={})
    for number in range(4):
        floor.call(f"c{number}")
        floor.later(900_000)
    quarters = [begin for begin, _ in floor.metrics.queue_intervals("cards")]
    halves = floor.metrics.queue_intervals("cards", intervals=2)
    assert len(quarters) == 4
    assert all(begin % 1_800_000 == 0 for begin, _ in halves)
    assert sum(counted.queued for _, counted in halves) == 4
    floor.ready("ann")
    floor.later(1_800_000)
    floor.metrics.book_until(floor.now)
    worked = floor.metrics.agent_intervals("ann", intervals=2)
    assert sum(m.occupancy(counted) is not None for _, counted in worked) == len(worked) > 0
