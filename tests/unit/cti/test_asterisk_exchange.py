"""What the exchange's events mean to a centre: in order, late, twice, and after nobody has listened for a while."""

from __future__ import annotations

import pytest

from acd.events import OfferFailure
from centre import events
from centre.orders import Ring, StopRinging
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall

CALLER, LEG = "1.1", "1.2"
CALL = "asterisk-1"
ENTRY = "1700000000123456"
PLACE = dialplan.WaitingPlace(queue="cards", waiting_since=1_700_000_005_000, language="uk", needs=("english",))


def mark(offer: str) -> str:
    """What the exchange knows an offer of the call by."""
    return offer.removeprefix(f"{CALL}-")


def event(name: str, variables: dict[str, str] | None = None, **headers: str) -> AmiEvent:
    """An event of the caller's channel, unless *headers* say otherwise."""
    given = {dialplan.ID: "1", dialplan.ENTRY: ENTRY} if variables is None else variables
    lists = [(key, [value]) for key, value in {"Uniqueid": CALLER, **headers}.items()]
    return AmiEvent(name, AmiHeaders([*lists, ("ChanVariable", [f"{k}={v}" for k, v in given.items()])]), None)


def dial(name: str, offer: str, **headers: str) -> AmiEvent:
    """An event about the caller's channel and the agent's leg that *offer* made."""
    lists = [(key, [value]) for key, value in {"Uniqueid": CALLER, "DestUniqueid": LEG, **headers}.items()]
    variables = [("ChanVariable", [f"{dialplan.ID}=1"]), ("DestChanVariable", [f"{dialplan.OFFER}={mark(offer)}"])]
    return AmiEvent(name, AmiHeaders([*lists, *variables]), None)


def dial_done(offer: str, status: str = "NOANSWER", cause: str = "0") -> AmiEvent:
    return event("UserEvent", UserEvent=dialplan.DIAL_DONE, Offer=mark(offer), Status=status, Cause=cause)


def wait(reason: str, **headers: str) -> AmiEvent:
    variables = {dialplan.ID: "1", dialplan.ENTRY: ENTRY, dialplan.DATA: PLACE.to_text()}
    return event("UserEvent", variables, UserEvent=dialplan.WAITING, Reason=reason, **headers)


def listed(context: str, *, offer: str = "", bridge: str = "", **headers: str) -> AmiEvent:
    """The caller's channel in the list of all channels."""
    variables = {dialplan.ID: "1", dialplan.ENTRY: ENTRY, dialplan.DATA: PLACE.to_text(), dialplan.OFFER: mark(offer)}
    return event("CoreShowChannel", variables, Context=context, BridgeId=bridge, **headers)


def leg_listed(offer: str) -> AmiEvent:
    """The agent's channel in the list of all channels."""
    return event("CoreShowChannel", {dialplan.CALL: "1", dialplan.OFFER: mark(offer)}, Uniqueid=LEG)


def found_talking(offer: str) -> events.ConversationFound:
    """What is told of a caller who is found talking, with what the call remembers of its wait."""
    adopted = events.CallAdopted(
        call=CALL,
        line="asterisk",
        number="",
        name="",
        arrived_at=int(ENTRY) // 1000,
        language=PLACE.language,
        queue=PLACE.queue,
        waiting_since=PLACE.waiting_since,
        needs=PLACE.needs,
    )
    return events.ConversationFound(call=CALL, offer=offer, adopted=adopted)


def ring(offer: str) -> Ring:
    return Ring(call=CALL, offer=offer, agent="anna", queue="cards", ring_ms=20_000)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange("asterisk")


@pytest.fixture
def call(exchange: Exchange) -> LineCall:
    """A known call, for which the phone of asterisk-1-2 is to ring."""
    known = exchange.admit(CALL, CALLER)
    known.offer = "asterisk-1-2"
    return known


@pytest.fixture
def talking(exchange: Exchange, call: LineCall) -> LineCall:
    """A call in conversation."""
    assert exchange.hear(dial("DialEnd", "asterisk-1-2", DialStatus="ANSWER")) == [
        events.OfferAnswered(offer="asterisk-1-2")
    ]
    return call


# While the phone rings.


def test_a_phone_rings_and_is_answered(exchange: Exchange, call: LineCall) -> None:
    ringing = dial("DialState", "asterisk-1-2", DialStatus="RINGING")
    assert exchange.hear(ringing) == [events.OfferRinging(offer="asterisk-1-2")]
    answered = dial("DialEnd", "asterisk-1-2", DialStatus="ANSWER")
    assert exchange.hear(answered) == [events.OfferAnswered(offer="asterisk-1-2")]
    assert call.talking
    assert exchange.hear(answered) == [], "the second word of it is no second answer"


