"""Whoever asks to be called back, calls in, answers or does not: nobody is dialled twice, no agent is kept for ever."""

from __future__ import annotations

import pickle
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd import events as ev
from acd.counters import QueueCounters
from acd.effects import Abandoned, AgentState, Answered, Dial, Effect, Exit, Offer, OfferEnded, Queued, Released
from acd.engine import Acd
from acd.explain import explain_wait
from acd.metrics import Metrics
from acd.requirement import parse
from acd.setup import AcdSetup, AgentSetup, CallbackOrder, CallbackRules, QueueSetup, RelaxationStep, Spill

START = 1_700_000_000_000
QUEUES = ("q0", "q1")
CALLERS = st.sampled_from(("+1", "+2", "+3"))
LONGEST_MS = 60_000
"""No phone of these centres rings longer, the grace of the line included."""


@st.composite
def centres(draw: st.DrawFn) -> AcdSetup:
    def rules() -> CallbackRules:
        return CallbackRules(
            order=draw(st.sampled_from(CallbackOrder)),
            attempts=draw(st.integers(1, 3)),
            gap_ms=draw(st.sampled_from((0, 10_000, 60_000))),
            dial_ms=draw(st.sampled_from((5_000, 25_000))),
            max_wait_ms=draw(st.sampled_from((None, None, 100_000))),
            most=draw(st.sampled_from((1, 100))),
        )

    spill = RelaxationStep(after_ms=30_000, spill=Spill(queue="q1", longest_wait_ms=draw(st.sampled_from((None, 1)))))
    return AcdSetup(
        queues=(
            QueueSetup(
                id="q0",
                callback=rules(),
                steps=draw(st.sampled_from(((), (spill,)))),
                max_waiting=draw(st.sampled_from((None, 0, 1))),
                max_wait_ms=draw(st.sampled_from((None, 50_000))),
                last_agent_ms=draw(st.sampled_from((0, 20_000))),
                keep_place_ms=draw(st.sampled_from((0, 60_000))),
            ),
            QueueSetup(id="q1", needs=parse("loans"), callback=rules(), wrap_up_ms=draw(st.sampled_from((0, None)))),
        ),
        agents=(AgentSetup(id="a0", skills={"loans": 1}), AgentSetup(id="a1")),
    )


