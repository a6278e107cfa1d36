"""The life of a call, step by step, as the centre's events and effects tell it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pytest

from acd.events import OfferFailure
from acd.requirement import parse
from acd.setup import ONE_PHONE, AcdSetup, AgentSetup, Phones, QueueSetup
from centre import events
from centre.calls import CallRecord, Outcome, Phase, further
from centre.effects import (
    Ask,
    CallEnded,
    Effect,
    FindCustomer,
    HangUp,
    PickUp,
    Ring,
    Speak,
    StopRinging,
    Wait,
    WrapUpClosed,
)
from centre.machine import Centre, CentreSetup
from ivr.flow import Choice, Flow, Menu, Queue, Say
from ivr.flow import HangUp as HangUpNode
from ivr.messages import EntryEnd
from ivr.records import replace

T = TypeVar("T", bound=Effect)

FLOW = Flow(
    id="main",
    digest="main-1",
    start="welcome",
    language="en",
    nodes={
        "welcome": Say(prompt="welcome", next="menu"),
        "menu": Menu(
            prompt="menu",
            choices={"1": Choice(next="cards", label={"en": "Cards"}), "2": Choice(next="loans")},
            otherwise="cards",
        ),
        "cards": Queue(queue="cards", prompt="please-wait", otherwise="sorry"),
        "loans": Queue(queue="loans", otherwise="cards"),
        "sorry": HangUpNode(prompt="sorry"),
    },
)


def centre(
    *, agents: Iterable[str] = ("anna", "boris"), wrap_up_ms: int | None = 10_000, phones: Phones = ONE_PHONE
) -> Centre:
    setup = CentreSetup(
        acd=AcdSetup(
            queues=(
                QueueSetup(id="cards", needs=parse("cards"), wrap_up_ms=wrap_up_ms, max_wait_ms=60_000, phones=phones),
                QueueSetup(id="loans", needs=parse("loans"), max_waiting=0),
            ),
            agents=tuple(AgentSetup(id=agent, skills={"cards": 3}) for agent in agents),
        ),
        flows={FLOW.digest: FLOW},
        entry=FLOW.digest,
    )
    return Centre(setup)


def only(effects: Iterable[Effect], kind: type[T]) -> T:
    found = [effect for effect in effects if isinstance(effect, kind)]
    assert len(found) == 1, f"expected one {kind.__name__}, found {found}"
    return found[0]


def none_of(effects: Iterable[Effect], *kinds: type[Effect]) -> bool:
    return not any(isinstance(effect, kinds) for effect in effects)


def make_ready(it: Centre, *agents: str, at: int = 0) -> None:
    for agent in agents:
        it.apply(events.AgentSignedIn(agent=agent), at)
        it.apply(events.AgentReady(agent=agent), at)


def call_in_menu(it: Centre, call: str, at: int) -> Ask:
    welcome = only(it.apply(events.CallArrived(call=call, line="test", number="+380501110001"), at), Speak)
    return only(it.apply(events.PromptEnded(call=call, step=welcome.step), at + 2_000), Ask)


def call_in_queue(it: Centre, call: str, at: int, key: str = "1") -> list[Effect]:
    """The call arrives at ``at`` and asks for its queue four seconds later."""
    ask = call_in_menu(it, call, at)
    return it.apply(events.KeysEntered(call=call, step=ask.step, keys=key, end=EntryEnd.KEYS), at + 4_000)


def talking(it: Centre, call: str = "c1", at: int = 0) -> Ring:
    ring = only(call_in_queue(it, call, at), Ring)
    it.apply(events.OfferRinging(offer=ring.offer), at + 4_100)
    it.apply(events.OfferAnswered(offer=ring.offer), at + 7_000)
    return ring


def test_a_new_call_is_greeted_and_its_number_looked_up() -> None:
    it = centre()
    effects = it.apply(events.CallArrived(call="c1", line="test", number="+380501110001"), 1_000)
    assert only(effects, Speak).prompts == ("welcome",)
    assert only(effects, FindCustomer).number == "+380501110001"


def test_a_caller_without_a_number_is_not_looked_up() -> None:
    assert none_of(centre().apply(events.CallArrived(call="c1", line="test"), 0), FindCustomer)


def test_a_call_that_is_announced_twice_is_one_call_and_hears_again_what_it_was_told() -> None:
    it = centre()
    welcome = only(it.apply(events.CallArrived(call="c1", line="test"), 0), Speak)
    assert it.apply(events.CallArrived(call="c1", line="test"), 5) == [welcome]
    assert it.conservation().arrived == 1


def test_a_waiting_call_that_is_announced_again_waits_on_and_hears_no_prompt_again() -> None:
    it = centre()
    wait = only(call_in_queue(it, "c1", 0), Wait)
    again = it.apply(events.CallArrived(call="c1", line="test"), 6_000)
    assert again == [replace(wait, prompts=())]
    (waiting,) = it.waiting_calls("cards")
    assert waiting.record.queued_at == wait.waiting_since


def test_a_choice_in_the_menu_leads_to_the_queue_and_is_on_the_card() -> None:
    it = centre()
    wait = only(call_in_queue(it, "c1", 0), Wait)
    assert (wait.queue, wait.waiting_since, wait.prompts) == ("cards", 4_000, ("please-wait",))
    call = it.call("c1")
    assert call is not None
    assert call.phase is Phase.WAITING
    assert [step.label["en"] for step in call.record.path] == ["Cards"]


def test_a_ready_agent_is_rung_in_the_moment_the_caller_asks_for_the_queue() -> None:
    it = centre()
    make_ready(it, "anna")
    effects = call_in_queue(it, "c1", 0)
    assert only(effects, Ring).agent == "anna"
    assert effects.index(only(effects, Wait)) < effects.index(only(effects, Ring))


def test_the_record_of_an_answered_call_has_every_time() -> None:
    it = centre()
    make_ready(it, "anna")
    talking(it)
    it.apply(events.CallHeld(call="c1"), 10_000)
    it.apply(events.CallRetrieved(call="c1"), 13_000)
    ended = only(it.apply(events.ConversationEnded(call="c1", by="agent"), 20_000), CallEnded).record
    assert (ended.arrived_at, ended.queued_at, ended.answered_at, ended.ended_at) == (0, 4_000, 7_000, 20_000)
    assert (ended.talk_ms, ended.hold_ms, ended.outcome, ended.ended_by) == (10_000, 3_000, Outcome.ANSWERED, "agent")
    (offer,) = ended.offers
    assert (offer.agent, offer.offered_at, offer.ringing_at, offer.ended_at) == ("anna", 4_000, 4_100, 7_000)
    assert offer.how == "answered"
    done = it.apply(events.WrapUpFinished(agent="anna", disposition="solved", note="Card blocked."), 26_000)
    closed = only(done, WrapUpClosed).record
    assert (closed.wrap_up_ms, closed.disposition, closed.note) == (6_000, "solved", "Card blocked.")
    assert it.calls == {}


def test_accept_at_the_desk_picks_up_the_phone_that_rings() -> None:
    it = centre()
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    assert only(it.apply(events.OfferAccepted(agent="anna"), 5_000), PickUp).offer == ring.offer


def three_phones(it: Centre) -> dict[str, Ring]:
    """A call rings at three agents' phones, by agent."""
    make_ready(it, "anna", "boris", "clara")
    return {effect.agent: effect for effect in call_in_queue(it, "c1", 0) if isinstance(effect, Ring)}


