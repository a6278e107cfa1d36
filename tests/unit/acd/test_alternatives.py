"""The smallest change that would have altered a decision is one that alters it, and the first in the stated order."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.changes import Change, What
from acd.explain import explain, explain_wait
from acd.requirement import parse
from acd.setup import Preference, RelaxationStep, Spill, Strategy
from tests.unit.acd.floor import Floor, queue


def arrival(floor: Floor, call: str = "c1", queue: str = "cards") -> ev.CallQueued:
    return ev.CallQueued(call=call, queue=queue, waiting_since=floor.now)


def change_of(floor: Floor, event: ev.Event | None = None) -> Change | None:
    """The smallest change to the one decision that the event (a call comes) brings."""
    (decision,) = explain(floor.acd, event or arrival(floor), floor.now)
    return decision.change


def chosen(floor: Floor, event: ev.Event | None = None) -> str:
    """Who gets the call."""
    floor.tell(event or arrival(floor))
    ((_, agent),) = floor.offers()
    return agent


def idle_for(ann_ms: int, bob_ms: int) -> Floor:
    floor = Floor(ann={}, bob={})
    first, second = ("ann", "bob") if ann_ms >= bob_ms else ("bob", "ann")
    floor.ready(first)
    floor.later(abs(ann_ms - bob_ms))
    floor.ready(second)
    floor.later(min(ann_ms, bob_ms))
    return floor


def test_the_next_candidate_had_been_idle_so_much_longer() -> None:
    assert change_of(idle_for(8_000, 5_000)) == Change(what=What.LONGER_IDLE, agent="bob", amount=3_001)
    assert [chosen(idle_for(8_000, bob_ms)) for bob_ms in (8_000, 8_001)] == ["ann", "bob"]


@pytest.mark.parametrize("strategy", [Strategy.BEST_SKILL, Strategy.WORST_SKILL])
def test_the_next_candidate_had_had_a_better_score(strategy: Strategy) -> None:
    def floor(ann: int, bob: int) -> Floor:
        floor = Floor(queue("cards", "cards", strategy=strategy), ann={"cards": ann}, bob={"cards": bob})
        floor.ready("ann", "bob")
        return floor

    step = 1 if strategy is Strategy.BEST_SKILL else -1
    assert change_of(floor(5, 5 - 2 * step)) == Change(what=What.SCORE, agent="bob", amount=3)
    assert [chosen(floor(5, 5 + more * step)) for more in (0, 1)] == ["ann", "bob"]


def test_equals_had_stood_the_other_way_round_in_the_setup() -> None:
    assert change_of(idle_for(0, 0)) == Change(what=What.ORDER, agent="bob")


def test_an_agent_had_not_let_the_call_ring() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    offer = floor.acd.agent("ann").offer
    assert offer is not None
    missed = ev.OfferFailed(offer=offer, why=ev.OfferFailure.NO_ANSWER)
    assert change_of(floor, missed) == Change(what=What.NOT_MISSED, agent="ann")


def test_a_call_that_came_later_had_come_earlier() -> None:
    def floor(other_later_ms: int) -> Floor:
        floor = Floor(ann={})
        floor.tell(ev.AgentSignedIn(agent="ann"))
        floor.later(10_000)
        floor.call("c1", ago=3_000)
        floor.call("c2", ago=3_000 - other_later_ms)
        return floor

    ready = ev.AgentReady(agent="ann")
    assert change_of(floor(2_000), ready) == Change(what=What.CALL_EARLIER, call="c2", amount=2_001)
    earlier = floor(-1)
    earlier.tell(ready)
    assert earlier.offers() == [("c2", "ann")]


def test_a_call_of_fewer_points_is_not_said_to_come_first_by_coming_earlier() -> None:
    floor = Floor(queue("vip", priority=5), queue("cards"), ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.call("c1", "vip")
    floor.call("c2", "cards")
    assert change_of(floor, ev.AgentReady(agent="ann")) is None


def test_the_only_candidate_had_company_of_an_agent_who_was_ready_long_enough() -> None:
    floor = Floor(queue("cards", "cards"), ann={"cards": 1}, bob={"cards": 1}, cleo={})
    floor.ready("ann", "cleo")
    floor.later(12_000)
    assert change_of(floor) == Change(what=What.READY, agent="bob", amount=12_000)


def test_an_agent_who_would_stand_second_at_this_very_instant_had_been_ready_before_it() -> None:
    def floor() -> Floor:
        floor = Floor(ann={}, bob={})
        floor.ready("ann")
        return floor

    assert change_of(floor()) == Change(what=What.READY, agent="bob", amount=1)
    too_late = floor()
    too_late.ready("bob")
    assert chosen(too_late) == "ann", "ready now would not have been enough"


def test_a_break_does_not_take_an_agents_idle_time() -> None:
    floor = idle_for(5_000, 9_000)
    floor.tell(ev.AgentNotReady(agent="bob", reason="lunch"))
    assert change_of(floor) == Change(what=What.READY, agent="bob")
    assert chosen(idle_for(5_000, 9_000)) == "bob"


def test_an_idle_agent_had_had_the_level_that_the_call_needs() -> None:
    def floor(english: int) -> Floor:
        floor = Floor(
            queue("cards", "cards and english >= 6"),
            ann={"cards": 1, "english": 7},
            bob={"cards": 1, "english": english},
            cleo={"english": 6},
        )
        floor.ready("cleo")
        floor.later(1)
        floor.ready("bob")
        floor.later(1_000)
        floor.ready("ann")
        return floor

    assert change_of(floor(3)) == Change(what=What.LEVELS, agent="cleo", levels=(("cards", 1),)), (
        "one level beats three"
    )
    assert change_of(floor(5)) == Change(what=What.LEVELS, agent="bob", levels=(("english", 6),))
    assert [chosen(floor(english)) for english in (5, 6)] == ["ann", "bob"]


def waiting(floor: Floor, call: str = "c1") -> Change | None:
    return explain_wait(floor.acd, call).change


def test_a_call_that_waits_had_come_earlier_so_that_a_step_were_open() -> None:
    step = RelaxationStep(after_ms=45_000, needs=parse("cards"))
    floor = Floor(queue("cards", "cards >= 5", steps=(step,)), ann={"cards": 3}, bob={"cards": 9})
    floor.ready("bob", "ann")
    floor.call("c0")
    floor.call("c1", ago=5_000)
    floor.later(2_000)
    assert waiting(floor) == Change(what=What.CALL_EARLIER, call="c1", agent="ann", amount=38_000)


def test_a_call_that_waits_had_found_an_agent_ready_the_nearest_to_it_first() -> None:
    floor = Floor(queue("cards", "cards"), ann={"cards": 1}, bob={"cards": 1}, cleo={})
    floor.ready("cleo", "bob")
    floor.call("c0")
    floor.answer("bob")
    floor.call("c1")
    assert waiting(floor) == Change(what=What.READY, agent="bob"), "ann is logged out"
    floor.tell(ev.AgentSignedIn(agent="ann"))
    assert waiting(floor) == Change(what=What.READY, agent="ann")
    assert chosen(floor, ev.AgentReady(agent="ann")) == "ann"


def test_a_call_that_waits_had_not_been_declined() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert waiting(floor) == Change(what=What.NOT_DECLINED, agent="ann")


def test_a_call_that_waits_had_found_an_idle_agent_with_the_level() -> None:
    floor = Floor(queue("cards", "cards >= 4 and not trainee"), ann={"cards": 2}, bob={"cards": 4, "trainee": 1})
    floor.ready("ann", "bob")
    floor.call("c1")
    assert waiting(floor) == Change(what=What.LEVELS, agent="bob", levels=(("trainee", 0),))


def test_a_call_behind_others_had_found_more_agents_ready() -> None:
    floor = Floor(ann={}, bob={}, cleo={})
    for number in range(3):
        floor.call(f"c{number}")
    assert waiting(floor, "c0") == Change(what=What.READY, agent="ann")
    assert waiting(floor, "c2") == Change(what=What.MORE_READY, amount=3)
    floor.ready("ann", "bob")
    assert waiting(floor, "c2") == Change(what=What.READY, agent="ann"), "a phone that rings is nearer than none"


def test_what_no_level_can_meet_has_no_alternative() -> None:
    floor = Floor(queue("cards", "cards >= 5 and cards <= 3"), ann={"cards": 4})
    floor.ready("ann")
    floor.call("c1")
    assert waiting(floor) is None


def test_the_lot_had_drawn_another() -> None:
    floor = Floor(queue("cards", strategy=Strategy.WEIGHTED_RANDOM), ann={}, bob={})
    floor.ready("ann", "bob")
    change = change_of(floor)
    assert change is not None
    assert change.what is What.LOT
    assert {change.agent, chosen(floor)} == {"ann", "bob"}


def test_a_call_that_is_kept_had_not_been_kept_or_had_come_earlier_so_that_it_were_open_to_all() -> None:
    floor = Floor(ann={}, bob={})
    floor.occupy("ann")
    floor.ready("bob")
    floor.call("c1", preferred="ann", preferred_ms=30_000)
    floor.later(10_000)
    assert waiting(floor) == Change(what=What.CALL_EARLIER, call="c1", agent="bob", amount=20_000)
    floor.later(20_000)
    assert floor.offers() == [("c1", "bob")]
    floor.talk("bob", "c1")
    floor.call("c2", preferred="ann")
    assert waiting(floor, "c2") == Change(what=What.NOT_KEPT, agent="bob")


def test_a_call_went_to_its_own_agent_only_because_it_was_kept() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann")
    floor.later(5_000)
    floor.ready("bob")
    event = ev.CallQueued(call="c1", queue="cards", waiting_since=floor.now, preferred="bob", preferred_ms=30_000)
    (decision,) = explain(floor.acd, event, floor.now)
    assert (decision.agent, decision.decided_by) == ("bob", "kept for the agent")
    assert decision.change == Change(what=What.NOT_KEPT, agent="ann")


def test_an_agent_had_had_no_preference() -> None:
    floor = Floor(
        queue("cards"), queue("loans", priority=1), traits={"ann": {"queues": {"cards": Preference(rank=-1)}}}, ann={}
    )
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.call("c1", "cards")
    floor.call("c2", "loans")
    (decision,) = explain(floor.acd, ev.AgentReady(agent="ann"), floor.now)
    assert (decision.call, decision.decided_by) == ("c1", "preference of the agent")
    assert decision.change == Change(what=What.NO_PREFERENCE)


def test_an_agent_who_would_rather_have_another_call_is_not_said_to_have_taken_this_one() -> None:
    floor = Floor(
        queue("cards"),
        queue("loans"),
        traits={"ann": {"queues": {"loans": Preference(rank=-1)}}},
        ann={},
        bob={},
    )
    floor.call("c1", "cards")
    floor.call("c2", "loans")
    assert waiting(floor) == Change(what=What.READY, agent="bob"), "ann, if ready, would take the loan"


def test_an_agent_whom_another_call_would_have_had_before_is_not_said_to_have_taken_this_one() -> None:
    def floor() -> Floor:
        floor = Floor(queue("cards", priority=5), queue("loans", "loans"), ann={}, bob={"loans": 1})
        floor.ready("bob")
        floor.later(9_000)
        floor.tell(ev.AgentNotReady(agent="bob", reason="lunch"))
        floor.ready("ann")
        return floor

    assert change_of(floor()) == Change(what=What.READY, agent="bob")
    with_a_loan = floor()
    with_a_loan.call("c0", "loans")
    assert change_of(with_a_loan) is None


def test_a_step_that_was_skipped_is_not_waited_for() -> None:
    steps = (
        RelaxationStep(after_ms=10_000, needs=parse("cards >= 4")),
        RelaxationStep(after_ms=60_000, needs=parse("cards")),
    )
    floor = Floor(queue("cards", "cards >= 8", steps=steps), ann={"cards": 2})
    floor.occupy("ann")
    floor.call("c1")
    decision = explain_wait(floor.acd, "c1")
    assert (decision.needs, decision.steps_open, decision.steps_early) == ("cards", 2, 2)
    assert decision.change == Change(what=What.READY, agent="ann")


def test_a_call_had_come_earlier_so_that_it_had_spilled() -> None:
    step = RelaxationStep(after_ms=30_000, spill=Spill(queue="loans"))
    floor = Floor(queue("cards", "cards", steps=(step,)), queue("loans", "loans"), ann={"loans": 1})
    floor.ready("ann")
    floor.call("c1", "cards", ago=5_000)
    assert waiting(floor) == Change(what=What.CALL_EARLIER, call="c1", agent="ann", amount=25_000)
    floor.later(25_000)
    assert floor.offers() == [("c1", "ann")]
