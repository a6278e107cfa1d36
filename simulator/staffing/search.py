"""The least-cost numbers of agents per team and interval that meet every goal.

The search starts with the formulas: each queue's calls go to the cheapest team that may take them, staffed as if it
were alone (M/M/n+G). Where a goal is missed in an interval, the cheapest team that can help gets one more agent there,
until all goals are met. Then agents are taken away, the dearest first, and exchanged for cheaper ones, or some of two
teams for fewer who can do what both can, as long as all goals stay met. All of it on the same callers (common random
numbers), so that one agent more or less is seen at once. It is a local search: no single agent of the result can be
spared, but another mix of teams may be cheaper. A goal counts as met where the mean over the replications meets it.

Some callers give up in a moment, and some agents take long to answer: no number of agents changes that. So the same
callers first meet a centre with plenty of agents. Where a whole day misses a goal even so, the goal is refused. Where
only an interval does, by the chance of its few calls, its goal is measured against what plenty of agents reach there:
80 % within the threshold becomes 80 % of those who could be reached within the threshold at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from acd.groups import Groups
from acd.requirement import both, is_met
from acd.setup import AcdSetup, AgentSetup
from config.staffing import Goal, Team
from config.workload import Absence, Busyness, Retry, Transfer
from simulator.formulas.patience import Exponential
from simulator.formulas.staffing import ServiceLevelTarget, Targets, least_agents
from simulator.planner.days import Callers
from simulator.planner.duties import duties_of_numbers
from simulator.planner.laws import Never, mean_ms
from simulator.planner.model import CallKind, Model, PlannerError, Route
from simulator.planner.outcome import occupied
from simulator.planner.runs import Sample, run
from simulator.service_level import Definition
from simulator.staffing.absences import absences_of
from simulator.staffing.cheaper import Cheaper, Missed
from simulator.staffing.goals import never, reached, share

Numbers = tuple[tuple[int, ...], ...]
"""Agents by team, then by interval."""

HOUR_MS = 3_600_000
_PLENTY = 2.0
"""So many agents of each team for an agent's work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfReach:
    """A queue's goal in an interval that no number of agents meets, by the chance of its few calls."""

    queue: str
    interval: int
    instead: Goal
    """What was asked there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What was found."""

    numbers: Numbers
    cost: float
    """Of the agents, by their hours in the intervals."""
    simulated: int
    """Plans that were tried."""
    out_of_reach: tuple[OutOfReach, ...]
    stopped: bool = False
    """By hand, while it looked for something cheaper: every goal is met, but some agents may be to spare."""