def with_three() -> Centre:
    return centre(agents=("anna", "boris", "clara"), phones=Phones(at_once=3))


def test_of_several_phones_the_first_to_answer_has_the_call_and_the_others_stop() -> None:
    it = with_three()
    rings = three_phones(it)
    assert set(rings) == {"anna", "boris", "clara"}
    effects = it.apply(events.OfferAnswered(offer=rings["boris"].offer), 9_000)
    stopped = {effect.agent for effect in effects if isinstance(effect, StopRinging)}
    assert stopped == {"anna", "clara"}
    call = it.call("c1")
    assert call is not None
    assert (call.phase, call.record.agent) == (Phase.TALKING, "boris")
    assert {offer.agent: offer.how for offer in call.record.offers} == {
        "anna": "withdrawn",
        "boris": "answered",
        "clara": "withdrawn",
    }


def test_each_of_several_agents_accepts_or_declines_for_the_own_phone() -> None:
    it = with_three()
    rings = three_phones(it)
    assert only(it.apply(events.OfferAccepted(agent="clara"), 5_000), PickUp).offer == rings["clara"].offer
    stop = only(it.apply(events.OfferDeclined(agent="anna"), 6_000), StopRinging)
    assert (stop.offer, stop.agent) == (rings["anna"].offer, "anna")
    call = it.call("c1")
    assert call is not None
    assert call.phase is Phase.OFFERED


