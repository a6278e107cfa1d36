"""Little's law, and that nobody is lost, in every replication of the twin and of the planner.

Over a stretch of time in which everybody who came has left again, L = λW is no law of averages but an identity: the
area under the number of callers in a queue is the sum of their waits (J. D. C. Little, “A proof for the queuing formula
L = λW”, Operations Research 9, 1961). The left side is worked out here from who came and left when, the right side is
what the engine has added up.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from itertools import accumulate, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from centre.effects import Abandoned, Answered, Effect, Queued, Released
from config.site import Site
from simulator.planner import cells as c
from simulator.planner.day import model_of_day
from simulator.planner.days import Days, days_of
from simulator.planner.features import EVERYTHING
from simulator.planner.kernel import simulate
from simulator.planner.tables import Book, Ints32
from simulator.sums import COUNTED, Key
from simulator.tally import SEEN, Tally
from simulator.twin import Twin, span_of
from tests.twin.any_site import any_site, with_spills

MONDAY = date(2026, 11, 23)
AN_HOUR = ((time(0), 190.0), (time(1), 0.0))
"""Nobody calls after it, so by the evening everybody has left."""


def area(came: Iterable[int], left: Iterable[int]) -> tuple[int, int]:
    """Under the number of those there, in callers × milliseconds; and the greatest number."""
    changes = sorted([(at, 1) for at in came] + [(at, -1) for at in left])
    there = list(accumulate(by for _, by in changes))
    spent = sum(number * (later - at) for number, ((at, _), (later, _)) in zip(there, pairwise(changes), strict=False))
    settled = [number for number, ((at, _), (later, _)) in zip(there, pairwise(changes), strict=False) if later > at]
    return spent, max(settled, default=0)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    return any_site(random.Random(draw(st.integers(0, 10_000))), AN_HOUR)


@st.composite
def spilling_sites(draw: st.DrawFn) -> Site:
    rng = random.Random(draw(st.integers(0, 10_000)))
    return with_spills(any_site(rng, AN_HOUR), rng)


def planned(site: Site, replication: int) -> tuple[Days, Book, Ints32]:
    """The day, the planner's book of it, and the calls that came."""
    days = days_of(model_of_day(site, date=MONDAY).model)
    rules = replace(days.rules_of(1, replication), has=EVERYTHING)  # else each site would be compiled for itself
    book = simulate(rules, days.calls_of(1, replication))
    # The table also holds second tries of callers who were answered at the first: they never came.
    return days, book, book.calls[book.calls[:, c.CALL_FATE] != c.TO_COME]


@settings(max_examples=12)
@given(sites(), st.integers(0, 1_000))
def test_in_the_planner(site: Site, replication: int) -> None:
    days, book, came = planned(site, replication)
    queue_of = days.rules.kinds[came[:, c.CALL_KIND], c.KIND_QUEUE]
    assert len(came) > 100
    assert set(came[:, c.CALL_FATE]) <= {c.TALKING, c.ANSWERED, c.ABANDONED, c.RELEASED, c.REFUSED}
    subjects = days.rules.subjects
    of_all, crowds, waits = (
        subjects.counted(book.counts, book.moves),
        subjects.crowds(book.crowds),
        subjects.summed(book.waits),
    )
    for number in range(len(site.acd.queues)):
        counts = of_all[number]
        calls = came[(queue_of == number) & (came[:, c.CALL_FATE] != c.REFUSED)]
        entered = counts[:, c.QUEUED].sum()
        assert entered == len(calls) == counts[:, [c.N_ANSWERED, c.N_ABANDONED, c.N_RELEASED]].sum()
        length, longest = area(calls[:, c.CALL_AT].tolist(), calls[:, c.CALL_LEFT_AT].tolist())
        assert length == counts[:, [c.ANSWERED_WAIT_MS, c.ABANDONED_WAIT_MS, c.RELEASED_WAIT_MS]].sum()
        assert length == crowds[number, :, c.QUEUE_MS].sum()
        assert longest == crowds[number, :, c.MAX_QUEUE].max()
        assert waits[number].sum() == counts[:-1, c.N_ANSWERED].sum()
    assert book.times[..., c.GROUP_ANSWERED].sum() == book.counts[..., c.N_ANSWERED].sum()


@settings(max_examples=12)
@given(spilling_sites(), st.integers(0, 1_000))
def test_in_the_planner_where_calls_spill(site: Site, replication: int) -> None:
    days, book, came = planned(site, replication)
    subjects, together = days.rules.subjects, len(site.acd.queues)
    counts, crowds = subjects.counted(book.counts, book.moves).sum(axis=1), subjects.crowds(book.crowds)
    calls = came[came[:, c.CALL_FATE] != c.REFUSED]
    ended = counts[:, [c.N_ANSWERED, c.N_ABANDONED, c.N_RELEASED, c.N_MOVED_ON]].sum(axis=1)
    assert np.array_equal(counts[:, c.QUEUED], ended)
    assert (counts[together, c.QUEUED], counts[together, c.N_MOVED_ON]) == (len(calls), 0)
    length, longest = area(calls[:, c.CALL_AT].tolist(), calls[:, c.CALL_LEFT_AT].tolist())
    assert length == crowds[together, :, c.QUEUE_MS].sum() == crowds[:together, :, c.QUEUE_MS].sum()
    assert length == counts[together, [c.ANSWERED_WAIT_MS, c.ABANDONED_WAIT_MS, c.RELEASED_WAIT_MS]].sum()
    assert longest == crowds[together, :, c.MAX_QUEUE].max()


@settings(max_examples=6)
@given(sites(), st.integers(0, 1_000))
def test_in_the_twin(site: Site, seed: int) -> None:
    assert site.workload is not None
    start, end = span_of(site, MONDAY)
    tally = Tally(site, start, end, 900_000)
    came: dict[str, list[int]] = {queue.id: [] for queue in site.acd.queues}
    left: dict[str, list[int]] = {queue.id: [] for queue in site.acd.queues}
    waiting: set[str] = set()

    def see(effect: Effect, at: int) -> None:
        tally.see(effect, at)
        match effect:
            case Queued():
                waiting.add(effect.call)
                came[effect.queue].append(at)
            case Answered() | Abandoned() | Released() if effect.call in waiting:
                waiting.remove(effect.call)
                left[effect.queue].append(at)
            case _:
                pass

    twin = Twin(site, site.workload, seed=seed, start=start, end=end, observer=dict.fromkeys(SEEN, see))
    twin.run()
    twin.centre.metrics.book_until(end)
    figures = tally.figures(twin.centre.metrics)
    books = twin.centre.conservation()
    assert not waiting
    assert (books.arrived, sum(books.inside.values())) == (books.ended, 0)
    together = 0
    for queue in site.acd.queues:
        sums = dict(zip(COUNTED, figures[Key("queue", queue.id)][0], strict=True))
        length, longest = area(came[queue.id], left[queue.id])
        assert sums["queued"] == len(came[queue.id]) == sums["answered"] + sums["abandoned"] + sums["released"]
        assert sums["queue_ms"] == length == sums["waited_ms"]
        assert longest == sums["max_queue"]
        together += length
    everybody = dict(zip(COUNTED, figures[Key("all", "")][0], strict=True))
    assert everybody["queue_ms"] == together == everybody["waited_ms"]
