"""One day, the same calls: through the twin, then through the planner, and what became of every call in both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np

from acd.effects import Abandoned, Answered, Released
from acd.requirement import ANYBODY, Requirement, both, parse
from acd.setup import QueueSetup
from centre.effects import Effect, Wait
from centre.orders import Ring
from centre.virtual.habits import CallerHabits
from config.laws import Deterministic
from config.population import Person, Population
from config.site import Site
from config.workload import Callers
from simulator.measures import Measured, estimates
from simulator.planner import cells as c
from simulator.planner.compiler import compile_rules
from simulator.planner.duties import duties_of_shifts
from simulator.planner.features import EVERYTHING, Features
from simulator.planner.further_calls import LATER_AFTER_MS, LATER_AGAIN, LATER_ON, Calls
from simulator.planner.kernel import no_waits, simulate
from simulator.planner.model import CallKind, Elsewhere, Model, Route
from simulator.planner.outcome import outcome_of
from simulator.planner.runs import sample_of
from simulator.planner.stays import reached_from
from simulator.planner.tables import Book, Ints32, Rules
from simulator.staff import Plan, Roster
from simulator.stage import DRAIN_MS
from simulator.tally import Tally
from simulator.twin import Twin

INTERVAL_MS = 900_000


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
    rings: int = 0
    is_refused: bool = False


@dataclass
class Dialled:
    """A call as its caller dialled."""

    person: Person
    at: int
    again_after: int | None = None
    """The call, counted from 0, after which the same caller tries again."""
    sent_on_by: int | None = None
    """The call, counted from 0, whose agent sent the caller on."""


class Both:
    """A day of ``site`` from its midnight on, in the twin and in the planner."""

    def __init__(self, site: Site, *, seed: int, day: date, hours: float) -> None:
        assert site.workload is not None
        self._site, self._workload, self._seed = site, site.workload, seed
        start = datetime.combine(day, datetime.min.time(), site.time_zone)
        self.start = int(start.timestamp() * 1000)
        self.end = int((start + timedelta(hours=hours)).timestamp() * 1000)
        self._tally = Tally(site, self.start, self.end, INTERVAL_MS)
        self.calls: dict[str, Trace] = {}
        self.dialled: list[Dialled] = []
        self.twin: dict[str, Fate] = {}
        self.spilled = 0
        """So often a call went on to another queue while it waited."""
        self._run_twin()
        self._rules, self._given, self._ids = self._handed_over()
        self.planner = self._run_planner(EVERYTHING)

    def _observe(self, effect: Effect, at: int) -> None:
        self._tally.see(effect, at)
        match effect:
            case Wait(call=call) if call in self.calls:
                self.spilled += 1
            case Wait(call=call, queue=queue, needs=texts, priority=priority):
                needs: Requirement = ANYBODY
                for text in texts:
                    needs = both(needs, parse(text))
                self.calls[call] = Trace(queue, at, needs, priority)
            case Ring(call=call):
                self.calls[call].rings += 1
            case Answered(call=call, agent=agent):
                self.twin[call] = Fate("answered", at, agent)
            case Abandoned(call=call):
                self.twin[call] = Fate("abandoned", at)
            case Released(call=call, queue=queue):
                # The twin does not say what a refused call needed: the same as others of its kind.
                refused = call not in self.calls
                if refused:
                    self.calls[call] = Trace(queue, at, is_refused=True)
                self.twin[call] = Fate("refused" if refused else "released", at)
            case _:
                pass

    def _run_twin(self) -> None:
        twin = Twin(self._site, self._workload, seed=self._seed, start=self.start, end=self.end, observer=self._observe)
        dial, call, transfer = twin._dial, twin._call, twin._transfer
        latest: dict[int, int] = {}
        sender: list[int] = []

        def dialled(person: Person) -> None:
            again_after, sent_on_by = latest.get(id(person)), sender.pop() if sender else None
            latest[id(person)] = len(self.dialled)
            self.dialled.append(Dialled(person, twin._timers.now(), again_after, sent_on_by))
            dial(person)

        def sent_on(by: int, kind: Callers, number: int) -> None:
            sender.append(by)
            call(kind, number)

        def transferred(person: Person, queue: str) -> None:
            twin._call = partial(sent_on, latest[id(person)])  # type: ignore[method-assign]
            transfer(person, queue)

        twin._dial, twin._transfer = dialled, transferred  # type: ignore[method-assign]
        twin.run()
        twin.centre.metrics.book_until(self.end)
        self._figures = self._tally.figures(twin.centre.metrics)

    def measures(self) -> tuple[Measured, Measured]:
        """All figures of the twin, and of the planner."""
        by_interval = no_waits(self._rules)
        sample = sample_of(self._rules.subjects, [self._simulate(EVERYTHING, by_interval)], by_interval)
        ours = estimates([self._figures], self.end - self.start, INTERVAL_MS)
        return ours, outcome_of(self._model, sample).measures

    def _pace(self, queue: str) -> dict[str, float]:
        by_level = self._workload.handling_by_level.get(queue)
        if by_level is None:
            return {}
        return {agent.id: by_level.factor(agent.skills) for agent in self._site.acd.agents}

    def queue(self, name: str) -> QueueSetup:
        """The setup of a queue."""
        return next(queue for queue in self._site.acd.queues if queue.id == name)

    def planner_without_what_is_not_used(self) -> dict[str, Fate]:
        """Compiled for this centre alone, which takes a while."""
        return self._run_planner(self._rules.has)

    def _handed_over(self) -> tuple[Rules, Calls, list[str]]:
        """What the planner is given, and the calls in its order."""
        site, agents = self._site, [agent.id for agent in self._site.acd.agents]
        plan = Plan.by_shifts(self._workload, self.start, self.end + DRAIN_MS)
        roster = Roster(plan, self._workload.absence, self._seed)
        dialled = {id_: self.dialled[_number(id_)] for id_ in self.calls}
        for id_, call in self.calls.items():
            like = next(
                (one for other, one in self.calls.items() if not one.is_refused and self._alike(id_, other)), call
            )
            call.needs, call.priority = like.needs, like.priority
        by_itself = {id_: one.again_after is None and one.sent_on_by is None for id_, one in dialled.items()}
        # Who calls by oneself first and in order of time, then who calls again or is sent on.
        ids = sorted(self.calls, key=lambda id_: (not by_itself[id_], by_itself[id_] and self.calls[id_].at))
        rows = {_number(id_): row for row, id_ in enumerate(ids)}
        keys = {
            id_: (call.queue, call.needs, call.priority, dialled[id_].person.kind.name)
            for id_, call in self.calls.items()
        }
        kinds = list(dict.fromkeys(keys.values()))
        nothing = Deterministic(mean_ms=0)
        model = Model(
            acd=site.acd,
            begin=self.start,
            kinds=tuple(
                CallKind(
                    name=str(at),
                    queue=queue,
                    needs=needs,
                    priority=priority,
                    talk=nothing,
                    wrap_up=self._workload.wrap_up,
                    answer_delay=self._workload.answer_delay,
                    unanswered=self._workload.unanswered,
                    pace=self._pace(queue),
                    elsewhere={
                        other: Elsewhere(talk=nothing, pace=self._pace(other)) for other in self._reached_from(queue)
                    },
                    callers=callers,
                )
                for at, (queue, needs, priority, callers) in enumerate(kinds)
            ),
            duties=duties_of_shifts(roster, agents, self.start),
            interval_ms=INTERVAL_MS,
            intervals=(self.end - self.start) // INTERVAL_MS,
            retry=self._workload.retry,
            transfers=self._workload.transfers,
            routes=tuple(Route(callers=kind[-1], at_ms=0, kind=number) for number, kind in enumerate(kinds)),
        )
        calls = np.zeros((len(ids), c.CALL_CELLS), np.int32)
        later = np.full((len(ids), 3), -1, np.int64)
        talks = np.zeros((len(ids), len(site.acd.queues)), np.int32)
        talked: dict[int, dict[str, int]] = {}
        habits = self._habits()
        # In the order of dialling, as who calls again goes on drawing.
        for id_ in sorted(ids, key=_number):
            row, call, own = rows[_number(id_)], self.calls[id_], dialled[id_]
            caller = habits[_number(id_)]
            calls[row, c.CALL_KIND] = kinds.index(keys[id_])
            calls[row, c.CALL_AT] = call.at - (self.start if by_itself[id_] else own.at)
            calls[row, c.CALL_PATIENCE] = caller.patience_ms
            calls[row, c.CALL_TALK] = caller.talk(call.queue, "nobody")
            # Once for each person, as nobody talks twice.
            elsewhere = talked.setdefault(id(caller), {})
            for column, other in enumerate(self._reached_from(call.queue)):
                elsewhere.setdefault(other, caller.talk(other, "nobody"))
                talks[row, column] = elsewhere[other]
            calls[row, c.CALL_WRAP_UP] = caller.wrap_up(call.queue, "nobody")
            self._draw_rings(calls, row, call, caller)
            if own.again_after is not None:
                before = rows[own.again_after]
                later[before, LATER_AGAIN] = row
                later[before, LATER_AFTER_MS] = own.at - self.twin[ids[before]].at
            elif own.sent_on_by is not None:
                later[rows[own.sent_on_by], LATER_ON] = row
        self._model = model
        return compile_rules(model), Calls(calls, sum(by_itself.values()), later, talks), ids

    def _reached_from(self, queue: str) -> list[str]:
        return reached_from(queue, {queue.id: queue for queue in self._site.acd.queues})

    def _alike(self, one: str, other: str) -> bool:
        """Whether two calls are of the same kind of callers and came to the same queue."""
        kinds = (self.dialled[_number(id_)].person.kind.name for id_ in (one, other))
        return self.calls[one].queue == self.calls[other].queue and len(set(kinds)) == 1

    def _run_planner(self, has: Features) -> dict[str, Fate]:
        agents, done = [agent.id for agent in self._site.acd.agents], self._simulate(has).calls
        # The planner ends with the last wait: the last conversations may not be over.
        words = {
            c.ANSWERED: "answered",
            c.TALKING: "answered",
            c.ABANDONED: "abandoned",
            c.RELEASED: "released",
            c.REFUSED: "refused",
        }
        fates = {}
        for row, id_ in enumerate(self._ids):
            how = words.get(int(done[row, c.CALL_FATE]), "still there")
            agent = agents[done[row, c.CALL_AGENT]] if how == "answered" else ""
            if how != "still there":
                fates[id_] = Fate(how, self.start + int(done[row, c.CALL_LEFT_AT]), agent)
        return fates

    def _simulate(self, has: Features, by_interval: Ints32 | None = None) -> Book:
        given = self._given
        return simulate(replace(self._rules, has=has), given._replace(table=given.table.copy()), by_interval)

    def _habits(self) -> list[CallerHabits]:
        """What each who dialled brings along, drawn once more."""
        population = Population(self._site, self._workload, self._seed)
        found: list[CallerHabits] = []
        for one in self.dialled:
            found.append(population.next(one.person.kind).habits if one.again_after is None else found[one.again_after])
        return found

    def _draw_rings(self, calls: Ints32, row: int, call: Trace, caller: CallerHabits) -> None:
        """Rings up to the one that would be answered, but no more than there were: the rest is for the next try."""
        ring_ms = self.queue(call.queue).ring_ms
        for _ in range(call.rings):
            delay = caller.rings()
            if delay is not None and delay < ring_ms:
                calls[row, c.CALL_ANSWER_DELAY] = delay
                return
            calls[row, c.CALL_MISSES_TO_COME] += 1


def _number(call: str) -> int:
    """Calls are named by the order of dialling; from 0."""
    return int(call.rsplit("-", 1)[1]) - 1
