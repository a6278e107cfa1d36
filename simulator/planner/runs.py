"""Replications: many, on any executor, until they are enough. The same seed gives the same figures for any number of
workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from simulator.planner import cells as c
from simulator.planner.days import Callers, Days, days_of
from simulator.planner.draws import room_for_calls
from simulator.planner.kernel import no_waits, simulate
from simulator.planner.model import Model
from simulator.planner.subjects import Subjects
from simulator.planner.tables import Book, Ints, Ints32

CHUNK = 8
"""Replications that one worker runs in a row."""
FIRST_ROUND = 16
"""After so many replications it is first asked whether they are enough; then after half as many again, and so on."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was counted in each replication, see :mod:`simulator.planner.cells`; without what does not count."""

    counts: Ints
    """[replication, subject, interval, count]; the first subjects are the queues, see
    :mod:`simulator.planner.subjects`."""
    crowds: Ints
    """[replication, subject, interval, (callers × milliseconds, most callers)]: of those who waited."""
    times: Ints
    """[replication, group, interval, time]."""
    waits: Ints
    """[replication, subject, bin]."""
    waits_by_interval: Ints
    """[subject, interval, bin]: of all replications together."""
    still_there: Ints
    """[replication]: calls that waited to the very end, long after the last interval."""
    stopped: bool = False
    """By hand, before there were as many replications as asked for."""

    @property
    def replications(self) -> int:
        """How many."""
        return len(self.counts)


Enough = Callable[[Sample], bool]
Progress = Callable[[int], None]


def run_chunk(days: Days, callers: Callers | None, seed: int, first: int, count: int) -> Sample:
    """Replications ``first`` to ``first + count - 1``."""
    calls_of = days.calls_of if callers is None else partial(callers.calls_of, days)
    room, by_interval = room_for_calls(days.load), no_waits(days.rules)
    books = (
        simulate(days.rules_of(seed, replication), calls_of(seed, replication, room), by_interval)
        for replication in range(first, first + count)
    )
    return sample_of(days.rules.subjects, books, by_interval)


def sample_of(subjects: Subjects, books: Iterable[Book], by_interval: Ints32) -> Sample:
    """What the books say; they have counted their waits by interval in ``by_interval``."""
    counts, crowds, times, waits, left = [], [], [], [], []
    for book in books:
        counts.append(subjects.counted(book.counts[:, :-1], book.moves[:, :-1]))
        crowds.append(subjects.crowds(book.crowds[:, :-1]))
        times.append(book.times[:, :-1])
        waits.append(subjects.summed(book.waits))
        left.append(int(np.isin(book.calls[:, c.CALL_FATE], (c.WAITING, c.OFFERED, c.ASIDE)).sum()))
    return Sample(
        np.stack(counts),
        np.stack(crowds),
        np.stack(times),
        np.stack(waits),
        subjects.summed(by_interval[:, :-1]),
        np.array(left, np.int64),
    )


def run(
    model: Model,
    *,
    seed: int,
    replications: int,
    enough: Enough | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    partial_will_do: bool = False,
    callers: Callers | None = None,
) -> Sample:
    """``replications`` of ``model`` at most, fewer where ``enough`` says so of what there is after some of them.
    With ``partial_will_do`` Ctrl-C ends it with those that there are, if there is one.

    Without an ``executor`` they run here and now; the compiled loop does not hold the interpreter's lock, so threads
    will do. ``progress`` hears how many are done. ``callers`` keeps what is drawn for the next scenario, on threads
    alone. ``seed`` is 0 or more. Raises :class:`~simulator.planner.model.PlannerError` for what the planner cannot run.
    """
    one = partial(run_chunk, days_of(model), callers, seed)
    sample: Sample | None = None
    done = 0
    while sample is None or (done < replications and not (enough is not None and enough(sample))):
        until = replications if enough is None else min(replications, max(FIRST_ROUND, done + (done + 1) // 2))
        # All in a row where nobody waits for news or would share the work.
        size = until if executor is None and progress is None and not partial_will_do else CHUNK
        chunks = [(start, min(size, until - start)) for start in range(done, until, size)]
        futures = deque[Future[Sample]]()
        results = (one(*chunk) for chunk in chunks)
        if executor is not None:
            futures += [executor.submit(one, start, count) for start, count in chunks]
            results = (futures.popleft().result() for _ in chunks)
        parts = [sample] if sample is not None else []
        try:
            for (start, count), part in zip(chunks, results, strict=True):
                parts.append(_added(parts[0], part) if parts else part)
                if progress is not None:
                    progress(start + count)
        except KeyboardInterrupt:
            for future in futures:
                future.cancel()
            if not (parts and partial_will_do):
                raise
            return replace(_together(parts), stopped=True)
        sample, done = _together(parts), until
    return sample


def _added(first: Sample, part: Sample) -> Sample:
    """``part``, with the waits by interval of ``first``, to which its own are added: they are large, and one table of
    them for each part would be most of what a plan takes of the memory."""
    waits = first.waits_by_interval
    waits += part.waits_by_interval
    return replace(part, waits_by_interval=waits)


def _together(parts: list[Sample]) -> Sample:
    """The parts, each :func:`_added` to the first one, as one."""
    if len(parts) == 1:
        return parts[0]
    return Sample(
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.crowds for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.waits for part in parts]),
        parts[0].waits_by_interval,
        np.concatenate([part.still_there for part in parts]),
    )
