"""A site that never changes, for the twin: what :func:`simulator.planner.steady.steady_model` is for the planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from functools import cache
from pathlib import Path

from acd.setup import AcdSetup
from config.laws import Deterministic, Law
from config.loader import load_site
from config.site import Site
from config.workload import Callers, HandlingByLevel, Shift, Workload
from ivr.flow import Choice, Flow, HangUp, Menu, Node, Queue
from ivr.hours import Span
from simulator.planner.laws import Never
from simulator.planner.model import CallKind

_HOUR_MS = 3_600_000
_PACE = "pace"
"""A skill whose levels are the paces at which agents work."""
_AT_ONCE = Deterministic(mean_ms=0)
_FOR_EVER = Deterministic(mean_ms=10**10)


@cache
def _bank() -> Site:
    return load_site(Path(__file__).parents[1] / "config" / "examples" / "bank")


def steady_site(acd: AcdSetup, calls: Sequence[tuple[CallKind, float]]) -> Site:
    """Everybody is at work day and night, accepts at once and never wraps up; kinds of calls come with so many a
    millisecond. One kind goes straight into its queue, several by a key each, up to nine."""
    bank = _bank()
    acd, handling_by_level = _paced(acd, [kind for kind, _ in calls])
    nodes: dict[str, Node] = {f"to-{kind.queue}": Queue(queue=kind.queue, otherwise="end") for kind, _ in calls}
    start = f"to-{calls[0][0].queue}"
    if len(calls) > 1:
        start = "menu"
        choices = {str(key): Choice(next=f"to-{kind.queue}") for key, (kind, _) in enumerate(calls, 1)}
        nodes[start] = Menu(prompt="which", choices=choices, otherwise="end")
    flow = Flow(id="steady", digest="steady", start=start, language="en", nodes={**nodes, "end": HangUp()})
    return replace(
        bank,
        acd=acd,
        flows={flow.digest: flow},
        entry=flow.digest,
        workload=Workload(
            zone=bank.time_zone,
            rates=(),
            callers=tuple(
                Callers(
                    name=kind.name,
                    rates=((time(0), per_ms * _HOUR_MS),),
                    wants=kind.queue,
                    keys={"menu": str(key)},
                    patience=_timed(kind.patience),
                    talk=_timed(kind.talk),
                )
                for key, (kind, per_ms) in enumerate(calls, 1)
            ),
            patience=_FOR_EVER,
            key_delay=_AT_ONCE,
            talk={queue.id: _AT_ONCE for queue in acd.queues},
            wrap_up=_AT_ONCE,
            answer_delay=_AT_ONCE,
            unanswered=0.0,
            handling_by_level=handling_by_level,
            staff=(Shift(agents=tuple(agent.id for agent in acd.agents), hours=Span(time(0), time(0))),),
        ),
    )


def _paced(acd: AcdSetup, kinds: Sequence[CallKind]) -> tuple[AcdSetup, dict[str, HandlingByLevel]]:
    """The setup and the workload's words for how fast which agent is with which calls."""
    of_agent = {agent.id: tuple(kind.pace.get(agent.id, 1.0) for kind in kinds) for agent in acd.agents}
    paces = sorted(set(of_agent.values()))
    if len(paces) == 1 and set(paces[0]) == {1.0}:
        return acd, {}
    agents = tuple(
        replace(agent, skills={**agent.skills, _PACE: 1 + paces.index(of_agent[agent.id])}) for agent in acd.agents
    )
    factors = {
        kind.queue: tuple((level, pace[number]) for level, pace in enumerate(paces, 1))
        for number, kind in enumerate(kinds)
    }
    by_level = {queue: HandlingByLevel(skill=_PACE, steps=steps) for queue, steps in factors.items()}
    return replace(acd, agents=agents), by_level


def _timed(law: Law | Never) -> Law:
    return _FOR_EVER if isinstance(law, Never) else law
