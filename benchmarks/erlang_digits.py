"""How many digits of Erlang B, C and A are right, against mpmath's arbitrary precision, far beyond the tables.

Run as ``python -m benchmarks.erlang_digits`` (``--seconds 300 --seed 2`` for more). mpmath is not a dependency; without
it (``pip install mpmath``) this says so and ends. First come the corners (loads from 1e-300 to 1e9 erlangs, fractions
of an agent, 100,000 agents, occupancies a millionth of a millionth beside 1, patience from 1e-9 to 1e9 handling times),
then random centres. A figure has 12 digits right where it is off by less than 5e-13 of itself, or than four times what
the last bit of the arrival rate makes of it: close to full occupancy no float says more. Figures below 1e-40 are left
out. The exit code is 0 where all have.

The reference: Erlang B by ``1/B(n) = 1 + n/a 1/B(n-1)`` from far below, between whole numbers by the incomplete gamma
function; Erlang A by Gauss-Legendre quadrature with 44 nodes on 20 panels of the offered wait's density (F. Baccelli
and G. Hebuterne, 1981), for its own part held against the sum over states where those are few.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from time import monotonic
from typing import Any

import numpy as np

from simulator.formulas import Definition, blocking, carried_load, erlang_a, erlang_c

DIGITS = 50
RIGHT = 5e-13
SMALLEST = 1e-40
NODES = 44
FALL = 125
"""Where the density has fallen by e^-125 it ends for the reference."""

Exactly = Mapping[str, Any]
"""Measure to mpmath's number."""


