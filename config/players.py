"""Draws simulated callers and agents from a site's workload.

What a caller is like depends on the seed and the caller's number alone, never on what the centre does with the call:
two centres that are compared under the same seed meet the very same callers (common random numbers).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from centre.virtual.agent import AgentHabits
from centre.virtual.caller import CallerHabits
from config.site import Site
from config.workload import Workload

HANGS_UP_FIRST = 0.6
"""The share of conversations that the caller ends."""
WITHHELD = 0.05
"""The share of callers without a number."""
KNOWN = 0.5
"""The share of callers who are in the customer records, where there are any."""
PAUSE = 0.03
"""On a live line: the share of calls after which a played agent takes a break, of this length in seconds."""
PAUSE_S = (60, 240)
_MS_PER_HOUR = 3_600_000


def stream(seed: int, *purpose: str | int) -> random.Random:
    """A stream of random numbers of its own for each purpose; the same on every machine."""
    return random.Random("/".join(map(str, (seed, *purpose))))  # noqa: S311 - a simulation, nothing to keep secret


def caller_habits(workload: Workload, rng: random.Random) -> CallerHabits:
    """One caller."""
    kind = workload.draw_callers(rng)
    # The conversation has a stream of its own: how often keys were pressed before must not change it.
    talk = random.Random(rng.random())  # noqa: S311 - as above
    return CallerHabits(
        wants=kind.wants,
        keys=kind.keys,
        patience_ms=workload.patience.sample(rng),
        hangs_up_first=rng.random() < HANGS_UP_FIRST,
        key_delay=partial(workload.key_delay.sample, rng),
        talk=lambda queue: workload.talk[queue].sample(talk),
    )


def caller_number(rng: random.Random, known: Sequence[str]) -> str:
    """A caller's number: withheld, one of those ``known`` to the customer records, or anybody's."""
    if rng.random() < WITHHELD:
        return ""
    if known and rng.random() < KNOWN:
        return rng.choice(known)
    return f"+38050{rng.randrange(10**7):07}"


def agent_habits(
    workload: Workload, rng: random.Random, *, dispositions: Sequence[str] = (), takes_breaks: bool = False
) -> AgentHabits:
    """One agent. ``takes_breaks``: of the agent's own accord, where no shift plan says when."""

    def pause() -> int | None:
        return rng.randint(*PAUSE_S) * 1000 if takes_breaks and rng.random() < PAUSE else None

    return AgentHabits(
        answer_delay=partial(workload.answer_delay.sample, rng),
        lets_ring=lambda: rng.random() < workload.unanswered,
        talk=lambda queue: workload.talk[queue].sample(rng),
        wrap_up=partial(workload.wrap_up.sample, rng),
        disposition=lambda: rng.choice(dispositions) if dispositions else "",
        pause=pause,
    )


def next_arrival(
    rng: random.Random, at: int, *, rate: Callable[[int], float], busiest: float, until: int | None = None
) -> int | None:
    """The next arrival after ``at`` of a Poisson process, before ``until`` (Unix milliseconds); None: there is none.

    ``rate`` gives calls per hour at a time and is never above ``busiest``. Thinning: Lewis and Shedler, “Simulation
    of nonhomogeneous Poisson processes by thinning”, Naval Research Logistics Quarterly 26 (1979).
    """
    if busiest <= 0:
        return None
    moment = float(at)
    while until is None or moment < until:
        moment += rng.expovariate(busiest) * _MS_PER_HOUR
        if rng.random() * busiest < rate(int(moment)):
            return None if until is not None and moment >= until else round(moment)
    return None


def pause_reason(site: Site) -> str:
    """The not-ready reason that agents give for a break: “break” where the site has it, else its first."""
    reasons = site.not_ready_reasons
    return "break" if "break" in reasons else next(iter(reasons), "break")


def spoken(site: Site, prompt: str, language: str) -> str:
    """What a prompt says in a language, or in another one where it has none."""
    texts = site.prompts.get(prompt, {})
    spoken_in = texts.get(language) or next(iter(texts.values()), None)
    return "" if spoken_in is None else spoken_in.text
