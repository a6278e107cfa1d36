"""How many callers wait: on average over an interval, and at the most. Who does not wait a millisecond never did."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.jitted import compiled
from simulator.planner.tables import Tables


@compiled
def book_length(t: Tables, length: int, now: int) -> None:
    """Books a number of callers up to ``now``."""
    spent = now - t.lengths[length, c.LENGTH_SINCE]
    if spent > 0:
        callers, interval = t.lengths[length, c.LENGTH_IS], t.centre[c.INTERVAL]
        t.crowds[length, interval, c.QUEUE_MS] += spent * callers
        if callers > t.crowds[length, interval, c.MAX_QUEUE]:  # noqa: PLR1730 - one look less
            t.crowds[length, interval, c.MAX_QUEUE] = callers
        t.lengths[length, c.LENGTH_SINCE] = now


@compiled
def change_lengths(t: Tables, kind: int, by: int) -> None:
    """A call of ``kind`` begins to wait (``by`` 1), or no longer does (-1)."""
    for at in range(t.kinds[kind, c.KIND_LENGTHS_FROM], t.kinds[kind, c.KIND_LENGTHS_TO]):
        length = t.lists[at]
        book_length(t, length, t.centre[c.NOW])
        t.lengths[length, c.LENGTH_IS] += by