class Reference:
    """Erlang's formulas with :data:`DIGITS` digits."""

    def __init__(self, mp: Any) -> None:
        self._mp = mp
        mp.mp.dps = DIGITS
        self._rule = self._gauss_legendre()

    def erlang_b(self, agents: float, load: Any) -> tuple[Any, Any]:
        """The share turned away, and the rest."""
        mpf, load = self._mp.mpf, self._mp.mpf(load)
        if agents != int(agents):
            n = mpf(agents)
            inverse = self._mp.exp(load) * load**-n * self._mp.gammainc(n + 1, load)
        else:
            fewer = min(agents, float(load))
            below = max(0, int(fewer - 40 * math.sqrt(fewer + 1) - 600))
            inverse = 1 / (1 - below / load) if below else mpf(1)
            for number in range(below + 1, int(agents) + 1):
                inverse = 1 + number / load * inverse
        return 1 / inverse, (inverse - 1) / inverse

    def erlang_c(self, agents: float, rate: Any, service: float, within: float) -> Exactly:
        """Measures of M/M/n."""
        n, rate, mu = (self._mp.mpf(value) for value in (agents, rate, service))
        blocked, rest = self.erlang_b(agents, rate / mu)
        idle = rest * (n * mu - rate) / (n * mu)
        p_wait, spare = blocked / (blocked + idle), n * mu - rate
        return {
            "p_wait": p_wait,
            "p_no_wait": idle / (blocked + idle),
            "asa": p_wait / spare,
            "level": 1 - p_wait * self._mp.exp(-spare * self._mp.mpf(within)),
        }

    def erlang_a(self, agents: float, rate: Any, service: float, leaving: float, within: float) -> Exactly:
        """Measures of M/M/n+M."""
        mp = self._mp
        n, rate, mu, theta, tau = (mp.mpf(value) for value in (agents, rate, service, leaving, within))
        blocked, rest = self.erlang_b(agents, rate / mu)
        capacity = n * mu
        peak = mp.log(rate / capacity) / theta if rate > capacity else mp.mpf(0)

        def height(wait: Any) -> Any:
            return -rate / theta * mp.expm1(-theta * wait) - capacity * wait

        top = height(peak)
        sums: dict[str, Any] = dict.fromkeys(("one", "kept", "lost", "later", "waited", "answer"), mp.mpf(0))
        before = dict(sums)
        edges = sorted(self._edges(lambda wait: height(wait) - top, peak, capacity, [tau, *self._marks(theta)]))
        for start, end in pairwise(edges):
            for node, weight in self._rule:
                wait = start + (end - start) * node
                lost = -mp.expm1(-theta * wait)
                density = mp.exp(height(wait) - top) * weight * (end - start)
                part = {
                    "one": density,
                    "kept": density * (1 - lost),
                    "lost": density * lost,
                    "later": density if end > tau else mp.mpf(0),
                    "waited": density * lost / theta,
                    "answer": density * wait * (1 - lost),
                }
                sums = {name: total + part[name] for name, total in sums.items()}
                if end <= tau:
                    before = {name: total + part[name] for name, total in before.items()}
        total = blocked * capacity * sums["one"] + rest * mp.exp(-top)
        factor, free = blocked * capacity / total, rest * mp.exp(-top) / total
        answered, gone = free + factor * sums["kept"], -mp.expm1(-theta * tau)
        level = free + factor * before["kept"]
        left = factor * (before["lost"] + gone * sums["later"])
        return {
            "p_wait": factor * sums["one"],
            "p_no_wait": free,
            "abandonment": factor * sums["lost"],
            "mean_wait": factor * sums["waited"],
            "asa": factor * sums["answer"] / answered,
            "occupancy": rate * answered / capacity,
            "level, negative": level,
            "level, ignored": level / answered,
            "level, positive": level + left,
            "abandoned within": left,
            "still waiting": factor * (1 - gone) * sums["later"],
        }

    def _marks(self, theta: Any) -> list[Any]:
        return [mark / theta for mark in (1, 3, 8, 20, 40)]

    def _edges(self, fallen: Callable[[Any], Any], peak: Any, capacity: Any, more: list[Any]) -> set[Any]:
        """Of panels: where the density has fallen so far from its ``peak``, and some ``more``."""
        zero = self._mp.mpf(0)
        ends = {peak}
        for far in (0.3, 1, 3, 7, 14, 24, 38, 60, 90, FALL):
            ends.add(self._where(lambda away: -fallen(peak + away), far, capacity, None))
        above = {peak + away for away in ends - {peak}} | {peak}
        below = {zero}
        if peak > 0:
            sides = (self._where(lambda away: -fallen(peak - away), far, capacity, peak) for far in (0.3, 1, 3, 7, 14))
            further = (self._where(lambda away: -fallen(peak - away), far, capacity, peak) for far in (24, 38, 60, 90))
            below = {max(zero, peak - away) for away in (*sides, *further)}
            below.add(max(zero, peak - self._where(lambda away: -fallen(peak - away), FALL, capacity, peak)))
        return above | below | {edge for edge in more if min(below) < edge < max(above)}

    def _where(self, fallen: Callable[[Any], Any], far: float, capacity: Any, most: Any | None) -> Any:
        """How far away the density has fallen so ``far``, or ``most``."""
        low, high = self._mp.mpf(0), 1 / capacity
        while fallen(high) < far:
            low, high = high, 2 * high
            if most is not None and high > most:
                return most
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if fallen(middle) < far else (low, middle)
        return high

    def _gauss_legendre(self) -> list[tuple[Any, Any]]:
        """Nodes and weights on 0 to 1: NumPy's, with more digits by Newton's method."""
        rule = []
        for guess in np.polynomial.legendre.leggauss(NODES)[0].tolist():
            node = self._mp.mpf(guess)
            for _ in range(6):
                value, slope = self._legendre(node)
                node -= value / slope
            slope = self._legendre(node)[1]
            rule.append(((node + 1) / 2, 1 / ((1 - node * node) * slope * slope)))
        return rule

    def _legendre(self, at: Any) -> tuple[Any, Any]:
        before, value = self._mp.mpf(1), at
        for degree in range(2, NODES + 1):
            before, value = value, ((2 * degree - 1) * at * value - (degree - 1) * before) / degree
        return value, NODES * (at * value - before) / (at * at - 1)

    def states(self, agents: int, rate: float, service: float, leaving: float) -> Any:
        """The mean wait of M/M/n+M, by the sum over its states."""
        mpf = self._mp.mpf
        chance, total, queue = mpf(1), mpf(1), mpf(0)
        for there in range(1, 2_000):
            chance *= mpf(rate) / (min(there, agents) * mpf(service) + max(0, there - agents) * mpf(leaving))
            total += chance
            queue += max(0, there - agents) * chance
        return queue / total / mpf(rate)


class Digits:
    """Keeps count of how far off figures are."""

    def __init__(self) -> None:
        self.worst: dict[str, tuple[float, str]] = {}
        self.wrong: list[str] = []
        self.compared = 0

    def see(self, formula: str, centre: str, found: Mapping[str, float], exactly: Exactly, nudged: Exactly) -> None:
        """``nudged``: what the formula gives for the next float after the arrival rate."""
        for measure, value in found.items():
            exact = exactly[measure]
            if abs(exact) < SMALLEST:
                continue
            self.compared += 1
            off = float(abs(value - exact) / abs(exact))
            told = float(abs(nudged[measure] - exact) / abs(exact))
            name = f"{formula}, {measure}"
            if told <= RIGHT / 4 and off > self.worst.get(name, (0.0, ""))[0]:
                self.worst[name] = off, centre
            if off > max(RIGHT, 4 * told):
                self.wrong.append(f"{name} of {centre}: {value!r}, exactly {float(exact)!r}")


