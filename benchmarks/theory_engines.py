"""What each of our engines counts of a centre whose exact answer is known, in batches: for :mod:`benchmarks.theory`.

The twin is the very centre that serves callers, in one long run; so is the planner's compiled loop. The replay is asked
for what it is there for: each batch is a day recorded under *other* staffing, and run again with the agents of the
centre. Of callers whom the record has answered it must find out for itself how long they would have waited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from acd.effects import Abandoned, Answered, Exit, Queued, Released
from acd.setup import AcdSetup
from benchmarks.steady import steady_site
from benchmarks.theory_case import MINUTE, WARM_UP, Case
from centre.events import AgentReady, AgentSignedIn
from config.site import Site
from simulator.planner import cells as c
from simulator.planner.laws import Never
from simulator.planner.runs import run
from simulator.planner.steady import steady_model
from simulator.playable import workload_of
from simulator.replay.casting import Casting
from simulator.replay.day import RecordedDay, WaitEnd
from simulator.replay.recording import Recorder
from simulator.replay.rerun import CallOutcome, rerun
from simulator.stage import Observer
from simulator.twin import Twin

BATCHES = 24
SETTLED = 6
"""How long a batch lasts at the least, in times that the centre takes to forget its state."""
CALLS = 800
"""How many calls a batch has at the least."""
START = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)
_DAY_WARMS_UP, _DAY = 5, 2
"""How long a day of the replay warms up, and how long at the least it counts, in times that the centre takes to forget
its state: days have nothing to do with each other, so they may be short."""
_DAYS_COST_MOST = 5_000
"""Of :attr:`Case.costs`: dearer centres would take the replay, which runs each day twice, too long."""
_FEWEST = 3
"""A centre with so many agents can do with one fewer while a day is recorded."""
_EXTRA = "one-more"

QUEUED, REFUSED, AT_ONCE, ANSWERED, WITHIN, ABANDONED, ABANDONED_WITHIN, WAITED, WAITED_IN_VAIN = range(9)

Counts = npt.NDArray[np.float64]
"""[batch, queue, what]."""


def batch_ms(case: Case, calls: int) -> int:
    """How long a batch of ``case`` lasts, with so many ``calls`` at the least."""
    return round(max(SETTLED * case.settles, calls / case.rate) * MINUTE)


def day_ms(case: Case, calls: int) -> int:
    """How long a day of the replay counts, with an eighth of so many ``calls`` at the least."""
    return round(max(_DAY * case.settles, calls / 8 / case.rate) * MINUTE)


def warm_up_ms(case: Case) -> int:
    """How long ``case`` runs before anything is counted."""
    return round(WARM_UP * case.settles * MINUTE)


class _Book:
    """Counts calls by the time at which they came."""

    def __init__(self, case: Case, begin: int, length_ms: int) -> None:
        self.counts: Counts = np.zeros((BATCHES, len(case.acd.queues), 9))
        self._begin = begin
        self._length_ms = length_ms
        self._within = {queue.id: queue.threshold_ms for queue in case.acd.queues}
        self._number = {queue.id: at for at, queue in enumerate(case.acd.queues)}

    def add(self, queue: str, came: int, cell: int, amount: int = 1) -> None:
        """Adds to a cell of a queue, for a call that came then."""
        batch = (came - self._begin) // self._length_ms
        if 0 <= batch < BATCHES:
            self.counts[batch, self._number[queue], cell] += amount

    def answered(self, queue: str, came: int, waited_ms: int) -> None:
        """A call was answered after waiting so long."""
        self._left(queue, came, waited_ms, ANSWERED, WITHIN, WAITED)
        if waited_ms == 0:
            self.add(queue, came, AT_ONCE)

    def abandoned(self, queue: str, came: int, waited_ms: int) -> None:
        """A caller gave up after waiting so long."""
        self._left(queue, came, waited_ms, ABANDONED, ABANDONED_WITHIN, WAITED_IN_VAIN)

    def _left(self, queue: str, came: int, waited_ms: int, cell: int, cell_within: int, cell_waited: int) -> None:
        self.add(queue, came, cell)
        self.add(queue, came, cell_waited, waited_ms)
        if waited_ms <= self._within[queue]:
            self.add(queue, came, cell_within)


def by_twin(case: Case, seed: int, calls: int = CALLS) -> Counts:
    """What the twin counts in each batch."""
    length_ms = batch_ms(case, calls)
    begin = START + warm_up_ms(case)
    book = _Book(case, begin, length_ms)

    def queued(effect: Queued, at: int) -> None:
        book.add(effect.queue, at, QUEUED)

    def released(effect: Released, at: int) -> None:
        if effect.why is Exit.FULL:
            book.add(effect.queue, at, REFUSED)

    def answered(effect: Answered, at: int) -> None:
        book.answered(effect.queue, at - effect.waited_ms, effect.waited_ms)

    def abandoned(effect: Abandoned, at: int) -> None:
        book.abandoned(effect.queue, at - effect.waited_ms, effect.waited_ms)

    see: Observer = {
        Queued: queued,
        Released: released,
        Answered: answered,
        Abandoned: abandoned,
    }

    site = _site(case, case.acd)
    Twin(site, workload_of(site), seed=seed, start=START, end=begin + BATCHES * length_ms, observer=see).run()
    return book.counts


def _site(case: Case, acd: AcdSetup) -> Site:
    return steady_site(acd, [(kind, rate / MINUTE) for kind, rate in case.calls])


def by_planner(case: Case, seed: int, calls: int = CALLS) -> Counts:
    """What the planner counts in each batch."""
    length_ms = batch_ms(case, calls)
    model = steady_model(
        case.acd,
        [(kind, rate / MINUTE) for kind, rate in case.calls],
        warm_up_ms=warm_up_ms(case),
        length_ms=BATCHES * length_ms,
    )
    sample = run(replace(model, interval_ms=length_ms, intervals=BATCHES), seed=seed, replications=1)
    cells = [
        c.QUEUED,
        c.N_REFUSED,
        c.ANSWERED_AT_ONCE,
        c.N_ANSWERED,
        c.ANSWERED_WITHIN,
        c.N_ABANDONED,
        c.ABANDONED_WITHIN,
        c.ANSWERED_WAIT_MS,
        c.ABANDONED_WAIT_MS,
    ]
    counts: Counts = sample.counts[0, : len(case.acd.queues)][:, :, cells].swapaxes(0, 1).astype(np.float64)
    return counts


def by_replay(case: Case, seed: int, calls: int = CALLS) -> Counts:
    """What the replay makes of days that were recorded with another number of agents: a day is a batch."""
    length_ms = day_ms(case, calls)
    warm_up = round(_DAY_WARMS_UP * case.settles * MINUTE)
    recorded, replayed = _site(case, _staffed_otherwise(case)), _site(case, case.acd)
    book = _Book(case, 0, length_ms)
    for batch in range(BATCHES):
        day = _day(recorded, replayed, seed * BATCHES + batch, warm_up + length_ms)
        outcomes = rerun(replayed, day, Casting(day, seed)).outcomes
        for call in day.calls:
            _count(book, outcomes[call.call], batch * length_ms + call.at - START - warm_up, batch * length_ms)
    return book.counts


def _count(book: _Book, outcome: CallOutcome, came: int, begin: int) -> None:
    if came < begin or outcome.end is WaitEnd.NEVER:
        return
    if outcome.end is WaitEnd.RELEASED:
        book.add(outcome.queue, came, REFUSED)
        return
    book.add(outcome.queue, came, QUEUED)
    ended = book.answered if outcome.end is WaitEnd.ANSWERED else book.abandoned
    ended(outcome.queue, came, outcome.waited_ms)


def _staffed_otherwise(case: Case) -> AcdSetup:
    """One agent fewer, so that callers show more of their patience than the replay asks for; one more where too few are
    left, or where nobody gives up and one fewer might be too few for ever."""
    agents = case.acd.agents
    if len(agents) >= _FEWEST and not any(isinstance(kind.patience, Never) for kind, _ in case.calls):
        return replace(case.acd, agents=agents[:-1])
    return replace(case.acd, agents=(*agents, replace(agents[0], id=_EXTRA)))


def _day(recorded: Site, replayed: Site, seed: int, length_ms: int) -> RecordedDay:
    """A day under the twin, with everybody at work whom the replay will have."""
    end = START + length_ms
    recorder = Recorder(START, end)
    twin = Twin(recorded, workload_of(recorded), seed=seed, start=START, end=end)
    twin.witness = recorder.see
    twin.run()
    day = recorder.day("the twin")
    known = {agent.id for agent in recorded.acd.agents}
    newcomers = [agent.id for agent in replayed.acd.agents if agent.id not in known]
    wishes = [(START, wish) for agent in newcomers for wish in (AgentSignedIn(agent=agent), AgentReady(agent=agent))]
    return replace(day, wishes=(*wishes, *day.wishes))


ENGINES: Mapping[str, Callable[[Case, int, int], Counts]] = {
    "twin": by_twin,
    "planner": by_planner,
    "replay": by_replay,
}


def runs(engine: str, case: Case) -> bool:
    """Whether ``engine`` can tell anything of ``case``. On record, talks are as long as with whom they were held, so
    the replay says nothing of agents of unlike speed."""
    return engine != "replay" or (case.costs < _DAYS_COST_MOST and not any(kind.pace for kind, _ in case.calls))
