"""What callers said after their conversations, in figures. Only answers count: who gave none is in no figure."""

from __future__ import annotations

from dataclasses import dataclass

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

    def count(self, score: Score) -> None:
        """One answer more."""
        match score.scale:
            case Scale.CSAT:
                self.csat += 1
                self.csat_sum += score.score
            case Scale.NPS:
                self.nps += 1
                self.promoters += score.score >= PROMOTERS_FROM
                self.detractors += score.score <= DETRACTORS_TO


def csat_average(counters: SurveyCounters) -> float | None:
    """The sum of the CSAT scores over their number (1 to 5); None where there is none."""
    return counters.csat_sum / counters.csat if counters.csat else None


def net_promoter_score(counters: SurveyCounters) -> float | None:
    """The share of promoters (9 and 10) less that of detractors (0 to 6), in per cent (−100 to 100); None without an
    answer. F. Reichheld, “The One Number You Need to Grow”, Harvard Business Review 81 (2003), no. 12."""
    return 100 * (counters.promoters - counters.detractors) / counters.nps if counters.nps else None
