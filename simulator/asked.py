"""Options that several commands of planners share, and when they make no sense."""

from __future__ import annotations

from math import isfinite

INTERVALS = (15, 30, 60)


def check_asked(*, interval: int = 30, scale: float = 1.0, json: bool, csv: bool) -> None:
    """Raises ``ValueError`` with a sentence for the user.

    ``interval`` is in minutes, ``scale`` says how many times the site's calls come.
    """
    if interval not in INTERVALS:
        raise ValueError(f"--interval is 15, 30 or 60 minutes, not {interval}")
    if not (scale > 0 and isfinite(scale)):
        raise ValueError(f"--scale is a factor above 0, for example 1.1; not {scale:g}")
    if json and csv:
        raise ValueError("choose either --json or --csv")
