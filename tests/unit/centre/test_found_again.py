"""What an engine finds of calls, phones and conversations that were there before it, or that it lost sight of."""

from __future__ import annotations

import pytest

from centre import events
from centre.calls import CallRecord, Outcome, Phase
from centre.effects import Ask, CallEnded, HangUp, Ring, Speak, StopRinging, Wait
from ivr.messages import EntryEnd
from tests.unit.centre.small_centre import call_in_menu, call_in_queue, centre, make_ready, none_of, only, talking


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


ADOPTED = events.CallAdopted(
    call="c1", line="line", number="", name="", arrived_at=0, queue="gone", waiting_since=1_000
)
"""Of a caller who waits, as the line remembers, in a queue that the rules of today know no more."""


def test_who_waited_in_a_queue_that_is_no_more_is_asked_again_and_has_waited_all_the_same() -> None:
    it = centre()
    make_ready(it, "anna")
    only(it.apply(ADOPTED, 60_000), Speak)
    ask = only(it.apply(events.PromptEnded(call="c1", step=1), 61_000), Ask)
    found = it.apply(events.KeysEntered(call="c1", step=ask.step, keys="1", end=EntryEnd.KEYS), 62_000)
    assert only(found, Wait).waiting_since == 1_000


@pytest.mark.parametrize("in_menu", [False, True], ids=["not known", "in the menu, as far as is known"])
def test_two_who_talk_are_not_parted_because_their_queue_is_no_more(in_menu: bool) -> None:
    it = centre()
    make_ready(it, "anna")
    if in_menu:
        call_in_menu(it, "c1", 0)
    found = it.apply(events.ConversationFound(call="c1", offer="c1-7", agent="anna", adopted=ADOPTED), 60_000)
    assert none_of(found, Speak, Ask)
    call = it.call("c1")
    assert call is not None
    assert (call.phase, call.record.agent, call.record.queued_at) == (Phase.TALKING, "anna", 1_000)


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