def test_a_call_waits_again_only_when_the_last_of_its_phones_was_not_answered() -> None:
    it = with_three()
    rings = three_phones(it)
    phases = []
    for agent in ("anna", "boris", "clara"):
        it.apply(events.AgentNotReady(agent=agent, reason="lunch"), 5_000)
        it.apply(events.OfferFailed(offer=rings[agent].offer, why=OfferFailure.BUSY), 5_000)
        call = it.call("c1")
        assert call is not None
        phases.append(call.phase)
    assert phases == [Phase.OFFERED, Phase.OFFERED, Phase.WAITING]


def test_a_caller_who_hangs_up_stops_all_phones() -> None:
    it = with_three()
    three_phones(it)
    effects = it.apply(events.CallerHungUp(call="c1"), 9_000)
    assert {effect.agent for effect in effects if isinstance(effect, StopRinging)} == {"anna", "boris", "clara"}
    assert {offer.how for offer in only(effects, CallEnded).record.offers} == {"withdrawn"}


def test_accept_without_an_offer_does_nothing() -> None:
    it = centre()
    make_ready(it, "anna")
    assert it.apply(events.OfferAccepted(agent="anna"), 0) == []


def test_a_declined_offer_stops_one_phone_and_rings_the_next() -> None:
    it = centre()
    make_ready(it, "anna", "boris")
    first = only(call_in_queue(it, "c1", 0), Ring)
    effects = it.apply(events.OfferDeclined(agent=first.agent), 6_000)
    stop, ring = only(effects, StopRinging), only(effects, Ring)
    assert (stop.offer, stop.agent) == (first.offer, first.agent)
    assert ring.agent != first.agent
    assert effects.index(stop) < effects.index(ring)


@pytest.mark.parametrize("why", list(OfferFailure))
def test_a_caller_whom_an_agent_does_not_answer_keeps_the_place_and_the_time(why: OfferFailure) -> None:
    it = centre(agents=("anna",))
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    call_in_queue(it, "c2", 1_000)
    call_in_queue(it, "c3", 2_000)
    it.apply(events.OfferFailed(offer=ring.offer, why=why), 20_000)
    call = it.call("c1")
    assert call is not None
    assert call.record.queued_at == 4_000
    assert call.record.offers[0].how == why
    order = [one.record.call for one in it.waiting_calls("cards")]
    assert order == sorted(order), "the waiting order is that of arrival, whatever was tried"


def test_a_caller_who_hangs_up_while_ringing_stops_the_phone_and_counts_as_abandoned() -> None:
    it = centre()
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    effects = it.apply(events.CallerHungUp(call="c1"), 9_000)
    assert only(effects, StopRinging).offer == ring.offer
    record = only(effects, CallEnded).record
    assert (record.outcome, record.ended_by, record.offers[0].how) == (Outcome.ABANDONED, "caller", "withdrawn")


def test_a_caller_who_hangs_up_while_waiting_counts_as_abandoned() -> None:
    it = centre()
    call_in_queue(it, "c1", 0)
    assert only(it.apply(events.CallerHungUp(call="c1"), 9_000), CallEnded).record.outcome is Outcome.ABANDONED


