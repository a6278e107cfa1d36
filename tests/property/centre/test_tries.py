"""No sequence of tries gets more of them through than the limit, and none fills the memory."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre import tries
from centre.tries import Tries

WITHIN_MS = 10_000
MOST = 3
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
        counter=st.sampled_from(("order/pin", "account/pin")),
        whose=st.sampled_from(("", "+380501110001", "+380501110002", "a\nb", "\ud800")),
    ),
    max_size=60,
)


def played(sequence: list[Try]) -> list[tuple[int, tuple[str, str], bool]]:
    """When, what and whose, and whether it was allowed."""
    counted, now, done = Tries(), 0, []
    for one in sequence:
        now += one.after_ms
        allowed = counted.allow(one.counter, one.whose, most=MOST, within_ms=WITHIN_MS, now=now)
        done.append((now, (one.counter, one.whose), allowed))
        assert len(counted) <= tries.TRIES_MOST
    return done


@given(sequence=some)
def test_a_try_is_allowed_exactly_where_fewer_than_the_limit_were_within_the_time(sequence: list[Try]) -> None:
    done = played(sequence)
    for number, (at, who, allowed) in enumerate(done):
        lately = [other for then, other, was in done[:number] if was and other == who and then > at - WITHIN_MS]
        assert allowed is (len(lately) < MOST)


@given(sequence=some)
def test_a_flood_washes_away_no_count_and_ends_in_nobody_being_allowed(sequence: list[Try]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tries, "TRIES_MOST", SMALL)
        done = played(sequence)
    for number, (at, who, allowed) in enumerate(done):
        kept = [other for then, other, was in done[:number] if was and then > at - WITHIN_MS]
        assert allowed is (kept.count(who) < MOST and len(kept) < SMALL)
