"""Answers to web requests, kept for when a request comes again."""

from __future__ import annotations

from centre import events
from centre.effects import Effect, HangUp, SendReply
from centre.machine import Centre
from centre.replies import KEPT_MOST, KEPT_MS
from tests.unit.centre.small_centre import call_in_queue, centre, only


def told(centre: Centre, request: str, reply: str, at: int = 1_000) -> list[Effect]:
    return centre.apply(events.ReplyReady(call="x-1", request=request, reply=reply), at)


def test_the_first_answer_to_a_request_is_the_answer_to_all_its_repetitions() -> None:
    one = centre()
    assert told(one, "a", "wait") == [SendReply(call="x-1", request="a")]
    assert told(one, "b", "hang up") == [SendReply(call="x-1", request="b")]
    assert told(one, "a", "go on") == [SendReply(call="x-1", request="a", instead="wait")]
    assert told(one, "a", "wait") == [SendReply(call="x-1", request="a")]


def test_an_answer_is_forgotten_after_ten_minutes() -> None:
    one = centre()
    told(one, "a", "wait")
    told(one, "b", "wait", 2_000)
    assert told(one, "b", "go on", 1_001 + KEPT_MS) == [SendReply(call="x-1", request="b", instead="wait")]
    assert told(one, "a", "go on", 1_002 + KEPT_MS) == [SendReply(call="x-1", request="a")]


def test_the_only_answer_there_is_is_forgotten_like_any_other() -> None:
    one = centre()
    told(one, "a", "wait")
    assert told(one, "a", "go on", 1_001 + KEPT_MS) == [SendReply(call="x-1", request="a")]
    assert told(one, "a", "wait", 1_002 + KEPT_MS) == [SendReply(call="x-1", request="a", instead="go on")]


def test_of_a_flood_of_requests_the_latest_are_remembered() -> None:
    one = centre()
    for number in range(KEPT_MOST + 1):
        told(one, str(number), "wait")
    assert told(one, "1", "go on") == [SendReply(call="x-1", request="1", instead="wait")]
    assert told(one, "0", "go on") == [SendReply(call="x-1", request="0")]


def test_a_caller_whose_flow_has_ended_is_hung_up_on_again_where_the_line_has_lost_its_place() -> None:
    one = centre()
    call_in_queue(one, "x-1", 0)
    assert only(one.apply(events.CallWithdrawn(call="x-1", by="wanda"), 9_000), HangUp).prompts == ("sorry",)
    again = one.apply(events.CallArrived(call="x-1", line="x"), 10_000)
    assert again == [HangUp(call="x-1")]
