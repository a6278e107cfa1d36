"""Whatever happens to whatever centre, the promises hold."""

from __future__ import annotations

import pickle

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd import events as ev
from acd.effects import Effect
from acd.engine import Acd
from acd.metrics import Metrics
from acd.requirement import ANYBODY, Requirement
from acd.setup import AcdSetup
from tests.property.acd.centres import centres, easy_requirements
from tests.property.acd.ledger import check_metrics
from tests.property.acd.shadow import Shadow

START = 1_700_000_000_000

CALLS = st.sampled_from([f"c{number}" for number in range(8)])
AGENTS = st.sampled_from([f"a{number}" for number in range(6)])
"""One more than there ever are."""
QUEUES = st.sampled_from(["q0", "q0", "q1", "q2", "q3"])


class AnyCentre(RuleBasedStateMachine):
    """Callers, agents and the line do what they like; the shadow looks on."""

    punctual = True

    @initialize(setup=centres())
    def open(self, setup: AcdSetup) -> None:
        self.setup = setup
        self.acd = Acd(setup)
        self.shadow = Shadow(setup, punctual=self.punctual)
        self.metrics = Metrics(60_000, setup.queues)
        self.now = START
        self.journal: list[tuple[ev.Event, int, list[Effect]]] = []
        self.seen_offers: list[str] = []
        self.twin: Acd | None = None

    def tell(self, event: ev.Event) -> None:
        effects = self.acd.apply(event, self.now)
        self.journal.append((event, self.now, effects))
        if self.twin is not None:
            assert self.twin.apply(event, self.now) == effects
        for effect in effects:
            self.metrics.note(effect, self.now)
        self.shadow.follow(event, self.now, effects)
        self.seen_offers.extend(offer for offer in self.shadow.offers if offer not in self.seen_offers)

    @rule(ms=st.one_of(st.sampled_from((0, 1, 5_000, 10_000, 20_000)), st.integers(0, 60_000)))
    def pass_time(self, ms: int) -> None:
        until = self.now + ms
        while self.punctual and (due := self.acd.next_due()) is not None and due <= until:
            assert due >= self.now
            self.now = due
            self.tell(ev.TimePassed())
        self.now = until
        self.tell(ev.TimePassed())

    @rule(
        call=CALLS,
        queue=QUEUES,
        ago=st.sampled_from((0, 0, 0, 7_000, 100_000, -5_000)),
        needs=st.one_of(st.just(ANYBODY), easy_requirements),
        priority=st.integers(-1, 2),
    )
    def queue_call(self, call: str, queue: str, ago: int, needs: Requirement, priority: int) -> None:
        self.tell(ev.CallQueued(call=call, queue=queue, waiting_since=self.now - ago, needs=needs, priority=priority))

    @rule(call=CALLS)
    def abandon(self, call: str) -> None:
        self.tell(ev.CallAbandoned(call=call))

    @rule(call=CALLS)
    def leave(self, call: str) -> None:
        self.tell(ev.CallLeft(call=call, why="key"))

    @rule(call=CALLS, priority=st.integers(-1, 5))
    def change_priority(self, call: str, priority: int) -> None:
        self.tell(ev.CallPriorityChanged(call=call, priority=priority))

    @precondition(lambda self: self.seen_offers)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self.tell(ev.OfferAnswered(offer=self.some_offer(data)))

    @precondition(lambda self: self.seen_offers)
    @rule(data=st.data(), why=st.sampled_from(ev.OfferFailure))
    def fail(self, data: st.DataObject, why: ev.OfferFailure) -> None:
        self.tell(ev.OfferFailed(offer=self.some_offer(data), why=why))

    def some_offer(self, data: st.DataObject) -> str:
        """Mostly one that rings, sometimes one that is over."""
        return data.draw(st.sampled_from([*self.shadow.offers] * 3 + self.seen_offers[-3:]))

    @rule(call=CALLS)
    def hold(self, call: str) -> None:
        self.tell(ev.CallHeld(call=call))

    @rule(call=CALLS)
    def retrieve(self, call: str) -> None:
        self.tell(ev.CallRetrieved(call=call))

    @precondition(lambda self: self.shadow.talking)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self.tell(ev.CallFinished(call=data.draw(st.sampled_from([*self.shadow.talking]))))

    @rule(call=CALLS)
    def finish_any(self, call: str) -> None:
        self.tell(ev.CallFinished(call=call))

    @rule(agent=AGENTS)
    def come_to_work(self, agent: str) -> None:
        self.tell(ev.AgentSignedIn(agent=agent))
        self.tell(ev.AgentReady(agent=agent))

    @rule(agent=AGENTS)
    def sign_in(self, agent: str) -> None:
        self.tell(ev.AgentSignedIn(agent=agent))

    @rule(agent=AGENTS)
    def sign_out(self, agent: str) -> None:
        self.tell(ev.AgentSignedOut(agent=agent))

    @rule(agent=AGENTS)
    def ready(self, agent: str) -> None:
        self.tell(ev.AgentReady(agent=agent))

    @rule(agent=AGENTS, reason=st.sampled_from(("lunch", "coaching")))
    def not_ready(self, agent: str, reason: str) -> None:
        self.tell(ev.AgentNotReady(agent=agent, reason=reason))

    @rule(agent=AGENTS)
    def wrap_up_done(self, agent: str) -> None:
        self.tell(ev.WrapUpDone(agent=agent))

    @rule(agent=AGENTS, extra_ms=st.sampled_from((-20_000, 0, 5_000, 60_000)))
    def extend_wrap_up(self, agent: str, extra_ms: int) -> None:
        self.tell(ev.WrapUpExtended(agent=agent, extra_ms=extra_ms))

    @rule()
    def go_on_from_a_snapshot(self) -> None:
        """From here on a restored copy must do the same as the original."""
        self.twin = pickle.loads(pickle.dumps(self.acd))

    @invariant()
    def the_views_agree(self) -> None:
        if hasattr(self, "acd"):
            self.shadow.compare(self.acd)

    def teardown(self) -> None:
        if not hasattr(self, "acd"):
            return
        again = Acd(self.setup)
        for event, at, effects in self.journal:
            assert again.apply(event, at) == effects, "the same journal had other effects"
        check_metrics(self.metrics, self.setup, self.journal, self.now)


class AnyLateCentre(AnyCentre):
    """The same, with time told late: timers fall due in heaps."""

    punctual = False


TestAnyCentre = AnyCentre.TestCase
TestAnyCentre.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAnyLateCentre = AnyLateCentre.TestCase
TestAnyLateCentre.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
