"""What a run of kills is judged by: what a busy machine explains does not count against the engine, all else does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks.kills import judge, verdict
from benchmarks.kills.books import Books
from benchmarks.kills.faults import Blow
from benchmarks.kills.music import Heard, Packet, heard_in
from benchmarks.kills.rounds import Result, Round
from benchmarks.kills.verdict import Away
from benchmarks.kills.wire import Caller, Ring, Wire


def music(gap_ms: float) -> Heard:
    return Heard(gap_ms=gap_ms, behind_ms=0, missing=0)


def one_round(*, offered_after_s: float | None = 1.0, gap_ms: float = 21, control_ms: float | None = 21) -> Round:
    return Round(
        blow=Blow("kill -9", 10.0, 11.0, 12.0),
        waited=1,
        offered_after_s=offered_after_s,
        music=music(gap_ms),
        control=None if control_ms is None else music(control_ms),
        differences=(),
    )


def judged(*rounds: Round) -> int:
    return judge.code([Result(waiting=1, rounds=list(rounds))])


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (one_round(), 0),
        (one_round(gap_ms=39), 0),
        (one_round(gap_ms=41), 2),
        (one_round(gap_ms=55, control_ms=60), 0),
        (one_round(gap_ms=61, control_ms=60), 2),
        (one_round(gap_ms=41, control_ms=None), 2),
        (one_round(offered_after_s=3.0), 0),
        (one_round(offered_after_s=3.1), 2),
        (one_round(offered_after_s=None), 1),
    ],
)
def test_only_what_the_machine_does_by_itself_excuses_a_gap_and_nothing_that_nobody_was_offered(
    run: Round, code: int
) -> None:
    assert judged(run) == code


def test_where_the_machine_is_now_slow_now_fast_a_gap_may_be_longer_by_as_much() -> None:
    fast, slow = one_round(control_ms=30), one_round(control_ms=50)
    assert judged(fast, slow, one_round(gap_ms=60, control_ms=40)) == 0
    assert judged(fast, slow, one_round(gap_ms=61, control_ms=40)) == 2


@pytest.mark.parametrize("kind", ["lost", "doubled", "out_of_order", "broken"])
def test_one_finding_of_any_kind_is_enough(kind: str) -> None:
    result = Result(waiting=1, rounds=[one_round(offered_after_s=9.0)])
    getattr(result, kind).append("caller 7")
    assert judge.code([Result(waiting=0), result]) == 1
    assert any("caller 7" in line for line in judge.report([result]))


def packets(*sent: tuple[float, int]) -> list[Packet]:
    """Each: when it came (ms), and its number."""
    return [Packet(at_ms / 1000, number % 2**16, source=7) for at_ms, number in sent]


def test_a_packet_that_comes_late_leaves_a_gap_but_no_hole_in_the_music() -> None:
    heard = heard_in(packets((0, 2**16 - 1), (45, 0), (46, 1), (60, 2)))
    assert [heard.gap_ms, heard.behind_ms] == pytest.approx([45, 0])
    assert heard.missing == 0


def test_music_that_stood_still_and_packets_that_never_came_are_told_by_the_packets_themselves() -> None:
    assert heard_in(packets((0, 5), (220, 6), (240, 7))).behind_ms == pytest.approx(200)
    assert heard_in(packets((0, 5), (40, 7))).missing == 1


def books(**queued_at: int | None) -> Books:
    """A journal that knows these callers, by number (with a “c” before it), and since when they wait (ms)."""
    known = {name.removeprefix("c"): at for name, at in queued_at.items()}
    waits = {number: at for number, at in known.items() if at is not None}
    return cast(Books, SimpleNamespace(calls={number: {"x"} for number in known}, queued_at=waits))


def wire(callers: list[Caller], rings: list[Ring] | None = None) -> Wire:
    return cast(
        Wire,
        SimpleNamespace(tag="", callers={one.number: one for one in callers}, rings=rings or [], talks=dict),
    )


AWAY = [Away(20.0, 25.0)]


@pytest.mark.parametrize(
    ("came", "left", "is_lost"),
    [(21.0, 24.0, False), (19.5, 25.5, False), (15.0, 24.0, True), (21.0, 30.0, True)],
)
def test_a_caller_of_whom_the_journal_knows_nothing_is_lost_unless_there_was_no_engine_all_the_time(
    came: float, left: float, is_lost: bool
) -> None:
    seen = wire([Caller(number=1, answered=came, left=left)])
    assert bool(list(verdict.lost(seen, books(), [], AWAY))) is is_lost
    assert verdict.unheard_of(seen, books()) == 1


def test_a_ring_for_a_caller_who_waits_since_nobody_knows_when_is_no_order_at_all() -> None:
    seen = wire([Caller(number=1, answered=1.0)], [Ring(caller=1, agent="anna", at=5.0)])
    assert list(verdict.out_of_order(seen, books(c1=None))) != []
    assert list(verdict.out_of_order(seen, books(c1=1_000))) == []
    assert verdict.unqueued(seen, books(c1=None)) == 1


def test_a_ring_for_one_while_another_who_waits_longer_is_rung_for_nowhere_is_out_of_order() -> None:
    callers = [Caller(number=1, answered=1.0), Caller(number=2, answered=2.0)]
    seen = wire(callers, [Ring(caller=2, agent="anna", at=5.0)])
    assert list(verdict.out_of_order(seen, books(c1=1_000, c2=2_000))) != []
    assert list(verdict.out_of_order(seen, books(c1=2_000, c2=1_000))) == []