@pytest.mark.parametrize("status", ["ANSWER", "NOANSWER", "CANCEL", "BUSY"])
def test_the_end_of_an_earlier_offer_says_nothing_of_the_one_that_rings(
    exchange: Exchange, call: LineCall, status: str
) -> None:
    assert exchange.hear(dial("DialEnd", "asterisk-1-1", DialStatus=status)) == []
    assert exchange.hear(dial("DialState", "asterisk-1-1", DialStatus="RINGING")) == []
    assert exchange.hear(dial_done("asterisk-1-1")) == []
    assert (call.offer, call.rang, call.talking) == ("asterisk-1-2", False, False)


@pytest.mark.parametrize(
    ("status", "cause", "rang", "why"),
    [
        ("NOANSWER", "0", True, OfferFailure.NO_ANSWER),
        ("NOANSWER", "0", False, OfferFailure.UNREACHABLE),
        ("BUSY", "17", True, OfferFailure.BUSY),
        ("BUSY", "21", True, OfferFailure.DECLINED),
        ("CHANUNAVAIL", "3", False, OfferFailure.UNREACHABLE),
        ("CONGESTION", "34", False, OfferFailure.UNREACHABLE),
        ("A WORD OF A LATER ASTERISK", "", True, OfferFailure.UNREACHABLE),
    ],
)
def test_an_offer_fails_once_and_for_its_own_reason(
    exchange: Exchange, call: LineCall, status: str, cause: str, rang: bool, why: OfferFailure
) -> None:
    call.rang = rang
    assert exchange.hear(dial_done("asterisk-1-2", status, cause)) == [
        events.OfferFailed(offer="asterisk-1-2", why=why)
    ]
    assert exchange.hear(dial_done("asterisk-1-2", status, cause)) == []


@pytest.mark.parametrize("name", ["DialBegin", "DialState", "DialEnd", "Hold", "Unhold", "HangupRequest", "Hangup"])
def test_channels_of_nobody_we_know_mean_nothing(exchange: Exchange, name: str) -> None:
    assert exchange.hear(dial(name, "asterisk-1-2", DialStatus="ANSWER")) == []
    assert exchange.calls == {}


# Coming to the music.


def test_a_stranger_in_the_music_is_adopted_with_what_the_channel_remembers(exchange: Exchange) -> None:
    headers = {"CallerIDNum": "+380501110001", "CallerIDName": 'O\\"Brien'}
    (adopted,) = exchange.hear(wait("engine", **headers))
    assert adopted == events.CallAdopted(
        call=CALL,
        line="asterisk",
        number="+380501110001",
        name='O"Brien',
        arrived_at=1_700_000_000_123,
        language="uk",
        queue="cards",
        waiting_since=1_700_000_005_000,
        needs=("english",),
    )


@pytest.mark.parametrize("reason", ["engine", "dial", ""])
def test_a_known_caller_who_comes_to_the_music_in_good_order_is_no_news(
    exchange: Exchange, call: LineCall, reason: str
) -> None:
    assert exchange.hear(wait(reason)) == []


@pytest.mark.parametrize("word", ["<unknown>", "anonymous", "Restricted"])
def test_who_withholds_the_number_has_none_when_adopted_either(exchange: Exchange, word: str) -> None:
    (adopted,) = exchange.hear(wait("engine", CallerIDNum=word, CallerIDName=word))
    assert isinstance(adopted, events.CallAdopted)
    assert (adopted.number, adopted.name) == ("", "")


def test_a_known_caller_whom_no_engine_had_the_last_word_on_is_adopted_again(
    exchange: Exchange, call: LineCall
) -> None:
    (adopted,) = exchange.hear(wait(dialplan.ALONE))
    assert isinstance(adopted, events.CallAdopted)


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", '{"q": 1}', '{"q":"a","t":"b","l":"","n":[],"p":0}', "[" * 5_000]
)
def test_what_a_channel_remembers_is_believed_only_if_we_wrote_it(exchange: Exchange, text: str) -> None:
    memory = event("UserEvent", {dialplan.ID: "1", dialplan.DATA: text}, UserEvent=dialplan.WAITING)
    (adopted,) = exchange.hear(memory)
    assert isinstance(adopted, events.CallAdopted)
    assert (adopted.queue, adopted.waiting_since, adopted.arrived_at) == ("", 0, 0)