def test_a_caller_who_hangs_up_in_the_menu_never_waited() -> None:
    it = centre()
    call_in_menu(it, "c1", 0)
    record = only(it.apply(events.CallerHungUp(call="c1"), 9_000), CallEnded).record
    assert (record.outcome, record.queued_at) == (Outcome.LEFT_IN_MENU, None)


def test_a_full_queue_sends_the_call_on_by_its_flow_without_ever_waiting_there() -> None:
    it = centre()
    effects = call_in_queue(it, "c1", 0, key="2")
    assert only(effects, Wait).queue == "cards"


def test_a_call_that_waited_too_long_goes_on_in_its_flow_and_says_so_in_its_record() -> None:
    it = centre()
    call_in_queue(it, "c1", 0)
    due = it.next_due()
    assert due is not None
    assert only(it.apply(events.TimePassed(), 64_000), HangUp).prompts == ("sorry",)
    record = only(it.apply(events.CallerHungUp(call="c1"), 66_000), CallEnded).record
    assert record.outcome is Outcome.TIMEOUT


def test_a_waiting_caller_may_be_taken_out() -> None:
    it = centre()
    call_in_queue(it, "c1", 0)
    assert only(it.apply(events.CallWithdrawn(call="c1", by="wanda"), 9_000), HangUp).prompts == ("sorry",)


def test_late_news_changes_nothing() -> None:
    it = centre()
    make_ready(it, "anna")
    ring = talking(it)
    for late in (
        events.OfferFailed(offer=ring.offer, why=OfferFailure.NO_ANSWER),
        events.OfferAnswered(offer=ring.offer),
        events.OfferRinging(offer=ring.offer),
        events.PromptEnded(call="c1", step=1),
        events.CallerPressedExit(call="c1"),
        events.CallRetrieved(call="c1"),
        events.CallerHungUp(call="never-was"),
        events.ConversationEnded(call="never-was", by="caller"),
        events.CustomerFound(call="never-was", customer={}),
    ):
        assert it.apply(late, 8_000) == [], late


def test_two_who_talk_are_not_parted_by_timers_that_nobody_ran_while_the_engine_was_away() -> None:
    it = centre()
    make_ready(it, "anna", "boris")
    first, second = only(call_in_queue(it, "c1", 0), Ring), only(call_in_queue(it, "c2", 0), Ring)
    back_at = 3_600_000  # long after both phones must have stopped ringing
    for ring in (first, second):
        assert none_of(it.apply(events.OfferAnswered(offer=ring.offer), back_at), Ring, StopRinging)
    assert it.apply(events.TimePassed(), back_at) == []
    assert [(call.phase, call.record.agent) for call in it.calls.values()] == [
        (Phase.TALKING, first.agent),
        (Phase.TALKING, second.agent),
    ]


def test_two_who_are_found_talking_after_their_offer_was_given_up_are_a_conversation_and_the_record_says_so() -> None:
    it = centre()
    make_ready(it, "anna")
    offer = only(call_in_queue(it, "c1", 0), Ring).offer
    make_ready(it, "boris", at=10_000)
    it.apply(events.TimePassed(), 30_000)
    found = it.apply(events.ConversationFound(call="c1", offer=offer), 31_000)
    assert only(found, StopRinging).agent == "boris"
    assert it.apply(events.ConversationFound(call="c1", offer=offer), 32_000) == []
    record = only(it.apply(events.CallerHungUp(call="c1"), 40_000), CallEnded).record
    assert (record.outcome, record.agent, record.answered_at, record.talk_ms) == (
        Outcome.ANSWERED,
        "anna",
        31_000,
        9_000,
    )
    assert [(one.agent, one.how) for one in record.offers] == [("anna", "answered"), ("boris", "withdrawn")]


def test_a_caller_who_arrives_again_out_of_a_conversation_has_no_agent_any_more_and_is_let_go() -> None:
    it = centre()
    make_ready(it, "anna")
    offer = only(call_in_queue(it, "c1", 0), Ring).offer
    it.apply(events.OfferAnswered(offer=offer), 5_000)
    effects = it.apply(events.CallArrived(call="c1", line="virtual"), 9_000)
    record = only(effects, CallEnded).record
    assert (record.outcome, record.ended_by, record.talk_ms) == (Outcome.ANSWERED, "agent", 4_000)
    assert only(effects, HangUp).call == "c1"
    assert it.apply(events.CallerHungUp(call="c1"), 10_000) == []


