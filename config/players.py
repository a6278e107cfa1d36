"""Agents whom the machine plays, what prompts say, and what other systems answer in a simulation."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial

from centre.effects import FetchData, LookUpCustomer
from centre.events import DataFailed, DataFetched
from centre.virtual.agent import AgentHabits
from config.site import Site
from config.streams import stream
from config.workload import SimulatedAnswer, Workload
from ivr.aloud import words_of

PAUSE = 0.03
"""On a live line: the share of calls after which a played agent takes a break, of this length in seconds."""
PAUSE_S = (60, 240)


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


def simulated_answer(
    workload: Workload | None, seed: int | str, request: FetchData | LookUpCustomer
) -> tuple[int, DataFetched | DataFailed]:
    """What another system answers, and after how many milliseconds. Where the workload says nothing of the node that
    asks, the request fails."""
    known = None if workload is None else workload.data.get(request.node)
    answer = SimulatedAnswer() if known is None else known
    if stream(seed, "data", request.call, request.step).random() < answer.failed:
        return answer.after_ms, DataFailed(call=request.call, step=request.step, why="simulated")
    return answer.after_ms, DataFetched(call=request.call, step=request.step, values=answer.values)


def pause_reason(site: Site) -> str:
    """The not-ready reason that agents give for a break: “break” where the site has it, else its first."""
    reasons = site.not_ready_reasons
    return "break" if "break" in reasons else next(iter(reasons), "break")


def spoken(site: Site, prompt: str, language: str, values: Mapping[str, str]) -> str:
    """What a prompt says in a language, or in another one where it has none, with the values that it reads aloud."""
    texts = site.prompts.get(prompt, {})
    if language not in texts:
        language = next(iter(texts), language)
    said = texts.get(language)
    if said is None:
        return ""
    return words_of(said.template, language, values) if said.template else said.text
