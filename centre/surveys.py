"""What callers said after their conversations, in figures. Only answers count: who gave none is in no figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acd.counters import add_up
from ivr.messages import Score
from ivr.scale import Scale

PROMOTERS_FROM, DETRACTORS_TO = 9, 6


@dataclass(slots=True, kw_only=True)
class SurveyCounters:
    """The answers of some callers."""

    csat: int = 0
    """Answers to CSAT questions."""
    csat_sum: int = 0
    nps: int = 0
    """Answers to NPS questions."""
    promoters: int = 0
    """Of them 9 and 10."""
    detractors: int = 0
    """Of them 0 to 6."""


def csat_average(counters: SurveyCounters) -> float | None:
    """The sum of the CSAT scores over their number (1 to 5); None where there is none."""
    return counters.csat_sum / counters.csat if counters.csat else None


def net_promoter_score(counters: SurveyCounters) -> float | None:
    """The share of promoters (9 and 10) less that of detractors (0 to 6), in per cent (−100 to 100); None without an
    answer. F. Reichheld, “The One Number You Need to Grow”, Harvard Business Review 81 (2003), no. 12."""
    return 100 * (counters.promoters - counters.detractors) / counters.nps if counters.nps else None


class Surveys:
    """Counters by queue, and by the interval in which the call ended."""

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._queues: dict[str, dict[int, SurveyCounters]] = {}

    def note(self, queue: str, scores: Iterable[Score], at: int) -> None:
        """Counts what the caller of a call of ``queue`` has said, once the call is over (``at``, Unix milliseconds)."""
        for score in scores:
            interval = at - at % self._interval_ms
            counters = self._queues.setdefault(queue, {}).setdefault(interval, SurveyCounters())
            match score.scale:
                case Scale.CSAT:
                    counters.csat += 1
                    counters.csat_sum += score.score
                case Scale.NPS:
                    counters.nps += 1
                    counters.promoters += score.score >= PROMOTERS_FROM
                    counters.detractors += score.score <= DETRACTORS_TO

    def queue(self, queue: str, start: int, end: int | None = None) -> SurveyCounters:
        """The sum over the intervals of ``queue`` that begin at or after ``start`` and before ``end``."""
        return add_up(SurveyCounters(), self._queues.get(queue, {}), start, end)

    def forget(self, before: int) -> None:
        """Drops the intervals that begin before ``before``."""
        for table in self._queues.values():
            for start in [start for start in table if start < before]:
                del table[start]
