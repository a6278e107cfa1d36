"""The plainest rules there are, for a centre whose own have failed: in the order of coming, to whoever is ready."""

from __future__ import annotations

from dataclasses import replace

from acd.requirement import ANYBODY
from acd.setup import ONE_PHONE, AcdSetup, Order, Strategy


def first_come(setup: AcdSetup) -> AcdSetup:
    """The same queues and agents, where the call that has waited longest goes to the agent who has been idle longest.

    What queues ask of agents, priorities, steps, preferences and last agents do not count; what the caller's
    menu itself asked for (a language, a named agent), hours and limits do.
    """
    queues = [
        replace(
            queue,
            needs=ANYBODY,
            priority=0,
            strategy=Strategy.LONGEST_IDLE,
            steps=(),
            phones=ONE_PHONE,
            last_agent_ms=0,
            keep_place_ms=0,
        )
        for queue in setup.queues
    ]
    agents = [replace(agent, queues={}) for agent in setup.agents]
    return replace(setup, queues=tuple(queues), agents=tuple(agents), order=Order.STRICT, starvation_ms=None)
