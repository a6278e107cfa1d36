"""“SL ± 0.5 %”: how sure a figure has to be before the simulated days are enough."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from config.errors import unknown
from simulator.estimates import Estimate
from simulator.measures import ABANDONMENT
from simulator.service_level import Definition

ALL = "all callers"
"""Instead of a queue's name, which never has a blank: all callers together. “all” will do, unless a queue is called
so."""


class Measure(StrEnum):
    """What can be asked for."""

    SERVICE_LEVEL = "SL"
    ASA = "ASA"
    ABANDONMENT = "abandonment"
    OCCUPANCY = "occupancy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Enough days: the 95 % interval of ``measure`` reaches no further than ``half_width`` to each side."""

    measure: Measure
    half_width: float
    """A share, or milliseconds for the ASA."""
    queue: str | None = None
    """None: every queue to which somebody came; of the occupancy, which is of all agents, always None.
    :data:`ALL`: all callers together."""
    definition: Definition = Definition.ABANDONS_NEGATIVE
    """Which service level is meant."""

    @property
    def measure_name(self) -> str:
        """What the figure is called for machines, see :mod:`simulator.measures`."""
        match self.measure:
            case Measure.SERVICE_LEVEL:
                return self.definition.measure
            case Measure.ASA:
                return "asa_ms"
            case Measure.ABANDONMENT:
                return ABANDONMENT
            case Measure.OCCUPANCY:
                return "occupancy"

    def is_reached(self, found: Estimate) -> bool:
        """Whether the estimate is that precise."""
        return found.half_width is not None and found.half_width <= self.half_width


def read_precision(
    text: str, queues: Collection[str], definition: Definition = Definition.ABANDONS_NEGATIVE
) -> Precision:
    """Reads “SL ± 0.5 %”, “ASA of cards +- 2 s”, “abandonment of all ± 0.2 %”; ``queues`` are those of the site. Raises
    ``ValueError`` with what to write instead."""
    found = re.fullmatch(
        r"\s*(\w+)(?:\s+of\s+(all\s+callers|(?:queue\s+)?[\w-]+))?\s*(?:±|\+/?-)\s*(\d+(?:\.\d+)?)\s*(%|s)\s*", text
    )
    names = {measure.lower(): measure for measure in Measure}
    measure = names.get(found[1].lower()) if found is not None else None
    if found is None or measure is None or (found[4] == "s") is not (measure is Measure.ASA):
        raise ValueError(
            f"“{text}” is no precision; write “SL ± 0.5 %”, “ASA of cards ± 2 s”, “abandonment of all ± 1 %” or "
            "“occupancy ± 1 %”, with “+-” for “±” if you like"
        )
    queue = None if found[2] is None else _whose(found[2].split(), queues)
    if queue is not None and measure is Measure.OCCUPANCY:
        raise ValueError("occupancy is of agents, not of a queue; write “occupancy ± 1 %”")
    half_width = float(found[3]) * (1_000 if measure is Measure.ASA else 0.01)
    if half_width == 0:
        raise ValueError(f"“{text}” would take for ever; write more than 0")
    return Precision(measure=measure, queue=queue, half_width=half_width, definition=definition)


def _whose(words: Sequence[str], queues: Collection[str]) -> str:
    """:data:`ALL`, or the queue that “all”, “all callers”, “cards” or “queue cards” mean."""
    name = words[-1]
    if " ".join(words) == ALL or (words == ["all"] and "all" not in queues):
        return ALL
    if words == ["all"]:
        raise ValueError("one of the queues is called “all”; write “of all callers”, or “of queue all”")
    if name not in queues:
        raise ValueError(unknown("queue", name, queues))
    return name
