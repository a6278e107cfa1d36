"""Whatever happens to whatever centre, the promises hold."""

from __future__ import annotations

import pickle

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd import events as ev
from acd.effects import AgentState, Effect, Exit, Offer, OfferEnded
from acd.engine import Acd
from acd.explain import Decision, explain_wait, watch_all
from acd.metrics import Metrics
from acd.requirement import ANYBODY, Requirement
from acd.setup import AcdSetup
from tests.property.acd.centres import centres, easy_requirements
from tests.property.acd.ledger import check_metrics
from tests.property.acd.shadow.shadow import Shadow

START = 1_700_000_000_000
SETUPS_MOST = 4
"""To draw one takes longer than all that happens in it."""

AGENTS = st.sampled_from([f"a{number}" for number in range(6)])
"""One more than there ever are."""
STALE = st.sampled_from(
    (
        ev.CallAbandoned(call="c0"),
        ev.CallAbandoned(call="nobody"),
        ev.CallLeft(call="c0", why=Exit.KEY),
        ev.CallPriorityChanged(call="c0", priority=9),
        ev.CallHeld(call="c0"),
        ev.CallRetrieved(call="c0"),
        ev.CallFinished(call="c0"),
        ev.CallQueued(call="c0", queue="q9", waiting_since=START),
        ev.OfferAnswered(offer="c0-1"),
        ev.OfferFailed(offer="c0-1", why=ev.OfferFailure.NO_ANSWER),
        ev.OffersLost(offers=("c0-1",)),
        ev.WrapUpDone(agent="a0"),
        ev.WrapUpExtended(agent="a1", extra_ms=5_000),
    )
)