@dataclass
class Search:
    """One search. ``acd`` holds the queues; its agents are left aside."""

    acd: AcdSetup
    teams: Sequence[Team]
    kinds: Sequence[CallKind]
    """Their ``pace`` is by team."""
    goals: Mapping[str, Goal]
    """By queue; a queue that is not named has none."""
    interval_ms: int
    intervals: int
    begin: int = 0
    """Unix milliseconds of the model's 0."""
    warm_up_ms: int = 0
    """When the first interval begins. Before, as many are at work as in it."""
    occupancy: float | None = None
    """Of each team in each interval, at most."""
    busyness: Busyness = field(default_factory=Busyness)
    retry: Retry | None = None
    transfers: tuple[Transfer, ...] = ()
    routes: tuple[Route, ...] = ()
    """As in :class:`~simulator.planner.model.Model`, these three."""
    absence: Absence = field(default_factory=Absence)
    """Of those who are put on shifts: what is searched for are people at their desks."""
    seed: int = 1
    replications: int = 40
    executor: Executor | None = None
    progress: Callable[[int, float], None] = lambda _simulated, _cost: None
    """Hears, for every plan that is tried, how many there were and what this one costs."""
    simulated: int = field(default=0, init=False)
    _instead: dict[tuple[str, int], Goal] = field(default_factory=dict, init=False)
    """By queue and interval: see :class:`OutOfReach`."""
    _callers: Callers = field(default_factory=Callers, init=False)
    _known: dict[tuple[Numbers, bool], list[Missed]] = field(default_factory=dict, init=False)
    """What the plans that were tried miss, by whether some are absent: many are asked about again."""

    def run(self) -> Need:
        """Ctrl-C ends it with what meets all goals so far, if there is anything.

        Raises :class:`PlannerError` where no team may take a queue's calls, no number of agents would meet a goal, or
        all of a team are not enough.
        """
        self._look_how_far_agents_reach()
        numbers = self._start()
        while missed := self.missed(numbers):
            reinforce(self.teams, numbers, missed)
        stopped = False
        try:
            Cheaper(self).improve(numbers)
        except KeyboardInterrupt:
            stopped = True
        return Need(
            numbers=tuple(tuple(row) for row in numbers),
            cost=self.cost(numbers),
            simulated=self.simulated,
            out_of_reach=tuple(
                OutOfReach(queue=queue, interval=interval, instead=goal)
                for (queue, interval), goal in sorted(self._instead.items())
            ),
            stopped=stopped,
        )

    def cost(self, numbers: Sequence[Sequence[int]]) -> float:
        """What the agents cost for the hours of the intervals that they are there."""
        hours = self.interval_ms / HOUR_MS
        return sum(team.cost_per_hour * hours * sum(row) for team, row in zip(self.teams, numbers, strict=True))

    def model(self, numbers: Sequence[Sequence[int]], *, absent: bool = False) -> Model:
        """The centre with so many agents; with some of them ``absent``, others in each replication."""
        agents: list[AgentSetup] = []
        by_team: dict[str, list[str]] = {}
        for team, row in zip(self.teams, numbers, strict=True):
            by_team[team.name] = [f"{team.name}-{one}" for one in range(1, max(row) + 1)]
            agents += [AgentSetup(id=agent, skills=team.skills) for agent in by_team[team.name]]

        def of_agents(paces: Mapping[str, float]) -> Mapping[str, float]:
            return {agent: pace for team, pace in paces.items() for agent in by_team.get(team, ())}

        model = Model(
            acd=replace(self.acd, agents=tuple(agents)),
            kinds=tuple(kind.paced(of_agents) for kind in self.kinds),
            duties=duties_of_numbers(numbers, self.interval_ms, self.warm_up_ms),
            begin=self.begin,
            counted_from_ms=self.warm_up_ms,
            interval_ms=self.interval_ms,
            intervals=self.intervals,
            busyness=self.busyness,
            retry=self.retry,
            transfers=self.transfers,
            routes=self.routes,
        )
        return replace(model, absences=absences_of(model, self.absence)) if absent else model

    def sample(self, model: Model) -> Sample:
        """What the search's callers meet in ``model``."""
        return run(model, seed=self.seed, replications=self.replications, executor=self.executor, callers=self._callers)

    def missed(self, numbers: Sequence[Sequence[int]], *, absent: bool = False) -> list[Missed]:
        """What so many agents miss, all at their desks or some of them ``absent``."""
        plan = tuple(map(tuple, numbers))
        absent = absent and not self.absence.is_none
        if (plan, absent) not in self._known:
            self.simulated += 1
            self.progress(self.simulated, self.cost(numbers))
            self._known[plan, absent] = self._missed(self.model(numbers, absent=absent))
        return self._known[plan, absent]

    def _missed(self, model: Model) -> list[Missed]:
        sample = self.sample(model)
        counts = sample.counts.sum(axis=0)
        found = [
            (f"queue “{setup.id}”", self.able(setup.id), interval)
            for number, setup in enumerate(self.acd.queues)
            for goal in (self.goals.get(setup.id),)
            if goal is not None
            for interval in range(self.intervals)
            if not reached(counts[number, interval], goal).meets(self._instead.get((setup.id, interval), goal))
        ]
        return found + self._too_busy(model, sample)

    def _too_busy(self, model: Model, sample: Sample) -> list[Missed]:
        if self.occupancy is None:
            return []
        groups, times = Groups(model.acd.agents), sample.times.sum(axis=0)
        found = []
        for number, team in enumerate(self.teams):
            group = next(
                (
                    at
                    for at, agent in zip(groups.group_of, model.acd.agents, strict=True)
                    if agent.skills == team.skills
                ),
                None,
            )
            for interval in range(self.intervals) if group is not None else ():
                busy = share(*occupied(times[group, interval]))
                if busy is not None and busy > self.occupancy:
                    found.append((f"team “{team.name}”", [number], interval))
        return found

    def able(self, queue: str) -> list[int]:
        """The teams that may take all calls of a queue, the cheapest first."""
        needs = next(setup.needs for setup in self.acd.queues if setup.id == queue)
        own = [both(needs, kind.needs) for kind in self.kinds if kind.queue == queue]
        found = [number for number, team in enumerate(self.teams) if all(is_met(each, team.skills) for each in own)]
        if not found:
            raise PlannerError(f"no team may take all calls of queue “{queue}”; add a team with the skills they need")
        return sorted(found, key=lambda number: self.teams[number].cost_per_hour)

    def _look_how_far_agents_reach(self) -> None:
        busiest = sum(
            max(kind.calls_between(*self._span(at)) for at in range(self.intervals))
            / self.interval_ms
            * (mean_ms(kind.talk) + mean_ms(kind.wrap_up) + mean_ms(kind.answer_delay))
            for kind in self.kinds
        )
        plenty = self.sample(self.model([[round(_PLENTY * busiest) + 10] * self.intervals for _ in self.teams]))
        counts = plenty.counts.sum(axis=0)
        for number, setup in enumerate(self.acd.queues):
            goal = self.goals.get(setup.id)
            if goal is None:
                continue
            self.able(setup.id)
            day = reached(counts[number].sum(axis=0), goal)
            if not day.meets(goal):
                raise PlannerError(never(setup.id, day))
            for interval in range(self.intervals):
                best = reached(counts[number, interval], goal)
                if not best.meets(goal):
                    self._instead[setup.id, interval] = best.softened(goal)

    def _span(self, interval: int) -> tuple[int, int]:
        begin = self.warm_up_ms + interval * self.interval_ms
        return begin, begin + self.interval_ms

    def _start(self) -> list[list[int]]:
        numbers = [[0] * self.intervals for _ in self.teams]
        for queue, goal in self.goals.items():
            team = self.able(queue)[0]
            threshold_ms = next(setup.threshold_ms for setup in self.acd.queues if setup.id == queue)
            for interval in range(self.intervals):
                numbers[team][interval] += self._by_formula(queue, goal, threshold_ms, interval)
        return [[min(there, team.most) for there in row] for team, row in zip(self.teams, numbers, strict=True)]

    def _by_formula(self, queue: str, goal: Goal, threshold_ms: int, interval: int) -> int:
        begin, end = self._span(interval)
        calls = work = patience = 0.0
        for kind in self.kinds:
            if kind.queue == queue:
                own = kind.calls_between(begin, end)
                calls += own
                work += own * (mean_ms(kind.talk) + mean_ms(kind.wrap_up) + mean_ms(kind.answer_delay))
                patience += own * (0.0 if isinstance(kind.patience, Never) else mean_ms(kind.patience))
        if calls == 0:
            return 0
        level = (
            None
            if goal.service_level is None
            else ServiceLevelTarget(goal.service_level, threshold_ms, Definition(goal.definition))
        )
        targets = Targets(
            service_level=level,
            asa=goal.asa_ms,
            abandonment=goal.abandonment if patience else None,
            occupancy=self.occupancy,
        )
        law = Exponential(calls / patience) if patience else None
        return least_agents(calls / self.interval_ms, calls / work, targets, law)


def reinforce(teams: Sequence[Team], numbers: list[list[int]], missed: Sequence[Missed]) -> None:
    """One agent more of the cheapest team that can help wherever a goal is ``missed``.

    Raises :class:`PlannerError` where there can be no more of any.
    """
    for goal, able, interval in missed:
        team = next((one for one in able if numbers[one][interval] < teams[one].most), None)
        if team is None:
            names = ", ".join(f"{teams[one].most} of “{teams[one].name}”" for one in able)
            raise PlannerError(
                f"all the agents there can be ({names}) do not meet the goals of {goal}; ask for less, or allow more"
            )
        numbers[team][interval] += 1
