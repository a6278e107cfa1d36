"""What a waiting caller may be told."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from acd import events as ev
from acd.effects import Effect
from acd.engine import Acd
from acd.estimate import Estimates, WaitEstimate
from acd.foresight import BOUND, MEDIAN, Habits, Pool, Talking, WrappingUp, time_until_served
from acd.requirement import parse
from acd.setup import Phones, Preference, QueueSetup, RelaxationStep
from tests.unit.acd.floor import Floor, queue

HABITS = Habits(answer_ms=4_000, talk_ms=180_000, talk_deviation=0.7, wrap_up_ms=20_000)


class Told(Floor):
    """A floor whose estimates hear every effect."""

    def __init__(self, *queues: QueueSetup, **agents: dict[str, int]) -> None:
        super().__init__(*queues, **agents)
        self.estimates = Estimates(self.acd)

    def tell(self, event: ev.Event) -> list[Effect]:
        effects = super().tell(event)
        for effect in effects:
            self.estimates.note(effect, self.now)
        return effects

    def estimate(self, call: str) -> WaitEstimate | None:
        return self.estimates.of(call, self.now)

    def told(self, call: str) -> WaitEstimate:
        """What ``call`` is told, which is not that it is for ever."""
        estimate = self.estimate(call)
        assert estimate is not None
        return estimate

    def busy(self, *agents: str) -> None:
        """The agents talk to callers of their own."""
        for agent in agents:
            self.ready(agent)
            self.call(f"of-{agent}")
            self.answer(agent)


def test_nobody_at_work_who_can_serve_the_call_means_for_ever() -> None:
    floor = Told(queue("cards", "cards"), ann={"cards": 1}, bob={"loans": 1})
    floor.ready("bob")
    floor.call("c1")
    assert floor.estimate("c1") is None
    floor.tell(ev.AgentSignedIn(agent="ann"))
    assert floor.estimate("c1") is None, "she is signed in, and not ready"


def test_a_call_that_neither_waits_nor_rings_has_no_estimate() -> None:
    with pytest.raises(KeyError):
        Told(ann={}).estimate("c1")


def test_a_caller_for_whom_a_phone_rings_is_told_how_long_answering_takes() -> None:
    floor = Told(ann={})
    floor.ready("ann")
    floor.call("c1")
    told = floor.told("c1")
    assert told.position == 0
    assert 0 < told.median_ms <= told.bound_ms <= 20_000


def test_who_is_on_a_call_of_ones_own_will_be_back() -> None:
    floor = Told(ann={})
    floor.ready("ann")
    floor.tell(ev.OwnCallBegan(agent="ann"))
    floor.call("c1")
    assert floor.told("c1").bound_ms > floor.told("c1").median_ms > 0
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    assert floor.estimate("c1") is None


def test_an_agent_whose_phone_rings_beside_another_is_as_good_as_idle_for_a_call_that_may_come_to_have_it() -> None:
    step = RelaxationStep(after_ms=30_000, needs=parse("anybody"))
    loans = queue("loans", "loans", steps=(step,))
    floor = Told(
        queue("cards", "cards", phones=Phones(at_once=2)), loans, ann={"cards": 1}, bob={"cards": 1}, eve={"loans": 1}
    )
    floor.ready("eve")
    floor.call("of-eve", "loans")
    floor.answer("eve")
    floor.ready("ann", "bob")
    floor.call("c1", "cards")
    floor.call("c2", "loans")
    assert floor.told("c2").bound_ms <= 40_000, (
        "once the step is open, one of the two phones is taken from the first call"
    )
    floor.later(30_000)
    assert floor.acd.agent("bob").call == "c2"


def test_each_caller_ahead_makes_the_wait_longer() -> None:
    floor = Told(ann={}, bob={})
    floor.busy("ann", "bob")
    for number in range(6):
        floor.call(f"c{number}")
    told = [floor.told(f"c{number}") for number in range(6)]
    assert [one.position for one in told] == [1, 2, 3, 4, 5, 6]
    assert sorted(told, key=lambda one: one.median_ms) == told
    assert all(one.median_ms < one.bound_ms for one in told)


def test_more_agents_make_the_wait_shorter() -> None:
    few, many = Told(ann={}, bob={}), Told(ann={}, bob={}, cleo={}, dan={})
    few.busy("ann", "bob")
    many.busy("ann", "bob", "cleo", "dan")
    for floor in (few, many):
        floor.call("c1")
    assert many.told("c1").median_ms < few.told("c1").median_ms * 0.8


def test_an_agent_who_goes_on_a_break_after_this_call_is_not_counted_on() -> None:
    floor = Told(ann={}, bob={})
    floor.busy("ann", "bob")
    floor.call("c1")
    before = floor.told("c1")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    assert floor.told("c1").median_ms > before.median_ms
    floor.tell(ev.AgentSignedOut(agent="bob"))
    assert floor.estimate("c1") is None


def test_an_agent_who_wraps_up_is_nearly_free() -> None:
    floor = Told(ann={})
    floor.busy("ann")
    floor.call("c1")
    talking = floor.told("c1")
    floor.tell(ev.CallFinished(call="of-ann"))
    wrapping_up = floor.told("c1")
    assert wrapping_up.bound_ms < talking.bound_ms / 2
    assert wrapping_up.bound_ms <= 40_000, "wrap-up ends by itself after thirty seconds"


def test_those_who_wait_for_other_agents_do_not_count() -> None:
    floor = Told(queue("cards", "cards"), queue("loans", "loans"), ann={"cards": 1}, bob={"loans": 1})
    for agent, kind in (("ann", "cards"), ("bob", "loans")):
        floor.ready(agent)
        floor.call(f"of-{agent}", kind)
        floor.answer(agent)
    floor.call("c1", "cards")
    alone = floor.told("c1")
    for number in range(5):
        floor.call(f"l{number}", "loans", ago=60_000)
    assert floor.told("c1") == alone


def test_those_of_another_queue_who_rank_before_do_count() -> None:
    floor = Told(queue("cards"), queue("vip", priority=5), ann={})
    floor.busy("ann")
    floor.call("c1", "cards")
    alone = floor.told("c1")
    floor.call("v1", "vip")
    assert floor.told("c1").median_ms > alone.median_ms * 1.3
    assert floor.told("c1").position == 1, "the place is that in its own queue"


def test_who_gives_up_before_makes_the_wait_shorter() -> None:
    def told(gave_up: int) -> WaitEstimate:
        floor = Told(ann={})
        floor.busy("ann")
        for number in range(gave_up):
            floor.call(f"x{number}")
            floor.later(20_000)
            floor.tell(ev.CallAbandoned(call=f"x{number}"))
        for number in range(8):
            floor.call(f"c{number}")
        return floor.told("c7")

    assert told(12).median_ms < told(0).median_ms


def test_a_step_that_lets_an_idle_agent_in_ends_the_wait() -> None:
    step = RelaxationStep(after_ms=45_000, needs=parse("cards"))
    floor = Told(queue("cards", "cards >= 5", steps=(step,)), ann={"cards": 1}, bob={"cards": 5})
    floor.busy("bob")  # or the step would open at once
    floor.ready("ann")
    floor.call("c1")
    told = floor.told("c1")
    assert 45_000 < told.median_ms < 60_000
    floor.later(44_000)
    assert floor.told("c1").median_ms < 16_000


def test_a_step_that_only_widens_makes_the_wait_shorter() -> None:
    def told(*steps: RelaxationStep) -> WaitEstimate:
        cards = queue("cards", "cards >= 5", steps=steps)
        floor = Told(cards, queue("any"), ann={"cards": 5}, bob={"cards": 1}, cleo={"cards": 1})
        for agent in ("ann", "bob", "cleo"):
            floor.ready(agent)
            floor.call(f"of-{agent}", "any")
            floor.answer(agent)
        for number in range(6):
            floor.call(f"c{number}")
        return floor.told("c5")

    assert told(RelaxationStep(after_ms=30_000, needs=parse("cards"))).median_ms < told().median_ms * 0.8


def test_an_agent_who_takes_only_calls_that_have_waited_counts_from_then_on() -> None:
    floor = Told(ann={}, bob={})
    reserve = replace(floor.setup.agents[1], queues={"cards": Preference(after_ms=60_000)})
    floor.setup = replace(floor.setup, agents=(floor.setup.agents[0], reserve))
    floor.acd = Acd(floor.setup)
    floor.estimates = Estimates(floor.acd)
    floor.busy("ann")
    floor.ready("bob")
    floor.call("c1")
    assert floor.told("c1").bound_ms < 75_000


def test_a_call_for_one_agent_only_waits_for_that_agent() -> None:
    floor = Told(ann={}, bob={}, cleo={})
    floor.busy("ann", "bob", "cleo")
    floor.call("c1")
    floor.tell(ev.CallQueued(call="c2", queue="cards", waiting_since=floor.now, preferred="bob"))
    assert floor.told("c2").median_ms > floor.told("c1").median_ms
    floor.tell(ev.AgentSignedOut(agent="bob"))
    assert floor.estimate("c2") is None


def test_longer_conversations_are_learnt() -> None:
    floor = Told(ann={})
    floor.ready("ann")
    for number in range(12):
        floor.call(f"x{number}")
        floor.talk("ann", f"x{number}", ms=600_000)
    floor.call("c0")
    floor.answer("ann")
    floor.call("c1")
    fresh = Told(ann={})
    fresh.busy("ann")
    fresh.call("c1")
    assert floor.told("c1").median_ms > 2 * fresh.told("c1").median_ms


def test_estimates_that_keep_failing_grow_and_those_that_always_hold_shrink() -> None:
    def told(talk_ms: int) -> WaitEstimate:
        floor = Told(ann={})
        floor.ready("ann")
        for number in range(30):
            floor.call(f"x{number}")
            floor.answer("ann")
            floor.call(f"y{number}")
            floor.later(talk_ms)
            floor.tell(ev.CallFinished(call=f"x{number}"))
            floor.tell(ev.WrapUpDone(agent="ann"))
            floor.talk("ann", f"y{number}", ms=180_000)
        floor.call("c0")
        floor.answer("ann")
        floor.call("c1")
        return floor.told("c1")

    # Conversations of both kinds, but callers only ever wait for one of them.
    assert told(330_000).median_ms > 300_000
    assert told(30_000).median_ms < 60_000
    assert told(30_000).bound_ms < 120_000


def test_estimates_are_a_matter_of_the_effects_alone() -> None:
    floor = Told(ann={}, bob={})
    floor.busy("ann", "bob")
    floor.call("c1")
    restored = pickle.loads(pickle.dumps(floor))
    for one in (floor, restored):
        one.estimate("c1")
        one.later(500_000)
        one.tell(ev.CallFinished(call="of-ann"))
        one.call("c2")
    floor.estimate("c2")
    assert floor.told("c2") == restored.told("c2")


def test_one_agent_is_waited_for_as_long_as_the_conversation_may_last() -> None:
    agent = Talking(HABITS, 0.0)
    median, bound = (
        time_until_served([Pool(0.0, 0.0, [agent])], 1.0, 0.0, abandonment=0.0, level=level)
        for level in (MEDIAN, BOUND)
    )
    assert agent.free_by(median) == pytest.approx(0.5, abs=0.06)
    assert agent.free_by(bound) == pytest.approx(0.8, abs=0.06)


def test_the_longer_a_conversation_has_lasted_the_longer_it_will_last() -> None:
    assert Talking(HABITS, 900_000).free_by(60_000) < Talking(HABITS, 120_000).free_by(60_000)


def test_agents_who_stand_for_others_give_the_same_time_as_those_others() -> None:
    def time(agents: int, weight: float) -> float:
        pool = Pool(0.1, 1e-6, [WrappingUp(HABITS, float("inf")) for _ in range(agents)])
        return time_until_served([pool], weight, 20.0, abandonment=1e-6, level=BOUND)

    assert time(40, 1.0) == pytest.approx(time(10, 4.0), rel=0.03)


def test_nobody_to_wait_for_means_for_ever() -> None:
    assert time_until_served([], 1.0, 0.0, abandonment=0.0, level=MEDIAN) == float("inf")