class AnyCentre(RuleBasedStateMachine):
    """Callers, agents and the line do what they like; the shadow looks on."""

    punctual = True

    @initialize(setup=centres())
    def open(self, setup: AcdSetup) -> None:
        self.setup = setup
        self.acd = Acd(setup)
        self.shadow = Shadow(setup, self.acd, punctual=self.punctual)
        if not self.punctual:
            self.shadow.steps_of = self.steps_of
        self.metrics = Metrics(60_000, setup.queues, setup.agents)
        self.now = START
        self.journal: list[tuple[ev.Event, int, list[Effect]]] = []
        self.setups = 1
        self.twin: Acd | None = None
        self.reasons: list[Decision] = []
        """For what was decided just now."""
        self.watched = Acd(setup)
        watch_all(self.watched, self.reasons.append)
        self.given_up: list[OfferEnded] = []
        for agent in setup.agents[:3]:
            self.come_to_work(agent.id)

    def steps_of(self, call: str) -> int | None:
        try:
            return self.acd.inside.call(call).steps
        except KeyError:
            return None

    def tell(self, event: ev.Event) -> None:
        self.reasons.clear()
        effects = self.acd.apply(event, self.now)
        assert self.watched.apply(event, self.now) == effects, "the same journal had other effects"
        self.check_reasons(self.reasons, effects)
        self.journal.append((event, self.now, effects))
        if self.twin is not None:
            assert self.twin.apply(event, self.now) == effects
        for effect in effects:
            self.metrics.note(effect, self.now)
            if isinstance(effect, OfferEnded):
                self.given_up.append(effect)
        self.shadow.follow(event, self.now, effects)

    def check_reasons(self, decisions: list[Decision], effects: list[Effect]) -> None:
        """Each offer has a reason, and the reason leads to that agent and to no other."""
        offers = [(effect.call, effect.agent) for effect in effects if isinstance(effect, Offer)]
        assert [(decision.call, decision.agent) for decision in decisions] == offers
        for decision in decisions:
            chosen = decision.verdicts[0]
            if decision.decided_by == "preference of the agent":
                chosen = next(verdict for verdict in decision.verdicts if verdict.agent == decision.agent)
            assert (chosen.agent, chosen.excluded_by) == (decision.agent, "")
            assert {verdict.agent for verdict in decision.verdicts} >= {agent.id for agent in self.setup.agents}

    @rule(ms=st.one_of(st.sampled_from((0, 1, 5_000, 10_000, 20_000)), st.integers(0, 60_000)))
    def pass_time(self, ms: int) -> None:
        until = self.now + ms
        while self.punctual and (due := self.acd.next_due()) is not None and due <= until:
            assert due >= self.now
            self.now = due
            self.tell(ev.TimePassed())
        self.now = until
        self.tell(ev.TimePassed())

    def queue_of(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([queue.id for queue in self.setup.queues]), label="queue")

    def queue_call(self, data: st.DataObject, call: str) -> None:
        ago = data.draw(st.sampled_from((0, 0, 0, 7_000, 100_000, -5_000)), label="ago")
        needs: Requirement = data.draw(st.one_of(st.just(ANYBODY), easy_requirements), label="needs")
        priority = data.draw(st.integers(-1, 2), label="priority")
        self.tell(
            ev.CallQueued(
                call=call,
                queue=self.queue_of(data),
                waiting_since=self.now - ago,
                needs=needs,
                priority=priority,
                caller=data.draw(st.sampled_from(("", "", "+1", "+2")), label="caller"),
                preferred=data.draw(st.sampled_from(("", "", "", "a0", "a1", "a4", "a9")), label="preferred"),
                preferred_ms=data.draw(st.sampled_from((None, 0, 10_000, 40_000)), label="preferred_ms"),
                direct_ms=data.draw(st.sampled_from((None, None, None, 0, 15_000)), label="direct_ms"),
            )
        )

    @rule(data=st.data())
    def call_arrives(self, data: st.DataObject) -> None:
        self.queue_call(data, f"c{len(self.journal)}")

    @precondition(lambda self: self.shadow.calls)
    @rule(data=st.data())
    def call_moves(self, data: st.DataObject) -> None:
        self.queue_call(data, self.some_call(data))

    @precondition(lambda self: self.shadow.calls)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        self.tell(ev.CallAbandoned(call=self.some_call(data)))

    @precondition(lambda self: self.shadow.calls)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.tell(ev.CallLeft(call=self.some_call(data), why=Exit.KEY))

    @precondition(lambda self: self.shadow.calls)
    @rule(data=st.data(), priority=st.integers(-1, 5))
    def change_priority(self, data: st.DataObject, priority: int) -> None:
        self.tell(ev.CallPriorityChanged(call=self.some_call(data), priority=priority))

    def some_call(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.shadow.calls]), label="call")

    @precondition(lambda self: self.shadow.offers)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self.tell(ev.OfferAnswered(offer=self.some_offer(data)))

    @precondition(lambda self: self.shadow.offers)
    @rule(data=st.data(), why=st.sampled_from(ev.OfferFailure))
    def fail(self, data: st.DataObject, why: ev.OfferFailure) -> None:
        self.tell(ev.OfferFailed(offer=self.some_offer(data), why=why))

    @precondition(lambda self: self.shadow.offers)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.tell(ev.OffersLost(offers=(self.some_offer(data),)))

    @precondition(lambda self: self.given_up)
    @rule(data=st.data())
    def find_two_talking(self, data: st.DataObject) -> None:
        over = data.draw(st.sampled_from(self.given_up[-5:]), label="offer")
        self.tell(ev.ConversationFound(offer=over.offer, call=over.call, agent=over.agent))

    def some_offer(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.shadow.offers]), label="offer")

    @precondition(lambda self: self.shadow.talking)
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        self.tell(ev.CallHeld(call=self.some_talk(data)))

    @precondition(lambda self: self.shadow.talking)
    @rule(data=st.data())
    def retrieve(self, data: st.DataObject) -> None:
        self.tell(ev.CallRetrieved(call=self.some_talk(data)))

    @precondition(lambda self: self.shadow.talking)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self.tell(ev.CallFinished(call=self.some_talk(data)))

    def some_talk(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.shadow.talking]), label="call")

    @rule(agent=AGENTS)
    def come_to_work(self, agent: str) -> None:
        self.tell(ev.AgentSignedIn(agent=agent))
        self.tell(ev.AgentReady(agent=agent))

    @rule(agent=AGENTS, event=st.sampled_from((ev.AgentSignedIn, ev.AgentSignedOut)))
    def sign_in_or_out(self, agent: str, event: type[ev.AgentSignedIn | ev.AgentSignedOut]) -> None:
        self.tell(event(agent=agent))

    @rule(agent=AGENTS, reason=st.sampled_from(("lunch", "coaching")))
    def take_a_break(self, agent: str, reason: str) -> None:
        self.tell(ev.AgentNotReady(agent=agent, reason=reason))

    @rule(agent=AGENTS, began=st.booleans())
    def make_a_call_of_ones_own(self, agent: str, began: bool) -> None:
        self.tell(ev.OwnCallBegan(agent=agent) if began else ev.OwnCallEnded(agent=agent))

    @precondition(lambda self: self.wrapping_up())
    @rule(data=st.data(), extra_ms=st.sampled_from((None, None, -20_000, 5_000, 60_000)))
    def wrap_up(self, data: st.DataObject, extra_ms: int | None) -> None:
        agent, call = data.draw(st.sampled_from(self.wrapping_up()), label="wrap-up")
        named = data.draw(st.sampled_from((call, "")), label="call")
        if extra_ms is None:
            self.tell(ev.WrapUpDone(agent=agent, call=named))
        else:
            self.tell(ev.WrapUpExtended(agent=agent, extra_ms=extra_ms, call=named))

    def wrapping_up(self) -> list[tuple[str, str]]:
        return [
            (agent.setup.id, call)
            for agent in self.shadow.agents.values()
            for call, talk in agent.talks.items()
            if talk.state is AgentState.WRAP_UP
        ]

    @precondition(lambda self: self.setups < SETUPS_MOST)
    @rule(setup=centres())
    def reconfigure(self, setup: AcdSetup) -> None:
        self.setups += 1
        self.tell(ev.TimePassed())  # what fell due before is done by the rules of before
        self.setup = setup
        self.metrics.reconfigure(setup.queues, setup.agents)
        self.tell(ev.Reconfigured(setup=setup))

    @rule(event=STALE)
    def say_something_stale(self, event: ev.Event) -> None:
        self.tell(event)

    @rule()
    def go_on_from_a_snapshot(self) -> None:
        """From here on a restored copy must do the same as the original."""
        self.twin = pickle.loads(pickle.dumps(self.acd))

    @invariant()
    def the_views_agree(self) -> None:
        self.shadow.compare(self.acd)

    @invariant()
    def who_waits_waits_because_nobody_may_take_the_call(self) -> None:
        for queue in self.setup.queues:
            for call in self.acd.waiting(queue.id)[:2]:
                assert all(verdict.excluded_by for verdict in explain_wait(self.acd, call, changes=False).verdicts)

    def teardown(self) -> None:
        check_metrics(self.metrics, self.setup, self.journal, self.now)


