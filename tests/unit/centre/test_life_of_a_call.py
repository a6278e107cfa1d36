"""The life of a call, step by step, as the centre's events and effects tell it."""

from __future__ import annotations

from acd.events import OfferFailure
from centre import events
from centre.calls import Outcome, Phase, further
from centre.effects import CallEnded, FindCustomer, HangUp, Ring, Speak, Wait, WrapUpClosed
from ivr.records import replace
from tests.unit.centre.small_centre import call_in_menu, call_in_queue, centre, make_ready, none_of, only, talking


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


def test_a_note_that_is_still_being_written_survives_the_end_of_wrap_up_time() -> None:
    it = centre(wrap_up_ms=10_000)
    make_ready(it, "anna")
    talking(it)
    it.apply(events.ConversationEnded(call="c1", by="caller"), 20_000)
    it.apply(events.CallNoted(agent="anna", disposition="follow-up", note="Wants a call b"), 29_000)
    closed = only(it.apply(events.TimePassed(), 30_000), WrapUpClosed).record
    assert (closed.disposition, closed.note) == ("follow-up", "Wants a call b")


def test_of_a_long_way_through_the_menu_the_beginning_and_the_end_are_kept() -> None:
    way: tuple[str, ...] = ()
    for number in range(1_000):
        way = further(way, [f"n{number}"])
        assert way[-1] == f"n{number}"
    assert way == (*(f"n{number}" for number in range(150)), "", *(f"n{number}" for number in range(950, 1_000)))
    assert further(("welcome",), ["main", "main"]) == ("welcome", "main", "main")
