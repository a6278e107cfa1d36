"""What Twilio's news of a phone mean, in whatever order they come."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.events import OfferFailure
from centre.events import DialFailure
from cti.twilio.legs import Leg, News, dial_failure, offer_failure, outside_failure

STORY = [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]


def a_leg(phone: str = "sip:olena@example.com") -> Leg:
    return Leg(name="call-1", phone=phone)


def heard(news: list[tuple[str, str]]) -> list[News]:
    leg = a_leg()
    return [one for status, number in news for one in leg.take(status, number)]


def test_a_call_in_order() -> None:
    assert heard(STORY) == [News.RINGS, News.ANSWERED, News.ENDED]


@pytest.mark.parametrize("order", list(itertools.permutations(STORY)))
def test_in_any_order_an_answered_call_is_answered_once_and_ended_once(order: list[tuple[str, str]]) -> None:
    news = heard(list(order))
    assert news[-2:] == [News.ANSWERED, News.ENDED]
    assert news.count(News.RINGS) <= 1
    assert len(news) <= 3


@given(st.lists(st.sampled_from([*STORY, ("busy", "4"), ("no-answer", "5"), ("strange", "x"), ("", "")])))
def test_however_often_and_in_whatever_order_nothing_happens_twice(news: list[tuple[str, str]]) -> None:
    result = heard(news)
    for kind in News:
        assert result.count(kind) <= 1
    assert not (News.FAILED in result and News.ENDED in result)
    if News.ENDED in result or News.FAILED in result:
        assert result[-1] in (News.ENDED, News.FAILED)


@pytest.mark.parametrize(
    ("status", "sip_code", "phone", "rang", "why"),
    [
        ("busy", "486", "sip:olena@example.com", True, OfferFailure.BUSY),
        ("busy", "", "+380501234567", True, OfferFailure.BUSY),
        ("busy", "603", "sip:olena@example.com", True, OfferFailure.DECLINED),
        ("busy", "", "client:olena", True, OfferFailure.DECLINED),
        ("no-answer", "", "sip:olena@example.com", True, OfferFailure.NO_ANSWER),
        ("no-answer", "", "sip:olena@example.com", False, OfferFailure.UNREACHABLE),
        ("failed", "404", "sip:olena@example.com", False, OfferFailure.UNREACHABLE),
        ("failed", "600", "sip:olena@example.com", False, OfferFailure.BUSY),
    ],
)
def test_why_an_agents_phone_did_not_connect(
    status: str, sip_code: str, phone: str, rang: bool, why: OfferFailure
) -> None:
    leg = a_leg(phone)
    leg.rang = rang
    assert offer_failure(leg, status, sip_code) is why


def test_why_others_are_not_on_the_line() -> None:
    assert [dial_failure(status) for status in ("busy", "no-answer", "failed", "canceled")] == [
        DialFailure.BUSY,
        DialFailure.NO_ANSWER,
        DialFailure.UNREACHABLE,
        DialFailure.NO_ANSWER,
    ]
    assert [outside_failure(status) for status in ("busy", "no-answer", "failed", "nonsense")] == [
        OfferFailure.BUSY,
        OfferFailure.NO_ANSWER,
        OfferFailure.UNREACHABLE,
        OfferFailure.UNREACHABLE,
    ]