class AnyCallbacks(RuleBasedStateMachine):
    """Customers, agents and the line do what they like."""

    @initialize(setup=centres())
    def open(self, setup: AcdSetup) -> None:
        self.setup = setup
        self.rules_of = {queue.id: queue.callback for queue in setup.queues}
        self.acd = Acd(setup)
        self.twin: Acd | None = None
        self.metrics = Metrics(queues=setup.queues)
        self.now, self.count = START, 0
        self.live: dict[str, str] = {}
        """Call in a queue to its caller."""
        self.back: dict[str, str] = {}
        """Open callback to its caller."""
        self.attempts: dict[str, int] = {}
        self.booked: dict[str, int] = {}
        self.dials: Counter[str] = Counter()
        self.dialling: dict[str, str] = {}
        """Callback to the offer for which its customer's phone rings."""
        self.ringing: dict[str, tuple[str, str]] = {}
        """Offer to its call and the agent."""
        self.reached: set[str] = set()
        for agent in ("a0", "a1"):
            self.agent_comes(agent)

    def tell(self, event: ev.Event) -> None:
        effects = self.acd.apply(event, self.now)
        if self.twin is not None:
            assert self.twin.apply(event, self.now) == effects, "a snapshot has the same future"
        for effect in effects:
            self.metrics.note(effect, self.now)
            self.follow(effect)

    def follow(self, effect: Effect) -> None:
        match effect:
            case Queued(callback=True):
                caller = self.callers[effect.call]
                assert caller not in {at for call, at in self.back.items() if call != effect.call}, "one per number"
                self.back[effect.call] = caller
                rules = self.rules_of[effect.queue]
                assert rules is not None
                self.attempts.setdefault(effect.call, rules.attempts)
            case Queued():
                self.live[effect.call] = self.callers[effect.call]
            case Dial():
                self.dials[effect.call] += 1
                assert self.dials[effect.call] <= self.attempts[effect.call]
                assert effect.call not in self.dialling, "one phone, one dial"
                assert effect.call not in self.reached
                assert self.back[effect.call] not in self.live.values(), "who is on the line is not dialled"
                assert self.now >= self.booked.get(effect.call, 0)
                self.dialling[effect.call] = effect.offer
                assert self.ringing.pop(effect.offer, (effect.call, effect.agent)) == (effect.call, effect.agent)
            case Offer():
                assert all(agent != effect.agent for _, agent in self.ringing.values())
                self.dialling.pop(effect.call, None)
                self.ringing[effect.offer] = (effect.call, effect.agent)
            case OfferEnded():
                self.ringing.pop(effect.offer, None)
                if self.dialling.get(effect.call) == effect.offer:
                    del self.dialling[effect.call]
            case Answered() | Abandoned() | Released():
                if effect.callback and effect.call in self.back and isinstance(effect, Answered):
                    assert effect.call in self.reached, "nobody talks to a customer who is not there"
                self.live.pop(effect.call, None)
                self.back.pop(effect.call, None)
                self.dialling.pop(effect.call, None)
                if isinstance(effect, Answered):
                    self.ringing.pop(effect.offer, None)
            case _:
                pass

    callers: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.callers = {}

    def enter(self, queue: str, caller: str, **more: object) -> None:
        self.count += 1
        call = f"c{self.count}"
        self.callers[call] = caller
        self.tell(ev.CallQueued(call=call, queue=queue, waiting_since=self.now, caller=caller, **more))  # type: ignore[arg-type]

    @rule(queue=st.sampled_from(QUEUES), caller=CALLERS)
    def somebody_calls(self, queue: str, caller: str) -> None:
        self.enter(queue, caller)

    @rule(queue=st.sampled_from(QUEUES), caller=CALLERS, booked_ms=st.sampled_from((None, None, 20_000)))
    def somebody_asks_to_be_called_back(self, queue: str, caller: str, booked_ms: int | None) -> None:
        not_before = None if booked_ms is None else self.now + booked_ms
        self.booked[f"c{self.count + 1}"] = not_before or 0
        self.enter(queue, caller, callback=True, not_before=not_before)

    @precondition(lambda self: self.live or self.back)
    @rule(data=st.data(), left=st.booleans())
    def somebody_goes(self, data: st.DataObject, left: bool) -> None:
        call = data.draw(st.sampled_from([*self.live, *self.back]))
        self.tell(ev.CallLeft(call=call, why=Exit.WITHDRAWN) if left else ev.CallAbandoned(call=call))

    @precondition(lambda self: self.dialling)
    @rule(data=st.data(), answers=st.booleans())
    def a_customer_answers_or_does_not(self, data: st.DataObject, answers: bool) -> None:
        call = data.draw(st.sampled_from([*self.dialling]))
        if answers:
            del self.dialling[call]
            self.reached.add(call)
        self.tell(ev.CustomerAnswered(call=call) if answers else ev.CustomerFailed(call=call))

    @precondition(lambda self: self.ringing or self.dialling)
    @rule(data=st.data(), why=st.sampled_from((None, None, *ev.OfferFailure)))
    def an_agent_answers_or_does_not(self, data: st.DataObject, why: ev.OfferFailure | None) -> None:
        offer = data.draw(st.sampled_from([*self.ringing, *self.dialling.values()]))
        self.tell(ev.OfferAnswered(offer=offer) if why is None else ev.OfferFailed(offer=offer, why=why))

    @rule(agent=st.sampled_from(("a0", "a1")))
    def agent_comes(self, agent: str) -> None:
        self.tell(ev.AgentSignedIn(agent=agent))
        self.tell(ev.AgentReady(agent=agent))

    @rule(agent=st.sampled_from(("a0", "a1")))
    def agent_goes(self, agent: str) -> None:
        self.tell(ev.AgentSignedOut(agent=agent))

    @rule(agent=st.sampled_from(("a0", "a1")))
    def agent_is_done(self, agent: str) -> None:
        call = self.acd.agent(agent).call
        if call is not None:
            self.tell(ev.CallFinished(call=call))
        self.tell(ev.WrapUpDone(agent=agent))

    @rule(ms=st.sampled_from((0, 1, 5_000, 10_000, 60_000)))
    def time_passes(self, ms: int) -> None:
        until = self.now + ms
        while (due := self.acd.next_due()) is not None and due <= until:
            self.now = due
            self.tell(ev.TimePassed())
        self.now = until
        self.tell(ev.TimePassed())

    @rule()
    def the_line_falls_silent(self) -> None:
        """Nobody says another word: no agent is kept for anybody who was being called when that began."""
        rung = {view.offer for view in self.acd.agents() if view.offer is not None}
        self.time_passes(LONGEST_MS)
        assert rung.isdisjoint(view.offer for view in self.acd.agents())

    @rule(other=centres())
    def the_rules_change(self, other: AcdSetup) -> None:
        """A callback keeps the rules by which it was asked for."""
        self.rules_of = {queue.id: queue.callback for queue in other.queues}
        self.tell(ev.Reconfigured(setup=other))

    @rule()
    def go_on_from_a_snapshot(self) -> None:
        self.twin = pickle.loads(pickle.dumps(self.acd))

    @invariant()
    def nothing_is_lost(self) -> None:
        for queue in QUEUES:
            counters: QueueCounters = self.metrics.queue(queue, 0)
            ended = counters.callbacks_connected + counters.callbacks_failed + counters.callbacks_dropped
            assert counters.callbacks == ended + self.acd.queue(queue).callbacks
        assert sum(self.acd.queue(queue).callbacks for queue in QUEUES) == len(self.back)

    @invariant()
    def agents_are_kept_only_for_what_is_under_way(self) -> None:
        offered = {view.offer for view in self.acd.agents() if view.state is AgentState.OFFERED}
        answered = {offer for offer in offered if offer not in self.ringing}
        assert answered <= set(self.dialling.values())

    @invariant()
    def nobody_whose_turn_it_is_waits_while_an_agent_may_take_the_call(self) -> None:
        for queue in QUEUES:
            for call in self.acd.waiting(queue):
                assert all(verdict.excluded_by for verdict in explain_wait(self.acd, call).verdicts)


AnyCallbacks.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestAnyCallbacks = AnyCallbacks.TestCase
