"""Draws simulated callers from a site's workload.

What a caller is like depends on the seed, the kind and the caller's number within the kind alone, never on what the
centre does with the call or on who else calls: two centres that are compared under the same seed meet the very same
callers (common random numbers). For each kind and each purpose (patience, talk …) there is a stream of its own, and
every caller takes the next draw of each on arrival; what only some callers need comes from a stream of their own.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from centre.virtual.habits import CallerHabits
from config.site import Site
from config.streams import stream
from config.workload import Callers, Workload
from ivr.callback import THIS_NUMBER
from ivr.flow import Callback, Flow

HANGS_UP_FIRST = 0.6
"""The share of conversations that the caller ends."""
WITHHELD = 0.05
"""The share of callers without a number."""
NO_CALLBACK = "0"
"""Pressed by who is offered to be called back and does not want it."""
CALLED_BACK_MOST = 10_000
"""So many callers who want to be called back are remembered, the latest."""
KNOWN = 0.5
"""The share of callers who are in the customer records, where there are any."""


class Person:
    """One caller, with all that will be drawn for this caller whatever happens."""

    def __init__(
        self,
        workload: Workload,
        of_kind: _Kind,
        agents: Mapping[str, Mapping[str, int]],
        known: Sequence[str],
    ) -> None:
        kind = self.kind = of_kind.kind
        self.tries = 0
        """How often this caller has tried again."""
        self._workload = workload
        self._agents = agents
        self._bits = of_kind.own.getrandbits(64)
        self._lets_ring = of_kind.ring.random() < workload.unanswered
        self._answer_ms = workload.answer_delay.sample(of_kind.answer)
        self._wrap_up_ms = of_kind.wrap_up_law.sample(of_kind.wrap_up)
        self._talk_ms = None if of_kind.talk_law is None else of_kind.talk_law.sample(of_kind.talk)
        self._rings = 0
        self._more: dict[str, random.Random] = {}
        self.number = _number(of_kind.own, known)
        is_asked = of_kind.is_offered and self.number != ""
        self.wants_callback = is_asked and self._draw("callback") < workload.callbacks.accepted
        self.habits = CallerHabits(
            wants=kind.wants,
            keys=of_kind.keys_accepting if self.wants_callback else of_kind.keys_declining,
            patience_ms=of_kind.patience_law.sample(of_kind.patience),
            hangs_up_first=of_kind.own.random() < HANGS_UP_FIRST,
            key_delay=self._key_delay,
            talk=self._talk,
            rings=self._ring,
            wrap_up=self._wrap_up,
        )

    def more(self, purpose: str) -> random.Random:
        """The caller's own stream for what not every caller needs."""
        if purpose not in self._more:
            self._more[purpose] = stream(self._bits, purpose)
        return self._more[purpose]

    def answers_callback(self) -> int | None:
        """Asked when the phone rings for a call back: how long until the answer, milliseconds; None: there is none."""
        callbacks = self._workload.callbacks
        if self._draw("called-back") >= callbacks.answered:
            return None
        delay = callbacks.answer_delay or self._workload.answer_delay
        return delay.sample(self.more("called-back"))

    def _key_delay(self) -> int:
        return self._workload.key_delay.sample(self.more("keys"))

    def _draw(self, purpose: str) -> float:
        return self.more(purpose).random()

    def _ring(self) -> int | None:
        self._rings += 1
        if self._rings == 1:
            return None if self._lets_ring else self._answer_ms
        rng, workload = self.more("rings"), self._workload
        return None if rng.random() < workload.unanswered else workload.answer_delay.sample(rng)

    def _wrap_up(self, queue: str, agent: str) -> int:
        return round(self._wrap_up_ms * self._factor(queue, agent))

    def _talk(self, queue: str, agent: str) -> int:
        if self._talk_ms is not None and (queue == self.kind.wants or self.kind.talk is not None):
            talk_ms = self._talk_ms
        else:
            talk_ms = self._workload.talk_of(self.kind, queue).sample(self.more(f"talk/{queue}"))
        return round(talk_ms * self._factor(queue, agent))

    def _factor(self, queue: str, agent: str) -> float:
        by_level = self._workload.handling_by_level.get(queue)
        return 1.0 if by_level is None else by_level.factor(self._agents.get(agent, {}))


class _Kind:
    """What the callers of one kind have in common: one stream per purpose, the laws, and what they press."""

    def __init__(self, seed: int, workload: Workload, kind: Callers, offers: Sequence[str]) -> None:
        """``offers``: the nodes at which callers are offered to be called back."""
        self.kind = kind
        self.own, self.patience, self.talk, self.wrap_up, self.ring, self.answer = (
            stream(seed, purpose, kind.name) for purpose in ("own", "patience", "talk", "wrap-up", "ring", "answer")
        )
        self.patience_law = workload.patience_of(kind)
        self.wrap_up_law = workload.wrap_up_of(kind)
        self.talk_law = None if kind.wants is None else workload.talk_of(kind, kind.wants)
        self.is_offered = bool(offers)
        self.keys_accepting = keys_of(kind, offers, wants_callback=True)
        self.keys_declining = keys_of(kind, offers, wants_callback=False)


class Population:
    """All callers of one run."""

    def __init__(self, site: Site, workload: Workload, seed: int, known: Sequence[str] = ()) -> None:
        """``known``: numbers in the customer records, which some of the callers call from."""
        self._workload = workload
        self._agents = {agent.id: agent.skills for agent in site.acd.agents}
        self._known = known
        offers = offers_of(site.flows.values())
        self._of_kind = {kind.name: _Kind(seed, workload, kind, offers) for kind in workload.callers}
        self._kinds = stream(seed, "kinds")
        self._called_back: dict[str, Person] = {}
        """Number to the last caller from it who wants to be called back."""

    def next(self, kind: Callers) -> Person:
        """The next caller of ``kind``."""
        person = Person(self._workload, self._of_kind[kind.name], self._agents, self._known)
        if person.wants_callback:
            self._called_back[person.number] = person
            if len(self._called_back) > CALLED_BACK_MOST:
                del self._called_back[next(iter(self._called_back))]
        return person

    def owner(self, number: str) -> Person | None:
        """Who is to be called back at ``number``; None: nobody who is played."""
        return self._called_back.get(number)

    def draw_kind(self) -> Callers:
        """A kind, as often as it comes in the workload's own rates."""
        callers = self._workload.callers
        weights = [sum(rate for _, rate in self._workload.profile_of(kind)) for kind in callers]
        return self._kinds.choices(callers, weights=weights if any(weights) else None)[0]


def offers_of(flows: Iterable[Flow]) -> list[str]:
    """The nodes at which callers are offered to be called back."""
    return list(
        dict.fromkeys(name for flow in flows for name, node in flow.nodes.items() if isinstance(node, Callback))
    )


def keys_of(kind: Callers, offers: Sequence[str], *, wants_callback: bool) -> Mapping[str, str]:
    """What a caller of ``kind`` presses, by the node that asks."""
    return {**dict.fromkeys(offers, THIS_NUMBER if wants_callback else NO_CALLBACK), **kind.keys}


def wanting(workload: Workload) -> float:
    """The share of callers, 0 to 1, who have themselves called back where that is offered."""
    return workload.callbacks.accepted * (1 - WITHHELD)


def _number(rng: random.Random, known: Sequence[str]) -> str:
    """A caller's number: withheld, one of those ``known`` to the customer records, or anybody's."""
    if rng.random() < WITHHELD:
        return ""
    if known and rng.random() < KNOWN:
        return rng.choice(known)
    return f"+38050{rng.randrange(10**7):07}"
