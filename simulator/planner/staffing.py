"""The least-cost numbers of agents per team and interval that meet every queue's targets.

The search starts with the formulas: each queue's calls go to the cheapest team that may take them, staffed as if it
were alone (M/M/n+G). Where a queue misses a goal in an interval, the cheapest team that may take its calls gets one
more agent there, until all goals are met. Then agents are taken away one at a time, the dearest first, as long as all
goals stay met. All of it on the same callers (common random numbers), so that one agent more or less is seen at once.
It is a local search: no single agent of the result can be spared, but another mix of teams may be cheaper. A goal
counts as met where the mean over the replications meets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from acd.requirement import both, is_met
from acd.setup import AcdSetup, AgentSetup
from simulator.formulas.patience import Exponential
from simulator.formulas.service_level import Definition
from simulator.formulas.staffing import ServiceLevelTarget, Targets, least_agents
from simulator.planner.duties import duties_of_numbers
from simulator.planner.estimates import ratio
from simulator.planner.laws import Never, mean_ms
from simulator.planner.model import CallKind, Model, PlannerError
from simulator.planner.outcome import abandonment, answer_speed, service_level
from simulator.planner.runs import Sample, run

Numbers = tuple[tuple[int, ...], ...]
"""Agents by team, then by interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Agents who can all do the same."""

    name: str
    skills: Mapping[str, int]
    cost: float
    """Of one agent for one interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a queue is to reach in every interval in which somebody calls; at least one of them."""

    service_level: float | None = None
    """Share within the queue's threshold, by ``definition``, at least."""
    definition: Definition = Definition.ABANDONS_NEGATIVE
    asa_ms: float | None = None
    """At most."""
    abandonment: float | None = None
    """Share, at most."""

    def __post_init__(self) -> None:
        if self.service_level is self.asa_ms is self.abandonment is None:
            raise ValueError("give a queue at least one goal: a service level, an ASA or an abandonment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """What was found."""

    numbers: Numbers
    cost: float
    simulated: int
    """Plans that were tried."""


@dataclass
class Search:
    """One search. ``acd`` holds the queues; its agents are left aside. The first interval begins at 0."""

    acd: AcdSetup
    teams: Sequence[Team]
    kinds: Sequence[CallKind]
    goals: Mapping[str, Goal]
    """By queue; a queue that is not named has none."""
    interval_ms: int
    intervals: int
    seed: int = 1
    replications: int = 40
    most: int = 1_000
    """Agents of a team in an interval, at most."""
    executor: Executor | None = None
    simulated: int = 0

    def run(self) -> Staffing:
        """Raises :class:`PlannerError` where no team may take a queue's calls, or :attr:`most` is not enough."""
        numbers = self._start()
        while missed := self._missed(numbers):
            for queue, interval in missed:
                able = self._able(queue)
                team = next((one for one in able if numbers[one][interval] < self.most), None)
                if team is None:
                    raise PlannerError(
                        f"{self.most} agents of each team that may take its calls do not meet the goals of queue "
                        f"“{queue}”; ask for less, or allow more"
                    )
                numbers[team][interval] += 1
        self._cut(numbers)
        cost = sum(team.cost * sum(row) for team, row in zip(self.teams, numbers, strict=True))
        return Staffing(numbers=tuple(tuple(row) for row in numbers), cost=cost, simulated=self.simulated)

    def model(self, numbers: Sequence[Sequence[int]]) -> Model:
        """The centre with so many agents."""
        agents = tuple(
            AgentSetup(id=f"{team.name}-{one}", skills=team.skills)
            for team, row in zip(self.teams, numbers, strict=True)
            for one in range(1, max(row) + 1)
        )
        return Model(
            acd=replace(self.acd, agents=agents),
            kinds=tuple(self.kinds),
            duties=duties_of_numbers(numbers, self.interval_ms),
            interval_ms=self.interval_ms,
            intervals=self.intervals,
        )

    def _able(self, queue: str) -> list[int]:
        """The teams that may take all calls of a queue, the cheapest first."""
        needs = next(setup.needs for setup in self.acd.queues if setup.id == queue)
        own = [both(needs, kind.needs) for kind in self.kinds if kind.queue == queue]
        found = [number for number, team in enumerate(self.teams) if all(is_met(each, team.skills) for each in own)]
        if not found:
            raise PlannerError(f"no team may take all calls of queue “{queue}”; add a team with the skills they need")
        return sorted(found, key=lambda number: self.teams[number].cost)

    def _start(self) -> list[list[int]]:
        numbers = [[0] * self.intervals for _ in self.teams]
        for queue, goal in self.goals.items():
            team = self._able(queue)[0]
            threshold_ms = next(setup.threshold_ms for setup in self.acd.queues if setup.id == queue)
            for interval in range(self.intervals):
                numbers[team][interval] += self._by_formula(queue, goal, threshold_ms, interval)
        return [[min(there, self.most) for there in row] for row in numbers]

    def _by_formula(self, queue: str, goal: Goal, threshold_ms: int, interval: int) -> int:
        begin, end = interval * self.interval_ms, (interval + 1) * self.interval_ms
        calls = work = patience = 0.0
        for kind in self.kinds:
            if kind.queue == queue:
                own = sum(
                    max(0.0, min(end, rate.end_ms) - max(begin, rate.begin_ms)) * rate.per_ms for rate in kind.rates
                )
                calls += own
                work += own * (mean_ms(kind.talk) + mean_ms(kind.wrap_up) + mean_ms(kind.answer_delay))
                patience += own * (0.0 if isinstance(kind.patience, Never) else mean_ms(kind.patience))
        if calls == 0:
            return 0
        level = (
            None
            if goal.service_level is None
            else ServiceLevelTarget(goal.service_level, threshold_ms, goal.definition)
        )
        targets = Targets(service_level=level, asa=goal.asa_ms, abandonment=goal.abandonment if patience else None)
        law = Exponential(calls / patience) if patience else None
        return least_agents(calls / self.interval_ms, calls / work, targets, law)

    def _missed(self, numbers: Sequence[Sequence[int]]) -> list[tuple[str, int]]:
        """Where a goal is missed: queue and interval."""
        self.simulated += 1
        sample = run(self.model(numbers), seed=self.seed, replications=self.replications, executor=self.executor)
        return [
            (setup.id, interval)
            for number, setup in enumerate(self.acd.queues)
            if setup.id in self.goals
            for interval in range(self.intervals)
            if not _meets(self.goals[setup.id], sample, number, interval)
        ]

    def _cut(self, numbers: list[list[int]]) -> None:
        dearest = sorted(range(len(self.teams)), key=lambda number: -self.teams[number].cost)
        spared = True
        while spared:
            spared = False
            for team in dearest:
                for interval in range(self.intervals):
                    if numbers[team][interval] == 0 or sum(map(sum, numbers)) == 1:
                        continue
                    numbers[team][interval] -= 1
                    if self._missed(numbers):
                        numbers[team][interval] += 1
                    else:
                        spared = True


def _meets(goal: Goal, sample: Sample, queue: int, interval: int) -> bool:
    counts = sample.counts[:, queue, interval]
    level = ratio(*service_level(counts, goal.definition)).mean
    asa, lost = ratio(*answer_speed(counts)).mean, ratio(*abandonment(counts)).mean
    if goal.service_level is not None and level is not None and level < goal.service_level:
        return False
    if goal.asa_ms is not None and asa is not None and asa > goal.asa_ms:
        return False
    return goal.abandonment is None or lost is None or lost <= goal.abandonment
