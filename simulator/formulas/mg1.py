"""M/G/1: one agent, any handling times (F. Pollaczek 1930, A. Khinchine 1932)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from simulator.formulas.checks import not_negative, offered_load, positive


@dataclass(frozen=True, slots=True)
class GeneralServiceQueue:
    """A settled M/G/1 queue; at an occupancy of 1 or more nothing settles and waits are infinite."""

    arrival_rate: float
    mean_service: float
    service_cv: float
    """Standard deviation / mean of the handling time: 0 all alike, 1 exponential."""

    @property
    def occupancy(self) -> float:
        """Share of the time that the agent handles calls: also the share of callers who wait."""
        return min(1.0, self.arrival_rate * self.mean_service)

    @property
    def p_wait(self) -> float:
        """Share of callers who wait at all (Poisson arrivals see time averages)."""
        return self.occupancy

    @property
    def mean_wait(self) -> float:
        """Mean wait of all callers: ``lambda E[S^2] / (2 (1 - rho))``."""
        spare = 1 - self.arrival_rate * self.mean_service
        if spare <= 0:
            return inf
        return self.occupancy * self.mean_service * (1 + self.service_cv**2) / (2 * spare)

    @property
    def mean_queue(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.arrival_rate * self.mean_wait


def mg1(arrival_rate: float, mean_service: float, service_cv: float) -> GeneralServiceQueue:
    """M/G/1 from the *mean_service* time and *service_cv*, its standard deviation / mean (0 to 1e9)."""
    positive("mean_service", mean_service, "3 minutes")
    not_negative("service_cv", service_cv, "0.8")
    offered_load(arrival_rate, 1 / mean_service)
    return GeneralServiceQueue(arrival_rate, mean_service, service_cv)
