"""Centres with rules of every kind that the planner runs, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import time

from acd.requirement import Skill, parse
from acd.setup import (
    AcdSetup,
    AgentSetup,
    CallbackOrder,
    CallbackRules,
    Order,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
    Strategy,
)
from config.laws import Exponential, Lognormal
from config.loader import load_site
from config.site import Site
from config.workload import Absence, CalledBack, Callers, HandlingByLevel, Profile, Retry, Shift, Transfer, Workload
from ivr.flow import Callback, Choice, Flow, HangUp, Menu, Queue, Say, Tag
from ivr.hours import Calendar, Span
from ivr.waiting import Music
from tests.virtual.house import BANK, bank

EXAMPLE = BANK.with_name("callback")
SKILLS = ("a", "b", "c")
TRANSFERS = (Transfer(queue="q0", to="q1-0", share=0.3), Transfer(queue="q1", to="q0-1", share=0.2))


def any_site(rng: random.Random, rates: Profile = ((time(0), 190.0),)) -> Site:
    """A centre of a few queues and agents, too busy for its staff, with calls by ``rates``."""
    site = bank()
    queues = tuple(any_queue(f"q{number}", rng) for number in range(rng.randint(2, 4)))
    agents = tuple(
        AgentSetup(
            id=f"agent{number}",
            skills={skill: rng.choice((1, 3, 8)) for skill in SKILLS if rng.random() < 0.6},
            cost_per_hour=rng.choice((900, 1_100, 1_100)),
            weight=1 + number % 3,
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
    queues = tuple(with_hours(queue, rng) for queue in queues)
    flow = Flow(id="any", digest="any", start="menu", language="en", nodes=nodes)
    everybody = tuple(agent.id for agent in agents)
    drawn = replace(
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
            rates=rates,
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
            retry=rng.choice(
                (None, Retry(after_abandon=0.6, after_busy=0, delay=Exponential(mean_ms=120_000), most=3))
            ),
            transfers=rng.choice(((), TRANSFERS)),
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
    agents = tuple(_with_delays(agent, queues, rng) for agent in agents)
    return replace(drawn, acd=replace(drawn.acd, agents=agents))


def with_spills(site: Site, rng: random.Random) -> Site:
    """The centre, in which many steps send calls on to other queues. Its phones ring alike in all queues, and nobody is
    sent on after a talk."""
    names = [queue.id for queue in site.acd.queues]

    def spill(queue: QueueSetup) -> Spill | None:
        if rng.random() < 0.25:
            return None
        return Spill(
            queue=rng.choice([name for name in names if name != queue.id]),
            nobody_staffed=rng.random() < 0.2,
            longest_wait_ms=rng.choice((None, None, 60_000, 100_000)),
            service_level_below=rng.choice((None, None, 500, 900)),
        )

    def spilling(queue: QueueSetup) -> QueueSetup:
        steps = queue.steps or (RelaxationStep(after_ms=rng.choice((0, 12_345)), add_priority=1),)
        return replace(queue, steps=tuple(replace(step, spill=spill(queue)) for step in steps), ring_ms=12_000)

    queues = tuple(spilling(queue) for queue in site.acd.queues)
    assert site.workload is not None
    workload = replace(site.workload, transfers=())
    return replace(
        site, acd=replace(site.acd, queues=queues, spill_check_ms=rng.choice((5_000, 777))), workload=workload
    )


def with_callbacks(site: Site, rng: random.Random) -> Site:
    """The centre, in whose queues callers are offered to be called back while they wait: by a key, or after a while.
    Who does not want it may leave a queue by a key all the same."""
    assert site.workload is not None

    def calling_back(queue: QueueSetup) -> QueueSetup:
        rules = CallbackRules(
            order=rng.choice(tuple(CallbackOrder)),
            attempts=rng.randint(1, 3),
            gap_ms=rng.choice((60_000, 77_777)),
            dial_ms=rng.choice((9_000, 20_000)),
            max_wait_ms=rng.choice((None, None, 400_000)),
            most=rng.choice((2, 100)),
        )
        return replace(queue, callback=rules, steps=tuple(replace(step, spill=None) for step in queue.steps))

    flow = site.entry_flow
    nodes, keys = dict(flow.nodes), dict[str, str]()
    for name, node in flow.nodes.items():
        if isinstance(node, Queue):
            music, offer, how = f"music-{name}", f"offer-{name}", rng.random()
            nodes[name] = replace(node, waiting=rng.choice((music, f"say-{name}")))
            nodes[f"say-{name}"] = Say(prompt="", next=music)
            nodes[music] = Music(for_ms=50_000, next=offer) if how < 0.3 else Music(keys={"1": offer, "2": "thanks"})
            nodes[offer] = Callback(
                queue=node.queue, prompt="", number_prompt="", accepted="thanks", refused=music, invalid=music
            )
            keys[music] = "2" if how > 0.9 else "1"
    nodes["thanks"] = HangUp(prompt="bye")
    flow = replace(flow, nodes=nodes)
    workload = replace(
        site.workload,
        callers=tuple(replace(kind, keys={**kind.keys, **keys}) for kind in site.workload.callers),
        key_delay=Exponential(mean_ms=20_000),
        callbacks=CalledBack(accepted=0.6, answered=0.6, answer_delay=Lognormal(mean_ms=9_000, sd_ms=4_000)),
    )
    return replace(
        site,
        acd=replace(site.acd, queues=tuple(calling_back(queue) for queue in site.acd.queues)),
        flows={flow.digest: flow},
        numbers=load_site(EXAMPLE).numbers,
        workload=workload,
    )


def _with_delays(agent: AgentSetup, queues: Sequence[QueueSetup], rng: random.Random) -> AgentSetup:
    """The agent, who takes some calls only once they have waited a while."""
    after_ms = {queue.id: rng.choice((15_000, 45_000, 46_000)) for queue in queues if rng.random() < 0.15}
    held_back = {id_: replace(agent.queues.get(id_, Preference()), after_ms=ms) for id_, ms in after_ms.items()}
    return replace(agent, queues={**agent.queues, **held_back})


def with_hours(queue: QueueSetup, rng: random.Random) -> QueueSetup:
    """The queue, half of the time with opening hours: closed for a while, then once more. Of the others, some want
    somebody at work."""
    if rng.random() < 0.5:
        return replace(queue, unstaffed_ms=rng.choice((None, 20_000, 90_000)))
    morning = (
        Span(time(0, rng.randint(0, 5)), time(0, rng.randint(30, 40), 17)),
        Span(time(0, 50), time(rng.randint(1, 2), 20)),
    )
    hours = Calendar(id="some", zone="Europe/Kyiv", week=dict.fromkeys(range(7), morning), exceptions={})
    return replace(queue, hours=hours, serves_after_closing=rng.random() < 0.5)


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
        strategy=rng.choice(tuple(Strategy)),
        steps=tuple(steps),
        ring_ms=rng.choice((5_000, 12_000)),
        wrap_up_ms=rng.choice((None, 0, 15_000)),
        max_waiting=rng.choice((None, None, 1, 3)),
        max_wait_ms=rng.choice((None, None, 60_000)),
    )
