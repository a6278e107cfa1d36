"""A recorded day under today's and under proposed rules, side by side: by queue, by segment, by agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acd.counters import AgentCounters
from acd.metrics import Metrics
from acd.requirement import parse, skills_named
from acd.setup import QueueSetup
from config.site import Site
from simulator.measures import QUANTILES, wait_name
from simulator.replay.bootstrap import Bootstrap, Difference
from simulator.replay.casting import Casting
from simulator.replay.day import RecordedCall, RecordedDay, WaitEnd
from simulator.replay.measures import RATIOS, Measured, Numbers, measured
from simulator.replay.patience import Patience
from simulator.replay.rerun import Run, rerun

BLOCK_MS = 1_800_000
FELT_MS = 1_000
"""A shorter difference in waiting is none to the caller."""


_KINDS = ("all", "queue", "skill", "segment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Half an hour of a group: callers who came in it."""

    start: int
    """Unix milliseconds."""
    callers: int
    mean_wait_ms: float
    """Of everybody, under today's rules."""
    mean_wait_proposed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Callers who are looked at together."""

    kind: str
    """“all”, “queue”, “skill” (whoever needs it, by queue or by the way through the menu) or “segment”."""
    name: str
    callers: int
    measures: Mapping[str, Difference]
    """By the names of :data:`~simulator.replay.measures.MEASURES`."""
    gained: float
    """Callers who were answered instead of giving up, or sooner; mean over the repetitions, as the next two."""
    lost: float
    same: float
    intervals: tuple[Interval, ...]
    """Those in which somebody came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """One agent."""

    agent: str
    calls: Difference
    occupancy: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of a replay."""

    today: str
    proposed: str
    """The sites' folders; both the same where nothing else was proposed."""
    source: str
    start: int
    end: int
    seed: int
    repeats: int
    """Done; fewer than asked for where it was stopped."""
    stopped: bool
    """By hand, before the end."""
    groups: tuple[Group, ...]
    agents: tuple[AgentResult, ...]
    recorded_callers: int
    as_recorded: int
    """Callers who under today's rules ended as on record: answered by the same agent, to the millisecond, or not."""
    patience: Mapping[str, Patience]
    """By queue; “” is all together."""
    patience_drawn: int
    """Callers whose patience was never seen."""
    handling_drawn: int
    """Callers who were never answered on record, and so have somebody else's handling time should they be now."""
    not_in_proposed: tuple[str, ...]
    """Agents at work that day whom the proposed site does not have."""


Progress = Callable[[int, int], None]
"""Told how many runs are done, of how many."""


def replay(
    today: Site,
    proposed: Site,
    day: RecordedDay,
    *,
    seed: int = 1,
    repeats: int = 5,
    progress: Progress = lambda _done, _all: None,
) -> Replayed:
    """Runs ``day`` ``repeats`` times through both sets of rules, each time with other draws of what is not on record,
    the same draws for both. The same seed gives the same answer. Ctrl-C ends it with the repetitions that are done, if
    there is one."""
    calls = [call for call in day.calls if call.at >= day.start]
    runs: list[tuple[Run, Run]] = []
    stopped = False
    try:
        for number in range(repeats):
            casting = Casting(day, seed + number)
            before = rerun(today, day, casting)
            progress(2 * number + 1, 2 * repeats)
            runs.append((before, before if proposed is today else rerun(proposed, day, casting)))
            progress(2 * number + 2, 2 * repeats)
    except KeyboardInterrupt:
        if not runs:
            raise
        stopped = True
    return Replayed(
        today=str(today.folder),
        proposed=str(proposed.folder),
        source=day.source,
        start=day.start,
        end=day.end,
        seed=seed,
        repeats=len(runs),
        stopped=stopped,
        groups=_groups(today, day, calls, runs, seed),
        agents=_agents(today, proposed, day, runs, seed),
        recorded_callers=len(calls),
        as_recorded=sum(_as_recorded(call, runs[0][0]) for call in calls),
        patience=Casting(day, seed).patience,
        patience_drawn=sum(call.end in (WaitEnd.ANSWERED, WaitEnd.RELEASED) for call in calls),
        handling_drawn=sum(call.talk_ms is None and call.end is not WaitEnd.NEVER for call in calls),
        not_in_proposed=_not_in(proposed, day),
    )


def _as_recorded(call: RecordedCall, run: Run) -> bool:
    outcome = run.outcomes[call.call]
    return (call.end, call.waited_ms, call.agent) == (outcome.end, outcome.waited_ms, outcome.agent)


def _not_in(site: Site, day: RecordedDay) -> tuple[str, ...]:
    known = {agent.id for agent in site.acd.agents}
    return tuple(sorted({wish.agent for _, wish in day.wishes} - known))


