"""One day, the same calls: through the twin, then through the planner, and what became of every call in both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from acd.effects import Abandoned, Answered, Released
from acd.requirement import ANYBODY, Requirement, both, parse
from centre.effects import Effect, Wait
from config.laws import Deterministic
from config.population import Person, Population
from config.site import Site
from config.workload import Callers
from simulator.planner import cells as c
from simulator.planner.compiler import DRAIN_MS, compile_rules
from simulator.planner.duties import duties_of_shifts
from simulator.planner.kernel import simulate
from simulator.planner.model import CallKind, Model
from simulator.staff import Plan, Roster
from simulator.twin import Twin


@dataclass(frozen=True)
class Fate:
    """What became of a call: the outcome, when (Unix milliseconds), and the agent who answered."""

    how: str
    at: int
    agent: str = ""


@dataclass
class Trace:
    """A call as it entered its queue."""

    queue: str
    at: int
    needs: Requirement = ANYBODY
    priority: int = 0


class Both:
    """A day of ``site`` from its midnight on, in the twin and in the planner."""

    def __init__(self, site: Site, *, seed: int, day: date, hours: float) -> None:
        assert site.workload is not None
        self._site, self._workload, self._seed = site, site.workload, seed
        start = datetime.combine(day, datetime.min.time(), site.time_zone)
        self.start = int(start.timestamp() * 1000)
        self.end = int((start + timedelta(hours=hours)).timestamp() * 1000)
        self.calls: dict[str, Trace] = {}
        self._dialled: list[Callers] = []
        self.twin: dict[str, Fate] = {}
        self._run_twin()
        self.planner = self._run_planner()

    def _observe(self, effect: Effect, at: int) -> None:
        match effect:
            case Wait(call=call, queue=queue, needs=texts, priority=priority):
                needs: Requirement = ANYBODY
                for text in texts:
                    needs = both(needs, parse(text))
                self.calls[call] = Trace(queue, at, needs, priority)
            case Answered(call=call, agent=agent):
                self.twin[call] = Fate("answered", at, agent)
            case Abandoned(call=call):
                self.twin[call] = Fate("abandoned", at)
            case Released(call=call, queue=queue, why="full"):
                # A call without needs of its own: the twin does not say what a refused call needed.
                self.calls[call] = Trace(queue, at)
                self.twin[call] = Fate("refused", at)
            case Released(call=call):
                self.twin[call] = Fate("released", at)
            case _:
                pass

    def _run_twin(self) -> None:
        twin = Twin(self._site, self._workload, seed=self._seed, start=self.start, end=self.end, observer=self._observe)
        dial = twin._dial

        def dialled(person: Person) -> None:
            self._dialled.append(person.kind)
            dial(person)

        twin._dial = dialled  # type: ignore[method-assign]
        twin.run()

    def _pace(self, queue: str) -> dict[str, float]:
        by_level = self._workload.handling_by_level.get(queue)
        if by_level is None:
            return {}
        return {agent.id: by_level.factor(agent.skills) for agent in self._site.acd.agents}

    def _run_planner(self) -> dict[str, Fate]:
        site, agents = self._site, [agent.id for agent in self._site.acd.agents]
        plan = Plan(self._workload, self.start, self.end + DRAIN_MS)
        roster = Roster(plan, self._workload.absence, self._seed)
        ids = list(self.calls)
        keys = [(call.queue, call.needs, call.priority) for call in self.calls.values()]
        kinds = list(dict.fromkeys(keys))
        nothing = Deterministic(mean_ms=0)
        model = Model(
            acd=site.acd,
            kinds=tuple(
                CallKind(
                    name=str(at), queue=queue, needs=needs, priority=priority, talk=nothing, pace=self._pace(queue)
                )
                for at, (queue, needs, priority) in enumerate(kinds)
            ),
            duties=duties_of_shifts(roster, agents, self.start),
            interval_ms=self.end - self.start,
            intervals=1,
        )
        at = np.array([call.at - self.start for call in self.calls.values()], np.int64)
        order = np.argsort(at, kind="stable")
        calls = np.zeros((len(at), c.CALL_CELLS), np.int32)
        calls[:, c.CALL_AT] = at[order]
        calls[:, c.CALL_KIND] = np.array([kinds.index(key) for key in keys])[order]
        population = Population(site, self._workload, self._seed)
        habits = [population.next(kind).habits for kind in self._dialled]
        ring_ms = {queue.id: queue.ring_ms for queue in site.acd.queues}
        for row, number in enumerate(order):
            queue, caller = keys[number][0], habits[int(ids[number].rsplit("-", 1)[1]) - 1]
            calls[row, c.CALL_PATIENCE] = caller.patience_ms
            calls[row, c.CALL_TALK] = caller.talk(queue, "nobody")
            calls[row, c.CALL_WRAP_UP] = caller.wrap_up(queue, "nobody")
            while (delay := caller.rings()) is None or delay >= ring_ms[queue]:
                calls[row, c.CALL_MISSES_TO_COME] += 1
            calls[row, c.CALL_ANSWER_DELAY] = delay
        done = simulate(compile_rules(model), calls).calls
        # The planner ends with the last wait: the last conversations may not be over.
        words = {
            c.ANSWERED: "answered",
            c.TALKING: "answered",
            c.ABANDONED: "abandoned",
            c.RELEASED: "released",
            c.REFUSED: "refused",
        }
        fates = {}
        for row, number in enumerate(order):
            how = words.get(int(done[row, c.CALL_FATE]), "still there")
            agent = agents[done[row, c.CALL_AGENT]] if how == "answered" else ""
            if how != "still there":
                fates[ids[number]] = Fate(how, self.start + int(done[row, c.CALL_LEFT_AT]), agent)
        return fates
