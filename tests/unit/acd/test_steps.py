"""Steps that help nobody are skipped, and steps that send a call to another queue."""

from __future__ import annotations

from typing import Any

import pytest

from acd import events as ev
from acd.effects import Offer, Queued
from acd.engine import Acd
from acd.requirement import parse
from acd.setup import AcdSetup, RelaxationStep, Spill
from tests.unit.acd.floor import T0, Floor, queue

MINUTE = 60_000


def step(minutes: float, needs: str | None = None, **more: Any) -> RelaxationStep:
    return RelaxationStep(after_ms=int(minutes * MINUTE), needs=None if needs is None else parse(needs), **more)


def opened(floor: Floor, call: str) -> list[tuple[float, str]]:
    """Lets ten minutes pass; the minute and the agent of each offer of ``call``, whom nobody answers."""
    begun, found = floor.now, []
    while floor.now < begun + 10 * MINUTE:
        found += [
            ((floor.now - begun) / MINUTE, effect.agent)
            for effect in floor.said
            if isinstance(effect, Offer) and effect.call == call
        ]
        floor.later(MINUTE // 2)
    return found


def test_a_step_that_lets_nobody_in_who_is_at_work_opens_the_next_one_at_once() -> None:
    steps = (step(1, "senior"), step(5, "anybody"))
    floor = Floor(queue(needs="expert", steps=steps), zoe={"expert": 1}, sam={"senior": 1}, ann={})
    floor.occupy("zoe")
    floor.ready("ann")
    floor.call("c1")
    assert opened(floor, "c1")[0] == (1, "ann")  # sam, the senior, has not come to work


def test_a_step_that_lets_somebody_in_keeps_the_next_one_waiting_for_its_time() -> None:
    steps = (step(1, "senior"), step(5, "anybody"))
    floor = Floor(queue(needs="expert", steps=steps), queue("any"), zoe={"expert": 1}, sam={"senior": 1}, ann={})
    floor.occupy("zoe")
    floor.occupy("sam", "any")
    floor.ready("ann")
    floor.call("c1")
    assert opened(floor, "c1")[0] == (5, "ann")


def test_who_is_on_a_break_is_not_at_work() -> None:
    steps = (step(1, "senior"), step(5, "anybody"))
    floor = Floor(queue(needs="expert", steps=steps), zoe={"expert": 1}, sam={"senior": 1}, ann={})
    floor.occupy("zoe")
    floor.tell(ev.AgentSignedIn(agent="sam"))
    floor.ready("ann")
    floor.call("c1")
    assert opened(floor, "c1")[0] == (1, "ann")


def test_a_queue_whose_own_needs_nobody_at_work_meets_does_not_wait_for_its_first_step() -> None:
    floor = Floor(queue(needs="expert", steps=(step(1, "senior"), step(5, "anybody"))), ann={})
    floor.ready("ann")
    floor.call("c1")
    assert floor.offers() == [("c1", "ann")]


def test_where_no_step_helps_time_decides() -> None:
    floor = Floor(queue(needs="expert", steps=(step(1, "senior"), step(5, "anybody"))), ann={})
    floor.call("c1")
    floor.later(2 * MINUTE)
    floor.ready("ann")
    floor.later(3 * MINUTE - 1)
    assert floor.offers() == []
    floor.later(1)
    assert floor.offers() == [("c1", "ann")]


def test_a_step_that_gives_points_is_not_skipped() -> None:
    steps = (step(1, "senior", add_priority=1), step(5, "anybody"))
    floor = Floor(queue(needs="expert", steps=steps), zoe={"expert": 1}, ann={})
    floor.occupy("zoe")
    floor.ready("ann")
    floor.call("c1")
    assert opened(floor, "c1")[0] == (5, "ann")


def spilling(**conditions: object) -> tuple[RelaxationStep, ...]:
    spill = Spill(queue="other", **conditions)  # type: ignore[arg-type]
    return (RelaxationStep(after_ms=MINUTE, spill=spill),)


def test_a_spilled_call_keeps_place_and_time() -> None:
    floor = Floor(queue("cards", steps=spilling()), queue("other", "other"))
    floor.call("spills", "cards")
    floor.later(1_000)
    floor.call("there", "other")
    floor.later(MINUTE)
    assert floor.acd.waiting("other") == ["spills", "there"]
    assert floor.acd.queue("other").longest_waiting_since == T0


def test_a_call_that_is_being_offered_spills_once_the_phone_has_stopped_ringing() -> None:
    floor = Floor(queue("cards", steps=spilling(), ring_ms=20_000), queue("other", "other"), ann={})
    floor.ready("ann")
    floor.call("c1", ago=50_000)
    floor.later(20_000)
    assert floor.acd.queue("cards").offered == 1
    floor.fail("ann", ev.OfferFailure.DECLINED)
    floor.later(5_000)
    assert floor.acd.waiting("other") == ["c1"]


def test_spilling_if_nobody_is_staffed_looks_again_until_it_is_so() -> None:
    floor = Floor(queue("cards", "cards", steps=spilling(nobody_staffed=True)), queue("other"), ann={"cards": 1})
    floor.occupy("ann")
    floor.call("c1")
    floor.later(2 * MINUTE + 1_000)
    assert floor.acd.waiting("cards") == ["c1"]
    floor.tell(ev.AgentSignedOut(agent="ann"))
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    floor.later(3_999)
    assert floor.acd.waiting("cards") == ["c1"]
    floor.later(1)
    assert floor.acd.waiting("other") == ["c1"]


def test_spilling_by_the_longest_wait_of_the_queue() -> None:
    floor = Floor(queue("cards", "cards", steps=spilling(longest_wait_ms=3 * MINUTE)), queue("other"), ann={"cards": 1})
    floor.occupy("ann")
    floor.call("c1")
    floor.later(MINUTE + 1_000)
    floor.call("c2")
    floor.later(2 * MINUTE - 1_001)
    assert floor.acd.waiting("other") == []
    floor.later(1)
    assert floor.acd.waiting("other") == ["c1"]  # “c2” is the longest now, with two minutes
    floor.later(MINUTE + 1_000)
    assert floor.acd.waiting("other") == ["c1", "c2"]


@pytest.mark.parametrize(("answered_late", "spills"), [(1, False), (2, True)])
def test_spilling_by_the_service_level_of_this_interval(answered_late: int, spills: bool) -> None:
    floor = Floor(
        queue("cards", "cards", steps=spilling(service_level_below=800), wrap_up_ms=0), queue("other"), ann={"cards": 1}
    )
    floor.now += 900_000 - floor.now % 900_000
    floor.ready("ann")
    for number in range(8):
        floor.call(f"in-time{number}", "cards")
        floor.talk("ann", f"in-time{number}", ms=0)
    for number in range(answered_late):
        floor.call(f"late{number}", "cards")
        floor.later(20_001)
        floor.talk("ann", f"late{number}", ms=0)
    floor.call("gives-up", "cards", needs="nobody")
    floor.tell(ev.CallAbandoned(call="gives-up"))
    floor.call("c1", "cards", needs="nobody")
    floor.later(MINUTE)
    assert floor.acd.waiting("other") == (["c1"] if spills else [])  # 8 of 10 is not below 80 %, 8 of 11 is


def test_the_service_level_of_the_last_interval_does_not_count() -> None:
    steps = spilling(service_level_below=800)
    floor = Floor(queue("cards", "cards", steps=steps), queue("other"))
    floor.now += 900_000 - floor.now % 900_000 - 5_000
    floor.call("gives-up")
    floor.tell(ev.CallAbandoned(call="gives-up"))
    floor.call("c1")
    floor.later(2 * MINUTE)
    assert floor.acd.waiting("cards") == ["c1"]


def test_a_full_queue_is_not_spilled_to() -> None:
    floor = Floor(queue("cards", steps=spilling()), queue("other", "other", max_waiting=1))
    floor.call("there", "other")
    floor.call("c1")
    floor.later(2 * MINUTE)
    assert floor.acd.waiting("cards") == ["c1"]
    floor.tell(ev.CallAbandoned(call="there"))
    floor.later(5_000)
    assert floor.acd.waiting("other") == ["c1"]


def test_two_queues_that_spill_to_each_other_do_not_send_a_call_round() -> None:
    back = (RelaxationStep(after_ms=MINUTE, spill=Spill(queue="cards")),)
    floor = Floor(queue("cards", steps=spilling()), queue("other", steps=back))
    floor.call("c1")
    said = floor.later(10 * MINUTE)
    assert [effect.queue for effect in said if isinstance(effect, Queued)] == ["other"]


def test_who_comes_with_a_wait_behind_them_spills_at_once() -> None:
    floor = Floor(queue("cards", steps=spilling()), queue("other", "other"))
    floor.call("c1", ago=MINUTE)
    assert floor.acd.waiting("other") == ["c1"]


def test_spilling_to_a_queue_that_is_not_set_up_is_refused() -> None:
    with pytest.raises(ValueError, match="queue “cards” spills to “other”, which is no queue"):
        Acd(AcdSetup(queues=(queue("cards", steps=spilling()),), agents=()))


def test_a_call_does_not_run_through_a_row_of_queues_in_no_time() -> None:
    on = (RelaxationStep(after_ms=MINUTE, spill=Spill(queue="third")),)
    floor = Floor(queue("cards", steps=spilling()), queue("other", steps=on), queue("third"))
    floor.call("c1")
    floor.later(MINUTE + 4_999)
    assert floor.acd.waiting("other") == ["c1"]
    floor.later(1)
    assert floor.acd.waiting("third") == ["c1"]


def test_a_step_and_a_look_at_one_instant_send_a_call_to_one_queue_only() -> None:
    unmet = RelaxationStep(after_ms=0, spill=Spill(queue="third", longest_wait_ms=10 * MINUTE))
    on = (RelaxationStep(after_ms=MINUTE, spill=Spill(queue="third")),)
    floor = Floor(queue("cards", steps=(unmet, *spilling())), queue("other", steps=on), queue("third"))
    floor.call("c1")
    floor.later(MINUTE)  # it has been looked at every five seconds, so now too
    assert floor.acd.waiting("other") == ["c1"]
