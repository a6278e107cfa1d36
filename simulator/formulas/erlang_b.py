"""Erlang B, the M/M/n/n queue: callers who find all lines busy are turned away.

The recursion ``B(n) = a B(n-1) / (n + a B(n-1))`` (A. K. Erlang, 1917; any textbook) in floats. Two things make it fast
and wide. It forgets its start: an error of ``B(s)`` reaches ``B(n)`` times ``(s+1)/a * ... * n/a`` at most, so it is
started where only e^-40 of the error of a rough guess is left, about ``9 sqrt(a)`` steps below ``n``. And the
recursion holds between whole numbers too, so agents may be fractions (18.5 full-time equivalents after shrinkage).
"""

from __future__ import annotations

from math import exp, floor, gamma, log, pow, sqrt

from simulator.formulas.checks import not_negative, positive, share

_FORGOTTEN = 40.0
"""Logarithm of how much of the starting guess's error must be gone: e^-40 = 4e-18."""


def blocking(agents: float, load: float) -> float:
    """Share of calls that find all *agents* (lines) busy, at *load* erlangs.

    Also between whole numbers of agents, by the analytic continuation ``1/B = a * int e^(-a t) (1+t)^n dt``
    (Jagerman, 1974). Values below 1e-307 lose digits and then are 0.
    """
    not_negative("agents", agents, "12")
    not_negative("load", load, "9.5 erlangs")
    return blocking_and_rest(agents, load)[0]


def carried_load(agents: float, load: float) -> float:
    """Mean number of busy lines, erlangs: what of *load* is not turned away."""
    not_negative("agents", agents, "12")
    not_negative("load", load, "9.5 erlangs")
    return load * blocking_and_rest(agents, load)[1]


def least_lines(load: float, most_blocked: float) -> int:
    """The least whole number of lines with which at most the share *most_blocked* of calls is turned away."""
    positive("load", load, "9.5 erlangs")
    share("most_blocked", most_blocked, "0.01")
    # With fewer lines than load (1 - blocked) less than 1 - blocked can be carried.
    lines = max(1, floor(load * (1 - most_blocked)))
    blocked = blocking_and_rest(lines, load)[0]
    while blocked > most_blocked:
        lines += 1
        blocked, _ = one_more(blocked, lines, load)
    return lines


def one_more(blocked: float, agents: float, load: float) -> tuple[float, float]:
    """``B(agents)`` and ``1 - B(agents)`` from ``blocked = B(agents - 1)``: one step of the recursion."""
    stay = load * blocked
    total = agents + stay
    return stay / total, agents / total


def blocking_and_rest(agents: float, load: float) -> tuple[float, float]:
    """``B`` and ``1 - B``, each with all its digits; arguments are taken as checked."""
    if load == 0:
        return (0.0, 1.0) if agents > 0 else (1.0, 0.0)
    if agents > load + 40 * sqrt(load) + 800:
        return 0.0, 1.0  # below e^-745, the least float; and the loop below stays short
    lowest = agents - floor(agents)
    fewer = min(agents, load)
    # steps * log(load / fewer) + steps^2 / (2 fewer) >= _FORGOTTEN, solved for steps without cancellation.
    straight = log(load / fewer) * fewer if fewer > 0 else 0.0
    steps = floor(2 * _FORGOTTEN * fewer / (straight + sqrt(straight**2 + 2 * _FORGOTTEN * fewer))) + 1 if fewer else 0
    below = floor(fewer - lowest) - steps
    if below > 0:
        at = lowest + below
        blocked = 1 - at / load
        rest = at / load
    else:
        at = lowest
        inverse = _inverse_below_one(lowest, load)
        blocked = 1 / inverse
        rest = (inverse - 1) / inverse
    if at == agents:
        return blocked, rest
    number = at
    stay = load * blocked
    for _ in range(round(agents - at)):
        number += 1.0
        stay = load * blocked
        blocked = stay / (number + stay)
    return blocked, number / (number + stay)


def _inverse_below_one(agents: float, load: float) -> float:
    """``1/B`` for 0 <= agents < 1, from ``1/B(n, a) = e^a a^-n Gamma(n + 1, a)``.

    Gamma's continued fraction (Legendre; DLMF 8.9.2, even part) where *load* is above 1, its power series
    (DLMF 8.7.1) below.
    """
    if agents == 0:
        return 1.0
    if load < 1:
        term, series = 1.0, 0.0
        for j in range(1, 30):
            term *= load / (agents + j)
            series += term
        return exp(load) / pow(load, agents) * gamma(1 + agents) - series
    fraction = 0.0
    for j in range(20 + round(120 / load), 0, -1):
        fraction = j * (j - agents) / (load + 2 * j + 1 - agents - fraction)
    return 1 + agents / (load + 1 - agents - fraction)