def centres(rng: random.Random, until: Callable[[], bool]) -> Iterator[tuple[float, float, float, float, float]]:
    """Agents, occupancy, service rate, abandonment rate and threshold: corners, then random ones."""

    def between(low: float, high: float) -> float:
        return float(low * (high / low) ** rng.random())

    for agents in (1, 2, 0.5, 0.001, 18.5, 10, 100, 10_000, 100_000):
        for occupancy in (1e-9, 1e-3, 0.5, 0.999, 1 - 1e-9, 1 - 1e-12, 1.0, 1 + 1e-9, 1.001, 1.5, 10, 1_000):
            for leaving in (1e-9, 1e-4, 0.5, 1, 30, 1e6, 1e9):
                yield agents, occupancy, 1.0, leaving, rng.choice((0, 1e-9, 0.01, 0.3, 3, 100))
    while not until():
        agents = rng.choice((1, 2, int(between(1, 2_000)), int(between(100, 100_001)), between(0.01, 100)))
        beside = 1 + rng.choice((-1, 1)) * between(1e-12, 1e-1)
        occupancy = rng.choice((between(1e-6, 1), rng.uniform(0.5, 1.5), beside, between(1, 100)))
        service = between(1e-3, 1e3)
        leaving = min(1e9, between(1e-9, 1e9) * service)
        yield agents, occupancy, service, leaving, rng.choice((0.0, between(1e-6, 1e3))) / service


def judge(exact: Reference, digits: Digits, n: float, occupancy: float, mu: float, theta: float, tau: float) -> None:
    """All three formulas of one centre."""
    rate = n * occupancy * mu
    load, centre = rate / mu, f"n={n:g} lambda={rate!r} mu={mu!r} theta={theta!r} tau={tau!r}"
    if n != int(n) and load > 1e3:
        return  # mpmath's incomplete gamma function takes too long
    nudged = math.nextafter(rate, math.inf)
    (blocked, rest), (more, less) = exact.erlang_b(n, load), exact.erlang_b(n, math.nextafter(load, math.inf))
    found = {"blocking": blocking(n, load), "carried": carried_load(n, load)}
    digits.see(
        "Erlang B",
        centre,
        found,
        {"blocking": blocked, "carried": load * rest},
        {"blocking": more, "carried": load * less},
    )
    if occupancy < 1:
        patient = erlang_c(n, rate, mu)
        found = {
            "p_wait": patient.p_wait,
            "p_no_wait": patient.p_no_wait,
            "asa": patient.asa,
            "level": patient.service_level(tau),
        }
        digits.see("Erlang C", centre, found, exact.erlang_c(n, rate, mu, tau), exact.erlang_c(n, nudged, mu, tau))
    queue = erlang_a(n, rate, mu, theta)
    waits = queue.waits(tau)
    found = {
        "p_wait": queue.p_wait,
        "p_no_wait": queue.p_no_wait,
        "abandonment": queue.abandonment,
        "mean_wait": queue.mean_wait,
        "asa": queue.asa,
        "occupancy": queue.occupancy,
        "level, negative": queue.service_level(tau),
        "level, ignored": queue.service_level(tau, Definition.ABANDONS_IGNORED),
        "level, positive": queue.service_level(tau, Definition.ABANDONS_POSITIVE),
        "abandoned within": waits.abandoned,
        "still waiting": waits.still_waiting,
    }
    exactly, beside = exact.erlang_a(n, rate, mu, theta, tau), exact.erlang_a(n, nudged, mu, theta, tau)
    digits.see("Erlang A", centre, found, exactly, beside)


def main(arguments: list[str] | None = None) -> int:
    """Compares and prints; 1 where a figure has fewer than 12 digits right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="for how long (the corners take longer, if so)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if find_spec("mpmath") is None:
        print("mpmath is not installed here (pip install mpmath): nothing is compared.")
        return 0
    exact, digits, end = Reference(import_module("mpmath")), Digits(), monotonic() + options.seconds
    for few in ((5, 4.5, 1.0, 0.5), (1, 0.01, 1.0, 1e3), (50, 70.0, 1.0, 2.0)):
        summed, integrated = exact.states(*few), exact.erlang_a(*few, 0.3)["mean_wait"]
        assert abs(summed / integrated - 1) < 1e-20, "the reference disagrees with itself"
    number = 0
    for centre in centres(random.Random(options.seed), lambda: monotonic() > end):
        judge(exact, digits, *centre)
        number += 1
    print(f"{digits.compared:,} figures of {number:,} centres; off by at most, where floats can say 12 digits:")
    for name, (off, at) in sorted(digits.worst.items()):
        print(f"  {name:28} {off:.0e}  {at}")
    print("All have 12 digits right." if not digits.wrong else "\n".join(("NO:", *digits.wrong)))
    return int(bool(digits.wrong))


if __name__ == "__main__":
    sys.exit(main())
