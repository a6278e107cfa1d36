"""Streams of random numbers."""

from __future__ import annotations

import random


def stream(seed: int | str, *purpose: str | int) -> random.Random:
    """A stream of random numbers of its own for each purpose; the same on every machine."""
    return random.Random("/".join(map(str, (seed, *purpose))))  # noqa: S311 - a simulation, nothing to keep secret
