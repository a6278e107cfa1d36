"""The last hour, sample by sample, for the live lines of the floor."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from cti.web.service import Service

EVERY_MS = 10_000
KEPT = 361
"""An hour of samples, both ends included."""


class Trend:
    """Waiting callers and ready agents over all queues, every ten seconds. Begins empty when the service starts."""

    def __init__(self) -> None:
        self._at: array[int] = array("q")
        self._waiting: array[int] = array("q")
        self._ready: array[int] = array("q")

    def sample(self, service: Service) -> None:
        """Takes one sample."""
        acd = service.centre.acd
        self._at.append(service.now())
        self._waiting.append(sum(queue.waiting + queue.offered for queue in acd.queues()))
        self._ready.append(sum(agent.state == "ready" for agent in acd.agents()))
        for series in (self._at, self._waiting, self._ready):
            del series[:-KEPT]

    def view(self) -> Mapping[str, Any]:
        """Parallel lists, oldest first; times in Unix milliseconds."""
        return {"at": list(self._at), "waiting": list(self._waiting), "ready": list(self._ready)}