def test_events_of_calls_that_are_not_ours_are_passed_over(exchange: Exchange) -> None:
    assert exchange.hear(event("UserEvent", {}, UserEvent=dialplan.WAITING)) == []
    assert exchange.hear(event("UserEvent", UserEvent="SomebodyElses")) == []
    assert exchange.calls == {}


# The end.


def test_a_caller_who_hangs_up_is_gone_once(exchange: Exchange, call: LineCall) -> None:
    assert exchange.hear(event("Hangup")) == [events.CallerHungUp(call=CALL)]
    assert exchange.hear(event("Hangup")) == []
    assert exchange.calls == {}
    assert call.menu.get_nowait() is None, "whoever speaks to the caller stops waiting for orders"


@pytest.mark.parametrize(("first", "by"), [(CALLER, "caller"), (LEG, "agent")])
@pytest.mark.parametrize("order", [(CALLER, LEG), (LEG, CALLER)])
def test_who_asked_first_has_hung_up_in_whatever_order_the_channels_end(
    exchange: Exchange, talking: LineCall, first: str, by: str, order: tuple[str, str]
) -> None:
    second = LEG if first == CALLER else CALLER
    told = [event("HangupRequest", Uniqueid=channel) for channel in (first, second)]
    told += [event("Hangup", Uniqueid=channel) for channel in order]
    heard = [said for one in told for said in exchange.hear(one)]
    assert heard[0] == events.ConversationEnded(call=CALL, by=by, caller_there=by == "agent")
    assert heard[1:] in ([], [events.CallerHungUp(call=CALL)])
    assert exchange.calls == {}


def test_an_agent_whose_phone_hangs_up_is_free_before_the_exchange_has_taken_the_call_down(
    exchange: Exchange, talking: LineCall
) -> None:
    ended = events.ConversationEnded(call=CALL, by="agent", caller_there=True)
    assert exchange.hear(event("HangupRequest", Uniqueid=LEG)) == [ended]
    assert exchange.hear(event("Hangup", Uniqueid=LEG)) == []


def test_an_agent_whose_caller_hangs_up_is_free_when_the_exchange_has_hung_up_the_phone(
    exchange: Exchange, talking: LineCall
) -> None:
    assert exchange.hear(event("HangupRequest", Uniqueid=CALLER)) == []
    assert exchange.hear(event("Hangup", Uniqueid=LEG)) == [events.ConversationEnded(call=CALL, by="caller")]


def test_without_a_request_the_channel_that_ends_first_tells_who_hung_up(exchange: Exchange, talking: LineCall) -> None:
    assert exchange.hear(event("Hangup", Uniqueid=LEG)) == [
        events.ConversationEnded(call=CALL, by="agent", caller_there=True)
    ]
    assert exchange.hear(event("Hangup", Uniqueid=LEG)) == []


def test_an_agent_who_hangs_up_at_the_desk_has_hung_up(exchange: Exchange, talking: LineCall) -> None:
    talking.hung_up_by = "agent"  # as the line notes when it sends the Hangup
    exchange.hear(event("HangupRequest", Uniqueid=CALLER))
    # The centre may have given the offer up unseen: to it the caller waits still.
    gone = events.CallerHungUp(call=CALL)
    assert exchange.hear(event("Hangup")) == [events.ConversationEnded(call=CALL, by="agent"), gone]


def test_a_call_that_ended_before_it_was_known_is_known_to_have_ended(exchange: Exchange) -> None:
    assert not exchange.has_ended(CALLER)
    assert exchange.hear(event("Hangup")) == []
    assert exchange.has_ended(CALLER)


# Hold on the telephone.


def test_the_agents_telephone_holds_and_retrieves_the_caller(exchange: Exchange, talking: LineCall) -> None:
    assert exchange.hear(event("Hold", Uniqueid=LEG)) == [events.CallHeld(call=CALL)]
    assert exchange.hear(event("Unhold", Uniqueid=LEG)) == [events.CallRetrieved(call=CALL)]


def test_a_caller_who_holds_us_holds_nobody(exchange: Exchange, talking: LineCall) -> None:
    assert exchange.hear(event("Hold")) == []
    assert exchange.hear(event("Unhold")) == []


# After every connect: the whole list of channels.


def synchronised(*calls: str) -> events.LineSynchronised:
    return events.LineSynchronised(line="asterisk", calls=calls)


