"""The choices over numbers, each against its definition, for all small numbers."""

from __future__ import annotations

from itertools import product

from acd.rules import busier, occupancy_drops_after, occupancy_percent, occupancy_rises_after, pick_line, would_rather


def test_the_line_whose_head_is_lowest_goes_first() -> None:
    for heads in product(product((0, 1), (0, 1), (0, 1)), repeat=3):
        rank, since, order = (list(column) for column in zip(*heads, strict=True))
        for candidates in ([0, 1, 2], [2, 1, 0], [1, 2], [2]):
            found = pick_line(candidates, 0, len(candidates), rank, since, order)
            assert found in candidates
            assert heads[found] == min(heads[line] for line in candidates)


def test_only_the_asked_part_of_the_candidates_counts() -> None:
    table = [3, 1, 2, 0]
    assert pick_line([0, 1, 2, 3], 0, 1, table, table, table) == 0
    assert pick_line([0, 1, 2, 3], 1, 3, table, table, table) == 1
    assert pick_line([0, 1, 2, 3], 2, 2, table, table, table) == -1


def test_occupancy_is_the_busy_share_in_whole_per_cent() -> None:
    assert occupancy_percent(0, 0) == 0
    for busy, ready in product(range(30), range(30)):
        if busy + ready:
            assert occupancy_percent(busy, ready) == int(100 * busy / (busy + ready) + 1e-9)


def test_occupancy_drops_after_just_so_long_and_not_before() -> None:
    for busy, ready in product(range(25), range(25)):
        now = occupancy_percent(busy, ready)
        after = occupancy_drops_after(busy, ready)
        if now == 0:
            assert after == -1
        else:
            assert occupancy_percent(busy, ready + after - 1) == now
            assert occupancy_percent(busy, ready + after) < now


def test_occupancy_rises_after_just_so_long_and_not_before() -> None:
    for busy, ready in product(range(120), range(12)):
        now = occupancy_percent(busy, ready)
        after = occupancy_rises_after(busy, ready)
        if after == -1:
            assert occupancy_percent(busy + 10**9, ready) == now
        else:
            assert occupancy_percent(busy + after - 1, ready) == now
            assert occupancy_percent(busy + after, ready) > now


def test_who_has_fewer_calls_in_hand_stands_before_who_has_been_idle_longer() -> None:
    now = 1_700_000_000_000
    assert busier(now - 5, 0) < busier(now, 0) < busier(0, 1) < busier(now, 1) < busier(0, 2)


def test_an_agent_would_rather_have_a_call_of_a_lower_rank_that_was_not_missed() -> None:
    assert would_rather(0, 1, False)
    assert not would_rather(0, 1, True)
    assert not would_rather(1, 1, False)
    assert not would_rather(2, 1, False)
