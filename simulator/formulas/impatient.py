"""Callers who hang up: M/M/n+G, and with exponential patience Erlang A (M/M/n+M).

The wait that a caller with endless patience would meet (the offered wait V) has an atom at 0 and for v > 0 the density
``n mu p_n e^H(v)``, where ``H(v) = lambda * int_0^v survival - n mu v`` and ``p_n`` is the chance that all agents are
busy and nobody waits (F. Baccelli and G. Hebuterne, 1981; S. Zeltyn and A. Mandelbaum, 2005). Below n callers the
system is Erlang B's. Every measure is an integral over that density with a positive weight, so nothing cancels, nothing
overflows (H is taken relative to its peak) and the cost does not depend on n, the overload or the patience. For mean
patience towards infinity the results go over to Erlang C's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import NamedTuple

from simulator.formulas.checks import not_negative, offered_load, positive, share
from simulator.formulas.erlang_b import blocking_and_rest
from simulator.formulas.offered_wait import OfferedWait, Weights
from simulator.formulas.patience import Exponential, Patience
from simulator.formulas.solve import increasing_root
from simulator.service_level import Definition

_LEAST_RATIO = 1e-10


class Waits(NamedTuple):
    """What has happened to callers within a time, as shares of all callers."""

    answered: float
    abandoned: float
    still_waiting: float


@dataclass(frozen=True)
class ImpatientQueue:
    """A settled M/M/n+G queue, first come, first served."""

    agents: float
    arrival_rate: float
    service_rate: float
    patience: Patience

    @cached_property
    def _offered_wait(self) -> OfferedWait:
        return OfferedWait(self.arrival_rate, self.agents * self.service_rate, self.patience)

    @cached_property
    def _all(self) -> Weights:
        return self._offered_wait.integrals(0.0)[1]

    @cached_property
    def _below(self) -> tuple[float, float]:
        """Weights of all agents busy, and of somebody free, relative to the peak of the density."""
        blocked, rest = blocking_and_rest(self.agents, self.arrival_rate / self.service_rate)
        return blocked * self.agents * self.service_rate, rest * exp(-self._offered_wait.peak_height)

    def _scale(self, one: float) -> tuple[float, float]:
        """What integrals are to be multiplied by, where that over the whole density is *one*; and p_no_wait."""
        busy, free = self._below
        total = busy * one + free
        return busy / total, free / total

    @cached_property
    def _density(self) -> tuple[float, float]:
        return self._scale(self._all.one)

    @property
    def p_wait(self) -> float:
        """Share of callers who find no agent free."""
        return min(1.0, self._density[0] * self._all.one)

    @property
    def p_no_wait(self) -> float:
        """Share of callers who are answered at once."""
        return self._density[1]

    @property
    def abandonment(self) -> float:
        """Share of callers who hang up before they are answered."""
        return self._density[0] * self._all.lost

    @property
    def answered(self) -> float:
        """Share of callers who are answered."""
        return self._density[1] + self._density[0] * self._all.kept

    @property
    def mean_wait(self) -> float:
        """Mean wait of all callers, until they are answered or hang up."""
        return self._density[0] * self._all.waited

    @property
    def asa(self) -> float:
        """Average speed of answer: mean wait of the answered callers."""
        return self._density[0] * self._all.answer_time / self.answered

    @property
    def mean_queue(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.arrival_rate * self.mean_wait

    @property
    def occupancy(self) -> float:
        """Share of their time that agents handle calls."""
        return self.arrival_rate * self.answered / (self.agents * self.service_rate)

    def waits(self, within: float) -> Waits:
        """What has happened to a caller *within* that time of entering the queue."""
        return self._shares(within)[0]

    def _shares(self, within: float) -> tuple[Waits, float]:
        """:meth:`waits`, and the share answered at last."""
        not_negative("within", within, "1/3 of a minute")
        before, after = self._offered_wait.integrals(within)
        lost, kept = self._offered_wait.lost_and_kept(within)
        factor, free = self._scale(before.one + after.one)
        waits = Waits(
            answered=free + factor * before.kept,
            abandoned=factor * (before.lost + lost * after.one),
            still_waiting=factor * kept * after.one,
        )
        return waits, free + factor * (before.kept + after.kept)

    def service_level(
        self,
        within: float,
        definition: Definition = Definition.ABANDONS_NEGATIVE,
        *,
        short_abandon: float | None = None,
    ) -> float:
        """The service level with the threshold *within*, by *definition*.

        *short_abandon* is the limit up to which an abandoned call does not count with short abandons excluded; the
        threshold if not given.
        """
        waits, answered = self._shares(within)
        match definition:
            case Definition.ABANDONS_IGNORED:
                return waits.answered / answered
            case Definition.ABANDONS_NEGATIVE:
                return waits.answered
            case Definition.ABANDONS_POSITIVE:
                return waits.answered + waits.abandoned
            case Definition.SHORT_ABANDONS_EXCLUDED if short_abandon is None:
                return waits.answered / (waits.answered + waits.still_waiting)
            case Definition.SHORT_ABANDONS_EXCLUDED:
                return waits.answered / (1 - self.waits(short_abandon).abandoned)

    def answered_wait_quantile(self, q: float) -> float:
        """The wait that the share *q* of the answered callers does not exceed; 0 where that many do not wait."""
        share("q", q, "0.9")
        wanted = q * self.answered
        if self.p_no_wait >= wanted:
            return 0.0
        return increasing_root(lambda time: self.waits(time).answered - wanted, 1 / self.service_rate)

    def wait_quantile(self, q: float) -> float:
        """The wait that the share *q* of all callers does not exceed, whether answered or not."""
        share("q", q, "0.9")
        if self.p_wait <= 1 - q:
            return 0.0
        return increasing_root(lambda time: 1 - q - self.waits(time).still_waiting, 1 / self.service_rate)


def mmn_g(agents: float, arrival_rate: float, service_rate: float, patience: Patience) -> ImpatientQueue:
    """M/M/n+G, exactly: *agents* (fractions allowed), *arrival_rate* calls, *service_rate* = 1 / AHT, any *patience*.

    All in one time unit. Handling times that are not exponential make it an approximation (M/G/n+G by M/M/n+G; W. Whitt
    2005): good where the AHT's cv is near 1.
    """
    positive("agents", agents, "12")
    offered_load(arrival_rate, service_rate)
    if not _LEAST_RATIO <= patience.mean * service_rate <= 1 / _LEAST_RATIO:
        raise ValueError(
            f"mean patience over AHT must lie between {_LEAST_RATIO:.0e} and {1 / _LEAST_RATIO:.0e}, "
            f"not {patience.mean * service_rate:.1e}; for callers who never hang up use Erlang C, "
            "for callers who do not wait Erlang B"
        )
    return ImpatientQueue(agents, arrival_rate, service_rate, patience)


def erlang_a(agents: float, arrival_rate: float, service_rate: float, abandonment_rate: float) -> ImpatientQueue:
    """Erlang A (C. Palm, 1946): exponential patience with *abandonment_rate* = 1 / mean patience, above 0.

    For callers who never hang up use :func:`~simulator.formulas.erlang_c.erlang_c`.
    """
    return mmn_g(agents, arrival_rate, service_rate, Exponential(abandonment_rate))