def test_a_conversation_of_which_nothing_is_known_any_more_is_found_by_whose_phone_it_is() -> None:
    it = centre()
    make_ready(it, "anna", "boris")
    rung = only(call_in_queue(it, "c1", 0), Ring).agent
    other = "boris" if rung == "anna" else "anna"
    found = it.apply(events.ConversationFound(call="c1", offer="c1-77", agent=other), 1_000)
    assert only(found, StopRinging).agent == rung
    call = it.call("c1")
    assert call is not None
    assert (call.phase, call.record.agent) == (Phase.TALKING, other)
    assert [(one.offer, one.agent, one.how) for one in call.record.offers][1:] == [("c1-77", other, "answered")]


def test_who_waits_by_the_lines_memory_is_not_asked_again_for_the_end_of_the_journal_is_lost() -> None:
    it = centre()
    make_ready(it, "anna")
    call_in_menu(it, "c1", 0)
    found = it.apply(
        events.CallAdopted(
            call="c1", line="line", number="", name="", arrived_at=0, queue="cards", waiting_since=1_000
        ),
        2_000,
    )
    assert none_of(found, Ask)
    assert only(found, Ring).queue == "cards"
    assert only(found, Wait).waiting_since == 1_000


def test_an_engine_that_is_started_anew_gives_no_offer_a_name_that_one_before_had() -> None:
    it = centre()
    make_ready(it, "anna")
    it.apply(events.EngineStarted(), 1_800_000_000_000)
    assert only(call_in_queue(it, "c1", 1_800_000_000_001), Ring).offer == "c1-1800000000001"


def test_a_phone_that_the_engine_before_never_came_to_ring_rings_at_once_and_nobody_comes_before_the_caller() -> None:
    it = centre()
    make_ready(it, "anna")
    lost = only(call_in_queue(it, "c1", 0), Ring)
    call_in_queue(it, "c2", 1_000)
    it.apply(events.EngineStarted(), 60_000)
    it.apply(events.OffersFound(line="test", offers=()), 60_000)
    rung = only(it.apply(events.TimePassed(), 60_000), Ring)
    assert (rung.call, rung.agent, rung.offer != lost.offer) == ("c1", "anna", True)
    call = it.call("c1")
    assert call is not None
    assert [one.how for one in call.record.offers] == ["lost", ""]


def test_phones_that_ring_on_for_those_of_the_line_or_of_another_one_are_left_alone() -> None:
    it = centre()
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    assert it.apply(events.OffersFound(line="test", offers=(ring.offer,)), 6_000) == []
    assert it.apply(events.OffersFound(line="another", offers=()), 6_000) == []
    it.apply(events.OfferAnswered(offer=ring.offer), 7_000)
    call = it.call("c1")
    assert call is not None
    assert (call.phase, call.record.agent) == (Phase.TALKING, "anna")


def test_a_conversation_that_is_found_by_no_offer_of_the_call_is_none() -> None:
    it = centre()
    call_in_queue(it, "c1", 0)
    assert it.apply(events.ConversationFound(call="c1", offer="c1-77"), 1_000) == []
    assert it.apply(events.ConversationFound(call="never-was", offer="c1-77"), 1_000) == []


def test_a_note_that_is_still_being_written_survives_the_end_of_wrap_up_time() -> None:
    it = centre(wrap_up_ms=10_000)
    make_ready(it, "anna")
    talking(it)
    it.apply(events.ConversationEnded(call="c1", by="caller"), 20_000)
    it.apply(events.CallNoted(agent="anna", disposition="follow-up", note="Wants a call b"), 29_000)
    closed = only(it.apply(events.TimePassed(), 30_000), WrapUpClosed).record
    assert (closed.disposition, closed.note) == ("follow-up", "Wants a call b")


