"""Floors on which agents chat and telephone: several calls in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acd.effects import AgentState
from acd.setup import ChannelSetup, QueueSetup
from tests.unit.acd.floor import Floor, queue

VOICE = ChannelSetup()
CHAT = ChannelSetup(id="chat", capacity=3)
CHAT_INTERRUPTED = ChannelSetup(id="chat", capacity=3, interrupted_by=("voice",))


def chat(id_: str = "chat", **more: Any) -> QueueSetup:
    return replace(queue(id_), **{"channel": "chat", "wrap_up_ms": 10_000, **more})


def floor_of(
    *queues: QueueSetup, channels: tuple[ChannelSetup, ...] = (VOICE, CHAT), **agents: Mapping[str, int]
) -> Floor:
    """Everybody named is ready, the first for the longest; they are named with their own capacities."""
    floor = Floor(
        *(queues or (queue("phone"), chat())),
        settings={"channels": channels},
        traits={agent: {"capacity": capacity} for agent, capacity in agents.items()},
        **{agent: {} for agent in agents},
    )
    for agent in agents:
        floor.ready(agent)
        floor.later(1_000)
    return floor


def take(floor: Floor, agent: str, *calls: str, queue: str = "chat") -> None:
    """Calls come one after the other and are answered by this agent."""
    for call in calls:
        floor.call(call, queue, preferred=agent)
        floor.answer(agent)


def shown(floor: Floor, agent: str) -> tuple[AgentState, str | None]:
    view = floor.acd.agent(agent)
    return view.state, view.call