def _groups(
    site: Site, day: RecordedDay, calls: Sequence[RecordedCall], runs: Sequence[tuple[Run, Run]], seed: int
) -> tuple[Group, ...]:
    queues = {queue.id: queue for queue in site.acd.queues}
    of: dict[tuple[str, str], list[int]] = {("all", ""): []}
    of.update({("queue", queue): [] for queue in queues})
    for number, call in enumerate(calls):
        queue = next((run.outcomes[call.call].queue for run in runs[0] if run.outcomes[call.call].queue), "")
        if queue:
            of["all", ""].append(number)
            of.setdefault(("queue", queue), []).append(number)
        for skill in _skills(call, queues.get(queue)) if queue else ():
            of.setdefault(("skill", skill), []).append(number)
        if queue and call.segment:
            of.setdefault(("segment", call.segment), []).append(number)
    blocks = -(-(day.end - day.start) // BLOCK_MS)
    block_of = np.array([(call.at - day.start) // BLOCK_MS for call in calls], dtype=np.intp)
    sides = [[measured(calls, run[side], queues) for run in runs] for side in (0, 1)]
    found = []
    for (kind, name), members in sorted(of.items(), key=_place):
        chosen = np.array(members, dtype=np.intp)
        bootstrap = Bootstrap(block_of[chosen], blocks, len(runs), seed)
        before, after = ([_only(one, chosen) for one in side] for side in sides)
        gained, lost = _felt(before, after)
        found.append(
            Group(
                kind=kind,
                name=name,
                callers=len(members),
                measures=_measures(bootstrap, before, after),
                gained=gained,
                lost=lost,
                same=len(members) - gained - lost,
                intervals=_intervals(day.start, block_of[chosen], before, after),
            )
        )
    return tuple(found)


def _place(group: tuple[tuple[str, str], list[int]]) -> tuple[int, str]:
    """Queues stay in the order of the site, all else goes by name."""
    (kind, name), _ = group
    return _KINDS.index(kind), "" if kind == "queue" else name


def _skills(call: RecordedCall, queue: QueueSetup | None) -> set[str]:
    needs = [parse(text) for text in call.needs] + ([queue.needs] if queue is not None else [])
    return {skill for need in needs for skill in skills_named(need)}


def _only(one: Measured, chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Measured:
    return Measured(
        ratios={name: (above[chosen], below[chosen]) for name, (above, below) in one.ratios.items()},
        waits=one.waits[chosen],
        answered=one.answered[chosen],
    )


def _measures(bootstrap: Bootstrap, before: Sequence[Measured], after: Sequence[Measured]) -> dict[str, Difference]:
    measures = {
        name: bootstrap.ratio([one.ratios[name] for one in before], [one.ratios[name] for one in after])
        for name in RATIOS
    }
    for share in QUANTILES:
        pairs = [[(one.waits, one.answered) for one in side] for side in (before, after)]
        measures[wait_name(share)] = bootstrap.quantile(share, *pairs)
    return measures


def _intervals(
    start: int,
    block_of: np.ndarray[tuple[int], np.dtype[np.intp]],
    before: Sequence[Measured],
    after: Sequence[Measured],
) -> tuple[Interval, ...]:
    callers = np.bincount(block_of)
    mine, theirs = (
        np.mean([np.bincount(block_of, weights=one.ratios["mean_wait_ms"][0]) for one in side], axis=0)
        for side in (before, after)
    )
    return tuple(
        Interval(
            start=start + int(block) * BLOCK_MS,
            callers=int(callers[block]),
            mean_wait_ms=float(mine[block] / callers[block]),
            mean_wait_proposed_ms=float(theirs[block] / callers[block]),
        )
        for block in np.flatnonzero(callers)
    )


def _felt(before: Sequence[Measured], after: Sequence[Measured]) -> tuple[float, float]:
    """How many callers gained and how many lost, on average over the repetitions."""
    gained = lost = 0.0
    for old, new in zip(before, after, strict=True):
        both = (old.answered == 1) & (new.answered == 1)
        sooner = old.waits - new.waits
        gained += float(((new.answered > old.answered) | (both & (sooner >= FELT_MS))).sum())
        lost += float(((new.answered < old.answered) | (both & (sooner <= -FELT_MS))).sum())
    return gained / len(before), lost / len(before)


def _agents(
    today: Site, proposed: Site, day: RecordedDay, runs: Sequence[tuple[Run, Run]], seed: int
) -> tuple[AgentResult, ...]:
    names = dict.fromkeys(agent.id for site in (today, proposed) for agent in site.acd.agents)
    starts = range(day.start, day.end, BLOCK_MS)
    bootstrap = Bootstrap(np.zeros(0, dtype=np.intp), len(starts), len(runs), seed)
    found = []
    for agent in names:
        sides = [[_worked(run[side].centre.metrics, agent, starts) for run in runs] for side in (0, 1)]
        if any(counters for side in sides for run in side for counters in run):
            calls, busy = ([[pair[of] for pair in side] for side in sides] for of in (0, 1))
            found.append(
                AgentResult(
                    agent=agent,
                    calls=bootstrap.ratio_of_blocks(*calls),
                    occupancy=bootstrap.ratio_of_blocks(*busy),
                )
            )
    return tuple(found)


def _worked(
    metrics: Metrics, agent: str, starts: Sequence[int]
) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """By block: calls answered (over shares of the day), and time busy over time on duty."""
    counters = [metrics.agent(agent, start, start + BLOCK_MS) for start in starts]
    busy = np.array([_busy_ms(one) for one in counters], dtype=float)
    duty = busy + np.array([one.ready_ms for one in counters], dtype=float)
    calls = np.array([one.answered for one in counters], dtype=float)
    return (calls, np.full(len(starts), 1 / len(starts))), (busy, duty)


def _busy_ms(counters: AgentCounters) -> int:
    return counters.offered_ms + counters.talk_ms + counters.hold_ms + counters.wrap_up_ms
