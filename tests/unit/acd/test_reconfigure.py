"""A centre whose rules change while calls wait, ring and are talked to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.effects import AgentState, Released
from acd.requirement import parse
from acd.setup import AgentSetup, CallbackRules, Preference, QueueSetup, RelaxationStep, Spill, Strategy
from tests.unit.acd.floor import T0, Floor, queue


def change(floor: Floor, *queues: QueueSetup, **agents: dict[str, int]) -> None:
    """The centre has these queues and agents from now on; what is left out stays as it was."""
    known = {agent.id: agent for agent in floor.setup.agents}
    people = tuple(replace(known.get(name, AgentSetup(id=name)), skills=skills) for name, skills in agents.items())
    floor.setup = replace(floor.setup, queues=queues or floor.setup.queues, agents=people or floor.setup.agents)
    floor.tell(ev.Reconfigured(setup=floor.setup))


def test_those_who_wait_keep_place_and_time() -> None:
    floor = Floor(queue("cards", "cards"), ann={})
    floor.call("c1", ago=9_000)
    floor.call("c2")
    change(floor, queue("cards", "cards"), ann={"cards": 1}, bob={"cards": 3})
    assert floor.acd.waiting("cards") == ["c1", "c2"]
    assert floor.acd.queue("cards").longest_waiting_since == T0 - 9_000


def test_an_idle_agent_who_has_learnt_what_a_call_needs_has_it_at_once() -> None:
    floor = Floor(queue("cards", "cards"), ann={})
    floor.ready("ann")
    floor.call("c1")
    change(floor, ann={"cards": 1})
    assert floor.offers() == [("c1", "ann")]


def test_an_agent_who_has_lost_the_skill_finishes_the_call_and_gets_no_other() -> None:
    floor = Floor(queue("cards", "cards"), ann={"cards": 1})
    floor.occupy("ann")
    floor.call("c1")
    change(floor, ann={})
    assert floor.state("ann") is AgentState.TALKING
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.state("ann") is AgentState.READY
    assert floor.acd.waiting("cards") == ["c1"]


def test_agents_keep_their_state_their_idle_time_and_their_figures() -> None:
    floor = Floor(queue("cards", strategy=Strategy.FEWEST_CALLS), ann={}, bob={})
    floor.ready("ann")
    floor.call("c0")
    floor.talk("ann", "c0")
    floor.ready("bob")
    change(floor, dan={}, bob={}, ann={"loans": 1})
    assert [agent.id for agent in floor.acd.agents()] == ["dan", "bob", "ann"]
    floor.call("c1")
    assert floor.offers() == [("c1", "bob")]


def test_a_new_agent_signs_in_and_works() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    change(floor, ann={}, bob={})
    assert floor.state("bob") is AgentState.LOGGED_OUT
    floor.ready("bob")
    assert floor.offers() == [("c1", "bob")]


def test_an_agent_who_is_gone_is_logged_out_and_cannot_sign_in() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    change(floor, bob={})
    assert [agent.id for agent in floor.acd.agents()] == ["bob"]
    floor.ready("ann")
    floor.call("c1")
    assert floor.offers() == [("c1", "bob")]


@pytest.mark.parametrize("answers", [True, False])
def test_an_agent_who_is_gone_while_the_phone_rings_may_still_answer(*, answers: bool) -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann")
    floor.call("c1")
    change(floor, bob={})
    assert [agent.id for agent in floor.acd.agents()] == ["bob", "ann"]
    if answers:
        floor.talk("ann", "c1")
    else:
        floor.fail("ann")
        assert floor.acd.waiting("cards") == ["c1"]
    assert [agent.id for agent in floor.acd.agents()] == ["bob"]
    change(floor, bob={}, ann={})
    floor.ready("ann")
    assert floor.state("ann") is (AgentState.READY if answers else AgentState.OFFERED), "taken on again"


def test_an_agent_who_is_gone_and_comes_back_before_the_end_of_the_call_can_sign_in_again() -> None:
    floor = Floor(ann={})
    floor.occupy("ann")
    change(floor, bob={})
    change(floor, ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.state("ann") is AgentState.NOT_READY


def test_a_queue_that_is_gone_serves_those_who_are_in_it_by_its_old_rules() -> None:
    floor = Floor(queue("cards", "cards", strategy=Strategy.COST), queue("loans"), ann={"cards": 1}, bob={})
    floor.call("c1", "cards")
    change(floor, queue("loans"))
    floor.call("c2", "cards")
    assert floor.only(Released).why == "unknown-queue"
    floor.ready("bob")
    assert floor.offers() == []
    floor.ready("ann")
    assert floor.offers() == [("c1", "ann")]
    floor.talk("ann", "c1")


def test_a_queue_that_comes_back_has_its_callers_again() -> None:
    floor = Floor(queue("cards"), queue("loans"), ann={})
    floor.call("c1", "cards", ago=4_000)
    change(floor, queue("loans"))
    change(floor, queue("cards"))
    floor.call("c2", "cards")
    assert floor.acd.waiting("cards") == ["c1", "c2"]


def test_steps_that_are_others_count_from_when_the_call_came() -> None:
    floor = Floor(queue("cards", "cards >= 5"), ann={"cards": 2}, bob={"cards": 4})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.later(20_000)
    steps = (
        RelaxationStep(after_ms=10_000, needs=parse("cards >= 3")),
        RelaxationStep(after_ms=40_000, needs=parse("cards")),
    )
    change(floor, queue("cards", "cards >= 5", steps=steps))
    assert floor.offers() == [("c1", "bob")]
    floor.answer("bob")
    floor.call("c2")
    floor.later(39_999)
    assert floor.acd.waiting("cards") == ["c2"]
    floor.later(1)
    assert floor.offers() == [("c2", "ann")]


def test_the_order_follows_the_new_points_at_once() -> None:
    floor = Floor(queue("cards"), queue("loans"), ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.call("c1", "cards")
    floor.call("c2", "loans")
    change(floor, queue("cards"), queue("loans", priority=1))
    floor.tell(ev.AgentReady(agent="ann"))
    assert floor.offers() == [("c2", "ann")]


def test_a_starvation_bound_that_is_new_counts_for_those_who_wait_and_one_that_is_gone_does_not() -> None:
    floor = Floor(queue("cards"), queue("vip", priority=9), ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.call("c1", "cards", ago=60_000)
    floor.call("c2", "vip")
    bound = replace(floor.setup, starvation_ms=50_000)
    floor.tell(ev.Reconfigured(setup=bound))
    assert floor.acd.inside.waiting[0].id == "c1"
    floor.tell(ev.Reconfigured(setup=floor.setup))
    assert floor.acd.inside.waiting[0].id == "c2"


def test_a_limit_of_waiting_that_is_new_counts_from_entering() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.later(20_000)
    change(floor, queue("cards", max_wait_ms=30_000))
    floor.later(9_999)
    assert floor.acd.waiting("cards") == ["c1"]
    floor.later(1)
    assert floor.only(Released).why == "timeout"
    floor.call("c2", ago=60_000)
    floor.later(10_000)
    change(floor, queue("cards", max_wait_ms=5_000))
    assert floor.only(Released).call == "c2", "it is over already"


def test_a_call_for_one_agent_only_who_is_gone_is_released() -> None:
    floor = Floor(ann={}, bob={})
    floor.call("c1", preferred="ann")
    floor.call("c2", preferred="bob")
    change(floor, bob={})
    assert (floor.only(Released).call, floor.only(Released).why) == ("c1", "unknown-agent")
    floor.ready("bob")
    assert floor.offers() == [("c2", "bob")]


def test_a_call_kept_for_an_agent_who_is_gone_is_open_to_everybody() -> None:
    floor = Floor(ann={}, bob={})
    floor.occupy("ann")
    floor.ready("bob")
    floor.call("c1", preferred="ann", preferred_ms=60_000)
    change(floor, bob={})
    assert floor.offers() == [("c1", "bob")]


def test_who_declined_or_missed_a_call_is_remembered_in_another_order_of_agents() -> None:
    floor = Floor(queue("cards", "cards"), queue("loans", "loans"), ann={"cards": 1}, bob={"loans": 1})
    floor.ready("ann", "bob")
    floor.call("c1", "cards")
    floor.call("c2", "loans")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    floor.fail("bob", ev.OfferFailure.DECLINED)
    change(floor, cleo={}, bob={"loans": 1}, ann={"cards": 1})
    assert (floor.acd.waiting("cards"), floor.acd.waiting("loans")) == (["c1"], ["c2"])
    floor.later(10_000)
    assert sorted(floor.offers()) == [("c1", "ann"), ("c2", "bob")]
    floor.fail("bob", ev.OfferFailure.BUSY)
    assert floor.offers() == [("c2", "bob")], "there is nobody else"
    change(floor, bob={"loans": 1}, ann={"cards": 1, "loans": 1})
    floor.fail("ann", ev.OfferFailure.UNREACHABLE)
    floor.fail("bob", ev.OfferFailure.UNREACHABLE)
    assert floor.state("bob") is AgentState.NOT_READY


def test_the_last_agent_of_a_caller_is_still_known() -> None:
    last = queue("cards", last_agent_ms=30_000)
    floor = Floor(last, ann={}, bob={})
    floor.ready("ann")
    floor.call("c1", caller="+1")
    floor.talk("ann", "c1")
    change(floor, last, cleo={}, bob={}, ann={})
    floor.later(60_000)
    floor.ready("cleo", "bob")
    floor.call("c2", caller="+1")
    assert floor.offers() == [("c2", "ann")]


def test_a_step_that_spills_to_a_queue_that_is_gone_keeps_the_call() -> None:
    step = RelaxationStep(after_ms=10_000, spill=Spill(queue="loans"))
    floor = Floor(queue("cards", steps=(step,)), queue("loans"), queue("vip"), ann={})
    floor.call("c1", "cards")
    change(floor, queue("vip"))
    floor.later(60_000)
    floor.ready("ann")
    assert floor.offers() == [("c1", "ann")]


def test_preferences_of_agents_count_at_once() -> None:
    floor = Floor(queue("cards"), queue("loans"), ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.call("c1", "cards")
    floor.call("c2", "loans")
    preferring = replace(floor.setup.agents[0], queues={"loans": Preference(rank=-1)})
    floor.tell(ev.Reconfigured(setup=replace(floor.setup, agents=(preferring,))))
    floor.tell(ev.AgentReady(agent="ann"))
    assert floor.offers() == [("c2", "ann")]


def test_who_waited_for_an_agent_who_is_gone_is_called_back_if_that_was_asked_for() -> None:
    floor = Floor(queue("cards", callback=CallbackRules()), queue("loans"), ann={}, bob={})
    floor.call("back", "cards", caller="+380501110001", callback=True)
    floor.call("c1", "loans", caller="+380501110001", preferred="ann")
    change(floor, bob={})
    assert floor.only(Released).why == "unknown-agent"
    floor.ready("bob")
    assert floor.offers() == [("back", "bob")]