def test_calls_that_the_line_no_longer_has_are_lost_and_free_their_agents() -> None:
    it = centre()
    make_ready(it, "anna", "boris")
    talking(it, "c1")
    call_in_queue(it, "c2", 1_000)
    call_in_menu(it, "c3", 2_000)
    effects = it.apply(events.LineSynchronised(line="test", calls=("c3",)), 30_000)
    records: dict[str, CallRecord] = {e.record.call: e.record for e in effects if isinstance(e, CallEnded)}
    assert records["c1"].ended_by == "line"
    assert records["c2"].outcome is Outcome.LOST
    assert set(it.calls) == {"c1", "c3"}


@pytest.mark.parametrize(
    ("before", "now", "waiting", "in_menu"),
    [
        ("monday", "monday", Outcome.ABANDONED, Outcome.LEFT_IN_MENU),
        ("monday", "tuesday", Outcome.LOST, Outcome.LOST),
        ("", "monday", Outcome.LOST, Outcome.LOST),
        ("monday", "", Outcome.LOST, Outcome.LOST),
    ],
    ids=["the exchange was there all along", "it was started anew", "nobody knows since when", "it does not say"],
)
def test_callers_who_are_gone_have_hung_up_where_the_exchange_has_lost_nobody(
    before: str, now: str, waiting: Outcome, in_menu: Outcome
) -> None:
    it = centre()
    call_in_queue(it, "c1", 0)
    call_in_menu(it, "c2", 1_000)
    assert it.apply(events.LineSynchronised(line="test", calls=("c1", "c2"), exchange=before), 2_000) == []
    effects = it.apply(events.LineSynchronised(line="test", calls=(), exchange=now), 30_000)
    records = {e.record.call: e.record for e in effects if isinstance(e, CallEnded)}
    assert (records["c1"].outcome, records["c2"].outcome) == (waiting, in_menu)
    assert records["c1"].ended_by == "line"


def test_an_exchange_that_once_does_not_say_since_when_it_runs_is_still_known_by_what_it_said_before() -> None:
    it = centre()
    call_in_queue(it, "c1", 0)
    for exchange in ("monday", ""):
        it.apply(events.LineSynchronised(line="test", calls=("c1",), exchange=exchange), 2_000)
    effects = it.apply(events.LineSynchronised(line="test", calls=(), exchange="monday"), 3_000)
    assert only(effects, CallEnded).record.outcome is Outcome.ABANDONED


def test_a_waiting_caller_of_a_lost_engine_is_adopted_with_the_time_it_waited() -> None:
    it = centre()
    make_ready(it, "anna", at=50_000)
    adopted = events.CallAdopted(
        call="c9", line="test", number="", name="", arrived_at=1_000, queue="cards", waiting_since=5_000
    )
    effects = it.apply(adopted, 60_000)
    ring = only(effects, Ring)
    it.apply(events.OfferAnswered(offer=ring.offer), 62_000)
    call = it.call("c9")
    assert call is not None
    assert (call.record.arrived_at, call.record.queued_at, call.record.answered_at) == (1_000, 5_000, 62_000)


def test_a_caller_found_in_no_queue_begins_the_menu_again() -> None:
    adopted = events.CallAdopted(call="c9", line="test", number="", name="", arrived_at=1_000)
    assert only(centre().apply(adopted, 60_000), Speak).prompts == ("welcome",)


def test_a_caller_in_the_menu_is_asked_again_when_the_line_lost_its_place() -> None:
    it = centre()
    ask = call_in_menu(it, "c1", 0)
    adopted = events.CallAdopted(call="c1", line="test", number="", name="", arrived_at=0)
    assert it.apply(adopted, 60_000) == [ask]


def test_of_a_long_way_through_the_menu_the_beginning_and_the_end_are_kept() -> None:
    way: tuple[str, ...] = ()
    for number in range(1_000):
        way = further(way, [f"n{number}"])
        assert way[-1] == f"n{number}"
    assert way == (*(f"n{number}" for number in range(150)), "", *(f"n{number}" for number in range(950, 1_000)))
    assert further(("welcome",), ["main", "main"]) == ("welcome", "main", "main")
