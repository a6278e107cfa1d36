"""What a queue reached, and whether that meets its goal."""

from __future__ import annotations

from dataclasses import dataclass, replace

from config.staffing import Goal
from simulator.measures import Floats
from simulator.planner.outcome import abandonment, answer_speed, service_level
from simulator.planner.tables import Ints
from simulator.service_level import Definition


@dataclass(frozen=True, slots=True)
class Reached:
    """What a queue reached; None where nobody called, or nobody was answered."""

    service_level: float | None
    asa_ms: float | None
    abandonment: float | None

    def meets(self, goal: Goal) -> bool:
        """Whether that meets ``goal``; it does where nobody calls."""
        level, asa, lost = self.service_level, self.asa_ms, self.abandonment
        if goal.service_level is not None and level is not None and level < goal.service_level:
            return False
        if goal.asa_ms is not None and asa is not None and asa > goal.asa_ms:
            return False
        return goal.abandonment is None or lost is None or lost <= goal.abandonment

    def softened(self, goal: Goal) -> Goal:
        """``goal`` measured against what this, of plenty of agents, reaches."""
        level, asa, lost = goal.service_level, goal.asa_ms, goal.abandonment
        return replace(
            goal,
            service_level=None if level is None else level * (self.service_level or 0.0),
            asa_ms=None if asa is None else asa + (self.asa_ms or 0.0),
            abandonment=None if lost is None else 1 - (1 - lost) * (1 - (self.abandonment or 0.0)),
        )


def reached(counts: Ints, goal: Goal) -> Reached:
    """What a queue of which ``counts[count]`` were counted reached."""
    return Reached(
        share(*service_level(counts, Definition(goal.definition))),
        share(*answer_speed(counts)),
        share(*abandonment(counts)),
    )


def share(above: Floats, below: Floats) -> float | None:
    """``above`` over ``below``; None where nobody is counted."""
    return float(above) / float(below) if below > 0 else None


def never(queue: str, day: Reached) -> str:
    """Why the goals of ``queue`` are refused, with which plenty of agents reach ``day``."""
    figures = []
    if day.service_level is not None:
        figures.append(f"{day.service_level:.1%} within the threshold")
    if day.asa_ms is not None:
        figures.append(f"an ASA of {day.asa_ms / 1000:.1f} s")
    if day.abandonment is not None:
        figures.append(f"{day.abandonment:.1%} abandoned")
    return (
        f"no number of agents meets the goals of queue “{queue}”: with plenty of them it has {', '.join(figures)}, as "
        "agents take a while to answer and some callers give up at once; ask for less"
    )
