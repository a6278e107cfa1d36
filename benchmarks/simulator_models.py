"""The models of :mod:`benchmarks.simulator`, and what every engine that runs them hands back.

(i) is M/M/100+M at load 1, mean patience twice the mean talk; (ii) has 3 classes of calls, 4 groups of agents, 120
agents and ageing priorities. (iii) is small enough for its exact answer to be known, and has strict priorities. Times
are in minutes; all laws are exponential, and calls come as Poisson processes. A call goes to the agent idle longest of
all who take its class, an agent to the waiting call with the highest score: ``points`` and ``points_per_minute`` times
its wait. Calls that come in the warm-up are not counted, after the end none come, and those who wait are served.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.formulas import erlang_a

WARM_UP = 20.0
"""Minutes: ten times what the models need to forget that they began empty."""


@dataclass(frozen=True, slots=True)
class Calls:
    """One class of calls."""

    rate: float
    """A minute."""
    talk: float
    patience: float
    """Means, minutes."""
    points: int = 0


@dataclass(frozen=True, slots=True)
class Agents:
    """One group of agents."""

    number: int
    takes: tuple[int, ...]
    """Classes of calls."""


@dataclass(frozen=True, slots=True)
class Centre:
    """A whole model."""

    calls: tuple[Calls, ...]
    agents: tuple[Agents, ...]
    points_per_minute: int = 0
    """0: strict priorities."""
    threshold: float = 1 / 3

    @property
    def rate(self) -> float:
        """Calls a minute."""
        return sum(each.rate for each in self.calls)


def one_queue(agents: int) -> Centre:
    """(i) for 100 agents; a call a minute for each agent."""
    return Centre((Calls(rate=agents, talk=1, patience=2),), (Agents(agents, (0,)),))


BY_SKILL = Centre(
    tuple(Calls(rate=39, talk=1, patience=2, points=points) for points in (2, 1, 0)),
    tuple(Agents(30, takes) for takes in ((0,), (0, 1), (1, 2), (2,))),
    points_per_minute=2,
)
"""(ii)"""

STRICT = Centre(
    (Calls(rate=2, talk=1, patience=1, points=1), Calls(rate=3, talk=1, patience=2)),
    (Agents(5, (0, 1)),),
    threshold=0.5,
)
"""(iii)"""

Measures = Mapping[str, float]


def exactly(centre: Centre) -> tuple[Measures, ...] | None:
    """By class, what is known exactly of (i) by Erlang A, and of (iii) as the stationary law of its Markov chain
    (V_prio of tests/data/truth)."""
    if len(centre.calls) == 1:
        calls = centre.calls[0]
        queue = erlang_a(centre.agents[0].number, calls.rate, 1 / calls.talk, 1 / calls.patience)
        return (
            {
                "abandoned": queue.abandonment,
                "within": queue.service_level(centre.threshold),
                "at once": queue.p_no_wait,
                "ASA": queue.asa,
            },
        )
    if centre is STRICT:
        return (
            {"abandoned": 0.13088904864052, "within": 0.82302787909471, "at once": 1 - 0.612922955595923},
            {"abandoned": 0.169722950739065, "within": 0.638346624981383, "at once": 1 - 0.612922955595929},
        )
    return None


class Cell:
    """What stands in a row of :attr:`Run.counts`."""

    OFFERED, ANSWERED, WITHIN, AT_ONCE, ABANDONED, WAITED = range(6)


@dataclass(frozen=True, slots=True)
class Run:
    """What an engine hands back."""

    counts: npt.NDArray[np.float64]
    """[class, cell]; waited: minutes that the answered waited."""
    seconds: float
    """Of the processor, for the simulation itself."""
    made: float
    """Calls in that time, those of the warm-up included."""


Engine = Callable[[Centre, float, int], Run]
"""Of a model, the minutes to count, and a seed."""

MEASURES = {
    "abandoned": (Cell.ABANDONED, Cell.OFFERED),
    "within": (Cell.WITHIN, Cell.OFFERED),
    "at once": (Cell.AT_ONCE, Cell.OFFERED),
    "ASA": (Cell.WAITED, Cell.ANSWERED),
}
"""By name: the cells whose ratio it is."""
