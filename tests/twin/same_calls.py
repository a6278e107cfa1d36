"""One day, the same calls: through the twin, then through the planner, and what became of every call in both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import get_args
from unittest.mock import patch

import numpy as np

from acd.effects import Abandoned, Answered, Exit, OfferEnd, OfferEnded, Queued, Released
from acd.requirement import ANYBODY, Requirement, both, parse
from acd.setup import CallbackOrder, QueueSetup
from centre.calls import Call
from centre.dialling import decide, is_callback
from centre.effects import Effect, Wait
from centre.orders import DialCustomer, Ring
from centre.state import State
from centre.virtual.habits import CallerHabits
from config.laws import Deterministic
from config.population import Person, Population
from config.site import Site
from config.workload import Callers
from ivr.messages import AskCallback, CallbackVerdict
from simulator.measures import Measured, estimates
from simulator.planner import cells as c
from simulator.planner.compiler import compile_rules
from simulator.planner.duties import duties_of_shifts
from simulator.planner.features import EVERYTHING, Features
from simulator.planner.further_calls import LATER_AFTER_MS, LATER_AGAIN, LATER_ON, Calls
from simulator.planner.kernel import no_waits, simulate
from simulator.planner.laws import ENDLESS_MS
from simulator.planner.model import CallKind, Customers, Elsewhere, Leaving, Model, Route, Stretch
from simulator.planner.outcome import outcome_of
from simulator.planner.runs import sample_of
from simulator.planner.stays import reached_from
from simulator.planner.tables import Book, Ints, Ints32, Rules
from simulator.staff import Plan, Roster
from simulator.stage import DRAIN_MS
from simulator.tally import Tally
from simulator.twin import Twin

INTERVAL_MS = 900_000
NEVER_MS = ENDLESS_MS


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


class Leaver:
    """When a call that may leave its queue heard music anew, or was told that nobody can be called back now, and when
    it left."""

    def __init__(self, at: int) -> None:
        self._heard = at
        self.after_ms: list[int] = []
        self.left_at: int | None = None
        self._at_once = False

    def rings(self, at: int) -> None:
        """A phone does: at once, it may be, so that there was nothing to hear."""
        self._at_once = at == self._heard

    def rang_in_vain(self, at: int) -> None:
        """Whatever the caller was about to do came to nothing."""
        if not self._at_once:
            self.after_ms.append(NEVER_MS)
        self._heard, self._at_once = at, False

    def acted(self, at: int, *, left: bool) -> None:
        """The caller left, or was to wait on."""
        self.after_ms.append(at - self._heard)
        self._heard = at
        self.left_at = at if left else None


@dataclass
class Back:
    """A callback: when it came into its queue, and by attempt how many agents let the phone ring in vain, how long the
    next one took to answer, and how long the customer (-1: too long)."""

    at: int
    attempts: list[list[int]] = field(default_factory=lambda: [[0, 0, -1]])
    _rang_at: int = 0
    _dialled_at: int | None = None

    def rings(self, at: int) -> None:
        """An agent's phone does."""
        if self._dialled_at is not None:  # customer first
            self.attempts[-1][2], self._dialled_at = at - self._dialled_at, None
        self._rang_at = at

    def dials(self, at: int, *, customer_first: bool) -> None:
        """The customer is dialled."""
        if not customer_first:
            self.attempts[-1][1] = at - self._rang_at
        self._dialled_at = at

    def ended(self, how: OfferEnd) -> None:
        """Nothing came of the offer."""
        if how is OfferEnd.NOT_REACHED:
            self.attempts.append([0, 0, -1])
            self._dialled_at = None
        else:
            self.attempts[-1][0] += 1

    def answered(self, at: int) -> None:
        """The two talk."""
        if self._dialled_at is None:
            self.attempts[-1][1] = at - self._rang_at
        else:
            self.attempts[-1][2] = at - self._dialled_at


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
        self.leavers: dict[str, Leaver] = {}
        self.backs: dict[str, Back] = {}
        self.last_queue: dict[str, str] = {}
        self.spilled = 0
        """So often a call went on to another queue while it waited."""
        self._run_twin()
        self._rules, self._given, self._ids = self._handed_over()
        self.planner = self._run_planner(EVERYTHING)

    def _observe(self, effect: Effect, at: int) -> None:
        self._tally.see(effect, at)
        match effect:
            case Queued(call=call, callback=True):
                self.backs[call] = Back(at)
            case Ring(call=call) | DialCustomer(call=call) | OfferEnded(call=call) | Answered(call=call) if is_callback(
                call
            ):
                self._observe_callback(self.backs[call], effect, at)
            case Released(call=call, callback=True, why=why):
                self.backs.setdefault(call, Back(at))
                ends = {Exit.CALLBACK_FAILED: "failed", Exit.FULL: "refused"}
                self.twin[call] = Fate(ends.get(why, "released"), at)
            case Wait(call=call, queue=queue) if call in self.calls:
                self.spilled += queue != self.last_queue[call]
                self.last_queue[call] = queue
            case OfferEnded(call=call) if call in self.leavers:
                self.leavers[call].rang_in_vain(at)
            case Released(call=call, why=Exit.KEY):
                self.leavers[call].acted(at, left=True)
                self.twin[call] = Fate("released", at)
            case Wait(call=call, queue=queue, needs=texts, priority=priority):
                needs: Requirement = ANYBODY
                for text in texts:
                    needs = both(needs, parse(text))
                self.calls[call] = Trace(queue, at, needs, priority)
                self.last_queue[call] = queue
                self.leavers[call] = Leaver(at)
            case Ring(call=call):
                self.calls[call].rings += 1
                self.leavers[call].rings(at)
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

    def _observe_callback(self, back: Back, effect: Effect, at: int) -> None:
        match effect:
            case Ring():
                back.rings(at)
            case DialCustomer(queue=queue):
                rules = self.queue(queue).callback
                back.dials(at, customer_first=rules is not None and rules.order is CallbackOrder.CUSTOMER_FIRST)
            case OfferEnded(how=how):
                back.ended(how)
            case Answered(call=call, agent=agent):
                back.answered(at)
                self.twin[call] = Fate("answered", at, agent)

    def _run_twin(self) -> None:
        seen = dict.fromkeys(get_args(Effect), self._observe)
        twin = Twin(self._site, self._workload, seed=self._seed, start=self.start, end=self.end, observer=seen)
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

        def decided(state: State, call: Call, ask: AskCallback) -> CallbackVerdict:
            verdict = decide(state, call, ask)
            if verdict is CallbackVerdict.REFUSED:
                self.leavers[call.record.call].acted(state.now, left=False)
            return verdict

        twin._dial, twin._transfer = dialled, transferred  # type: ignore[method-assign]
        with patch("centre.routing.decide", decided):
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
        wants = {id_ for id_, leaver in self.leavers.items() if leaver.left_at is not None}
        keys = {
            id_: (call.queue, call.needs, call.priority, dialled[id_].person.kind.name, id_ in wants, False)
            for id_, call in self.calls.items()
        }
        # Callbacks stand behind all others.
        asked_by = {rows[_number(id_.removesuffix("-back"))]: id_ for id_ in self.backs}
        back_ids = [asked_by[row] for row in sorted(asked_by)]
        for id_ in back_ids:
            queue, needs, priority, *_ = keys[id_.removesuffix("-back")]
            keys[id_] = (queue, needs, priority, "", False, True)
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
                    wants_callback=leaves,
                    leaving=Leaving(first=Stretch(ms=0), again=Stretch(ms=0)) if leaves else None,
                    customers=Customers(reached=0.5, answer_delay=nothing) if calls_back else None,
                )
                for at, (queue, needs, priority, callers, leaves, calls_back) in enumerate(kinds)
            ),
            duties=duties_of_shifts(roster, agents, self.start),
            interval_ms=INTERVAL_MS,
            intervals=(self.end - self.start) // INTERVAL_MS,
            retry=self._workload.retry,
            transfers=self._workload.transfers,
            routes=tuple(
                Route(callers=callers, wants_callback=leaves, at_ms=0, kind=number)
                for number, (_, _, _, callers, leaves, _) in enumerate(kinds)
            ),
        )
        every = len(ids) + len(back_ids)
        calls = np.zeros((every, c.CALL_CELLS), np.int32)
        later = np.full((every, 3), -1, np.int64)
        talks = np.zeros((every, len(site.acd.queues)), np.int32)
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
        for row, id_ in enumerate(back_ids, len(ids)):
            back, asking = self.backs[id_], rows[_number(id_.removesuffix("-back"))]
            calls[row] = calls[asking]
            calls[row, c.CALL_KIND] = kinds.index(keys[id_])
            calls[row, c.CALL_MISSES_TO_COME], calls[row, c.CALL_ANSWER_DELAY], _ = back.attempts[0]
        rules = compile_rules(model)
        backs = self._backs(ids, back_ids) if wants else np.zeros((0, c.BACK_DRAWN), np.int64)
        return rules, Calls(calls, sum(by_itself.values()), later, talks, backs), [*ids, *back_ids]

    def _backs(self, ids: list[str], back_ids: list[str]) -> Ints:
        drawn: list[list[int]] = []
        leavers = [self.leavers.get(id_, Leaver(0)) for id_ in ids]
        drawn += [leaver.after_ms + 2 * [NEVER_MS] if leaver.left_at is not None else [] for leaver in leavers]
        drawn += [[*chain(*self.backs[id_].attempts), *(0, 0, -1) * 3] for id_ in back_ids]
        backs = np.zeros((len(drawn), c.BACK_DRAWN + max(map(len, drawn))), np.int64)
        backs[:, c.BACK_ROW] = -1
        for row, own in enumerate(drawn):
            backs[row, c.BACK_DRAWN : c.BACK_DRAWN + len(own)] = own
        for row, leaver in enumerate(leavers):
            if leaver.left_at is not None:
                backs[row, c.BACK_TRIES] = len(drawn[row])
        for row, id_ in enumerate(back_ids, len(ids)):
            asking = ids.index(id_.removesuffix("-back"))
            left_at = leavers[asking].left_at
            assert left_at is not None
            backs[asking, c.BACK_ROW], backs[asking, c.BACK_AFTER_MS] = row, self.backs[id_].at - left_at
        return backs

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
            c.FAILED: "failed",
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
