"""“SL ± 0.5 %”: how sure a figure of every queue has to be before the replications end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from simulator.estimates import Estimate, ratio
from simulator.planner.cells import Ints
from simulator.planner.outcome import abandonment, answer_speed, service_level
from simulator.planner.runs import Sample
from simulator.service_level import Definition


class Measure(StrEnum):
    """What can be asked for."""

    SERVICE_LEVEL = "SL"
    ASA = "ASA"
    ABANDONMENT = "abandonment"


@dataclass(frozen=True, slots=True)
class Precision:
    """The half-width of the 95 % interval of ``measure``, of each queue that is called at all."""

    measure: Measure
    half_width: float
    """A share, or milliseconds for the ASA."""
    definition: Definition = Definition.ABANDONS_NEGATIVE

    def reached(self, sample: Sample) -> bool:
        """Whether ``sample`` is enough."""
        total = sample.counts.sum(axis=2)
        found = [self._of(total[:, queue]).half_width for queue in range(total.shape[1]) if total[:, queue].any()]
        return all(width is not None and width <= self.half_width for width in found)

    def _of(self, counts: Ints) -> Estimate:
        match self.measure:
            case Measure.SERVICE_LEVEL:
                return ratio(*service_level(counts, self.definition))
            case Measure.ASA:
                return ratio(*answer_speed(counts))
            case Measure.ABANDONMENT:
                return ratio(*abandonment(counts))


def read_precision(text: str, definition: Definition) -> Precision:
    """Reads ``SL ± 0.5 %``, ``ASA +- 2 s``, ``abandonment ± 0.2 %``. Raises ``ValueError`` with a sentence for the
    user."""
    found = re.fullmatch(r"\s*(\w+)\s*(?:±|\+/?-)\s*(\d+(?:\.\d+)?)\s*(%|s)\s*", text)
    names = {measure.lower(): measure for measure in Measure}
    measure = names.get(found[1].lower()) if found is not None else None
    if found is None or measure is None or (found[3] == "s") is not (measure is Measure.ASA) or float(found[2]) == 0:
        raise ValueError(
            "--until is written like “SL ± 0.5 %”, “ASA ± 2 s” or “abandonment ± 0.2 %”, with “+-” for “±” if you "
            f"like; not “{text}”"
        )
    scale = 1_000 if measure is Measure.ASA else 0.01
    return Precision(measure, float(found[2]) * scale, definition)
