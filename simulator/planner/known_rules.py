"""What the planner knows of the live rules, and what of a setup it therefore refuses, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from acd.setup import VOICE, AcdSetup, AgentSetup, Preference, QueueSetup, RelaxationStep
from config.workload import Retry
from config.yaml_tree import Path as TreePath
from simulator.planner.refusals import LEAVE_OUT, File, Refusal, not_run
from simulator.playable import no_voice

# Every field but these that says something else than its default is refused, so that a feature of the live rules which
# is younger than this list is never ignored.
_KNOWN_OF_THE_CENTRE = frozenset(
    {"queues", "agents", "order", "points_per_minute", "starvation_ms", "misses_allowed", "seed", "spill_check_ms"}
    # Without effect, as nobody declines, or leaves an offer to the core to end:
    | {"offer_grace_ms", "decline_pause_ms"}
)
_KNOWN_OF_A_QUEUE = frozenset(
    {"id", "needs", "priority", "strategy", "steps", "ring_ms", "wrap_up_ms", "threshold_ms", "short_abandon_ms"}
    | {"max_waiting", "max_wait_ms", "last_agent_within_ms", "phones"}
    | {"hours", "serves_after_closing", "unstaffed_ms", "callback"}
    # Without effect, as nobody who has talked to an agent calls again:
    | {"last_agent_ms"}
    # Looked at by themselves:
    | {"channel", "keep_place_ms"}
)
_KNOWN_OF_A_STEP = frozenset({"after_ms", "needs", "add_priority", "spill"})
_KNOWN_OF_AN_AGENT = frozenset({"id", "skills", "queues", "cost_per_hour", "weight"})
_KNOWN_OF_A_PREFERENCE = frozenset({"rank", "after_ms"})

_INSTEAD = {
    "phones": "ring one phone at a time",
}
"""By key: what comes near it."""


def refusals(setup: AcdSetup, retry: Retry | None = None) -> list[Refusal]:
    """Every feature of the live rules in ``setup`` that the planner cannot run, by queue or agent and by key;
    ``retry``: who gave up may call again."""
    found = list(_unknown("the centre", (), _beyond(setup, AcdSetup(queues=(), agents=()), _KNOWN_OF_THE_CENTRE)))
    ring_ms = {queue.id: queue.ring_ms for queue in setup.queues}
    for queue in setup.queues:
        found += _of_queue(queue, ring_ms)
        if queue.keep_place_ms and retry is not None:
            message = not_run(f"queue “{queue.id}”", "“keep_place” beside the workload's “retry”")
            found.append(Refusal(File.SITE, ("queues", queue.id, "keep_place"), message))
    for agent in setup.agents:
        what, at = f"agent “{agent.id}”", ("agents", agent.id)
        for name, preference in agent.queues.items():
            beyond = _beyond(preference, Preference(), _KNOWN_OF_A_PREFERENCE)
            found += _unknown(f"{what}, queue “{name}”", (*at, "queues", name), beyond)
        found += _unknown(what, at, _beyond(agent, AgentSetup(id=agent.id), _KNOWN_OF_AN_AGENT))
    return found


def _of_queue(queue: QueueSetup, ring_ms: Mapping[str, int]) -> Iterator[Refusal]:
    what, at = f"queue “{queue.id}”", ("queues", queue.id)
    if queue.channel != VOICE:
        yield Refusal(File.SITE, (*at, "channel"), no_voice(queue))
    if queue.phones.limit > 1:
        feature = "more than one of “phones” at a time"
        yield Refusal(File.SITE, (*at, "phones"), not_run(what, feature, _INSTEAD["phones"]))
    yield from _unknown(what, at, _beyond(queue, QueueSetup(id=queue.id), _KNOWN_OF_A_QUEUE))
    for number, step in enumerate(queue.steps):
        beyond = _beyond(step, RelaxationStep(after_ms=step.after_ms), _KNOWN_OF_A_STEP)
        yield from _unknown(f"{what}, relax step {number + 1}", (*at, "relax", number), beyond)
        if step.spill is not None and ring_ms[step.spill.queue] != queue.ring_ms:
            feature = f"“spill” to “{step.spill.queue}”, whose phones ring for another time"
            instead = "give both queues the same “ring” for the plan"
            yield Refusal(
                File.SITE,
                (*at, "relax", number, "spill"),
                not_run(f"{what}, relax step {number + 1}", feature, instead),
            )


def _unknown(what: str, at: TreePath, keys: Iterable[str]) -> Iterator[Refusal]:
    for key in keys:
        yield Refusal(File.SITE, (*at, key), not_run(what, f"“{key}”", _INSTEAD.get(key, LEAVE_OUT)))


Setup = AcdSetup | QueueSetup | RelaxationStep | AgentSetup | Preference


def _beyond(given: Setup, plain: Setup, known: frozenset[str]) -> Iterator[str]:
    """The fields of ``given``, beyond ``known``, that differ from those of ``plain``."""
    for name in (field.name for field in fields(given)):
        if name not in known and getattr(given, name) != getattr(plain, name):
            yield name.removesuffix("_ms")
