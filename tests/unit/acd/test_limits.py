"""When a queue does not take a call, or no longer keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from acd import events as ev
from acd.effects import AgentState, Exit, Queued, Released
from acd.metrics import Metrics
from acd.requirement import parse
from acd.setup import RelaxationStep, Spill
from tests.unit.acd.floor import T0, Floor, queue


@dataclass(frozen=True)
class Until:
    """Open until an instant, then closed for ever."""

    end: int

    def is_open(self, at: int) -> bool:
        return at < self.end

    def next_change(self, at: int) -> int | None:
        return self.end if at < self.end else None


def left(floor: Floor) -> list[tuple[str, Exit]]:
    """Which calls left their queues by the last event, and why."""
    return [(effect.call, effect.why) for effect in floor.said if isinstance(effect, Released)]


def test_a_closed_queue_takes_nobody_even_while_agents_are_free() -> None:
    floor = Floor(queue(hours=Until(T0)), ann={})
    floor.ready("ann")
    floor.call("c1")
    assert floor.said == [Released(call="c1", queue="cards", why=Exit.CLOSED, waited_ms=0)]
    assert floor.state("ann") is AgentState.READY


def test_who_waits_at_closing_time_is_still_served() -> None:
    floor = Floor(queue(hours=Until(T0 + 60_000)), ann={})
    floor.call("c1")
    assert floor.later(600_000) == []
    floor.ready("ann")
    assert floor.offers() == [("c1", "ann")]


def test_a_queue_may_send_away_who_waits_at_closing_time() -> None:
    floor = Floor(queue(hours=Until(T0 + 60_000), serves_after_closing=False))
    floor.call("c1")
    floor.later(59_999)
    floor.call("c2")
    assert left(floor) == []
    floor.later(1)
    assert left(floor) == [("c1", Exit.CLOSED), ("c2", Exit.CLOSED)]


@pytest.mark.parametrize(("answers", "why"), [(True, []), (False, [("c1", Exit.CLOSED)])])
def test_a_phone_that_rings_at_closing_time_rings_to_its_end(answers: bool, why: list[tuple[str, Exit]]) -> None:
    floor = Floor(queue(hours=Until(T0 + 10_000), serves_after_closing=False), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.later(15_000)
    floor.answer("ann") if answers else floor.fail("ann")
    assert left(floor) == why


def test_nobody_waits_where_nobody_has_been_at_work_for_long() -> None:
    floor = Floor(queue(unstaffed_ms=60_000), ann={})
    floor.call("c1")
    assert left(floor) == [("c1", Exit.NOBODY_STAFFED)]


def test_a_short_absence_of_everybody_is_waited_for() -> None:
    floor = Floor(queue(unstaffed_ms=60_000), ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("of-ann")
    floor.answer("ann")
    floor.tell(ev.AgentNotReady(agent="bob", reason="break"))
    floor.call("c1")
    floor.later(45_000)
    floor.tell(ev.AgentNotReady(agent="ann", reason="break"))
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.later(59_999) == []
    floor.tell(ev.AgentReady(agent="bob"))
    assert floor.offers() == [("c1", "bob")]


def test_who_waits_leaves_when_the_last_agent_has_been_away_for_the_set_time() -> None:
    floor = Floor(queue(unstaffed_ms=60_000), ann={})
    floor.occupy("ann")
    floor.call("c1")
    floor.later(25_000)
    floor.tell(ev.AgentSignedOut(agent="ann"))
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    floor.later(59_999)
    assert left(floor) == []
    floor.later(1)
    assert left(floor) == [("c1", Exit.NOBODY_STAFFED)]
    floor.call("c2")
    assert left(floor) == [("c2", Exit.NOBODY_STAFFED)]


def test_who_could_take_the_call_by_a_later_step_is_staff() -> None:
    step = RelaxationStep(after_ms=120_000, needs=parse("anybody"))
    floor = Floor(queue(needs="expert", steps=(step,), unstaffed_ms=60_000), ann={}, zoe={"expert": 5})
    floor.occupy("ann")
    floor.call("c1", needs="anybody")
    assert floor.only(Queued).call == "c1"
    floor.call("c2", needs="expert")
    assert left(floor) == [("c2", Exit.NOBODY_STAFFED)]


def test_a_call_for_one_agent_only_waits_for_that_agent_on_a_break() -> None:
    floor = Floor(queue(unstaffed_ms=60_000), ann={})
    floor.call("c1", preferred="ann")
    assert floor.later(600_000) == []


@pytest.mark.parametrize("limit", [{"hours": Until(T0)}, {"unstaffed_ms": 1_000}])
def test_no_step_sends_a_call_to_a_queue_that_would_not_take_it(limit: dict[str, object]) -> None:
    step = RelaxationStep(after_ms=10_000, spill=Spill(queue="partner"))
    floor = Floor(queue(steps=(step,)), queue("partner", "partner", **limit))
    floor.call("c1")
    floor.later(60_000)
    assert floor.acd.waiting("cards") == ["c1"]


def test_each_way_out_has_a_count_of_its_own() -> None:
    floor = Floor(queue(max_wait_ms=30_000, max_waiting=1))
    metrics = Metrics(queues=floor.setup.queues)
    for happen in (
        lambda: floor.call("c1"),
        lambda: floor.call("c2"),
        lambda: floor.later(30_000),
        lambda: floor.call("c3"),
        lambda: floor.tell(ev.CallLeft(call="c3", why=Exit.WITHDRAWN)),
    ):
        happen()
        for effect in floor.said:
            metrics.note(effect, floor.now)
    counters = metrics.queue("cards", 0)
    assert counters.exits == {Exit.FULL: 1, Exit.TIMEOUT: 1, Exit.WITHDRAWN: 1}
    assert (counters.queued, counters.released, counters.refused) == (2, 2, 1)
