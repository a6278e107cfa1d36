"""Square-root staffing: approximations for large centres, better the larger the centre; exact values are next door.

``n = a + beta sqrt(a)`` agents for a load of a erlangs give the same chance to wait at any size. *beta* is called the
grade of service here: 0 is full occupancy, 1 comfortable, 2 lavish.
"""

from __future__ import annotations

from math import ceil, sqrt

from simulator.formulas.checks import positive, share
from simulator.formulas.normal import hazard
from simulator.formulas.solve import increasing_root


def square_root_staffing(load: float, grade: float) -> int:
    """Agents by the square-root rule: *load* in erlangs, *grade* beta (negative only where callers hang up)."""
    positive("load", load, "90 erlangs")
    return max(1, ceil(load + grade * sqrt(load)))


def halfin_whitt_p_wait(grade: float) -> float:
    """Approximate share who wait in Erlang C at a *grade* above 0 (S. Halfin and W. Whitt, 1981)."""
    positive("grade", grade, "0.8")
    # 1 / (1 + beta Phi(beta) / phi(beta)); phi(beta) / Phi(beta) is the hazard at -beta.
    at_rest = hazard(-grade)
    return at_rest / (at_rest + grade)


def halfin_whitt_grade(p_wait: float) -> float:
    """The grade at which approximately the share *p_wait* waits: the inverse of :func:`halfin_whitt_p_wait`."""
    share("p_wait", p_wait, "0.2")
    return increasing_root(lambda grade: p_wait - halfin_whitt_p_wait(grade), 1.0)


def garnett_p_wait(grade: float, service_rate: float, abandonment_rate: float) -> float:
    """Approximate share who wait in Erlang A at any *grade* (O. Garnett, A. Mandelbaum and M. Reiman, 2002)."""
    positive("service_rate", service_rate, "1/3 for calls that take 3 minutes")
    positive("abandonment_rate", abandonment_rate, "0.5 for callers who wait 2 minutes")
    ratio = sqrt(service_rate / abandonment_rate)
    busy = hazard(-grade)
    return busy / (busy + hazard(grade * ratio) / ratio)