def test_known_calls_that_are_not_in_the_list_are_over_in_a_menu_too(exchange: Exchange, call: LineCall) -> None:
    call.in_menu = True
    assert exchange.synchronise([], {CALL}) == [synchronised()]
    assert exchange.calls == {}


def test_a_call_that_came_after_the_list_was_asked_for_stays(exchange: Exchange, call: LineCall) -> None:
    assert exchange.synchronise([], ()) == [synchronised(CALL)]
    assert exchange.calls == {CALL: call}


def test_a_waiting_caller_is_found_and_the_phone_that_rang_meanwhile_was_not_answered(
    exchange: Exchange, call: LineCall
) -> None:
    known = {CALL, *exchange.offers}
    failed, adopted, whole = exchange.synchronise([listed(dialplan.WAIT, offer="asterisk-1-2")], known)
    assert failed == events.OfferFailed(offer="asterisk-1-2", why=OfferFailure.NO_ANSWER)
    assert isinstance(adopted, events.CallAdopted)
    assert whole == synchronised(CALL)
    assert exchange.hear(dial_done("asterisk-1-2")) == []


def test_a_caller_who_waits_again_after_a_conversation_in_which_the_call_was_given_up_is_told_of(
    exchange: Exchange, call: LineCall
) -> None:
    call.given_up = True
    adopted, whole = exchange.synchronise([listed(dialplan.WAIT)], {CALL})
    assert isinstance(adopted, events.CallAdopted)
    assert whole == synchronised(CALL)
    talk = [listed(dialplan.DIAL, offer="asterisk-1-2", bridge="b"), leg_listed("asterisk-1-2")]
    assert found_talking("asterisk-1-2") in exchange.synchronise(talk, {CALL}), "it is a call like any other again"


def test_an_offer_that_is_younger_than_the_list_stays(exchange: Exchange, call: LineCall) -> None:
    call.offer = "asterisk-1-3"
    exchange.synchronise([listed(dialplan.WAIT, offer="asterisk-1-2")], {CALL})
    assert exchange.offers == {"asterisk-1-3"}


def test_a_phone_that_rings_still_is_heard_of_as_ever_and_that_its_caller_waits_is_told_once(
    exchange: Exchange,
) -> None:
    exchange.agent_of = {"PJSIP/anna": "anna"}.__getitem__
    rings = listed(dialplan.DIAL, offer="asterisk-1-2", Exten="2~20~PJSIP/anna")
    adopted, whole = exchange.synchronise([rings, leg_listed("asterisk-1-2")], ())
    assert isinstance(adopted, events.CallAdopted)
    assert (adopted.queue, whole) == (PLACE.queue, synchronised(CALL))
    assert exchange.synchronise([rings, leg_listed("asterisk-1-2")], ()) == [synchronised(CALL)]
    assert exchange.uses("PJSIP/anna")
    assert exchange.hear(dial("DialEnd", "asterisk-1-2", DialStatus="ANSWER")) == [
        events.ConversationFound(call=CALL, offer="asterisk-1-2", agent="anna")
    ]


def test_a_phone_is_held_until_the_exchange_has_let_go_of_it(exchange: Exchange, call: LineCall) -> None:
    other = exchange.admit("asterisk-2", "2.1")
    call.dialled = call.phone = "PJSIP/anna"
    call.dialled_by = "asterisk-1-2"
    assert exchange.holds("PJSIP/anna", other)
    assert not exchange.holds("PJSIP/anna", call), "a caller's own next ring stops the one before"
    exchange.hear(dial("DialEnd", "asterisk-1-2", DialStatus="CANCEL", DestChannel="PJSIP/boris-0001"))
    assert exchange.holds("PJSIP/anna", other)
    exchange.hear(dial("DialEnd", "asterisk-1-1", DialStatus="CANCEL", DestChannel="PJSIP/anna-0001"))
    assert exchange.holds("PJSIP/anna", other), "that was its ring before this one"
    exchange.hear(dial("DialEnd", "asterisk-1-2", DialStatus="CANCEL", DestChannel="PJSIP/anna-0002"))
    assert not exchange.holds("PJSIP/anna", other)


def test_the_phone_of_an_agent_whose_caller_has_hung_up_is_held_until_its_leg_has_ended(
    exchange: Exchange, talking: LineCall
) -> None:
    talking.phone = "PJSIP/anna"
    exchange.hear(event("Hangup"))
    assert exchange.holds("PJSIP/anna")
    exchange.hear(event("Hangup", Uniqueid=LEG))
    assert not exchange.holds("PJSIP/anna")


