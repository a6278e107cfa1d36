"""What callers are asked for after a conversation, and which numbers are an answer."""

from __future__ import annotations

from enum import StrEnum


class Scale(StrEnum):
    """A scale by which callers judge."""

    CSAT = "csat"
    """Customer satisfaction, from 1 (very dissatisfied) to 5 (very satisfied)."""
    NPS = "nps"
    """How likely the caller is to recommend us, from 0 to 10: F. Reichheld, “The One Number You Need to Grow”, Harvard
    Business Review 81 (2003), no. 12."""

    @property
    def scores(self) -> range:
        """The answers that there are."""
        return range(1, 6) if self is Scale.CSAT else range(11)

    def score(self, keys: str) -> int | None:
        """The answer that somebody pressed; None for what is none: 6 of 5, 11, 007, a star."""
        return next((score for score in self.scores if str(score) == keys), None)
