"""What is asked of a run, and whether it was so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.kills.music import Heard
from benchmarks.kills.rounds import Result

GAP_MS = 40.0
"""Packets come every 20 ms: one that is late, or lost, and no more."""
FIRST_OFFER_S = 3.0
_SHOWN = 10
"""Findings of one kind that are printed."""
_KINDS = ("lost", "doubled", "out_of_order", "broken")


def wrongs(result: Result) -> dict[str, int]:
    """What must be 0, whatever the machine."""
    return {
        "lost": len(result.lost),
        "doubled": len(result.doubled),
        "overtaken": len(result.out_of_order) + len(result.broken),
        "never offered": sum(one.offered_after_s is None for one in result.rounds),
    }


def allowed_gap_ms(control: Sequence[Heard]) -> float:
    """What the longest gap may be: 40 ms, or where the machine alone makes longer ones, the longest of those without a
    fault and as much as these differ (the longest from the median)."""
    if not control:
        return GAP_MS
    gaps = [one.gap_ms for one in control]
    return max(GAP_MS, 2 * max(gaps) - median(gaps))


def too_slow(result: Result, all_of_them: Sequence[Result]) -> Iterator[str]:
    """What depends on the machine too, and was not as it should be. *all_of_them*: of the same machine."""
    music = [one.music for one in result.rounds if one.music is not None]
    allowed = _allowed(result, all_of_them)
    gap = max((one.gap_ms for one in music), default=0.0)
    if gap > allowed:
        yield f"the music stopped for {gap:.0f} ms (allowed: {allowed:.0f})"
    offered = max((one.offered_after_s for one in result.rounds if one.offered_after_s is not None), default=0.0)
    if offered > FIRST_OFFER_S:
        yield f"the first offer took {offered:.2f} s (allowed: {FIRST_OFFER_S:.0f})"


def report(results: Sequence[Result]) -> Iterator[str]:
    """The figures and the verdict, line by line."""
    yield (
        "waiting  faults  calls  lost  doubled  overtaken  never offered  unknown  unqueued"
        "  gap ms: median/worst (behind)    control (behind)  allowed  first offer s: median/worst"
    )
    for result in results:
        yield _row(result, results)
    for result in results:
        yield from _findings(result)
    for result in results:
        yield from (f"{result.waiting} waiting: {what}" for what in too_slow(result, results))


def code(results: Sequence[Result]) -> int:
    """0: all was as it should be. 1: somebody was lost, doubled, overtaken, or never offered. 2: nobody was, but the
    music stopped or the first offer came late, which a busy machine does too."""
    if any(any(wrongs(one).values()) for one in results):
        return 1
    return 2 if any(True for one in results for _ in too_slow(one, results)) else 0


def _control(result: Result) -> list[Heard]:
    return [one.control for one in result.rounds if one.control is not None]


def _allowed(result: Result, all_of_them: Sequence[Result]) -> float:
    """Where nobody waits, nobody waits long enough to compare with: the others say what the machine does."""
    return allowed_gap_ms(_control(result) or [heard for one in all_of_them for heard in _control(one)])


def _row(result: Result, all_of_them: Sequence[Result]) -> str:
    wrong = wrongs(result)
    music = [one.music for one in result.rounds if one.music is not None]
    offered = [one.offered_after_s for one in result.rounds if one.offered_after_s is not None]
    return (
        f"{result.waiting:7d}  {len(result.rounds):6d}  {result.calls:5d}  {wrong['lost']:4d}  {wrong['doubled']:7d}"
        f"  {wrong['overtaken']:9d}  {wrong['never offered']:13d}  {result.unknown:7d}  {result.unqueued:8d}"
        f"  {_gaps(music):>26}  {_gaps(_control(result)):>15}  {_allowed(result, all_of_them):7.0f}"
        f"  {_spread(offered, 2):>27}"
    )


def _gaps(heard: Sequence[Heard]) -> str:
    gaps = _spread([one.gap_ms for one in heard], 0)
    return f"{gaps} ({max(one.behind_ms for one in heard):.0f})" if heard else gaps


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):.{digits}f}/{max(values):.{digits}f}" if values else "–"


def _findings(result: Result) -> Iterator[str]:
    for what in _KINDS:
        found = getattr(result, what)
        yield from (f"{result.waiting} waiting, {what.replace('_', ' ')}: {one}" for one in found[:_SHOWN])
        if len(found) > _SHOWN:
            yield f"… and {len(found) - _SHOWN} more"
