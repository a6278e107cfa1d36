"""No sequence of tries gets more of them through than the limit, and none fills the memory."""

from __future__ import annotations

import unicodedata
from itertools import zip_longest
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre import tries
from centre.numbers import NumberRules
from centre.tries import Tries, counted_as
from config.numbers import number_rules
from config.schema.numbers import CallbacksModel

WITHIN_MS = 10_000
MOST = 3
COUNTERS = ("order/pin", "account/pin")
SMALL = 8
"""Tries that are remembered at once, where that is to be reached."""


class Try(NamedTuple):
    """So long after the one before, somebody tries something."""

    after_ms: int
    counter: str
    whose: str


some = st.lists(
    st.builds(
        Try,
        after_ms=st.one_of(st.sampled_from((0, 1, WITHIN_MS - 1, WITHIN_MS, WITHIN_MS + 1)), st.integers(0, 9_000)),
        counter=st.sampled_from(COUNTERS),
        whose=st.sampled_from(("", "+380501110001", "+380501110002", "a\nb", "\ud800")),
    ),
    max_size=60,
)


def played(sequence: list[Try], memory: int = tries.TRIES_MOST) -> tuple[Tries, list[tuple[int, str, str, bool]]]:
    """When, what, whose, and whether it was allowed, where ``memory`` tries are remembered at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tries, "TRIES_MOST", memory)
        counted, now, done = Tries(COUNTERS), 0, []
    for one in sequence:
        now += one.after_ms
        allowed = counted.allow(one.counter, one.whose, most=MOST, within_ms=WITHIN_MS, now=now)
        done.append((now, one.counter, one.whose, allowed))
        assert len(counted) <= memory
    return counted, done


@given(sequence=some)
def test_a_try_is_allowed_exactly_where_fewer_than_the_limit_were_within_the_time(sequence: list[Try]) -> None:
    _, done = played(sequence)
    for number, (at, counter, whose, allowed) in enumerate(done):
        before = [one for one in done[:number] if one[1:] == (counter, whose, True) and one[0] > at - WITHIN_MS]
        assert allowed is (len(before) < MOST)


@given(sequence=some)
def test_a_flood_washes_away_no_count_and_closes_the_counter_that_it_fills_and_no_other(sequence: list[Try]) -> None:
    counted, done = played(sequence, memory=SMALL)
    share = SMALL // len(COUNTERS)
    for number, (at, counter, whose, allowed) in enumerate(done):
        kept = [one for one in done[:number] if one[3] and one[1] == counter and one[0] > at - WITHIN_MS]
        assert allowed is (sum(one[2] == whose for one in kept) < MOST and len(kept) < share)
    if done:
        now = done[-1][0]
        kept_of = {
            counter: sum(one[3] and one[1] == counter and one[0] > now - WITHIN_MS for one in done)
            for counter in COUNTERS
        }
        assert set(counted.full(now)) == {counter for counter, kept in kept_of.items() if kept == share}
        assert counted.full(now + WITHIN_MS) == ()


def test_other_rules_share_the_memory_anew_and_forget_only_what_is_counted_no_more() -> None:
    counted = Tries(["a"])

    def tries_left(counter: str) -> int:
        return sum(counted.allow(counter, "1", most=MOST, within_ms=WITHIN_MS, now=0) for _ in range(MOST + 1))

    assert tries_left("a") == MOST
    counted.share_among(["a", "b"])
    assert (tries_left("a"), tries_left("b")) == (0, MOST)
    counted.share_among(["b"])
    counted.share_among(["a", "b"])
    assert (tries_left("a"), tries_left("b")) == (MOST, 0)


UKRAINE = number_rules(CallbacksModel(country="UA"))
ITALY = number_rules(CallbacksModel(country="IT"))
as_written = st.text(st.sampled_from("0123*# -.٣３"), max_size=12)


@given(number=st.integers(0, 10**12), zeros=st.integers(0, 8), data=st.data())
def test_a_number_counts_as_one_whatever_stands_before_or_between_its_digits(
    number: int, zeros: int, data: st.DataObject
) -> None:
    rules = data.draw(st.sampled_from((None, UKRAINE, ITALY)))
    digits = "0" * zeros + str(number)
    between = data.draw(st.lists(st.sampled_from(("", " ", "*", "#", "-", ".")), max_size=len(digits)))
    written = "".join(digit + sign for digit, sign in zip_longest(digits, between, fillvalue=""))
    wide = written.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    assert counted_as(written, rules) == counted_as(wide, rules) == counted_as(str(number), rules)


@given(one=as_written, other=as_written)
def test_numbers_that_differ_count_apart(one: str, other: str) -> None:
    def value(written: str) -> int | None:
        digits = "".join(str(unicodedata.decimal(sign)) for sign in written if sign not in "*# -.")
        return int(digits) if digits else None

    assert (counted_as(one, None) == counted_as(other, None)) is (value(one) == value(other))


@pytest.mark.parametrize(
    ("rules", "ways"),
    [
        (UKRAINE, ("+380501110001", "+38 (050) 111-00-01", "0501110001", "380501110001", "00380501110001")),
        (ITALY, ("+390669012345", "0669012345", "390669012345", "0039 06 6901 2345")),
    ],
)
def test_a_telephone_number_counts_as_one_in_every_form(rules: NumberRules, ways: tuple[str, ...]) -> None:
    assert {counted_as(way, rules) for way in ways} == {ways[0]}


@given(written=st.text())
def test_of_any_text_letters_and_digits_are_left(written: str) -> None:
    assert all(map(str.isalnum, counted_as(written, UKRAINE).removeprefix("+")))


def test_words_count_as_one_in_small_letters_and_capitals_and_so_do_the_numbers_behind_them() -> None:
    assert counted_as("AB-0012", None) == counted_as("ab 12", None) == counted_as("ab12", UKRAINE)
    assert counted_as("", None) == counted_as("***", None) == ""
