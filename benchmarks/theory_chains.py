"""More centres whose exact answer is known: Markov chains that are small enough to be solved here and now.

Each is written down as what leads from one state to the next, on its own and not by any code that it judges, and its
stationary law solved for: a balance equation a state, the last replaced by all chances adding up to 1. Who arrives
finds the law of the chain (R. W. Wolff, “Poisson arrivals see time averages”, Operations Research 30, 1982), and how
long callers wait is how many do (J. D. C. Little, 1961). Where the chain has no end of its own it is cut off where
hardly anything is left of it, which is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from benchmarks.theory_case import MINUTE, Case, exponential, one_queue
from benchmarks.theory_skills import SkillModel
from config.laws import Erlang

_LONGEST = 28
"""So many wait in a queue at the most where it has no limit."""
_CUT_OFF = 1e-9
"""The chance of states at the cut, at most."""

_State = TypeVar("_State", bound=Hashable)


def stationary(start: _State, moves: Callable[[_State], Iterable[tuple[float, _State]]]) -> dict[_State, float]:
    """The chance of each state that can be reached from ``start``, in the long run. ``moves`` says at which rates which
    others follow a state."""
    number, found = {start: 0}, [start]
    follows: list[tuple[int, int, float]] = []
    for state in found:
        for rate, after in moves(state):
            if rate > 0:
                if after not in number:
                    number[after] = len(found)
                    found.append(after)
                follows.append((number[state], number[after], rate))
    balance = np.zeros((len(found), len(found)))
    for before, later, rate in follows:
        balance[later, before] += rate
        balance[before, before] -= rate
    balance[-1] = 1.0
    right = np.zeros(len(found))
    right[-1] = 1.0
    return dict(zip(found, np.linalg.solve(balance, right).tolist(), strict=True))


def limited_lines() -> Iterator[Case]:
    """M/M/n/n+K+M: callers give up, and who finds so many waiting is turned away."""
    for agents, rate, leaving, most in (
        (1, 1.2, 0.5, 2),
        (3, 4.0, 1.0, 1),
        (4, 3.5, 0.0, 6),
        (5, 5.0, 0.5, 4),
        (10, 11.0, 2.0, 5),
        (20, 22.0, 0.5, 10),
    ):
        yield one_queue(
            f"K {agents} {rate:g} {leaving:g} {most}",
            _of_limited(agents, rate, leaving, most),
            agents=agents,
            rate=rate,
            talk=exponential(1),
            patience=exponential(leaving) if leaving else None,
            settles=2 / leaving if leaving else 2.0 * most,
            most=most,
        )


def _of_limited(agents: int, rate: float, leaving: float, most: int) -> dict[str, float]:
    def moves(there: int) -> Iterator[tuple[float, int]]:
        if there < agents + most:
            yield rate, there + 1
        yield min(there, agents) + leaving * max(there - agents, 0), there - 1

    law = stationary(0, moves)
    busy = sum(chance for there, chance in law.items() if there >= agents)
    queue = sum(chance * max(there - agents, 0) for there, chance in law.items())
    return _of_a_class(rate, leaving, busy, queue, law[agents + most])


def two_stages() -> Iterator[Case]:
    """M/E2/n+M: talks are of two stages, each exponential."""
    for agents, rate, leaving in ((2, 2.0, 0.5), (3, 3.0, 1.0), (4, 4.6, 1.0)):
        yield one_queue(
            f"E2 {agents} {rate:g} {leaving:g}",
            _of_two_stages(agents, rate, leaving),
            agents=agents,
            rate=rate,
            talk=Erlang(mean_ms=MINUTE, shape=2),
            patience=exponential(leaving),
            settles=2 / leaving,
        )


def _of_two_stages(agents: int, rate: float, leaving: float) -> dict[str, float]:
    def moves(state: tuple[int, int, int]) -> Iterator[tuple[float, tuple[int, int, int]]]:
        first, second, queue = state
        if first + second < agents:
            yield rate, (first + 1, second, 0)
        elif queue < _LONGEST:
            yield rate, (first, second, queue + 1)
        yield 2.0 * first, (first - 1, second + 1, queue)
        if second:
            yield 2.0 * second, (first + 1, second - 1, queue - 1) if queue else (first, second - 1, 0)
        yield leaving * queue, (first, second, queue - 1)

    law = stationary((0, 0, 0), moves)
    assert sum(chance for (*_, queue), chance in law.items() if queue == _LONGEST) < _CUT_OFF
    busy = sum(chance for (first, second, _), chance in law.items() if first + second == agents)
    queue = sum(chance * queue for (*_, queue), chance in law.items())
    return _of_a_class(rate, leaving, busy, queue, 0.0)


def skill_based() -> Iterator[Case]:
    """Skill-based routing with callers who give up, with agents of unlike speed, with limited queues, and overflow."""
    for name, model in MODELS.items():
        exactly, groups = _of_skills(model)
        yield model.case(name, exactly, groups)


MODELS: Mapping[str, SkillModel] = {
    "fast first": SkillModel(
        rates=[1.8], leaving=[0.5], agents=[1, 1], service=[[1.6, 0.6]], to_groups=[[0, 1]], to_classes=[[0], [0]]
    ),
    "slow first": SkillModel(
        rates=[4.2], leaving=[1.0], agents=[2, 2], service=[[0.7, 1.3]], to_groups=[[0, 1]], to_classes=[[0], [0]]
    ),
    "N": SkillModel(
        rates=[2.0, 2.5],
        leaving=[1.0, 0.5],
        agents=[2, 3],
        service=[[1, 1], [0, 1]],
        to_groups=[[0, 1], [1]],
        to_classes=[[0], [1, 0]],
    ),
    "N, the shared first": SkillModel(
        rates=[2.0, 2.5],
        leaving=[1.0, 0.5],
        agents=[2, 3],
        service=[[1, 0.8], [0, 0.8]],
        to_groups=[[1, 0], [1]],
        to_classes=[[0], [0, 1]],
    ),
    "X": SkillModel(
        rates=[3.0, 1.5],
        leaving=[0.75, 1.0],
        agents=[2, 2],
        service=[[1, 1.2], [1, 1.2]],
        to_groups=[[0, 1], [1, 0]],
        to_classes=[[0, 1], [0, 1]],
    ),
    "M": SkillModel(
        rates=[2.0, 1.0],
        leaving=[1.0, 1.0],
        agents=[1, 2, 1],
        service=[[1, 1, 0], [0, 1, 1]],
        to_groups=[[0, 1], [2, 1]],
        to_classes=[[0], [1, 0], [1]],
    ),
    "V": SkillModel(
        rates=[1.5, 2.0], leaving=[1.0, 0.75], agents=[3], service=[[1], [1]], to_groups=[[0], [0]], to_classes=[[0, 1]]
    ),
    "V, limited": SkillModel(
        rates=[1.0, 1.5, 1.0],
        leaving=[1.0, 0.5, 0.25],
        agents=[3],
        service=[[1], [1], [1]],
        to_groups=[[0], [0], [0]],
        to_classes=[[0, 1, 2]],
        most=[3, 4, 5],
    ),
    "W, limited": SkillModel(
        rates=[1.5, 1.5, 1.5],
        leaving=[0.5, 1.0, 0.5],
        agents=[2, 2],
        service=[[1, 0], [1, 1], [0, 1]],
        to_groups=[[0], [0, 1], [1]],
        to_classes=[[1, 0], [2, 1]],
        most=[4, 3, 4],
    ),
    "circle": SkillModel(
        rates=[1.5, 1.5, 1.0],
        leaving=[1.0, 0.5, 0.0],
        agents=[1, 1, 2],
        service=[[1, 0, 0.8], [1, 1, 0], [0, 1, 0.8]],
        to_groups=[[0, 2], [1, 0], [2, 1]],
        to_classes=[[0, 1], [1, 2], [2, 0]],
        most=[4, 4, 4],
    ),
    "overflow": SkillModel(
        rates=[2.0, 1.5],
        leaving=[0.0, 0.0],
        agents=[2, 2],
        service=[[1, 1], [0, 1]],
        to_groups=[[0, 1], [1]],
        to_classes=[[0], [1, 0]],
        most=[0, 0],
    ),
    "overflow with a place to wait": SkillModel(
        rates=[3.0, 2.0],
        leaving=[0.0, 0.0],
        agents=[2, 3],
        service=[[1, 0.75], [0, 0.75]],
        to_groups=[[0, 1], [1]],
        to_classes=[[0], [1, 0]],
        most=[1, 3],
    ),
}
"""A group is equally fast with all classes that it takes, so that it does not matter whom its agents talk to."""

_Centre = tuple[tuple[int, ...], tuple[int, ...]]
"""How many wait by class, and how many agents are busy by group."""


def _of_skills(model: SkillModel) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """What is known of each class, and of each group."""
    classes, groups = range(len(model.rates)), range(len(model.agents))
    longest = [_LONGEST if limit is None else limit for limit in (model.most or [None] * len(classes))]
    pace = [max(model.service[kind][group] for kind in classes) for group in groups]
    nobody: _Centre = ((0,) * len(classes), (0,) * len(groups))

    def moves(state: _Centre) -> Iterator[tuple[float, _Centre]]:
        waiting, busy = state
        for kind in classes:
            free = next((group for group in model.to_groups[kind] if busy[group] < model.agents[group]), None)
            if free is not None:
                yield model.rates[kind], (waiting, _changed(busy, free, 1))
            elif waiting[kind] < longest[kind]:
                yield model.rates[kind], (_changed(waiting, kind, 1), busy)
            yield model.leaving[kind] * waiting[kind], (_changed(waiting, kind, -1), busy)
        for group in groups:
            chosen = next((kind for kind in model.to_classes[group] if waiting[kind]), None)
            after = (waiting, _changed(busy, group, -1)) if chosen is None else (_changed(waiting, chosen, -1), busy)
            yield pace[group] * busy[group], after

    law = stationary(nobody, moves)
    exactly, entering = [], 0.0
    for kind in classes:
        tried = model.to_groups[kind]
        finds_nobody = [
            (waiting[kind], chance)
            for (waiting, busy), chance in law.items()
            if all(busy[group] == model.agents[group] for group in tried)
        ]
        full = sum(chance for number, chance in finds_nobody if number == longest[kind])
        if not model.most or model.most[kind] is None:
            assert full < _CUT_OFF, "the chain is cut off where it matters; a longer queue is needed"
            full = 0.0
        entering += model.rates[kind] * (1 - full)
        queue = sum(number * chance for number, chance in finds_nobody)
        own = _of_a_class(
            model.rates[kind], model.leaving[kind], sum(chance for _, chance in finds_nobody), queue, full
        )
        exactly.append(own)
    working = [sum(busy[group] * chance for (_, busy), chance in law.items()) for group in groups]
    return exactly, [
        {"occupancy": working[group] / model.agents[group], "share taken": working[group] * pace[group] / entering}
        for group in groups
    ]


def _changed(numbers: tuple[int, ...], at: int, by: int) -> tuple[int, ...]:
    return (*numbers[:at], numbers[at] + by, *numbers[at + 1 :])


def _of_a_class(rate: float, leaving: float, busy: float, queue: float, full: float) -> dict[str, float]:
    """Measures of those who enter: ``busy`` is the chance that no agent is free for them, ``full`` that there is also
    no place to wait, ``queue`` how many wait on average."""
    entering = rate * (1 - full)
    known = {"p_block": full, "mean_wait": queue / entering, "p_abandon": leaving * queue / entering}
    return known if busy == full else {"p_wait": (busy - full) / (1 - full), **known}
