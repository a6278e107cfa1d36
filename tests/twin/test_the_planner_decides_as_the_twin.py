"""The same arrivals, handling times and patience give the same agent and the same millisecond to every call, in the
twin (the live rules interpreted) and in the planner (the live rules compiled)."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, time
from functools import cache

import pytest

from acd.requirement import Skill, parse
from acd.setup import AcdSetup, AgentSetup, Order, Preference, QueueSetup, RelaxationStep, Strategy
from config.laws import Exponential, Lognormal
from config.site import Site
from config.workload import Absence, Callers, HandlingByLevel, Shift, Workload
from ivr.flow import Choice, Flow, HangUp, Menu, Queue, Tag
from ivr.hours import Span
from tests.twin.same_calls import Both
from tests.virtual.house import bank

MONDAY = date(2026, 11, 23)


def test_every_call_of_a_day_of_the_example_bank_has_the_same_agent_at_the_same_millisecond() -> None:
    day = Both(bank(), seed=4, day=MONDAY, hours=24)
    assert day.planner == day.twin
    assert Counter(fate.how for fate in day.twin.values())["abandoned"] > 50
    assert len(day.twin) > 1_000


SEEDS = range(16)


@cache
def day_under_any_rules(seed: int) -> Both:
    return Both(any_site(random.Random(seed)), seed=seed, day=MONDAY, hours=1.7)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_call_has_the_same_fate_under_any_rules(seed: int) -> None:
    day = day_under_any_rules(seed)
    assert day.planner == day.twin
    assert len(day.twin) > 150


def test_the_rules_above_lead_to_every_fate() -> None:
    fates = Counter(fate.how for seed in SEEDS for fate in day_under_any_rules(seed).twin.values())
    assert {how: count > 20 for how, count in fates.items()} == dict.fromkeys(
        ("answered", "abandoned", "released", "refused"), True
    )


SKILLS = ("a", "b", "c")


def any_site(rng: random.Random) -> Site:
    """A centre of a few queues and agents, too busy for its staff, with rules of every kind the planner runs."""
    site = bank()
    queues = tuple(any_queue(f"q{number}", rng) for number in range(rng.randint(2, 4)))
    agents = tuple(
        AgentSetup(
            id=f"agent{number}",
            skills={skill: rng.choice((1, 3, 8)) for skill in SKILLS if rng.random() < 0.6},
            queues={queue.id: Preference(rank=rng.randint(-1, 1)) for queue in queues if rng.random() < 0.2},
        )
        for number in range(rng.randint(4, 9))
    )
    nodes: dict[str, Menu | Queue | HangUp | Tag] = {
        "menu": Menu(
            prompt="",
            choices={str(number): Choice(next=f"tag{number}") for number in range(2 * len(queues))},
            otherwise="end",
        ),
        "end": HangUp(),
    }
    for number in range(2 * len(queues)):
        queue = queues[number // 2]
        needs = rng.choice((None, None, *SKILLS)) if queue.max_waiting is None else None
        nodes[f"tag{number}"] = Tag(next=f"queue{number}", needs=needs, priority=number % 2 * rng.randint(0, 2))
        nodes[f"queue{number}"] = Queue(queue=queue.id, otherwise="end")
    if any(queue.max_waiting is not None for queue in queues):
        nodes |= {name: replace(node, priority=0) for name, node in nodes.items() if isinstance(node, Tag)}
    flow = Flow(id="any", digest="any", start="menu", language="en", nodes=nodes)
    everybody = tuple(agent.id for agent in agents)
    return replace(
        site,
        acd=AcdSetup(
            queues=queues,
            agents=agents,
            order=rng.choice(tuple(Order)),
            points_per_minute=rng.choice((1, 3)),
            starvation_ms=rng.choice((None, 90_000, 240_000)),
            misses_allowed=rng.choice((1, 2, 5)),
        ),
        flows={flow.digest: flow},
        entry=flow.digest,
        workload=Workload(
            zone=site.time_zone,
            rates=((time(0), 190.0),),
            callers=tuple(
                Callers(name=f"{queue.id}-{odd}", share=1, wants=queue.id, keys={"menu": str(2 * number + odd)})
                for number, queue in enumerate(queues)
                for odd in (0, 1)
            ),
            patience=Exponential(mean_ms=240_000),
            key_delay=Lognormal(mean_ms=3_000, sd_ms=2_000),
            talk={
                queue.id: rng.choice((Exponential(mean_ms=120_000), Lognormal(mean_ms=90_000, sd_ms=60_000)))
                for queue in queues
            },
            wrap_up=Exponential(mean_ms=15_000),
            answer_delay=Lognormal(mean_ms=3_000, sd_ms=2_000),
            unanswered=0.12,
            absence=rng.choice((Absence(), Absence(no_show=0.15, shrinkage=0.1, away_ms=240_000))),
            handling_by_level={"q0": HandlingByLevel(skill="a", steps=((3, 0.8), (8, 0.65)))},
            staff=(
                Shift(agents=everybody[:3], hours=Span(time(0), time(0)), breaks=(Span(time(0, 40), time(0, 50)),)),
                Shift(agents=everybody[3:], hours=Span(time(0, 5), time(1, 30)), breaks=(Span(time(1), time(1, 7)),)),
                Shift(
                    agents=everybody[2:4],
                    hours=Span(time(1, 31), time(3)),
                ),
            ),
        ),
    )


def any_queue(name: str, rng: random.Random) -> QueueSetup:
    needs = parse(rng.choice(("anybody", "a", "b >= 3", "a or b", "not c", "a and c >= 2")))
    steps = [
        RelaxationStep(
            after_ms=after,
            needs=rng.choice((None, Skill(rng.choice(SKILLS)), parse("anybody"))),
            add_priority=rng.choice((0, 0, 2)),
        )
        for after in rng.sample((0, 20_000, 45_000, 45_500, 100_000), rng.randint(0, 3))
    ]
    return QueueSetup(
        id=name,
        needs=needs,
        priority=rng.randint(0, 3),
        strategy=rng.choice((Strategy.LONGEST_IDLE, Strategy.BEST_SKILL, Strategy.WORST_SKILL)),
        steps=tuple(steps),
        ring_ms=rng.choice((5_000, 12_000)),
        wrap_up_ms=rng.choice((None, 0, 15_000)),
        max_waiting=rng.choice((None, None, 1, 3)),
        max_wait_ms=rng.choice((None, None, 60_000)),
    )