def test_a_phone_that_is_just_being_given_up_is_heard_of_as_ever(exchange: Exchange) -> None:
    exchange.synchronise([listed(dialplan.DIAL, offer="asterisk-1-2")], ())
    failed = events.OfferFailed(offer="asterisk-1-2", why=OfferFailure.BUSY)
    assert exchange.hear(dial_done("asterisk-1-2", "BUSY")) == [failed]


def test_two_who_talk_are_found_talking_and_that_is_told_before_anything_else(exchange: Exchange) -> None:
    early = event("CoreShowChannel", {dialplan.ID: "0", dialplan.ENTRY: "1"}, Uniqueid="1.0", Context=dialplan.WAIT)
    talk = listed(dialplan.DIAL, offer="asterisk-1-2", bridge="b")
    answered, adopted, whole, again = exchange.synchronise([early, talk, leg_listed("asterisk-1-2")], ())
    assert answered == again == found_talking("asterisk-1-2")
    assert isinstance(adopted, events.CallAdopted)
    assert whole == synchronised("asterisk-0", CALL)
    assert exchange.hear(event("Hangup", Uniqueid=LEG)) == [
        events.ConversationEnded(call=CALL, by="agent", caller_there=True)
    ]


def test_a_held_caller_is_found_held(exchange: Exchange) -> None:
    found = exchange.synchronise([listed(dialplan.HOLD, offer="asterisk-1-2"), leg_listed("asterisk-1-2")], ())
    held = [found_talking("asterisk-1-2"), events.CallHeld(call=CALL)]
    assert found == [*held, synchronised(CALL), *held]
    assert exchange.calls[CALL].held


def test_a_caller_who_was_taken_back_meanwhile_is_found_taken_back(exchange: Exchange, talking: LineCall) -> None:
    talking.held = True
    retrieved = listed(
        dialplan.HOLD, offer="asterisk-1-2", bridge="b"
    )  # Bridge() leaves the caller's context as it was
    found = exchange.synchronise([retrieved, leg_listed("asterisk-1-2")], {CALL})
    assert events.CallRetrieved(call=CALL) in found
    assert not talking.held


def test_a_held_caller_whose_agent_has_gone_meanwhile_is_not_left_to_the_music(
    exchange: Exchange, talking: LineCall
) -> None:
    found = exchange.synchronise([listed(dialplan.HOLD, offer="asterisk-1-2")], {CALL})
    assert found == [events.ConversationEnded(call=CALL, by="agent", caller_there=True), synchronised(CALL)]
    assert talking.held, "so that the line ends the call"


def test_a_phone_that_could_not_be_rung_is_still_to_ring(exchange: Exchange, call: LineCall) -> None:
    call.unsent = ring("asterisk-1-2")
    exchange.synchronise([listed(dialplan.WAIT)], {CALL})
    assert call.offer == "asterisk-1-2"
    assert call.unsent == ring("asterisk-1-2")


@pytest.mark.parametrize("where", [dialplan.DIAL, dialplan.WAIT])
def test_a_phone_that_did_ring_after_all_is_not_rung_again(exchange: Exchange, call: LineCall, where: str) -> None:
    call.unsent = ring("asterisk-1-2")
    exchange.synchronise([listed(where, offer="asterisk-1-2"), leg_listed("asterisk-1-2")], {CALL})
    assert call.unsent is None


def test_a_phone_that_could_not_be_stopped_is_still_to_be_stopped(exchange: Exchange, call: LineCall) -> None:
    call.offer, call.unsent = None, StopRinging(call=CALL, offer="asterisk-1-1", agent="anna")
    exchange.synchronise([listed(dialplan.DIAL, offer="asterisk-1-1"), leg_listed("asterisk-1-1")], {CALL})
    assert call.unsent is not None
    assert call.offer is None
    exchange.synchronise([listed(dialplan.WAIT, offer="asterisk-1-1")], {CALL})
    assert call.unsent is None


@pytest.mark.parametrize(
    ("context", "key", "told"),
    [
        (dialplan.MENU, "1", [events.CallerPressedExit(call=CALL, key="1")]),
        (dialplan.MENU, "2", []),
        (dialplan.WAIT, "1", []),
    ],
)
def test_a_key_that_was_read_on_the_way_from_the_menu_to_the_music_counts_there(
    exchange: Exchange, context: str, key: str, told: list[events.Event]
) -> None:
    """In the waiting place the dialplan tells of keys itself."""
    exchange.admit(CALL, CALLER).keys = "19"
    assert exchange.hear(event("DTMFEnd", Context=context, Digit=key, Direction="Received")) == told
