"""When a caller's channel may be redirected: only while it stays in one application."""

from __future__ import annotations

import pytest

from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall

CHANNEL = "1.1"


def event(name: str, **headers: str) -> AmiEvent:
    """An event of the caller's channel."""
    variables = [f"{dialplan.ID}=1"]
    known = {"Uniqueid": CHANNEL, **headers}
    lists = [*((key, [value]) for key, value in known.items()), ("ChanVariable", variables)]
    return AmiEvent(name, AmiHeaders(lists), None)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange("asterisk")


@pytest.fixture
def call(exchange: Exchange) -> LineCall:
    """A caller on the way from the menu to the music."""
    return exchange.admit(exchange.name("1"), CHANNEL)


def waiting(exchange: Exchange) -> None:
    exchange.hear(event("UserEvent", UserEvent=dialplan.WAITING, Reason="engine"))


def test_a_caller_on_the_way_to_the_music_does_not_rest(call: LineCall) -> None:
    assert not call.rests.is_set()


def test_a_caller_who_has_come_to_the_music_rests(exchange: Exchange, call: LineCall) -> None:
    waiting(exchange)
    assert call.rests.is_set()


def test_a_caller_for_whom_a_phone_is_dialled_rests(exchange: Exchange, call: LineCall) -> None:
    exchange.hear(event("DialBegin"))
    assert call.rests.is_set()


@pytest.mark.parametrize("status", ["BUSY", "NOANSWER", "CANCEL", "CHANUNAVAIL"])
def test_a_phone_that_does_not_answer_sets_the_caller_in_motion_until_the_music(
    exchange: Exchange, call: LineCall, status: str
) -> None:
    exchange.hear(event("DialBegin"))
    exchange.hear(event("DialEnd", DialStatus=status))
    assert not call.rests.is_set()
    exchange.hear(event("UserEvent", UserEvent=dialplan.DIAL_DONE, Status=status))
    assert not call.rests.is_set()
    waiting(exchange)
    assert call.rests.is_set()


def test_a_caller_who_talks_rests(exchange: Exchange, call: LineCall) -> None:
    exchange.hear(event("DialBegin"))
    exchange.hear(event("DialEnd", DialStatus="ANSWER"))
    assert call.rests.is_set()


def test_whoever_is_found_on_the_exchange_after_a_connect_rests(exchange: Exchange, call: LineCall) -> None:
    exchange.synchronise([event("CoreShowChannel", Context=dialplan.WAIT)], {call.id})
    assert call.rests.is_set()


def test_nobody_waits_for_a_caller_who_is_gone(exchange: Exchange, call: LineCall) -> None:
    exchange.hear(event("Hangup"))
    assert call.rests.is_set()
