"""What is counted of a day, by queue, skill and agent group, over the day and by interval: the same for the twin, which
counts call by call (:mod:`simulator.tally`), and for the planner.

A call counts in the interval in which it began to wait, its conversation too. Who moved on to another queue counts
where the call ended, and as moved on where it came from; for a skill, and for all queues together, such a call never
left. Agents' time counts in the interval in which it was spent, and so does the time in which callers waited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from acd.setup import AgentSetup

DAY = -1
"""Stands in for an interval: the whole day."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What is counted together."""

    kind: str
    """“all”, “queue”, “skill” or “group” (of agents)."""
    name: str
    interval: int = DAY
    """Milliseconds since the start, or :data:`DAY`."""


@dataclass(slots=True)
class Sums:
    """Sums of one day. Durations in milliseconds; queues in callers and in callers × milliseconds."""

    queued: float = 0
    answered: float = 0
    """Of a group: by its agents."""
    answered_within: float = 0
    abandoned: float = 0
    abandoned_within: float = 0
    short_abandoned: float = 0
    released: float = 0
    moved_on: float = 0
    refused: float = 0
    """Turned away on entering; not among the queued."""
    callbacks: float = 0
    """Customers to be called back: not among the queued, nor in any other figure here but these four."""
    callbacks_connected: float = 0
    callbacks_failed: float = 0
    callback_wait_ms: float = 0
    """From the beginning of the wait to the conversation, of the connected."""
    answered_wait_ms: float = 0
    max_wait_ms: float = 0
    """Of the answered and the abandoned."""
    handled: float = 0
    """Conversations that are over, wrap-up and all."""
    handling_ms: float = 0
    """Their talk, hold and wrap-up."""
    waited_ms: float = 0
    """Of everybody."""
    queue_ms: float = 0
    span_ms: float = 0
    busy_ms: float = 0
    """Of agents: ringing, talk, hold and wrap-up. Of a queue: of those who may take its calls without relaxation, of a
    skill: of those who have it, whichever calls kept them busy."""
    staffed_ms: float = 0
    """The same and ready."""
    ringing_ms: float = 0
    """Of agents, in a group and all together, by what they did; hold is talk."""
    talking_ms: float = 0
    wrap_up_ms: float = 0
    ready_ms: float = 0
    away_ms: float = 0
    """Signed in, and not ready."""
    max_queue: float = 0
    waits: list[int] = field(default_factory=list)
    """Of the answered."""


COUNTED = tuple(one.name for one in fields(Sums) if one.name != "waits")

Waits = npt.NDArray[np.int32]
Figures = Mapping[Key, tuple[tuple[float, ...], Waits]]
"""Of one day: the sums by :data:`COUNTED`, and how long each of the answered had waited."""


def groups_of(agents: Iterable[AgentSetup]) -> Mapping[str, list[str]]:
    """Agents with the same skills at the same levels, by what they can do: “cards 2, english 10”."""
    groups: dict[str, list[str]] = {}
    for agent in agents:
        name = ", ".join(f"{skill} {level}" for skill, level in sorted(agent.skills.items())) or "no skills"
        groups.setdefault(name, []).append(agent.id)
    return groups