class AnyLateCentre(AnyCentre):
    """The same, with time told late: timers fall due in heaps."""

    punctual = False


class AnyChannels(AnyCentre):
    """The same, with several channels: agents have several calls in hand."""

    @initialize(setup=centres(several=True))
    def open(self, setup: AcdSetup) -> None:
        super().open(setup)

    @precondition(lambda self: self.setups < SETUPS_MOST)
    @rule(setup=centres(several=True))
    def reconfigure(self, setup: AcdSetup) -> None:
        super().reconfigure(setup)

    @rule(data=st.data(), calls=st.integers(1, 4))
    def calls_come_and_are_answered(self, data: st.DataObject, calls: int) -> None:
        """So that agents have something in hand while the rest happens."""
        for number in range(calls):
            call = f"c{len(self.journal)}-{number}"
            self.tell(ev.CallQueued(call=call, queue=self.queue_of(data), waiting_since=self.now))
            offered = [offer for offer, (of_call, _) in self.shadow.offers.items() if of_call == call]
            if offered:
                self.tell(ev.OfferAnswered(offer=offered[0]))


TestAnyCentre = AnyCentre.TestCase
TestAnyCentre.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAnyChannels = AnyChannels.TestCase
TestAnyChannels.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestAnyLateCentre = AnyLateCentre.TestCase
TestAnyLateCentre.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
