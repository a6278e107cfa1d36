"""What is remembered of callers, in case they call again: who last spoke to them, and the place they gave up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from acd.setup import AcdSetup
from acd.state import CallRecord


class Place(NamedTuple):
    """A place among the waiting calls."""

    since: int
    number: int
    left_at: int


class Callers:
    """Both memories are in order of time, so what is too old stands in front and is dropped as new things come."""

    __slots__ = ("_keep_ms", "_last_agents", "_places", "_within_ms")

    def __init__(self, setup: AcdSetup) -> None:
        self._last_agents: dict[str, tuple[int, int]] = {}
        """Caller to the agent who answered last, and when."""
        self._places: dict[str, dict[str, Place]] = {}
        self._within_ms = -1
        self._keep_ms: dict[str, int] = {}
        self.reconfigure(setup, {}, 0)

    def reconfigure(self, setup: AcdSetup, moved: Mapping[int, int], now: int) -> None:
        """From now on this setup counts; what is forgotten by the one before stays so.

        ``moved``: the index that an agent had to the index that the agent has.
        """
        self._forget_agents(now)
        self._last_agents = {
            caller: (moved[agent], at) for caller, (agent, at) in self._last_agents.items() if agent in moved
        }
        self._within_ms = max((queue.last_agent_within_ms for queue in setup.queues if queue.last_agent_ms), default=-1)
        for queue in self._keep_ms:
            self._forget_places(queue, now)
        self._keep_ms = {queue.id: queue.keep_place_ms for queue in setup.queues if queue.keep_place_ms}
        self._places = {queue: self._places.get(queue, {}) for queue in self._keep_ms}

    def spoke(self, caller: str, agent: int, now: int) -> None:
        """The agent of this index answered the caller."""
        if not caller or self._within_ms < 0:
            return
        self._last_agents.pop(caller, None)
        self._last_agents[caller] = (agent, now)
        self._forget_agents(now)

    def last_agent(self, caller: str, within_ms: int, now: int) -> int | None:
        """The index of the agent who answered the caller last, if not longer ago than ``within_ms``."""
        agent, at = self._last_agents.get(caller, (0, now - within_ms - 1))
        return agent if now - at <= within_ms else None

    def gave_up(self, call: CallRecord, now: int) -> None:
        """The caller hung up while waiting."""
        queue = call.queue.setup
        places = self._places.get(queue.id)
        if not call.caller or places is None:
            return
        places.pop(call.caller, None)
        places[call.caller] = Place(call.place_since, call.number, now)
        self._forget_places(queue.id, now)

    def place(self, caller: str, queue: str, keep_ms: int, now: int) -> Place | None:
        """The place that the caller gave up in ``queue``, if not longer ago than ``keep_ms``."""
        place = self._places.get(queue, {}).get(caller)
        return place if place is not None and now - place.left_at <= keep_ms else None

    def came_back(self, caller: str, queue: str) -> None:
        """The caller has the old place again, or a new one: there is none to come back to."""
        self._places.get(queue, {}).pop(caller, None)

    def _forget_agents(self, now: int) -> None:
        while (
            self._last_agents and self._last_agents[first := next(iter(self._last_agents))][1] < now - self._within_ms
        ):
            del self._last_agents[first]

    def _forget_places(self, queue: str, now: int) -> None:
        places = self._places[queue]
        while places and places[first := next(iter(places))].left_at < now - self._keep_ms[queue]:
            del places[first]
