"""Makes a run that breaks a promise smaller: without the callers, agents and faults that it breaks without, too."""

from __future__ import annotations

from collections.abc import Callable

from simulator.torture.plan import Plan
from simulator.torture.verdict import Verdict

TRIES_MOST = 150


def shrunk(verdict: Verdict, run: Callable[[Plan], Verdict]) -> Verdict:
    """The smallest run found that breaks the same check as *verdict*."""
    tries = 0
    smaller = True
    while smaller and tries < TRIES_MOST:
        smaller = False
        for part in verdict.plan.parts:
            tries += 1
            again = run(verdict.plan.without(part))
            if again.broken == verdict.broken:
                verdict, smaller = again, True
                break
    return verdict
