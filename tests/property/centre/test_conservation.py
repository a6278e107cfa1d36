"""Whatever the world does, in whatever order: no call is lost, none has two agents, no agent has two calls."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from acd.effects import AgentState, Exit, Released
from acd.events import OfferFailure
from acd.requirement import parse
from acd.setup import ONE_PHONE, AcdSetup, AgentSetup, Phones, QueueSetup, RelaxationStep, Spill
from centre import events
from centre.calls import CallRecord, Outcome, Phase
from centre.effects import Answered, CallEnded, Effect, Ring, StopRinging, WrapUpClosed
from centre.machine import Centre, CentreSetup
from ivr import expressions
from ivr.expressions import Kind, Variable
from ivr.flow import Choice, Flow, HangUp, Menu, Queue, Say, Survey, Transfer
from ivr.keys import KeyRules
from ivr.logic import Branch, Case
from ivr.messages import EntryEnd
from ivr.recordings import Record, Voicemail
from ivr.scale import Scale
from ivr.waiting import POSITION, Music

FAR = expressions.parse("position > 1", {POSITION: Variable(POSITION, Kind.NUMBER)})
FLOW = Flow(
    id="main",
    digest="main-1",
    start="menu",
    language="en",
    nodes={
        "menu": Menu(prompt="menu", choices={"1": Choice(next="cards"), "2": Choice(next="loans")}, otherwise="bye"),
        "cards": Queue(queue="cards", otherwise="loans", exits={"full": "outside"}, waiting="music", after="how"),
        "music": Music(for_ms=20_000, next="place", keys={"1": "message", "2": "menu"}),
        "place": Say(prompt="place", next="far"),
        "far": Branch(cases=(Case(when=FAR, next="ask"),), otherwise="music"),
        "ask": Menu(prompt="ask", choices={"1": Choice(next="loans")}, otherwise="music"),
        "loans": Queue(queue="loans", otherwise="bye", exits={"nobody-staffed": "message"}, after="likely"),
        "how": Survey(scale=Scale.CSAT, prompt="how", into="how", next="likely", otherwise="bye"),
        "likely": Survey(
            scale=Scale.NPS, prompt="likely", into="likely", next="why", otherwise="why", keys=KeyRules(most=2)
        ),
        "why": Record(prompt="why", into="why", next="bye", otherwise="bye"),
        "message": Voicemail(prompt="message", next="bye", otherwise="loans"),
        "outside": Transfer(number="112", otherwise="loans"),
        "bye": HangUp(prompt="bye"),
    },
)
OTHER_FLOW = replace(FLOW, digest="main-2", nodes={**FLOW.nodes, "loans": HangUp(prompt="bye")})
AGENTS = ("anna", "boris", "clara")
WITH_A_CALL = {AgentState.OFFERED, AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP}

PHONES_MOST = 3

agents = st.sampled_from(AGENTS)
pauses = st.integers(min_value=0, max_value=40_000)


def setup_of(flow: Flow, queues: tuple[QueueSetup, ...], agents: tuple[AgentSetup, ...]) -> CentreSetup:
    return CentreSetup(acd=AcdSetup(queues=queues, agents=agents), flows={flow.digest: flow}, entry=flow.digest)


class World(RuleBasedStateMachine):
    """A centre whose callers, phones, agents and clock do as they like."""

    calls = Bundle("calls")

    @initialize(
        wrap_up_ms=st.sampled_from((None, 0, 5_000)),
        limit=st.sampled_from((None, 0, 2)),
        unstaffed_ms=st.sampled_from((None, 20_000)),
        phones=st.sampled_from((ONE_PHONE, Phones(at_once=2), Phones(add_every_ms=4_000, most=3))),
    )
    def begin(self, wrap_up_ms: int | None, limit: int | None, unstaffed_ms: int | None, phones: Phones) -> None:
        self.at = 1_000_000
        self.arrived = 0
        self.ended: dict[str, CallEnded] = {}
        self.closed: set[str] = set()
        self.rings: dict[str, Ring] = {}
        cards = QueueSetup(id="cards", needs=parse("cards"), wrap_up_ms=wrap_up_ms, max_waiting=limit, phones=phones)
        loans = QueueSetup(id="loans", needs=parse("cards or loans"), max_wait_ms=30_000, unstaffed_ms=unstaffed_ms)
        anna = AgentSetup(id="anna", skills={"cards": 5})
        boris = AgentSetup(id="boris", skills={"cards": 2, "loans": 4})
        clara = AgentSetup(id="clara", skills={"loans": 3})
        first = setup_of(FLOW, (cards, loans), (anna, boris, clara))
        self.centre = Centre(first)
        self.centre.prepare("first", first)
        self.centre.prepare("without loans", setup_of(OTHER_FLOW, (cards,), (clara, anna)))
        step = RelaxationStep(after_ms=10_000, spill=Spill(queue="loans"))
        hurried = replace(cards, steps=(step,), priority=1)
        self.centre.prepare("others", setup_of(FLOW, (loans, hurried), (replace(clara, skills={"cards": 1}), boris)))

    def tell(self, event: events.Event) -> list[Effect]:
        effects = self.centre.apply(event, self.at)
        for effect in effects:
            match effect:
                case CallEnded(record=record):
                    assert record.call not in self.ended, "a call ends once"
                    assert_outcome(record)
                    self.ended[record.call] = effect
                    times = [record.arrived_at, record.queued_at, record.answered_at, record.ended_at]
                    known = [time for time in times if time is not None]
                    assert known == sorted(known), "a record's times never run backwards"
                case WrapUpClosed(record=record):
                    assert record.call in self.ended
                    assert record.call not in self.closed
                    self.closed.add(record.call)
                case Ring():
                    assert all(ring.agent != effect.agent for ring in self.rings.values()), "one agent, one offer"
                    beside = sum(ring.call == effect.call for ring in self.rings.values())
                    assert beside < PHONES_MOST, "no more phones than the queue is to ring"
                    self.rings[effect.offer] = effect
                case StopRinging():
                    self.rings.pop(effect.offer, None)
        return effects

    @rule(target=calls)
    def a_caller_arrives(self) -> str:
        self.arrived += 1
        call = f"test-{self.arrived}"
        self.tell(events.CallArrived(call=call, line="test", number=str(self.arrived)))
        return call

    @rule(call=calls, keys=st.sampled_from(("1", "2", "7", "10", "")), stale=st.booleans())
    def a_caller_presses(self, call: str, keys: str, stale: bool) -> None:
        living = self.centre.call(call)
        step = living.session.step if living is not None and not stale else 0
        end = EntryEnd.KEYS if keys else EntryEnd.NO_INPUT
        self.tell(events.KeysEntered(call=call, step=step, keys=keys, end=end))

    @rule(call=consumes(calls))
    def a_caller_hangs_up(self, call: str) -> None:
        self.tell(events.CallerHungUp(call=call))

    @rule(call=calls, key=st.sampled_from(("", "1", "2", "9")))
    def a_caller_who_waits_presses_a_key(self, call: str, key: str) -> None:
        self.tell(events.CallerPressedExit(call=call, key=key))

    @rule(call=calls)
    def a_prompt_ends(self, call: str) -> None:
        living = self.centre.call(call)
        self.tell(events.PromptEnded(call=call, step=0 if living is None else living.session.step))

    @rule(call=calls)
    def the_line_finds_a_call_again(self, call: str) -> None:
        if self.centre.call(call) is not None:
            self.tell(events.CallAdopted(call=call, line="test", number="", name="", arrived_at=self.at))

    @rule(call=calls, length_ms=st.sampled_from((0, 1_000, 30_000)), hung_up=st.booleans())
    def a_message_ends(self, call: str, length_ms: int, hung_up: bool) -> None:
        living = self.centre.call(call)
        step = 0 if living is None else living.session.step
        self.tell(events.MessageTaken(call=call, step=step, length_ms=length_ms, hung_up=hung_up))
        if hung_up:
            self.tell(events.CallerHungUp(call=call))

    @rule(call=calls, answered=st.booleans())
    def somebody_outside_answers_or_not(self, call: str, answered: bool) -> None:
        failed = events.TransferFailed(call=call, why=OfferFailure.BUSY)
        self.tell(events.TransferAnswered(call=call) if answered else failed)

    @rule(call=calls, queue=st.sampled_from(("", "cards", "loans", "nowhere")))
    def a_supervisor_takes_a_call_out(self, call: str, queue: str) -> None:
        self.tell(events.CallWithdrawn(call=call, by="wanda", queue=queue))

    @rule(call=calls, by=st.sampled_from(("caller", "agent")), stays=st.booleans())
    def a_conversation_ends(self, call: str, by: str, stays: bool) -> None:
        self.tell(events.ConversationEnded(call=call, by=by, caller_there=stays and by == "agent"))

    @rule(call=calls, held=st.booleans())
    def a_call_is_held_or_retrieved(self, call: str, held: bool) -> None:
        self.tell(events.CallHeld(call=call) if held else events.CallRetrieved(call=call))

    @rule(data=st.data(), answered=st.booleans(), why=st.sampled_from(OfferFailure))
    def a_phone_rings_out_or_is_answered(self, data: st.DataObject, answered: bool, why: OfferFailure) -> None:
        if not self.rings:
            return
        offer = data.draw(st.sampled_from(sorted(self.rings)))
        self.rings.pop(offer)
        self.tell(events.OfferAnswered(offer=offer) if answered else events.OfferFailed(offer=offer, why=why))

    @rule(call=calls, data=st.data())
    def two_are_found_talking(self, call: str, data: st.DataObject) -> None:
        living = self.centre.call(call)
        if living is None or not living.record.offers:
            return
        offer = data.draw(st.sampled_from([offered.offer for offered in living.record.offers]))
        effects = self.tell(events.ConversationFound(call=call, offer=offer))
        answered = {effect.offer for effect in effects if isinstance(effect, Answered)}
        self.rings = {ring: to for ring, to in self.rings.items() if ring not in answered}

    @rule(data=st.data())
    def the_line_says_for_which_offers_phones_ring(self, data: st.DataObject) -> None:
        rings = sorted(self.rings)
        found = data.draw(st.lists(st.sampled_from(rings), unique=True)) if rings else []
        self.tell(events.OffersFound(line="test", offers=tuple(found)))

    @rule(agent=agents)
    def an_agent_signs_in_and_is_ready(self, agent: str) -> None:
        self.tell(events.AgentSignedIn(agent=agent))
        self.tell(events.AgentReady(agent=agent))

    @rule(agent=agents)
    def an_agent_declines(self, agent: str) -> None:
        self.tell(events.OfferDeclined(agent=agent))

    @rule(agent=agents, out=st.booleans())
    def an_agent_takes_a_break_or_leaves(self, agent: str, out: bool) -> None:
        self.tell(events.AgentSignedOut(agent=agent) if out else events.AgentNotReady(agent=agent, reason="break"))

    @rule(agent=agents)
    def an_agent_finishes_wrapping_up(self, agent: str) -> None:
        self.tell(events.WrapUpFinished(agent=agent, note="done"))

    @rule(data=st.data())
    def the_line_loses_calls(self, data: st.DataObject) -> None:
        living = sorted(self.centre.calls)
        kept = data.draw(st.lists(st.sampled_from(living), unique=True)) if living else []
        exchange = data.draw(st.sampled_from(("", "one", "another")))
        self.tell(events.LineSynchronised(line="test", calls=tuple(kept), exchange=exchange))

    @rule(configuration=st.sampled_from(("first", "without loans", "others", "never heard of")))
    def the_rules_change(self, configuration: str) -> None:
        there = {queue: list(self.centre.acd.waiting(queue)) for queue in self.queues()}
        effects = self.tell(events.ConfigurationChanged(configuration=configuration))
        gone = {
            effect.call
            for effect in effects
            if isinstance(effect, Ring) or (isinstance(effect, Released) and effect.why is Exit.NOBODY_STAFFED)
        }
        for queue in self.queues() & there.keys():
            still = set(self.centre.acd.waiting(queue))
            assert still >= set(there[queue]) - gone, "nobody leaves but to an agent, or where nobody can come any more"

    def queues(self) -> set[str]:
        return {queue.id for queue in self.centre.setup.acd.queues}

    @rule(pause=pauses)
    def time_passes(self, pause: int) -> None:
        until = self.at + pause
        while (due := self.centre.next_due()) is not None and due <= until:
            self.at = max(self.at, due)
            self.tell(events.TimePassed())
        self.at = until

    @invariant()
    def every_call_is_somewhere(self) -> None:
        books = self.centre.conservation()
        assert books.arrived == self.arrived
        assert books.ended == len(self.ended)
        assert books.arrived + books.callbacks == books.ended + sum(books.inside.values())

    @invariant()
    def calls_and_agents_agree_about_each_other(self) -> None:
        by_agent = {view.call: view for view in self.centre.acd.agents() if view.state in WITH_A_CALL}
        for call_id, call in self.centre.calls.items():
            in_wrap_up = call.phase is Phase.WRAP_UP or (call.phase is Phase.AFTER and call.in_wrap_up)
            has_agent = in_wrap_up or call.phase in {Phase.OFFERED, Phase.TALKING}
            assert has_agent == (call_id in by_agent), (call, by_agent)
        assert set(by_agent) <= set(self.centre.calls)
        for ring in self.rings.values():
            assert self.centre.calls[ring.call].phase is Phase.OFFERED, "a phone rings on for nobody"

    @invariant()
    def who_is_asked_afterwards_has_talked(self) -> None:
        for call in self.centre.calls.values():
            if call.phase is Phase.AFTER:
                assert call.record.answered_at is not None
                assert call.record.outcome is Outcome.ANSWERED
                assert call.session.waiting_in is None

    @invariant()
    def who_waits_hears_something(self) -> None:
        for call in self.centre.calls.values():
            if call.phase is not Phase.WAITING:
                continue
            node = self.centre.setup.flows[call.session.flow].nodes[call.session.node]
            music = isinstance(node, Music) or (isinstance(node, Queue) and node.waiting is None)
            assert music != (call.asked is not None), (node, call.asked)
            assert call.session.waiting_in is not None

    @invariant()
    def nobody_waits_while_somebody_who_could_help_is_idle(self) -> None:
        for queue in self.queues():
            plain = [c for c in self.centre.waiting_calls(queue) if not c.record.offers]
            assert not (plain and self.centre.acd.queue(queue).ready), (queue, plain)


def assert_outcome(record: CallRecord) -> None:
    """The outcome is what the rest of the record tells."""
    exits = [left.why for left in record.exits]
    assert not record.scores or record.outcome is Outcome.ANSWERED
    match record.outcome:
        case Outcome.ANSWERED:
            assert record.answered_at is not None
            assert all(score.score in score.scale.scores for score in record.scores)
        case Outcome.ABANDONED:
            assert record.queued_at is not None
        case Outcome.VOICEMAIL:
            assert record.messages
        case Outcome.TRANSFERRED:
            assert record.transfers[-1].how == "answered"
        case Outcome.TRANSFER_FAILED:
            assert record.transfers[-1].how == "busy"
        case Outcome.LEFT_IN_MENU | Outcome.SELF_SERVED:
            assert not exits
        case Outcome.RELEASED:
            assert exits[-1] == Exit.UNKNOWN_QUEUE, "the new rules have no such queue"
        case Outcome.LOST:
            assert record.ended_by == "line"
        case _:
            assert record.outcome == exits[-1]


World.TestCase.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
TestWorld = World.TestCase
