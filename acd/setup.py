"""What a routing core is built from: queues and agents, already validated and compiled by ``config``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from acd.requirement import ANYBODY, Requirement
from acd.rules import PHONES_MOST, phones_wanted

VOICE = "voice"
"""The channel of telephone calls."""


class Strategy(StrEnum):
    """Which of the agents who may take a call, and have room for one more, gets it. Equals are told apart by fewest
    calls in hand, then by longest idle, then by order.

    Idle time is time spent ready since the last conversation: a break neither adds to it nor loses it. A missed
    offer starts it anew. Who has calls in hand is idle since taking or ending one.
    """

    LONGEST_IDLE = "longest-idle"
    ROUND_ROBIN = "round-robin"
    """Each in turn: whoever was offered a call longest ago. A phone that rang beside
    others, and stopped when one of them was answered, was no turn."""
    BEST_SKILL = "best-skill"
    """The highest sum of levels of the skills that the call needs."""
    WORST_SKILL = "worst-skill"
    """The lowest such sum: specialists are kept free."""
    FEWEST_CALLS = "fewest-calls"
    """The fewest calls answered since signing in."""
    LEAST_OCCUPIED = "least-occupied"
    """The lowest occupancy, in whole per cent, since signing in."""
    LEAST_TALK_TIME = "least-talk-time"
    """The least time with callers, talk and hold, in conversations that are over, since signing in."""
    COST = "cost"
    """The lowest cost per hour."""
    LINEAR = "linear"
    """The order of the setup: the first who is free, always."""
    WEIGHTED_RANDOM = "weighted-random"
    """By lot: twice the weight, twice the chance. Nobody is equal here, so there is no tie to break."""


class Order(StrEnum):
    """Which of the waiting calls goes first, over all queues. Equals go by age, then as they came."""

    STRICT = "strict"
    """The most points: an age does not outweigh a point."""
    SCORE = "score"
    """The highest score: points + age × points a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSetup:
    """A kind of contact, voice or chat or mail, and how agents share their attention. What is said of calls in this
    package holds for the contacts of every channel."""

    id: str = VOICE
    capacity: int = 1
    """So many calls of it an agent may have in hand, those that are offered or wrapped up among them: 0 or more. An
    agent may have a capacity of the agent's own."""
    interrupted_by: tuple[str, ...] = ()
    """An agent with a call of this channel in hand may be offered calls of these channels too, of no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill:
    """To another queue, keeping place and time, as soon as one of the conditions holds; if there is none, at once.

    They are looked at when the step opens and every ``AcdSetup.spill_check_ms`` from then on; in a queue that the call
    came to from another one, so long after it came. A call never spills to
    a queue that would not take it (full, closed, nobody staffed), nor to one where it has been.
    """

    queue: str
    nobody_staffed: bool = False
    """No agent at work (on a break is not) meets what the call needs by now."""
    longest_wait_ms: int | None = None
    """Somebody in the queue has waited so long."""
    service_level_below: int | None = None
    """Of the callers who came since the last quarter of an hour and were answered or gave up, fewer than so many of a
    thousand were answered within the threshold (abandons negative)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxationStep:
    """What a call needs, and how it ranks, once it has waited ``after_ms``."""

    after_ms: int
    needs: Requirement | None = None
    """The new requirement of the queue; None leaves it as it is."""
    add_priority: int = 0
    """Points on top of those of the steps before."""
    spill: Spill | None = None


class OpeningHours(Protocol):
    """When a queue is open: a rule of time alone, the same whenever it is asked. Times in Unix milliseconds."""

    def is_open(self, at: int) -> bool:
        """Whether it is open at ``at``."""

    def next_change(self, at: int) -> int | None:
        """The first instant after ``at`` at which it opens or closes; None: none in sight."""


class CallbackOrder(StrEnum):
    """Whose phone rings first when a customer is called back."""

    AGENT_FIRST = "agent-first"
    """The agent answers, then hears the customer's phone ring: no customer ever waits for an agent again."""
    CUSTOMER_FIRST = "customer-first"
    """The customer answers while the agent is reserved, then the agent's phone rings: no agent listens to ringing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRules:
    """How a queue calls back those who did not want to wait. Durations in milliseconds."""

    order: CallbackOrder = CallbackOrder.AGENT_FIRST
    attempts: int = 2
    """So often a number is dialled, 1 or more; then the callback has failed."""
    gap_ms: int = 600_000
    """After an attempt that did not reach the customer: so long until the next one."""
    dial_ms: int = 30_000
    """So long the customer's phone rings."""
    max_wait_ms: int | None = None
    """A callback that is not connected so long after its turn began (asked for, or booked) has failed."""
    most: int = 100
    """So many callbacks may be open in the queue; the next one is refused, “full”."""
    booked_priority: int = 100
    """Points of a callback at a booked time, on top of the queue's and the call's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """How many agents' phones ring for one call. The first to answer has it; the others stop, and nobody missed it."""

    at_once: int = 1
    """From the start, if so many agents may take the call: 1 to :data:`acd.rules.PHONES_MOST`."""
    add_every_ms: int | None = None
    """While nobody answers another one is added, each time that so long has passed since the call first rang in the
    queue. None: never."""
    most: int = 1
    """No more than that are added: ``at_once`` to ``PHONES_MOST``."""

    def __post_init__(self) -> None:
        """Raises ValueError if that is no number of phones."""
        if not 1 <= self.at_once <= self.limit <= PHONES_MOST:
            raise ValueError(f"{self.at_once} to {self.limit} phones for a call; ring 1 to {PHONES_MOST}")

    @property
    def limit(self) -> int:
        """So many ring for a call at the most."""
        return self.at_once if self.add_every_ms is None else self.most

    def wanted(self, rung_ms: int) -> int:
        """How many are to ring for a call that first rang ``rung_ms`` milliseconds ago."""
        return phones_wanted(rung_ms, self.at_once, self.add_every_ms or 0, self.most)


ONE_PHONE = Phones()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSetup:
    """One queue. Durations in milliseconds."""

    id: str
    channel: str = VOICE
    """What its calls are."""
    needs: Requirement = ANYBODY
    priority: int = 0
    """Points; higher is served first, across all queues that share agents."""
    strategy: Strategy = Strategy.LONGEST_IDLE
    steps: tuple[RelaxationStep, ...] = ()
    ring_ms: int = 20_000
    phones: Phones = ONE_PHONE
    wrap_up_ms: int | None = 30_000
    """None: until the agent says done. 0: none at all."""
    threshold_ms: int = 20_000
    """The y of “x % within y seconds”."""
    short_abandon_ms: int = 5_000
    last_agent_ms: int = 0
    """A caller's last agent is the preferred one for so long; 0: not at all."""
    last_agent_within_ms: int = 86_400_000
    """So long after they were connected an agent is a caller's last agent."""
    keep_place_ms: int = 0
    """A caller who hangs up while waiting here and calls again within so long has the old place; 0: a new one."""
    max_waiting: int | None = None
    """So many may wait (those whose agent is already ringing not counted); the next one is released, “full”."""
    max_wait_ms: int | None = None
    """So long may a call stay in this queue, counted from entering it; a ringing phone is let ring to its end."""
    hours: OpeningHours | None = None
    """Calls that come when it is closed are released, “closed”. None: it never closes."""
    serves_after_closing: bool = True
    """Whether those who wait at closing time are still served. If not, they are released, “closed”; a ringing phone is
    let ring to its end."""
    unstaffed_ms: int | None = None
    """A call is released, “nobody-staffed”, once nobody at work (on a break is not) could ever take it, by the queue's
    own needs or those of any of its steps, and nobody could for so long; at once on entering where that is so already.
    A call that is for one agent only waits on. None: calls wait all the same."""
    callback: CallbackRules | None = None
    """None: nobody is called back from this queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How an agent takes the calls of one queue."""

    rank: int = 0
    """Of the calls that the agent may take, those of the lowest rank go first, whatever their points."""
    after_ms: int = 0
    """The agent takes only calls that have waited so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSetup:
    """One agent and the level, 1 to 10, of each skill held."""

    id: str
    skills: Mapping[str, int] = field(default_factory=dict)
    queues: Mapping[str, Preference] = field(default_factory=dict)
    """Queues that the agent takes otherwise than all others."""
    capacity: Mapping[str, int] = field(default_factory=dict)
    """Channel to how many calls of it the agent may have in hand, where that differs from the channel's own."""
    cost_per_hour: int = 0
    """In hundredths of the currency."""
    weight: int = 1
    """For weighted random: 1 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcdSetup:
    """Everything static that routing knows. The order of the agents is part of the rules: it breaks ties.

    A setup that contradicts itself cannot be made."""

    queues: tuple[QueueSetup, ...]
    agents: tuple[AgentSetup, ...]
    channels: tuple[ChannelSetup, ...] = (ChannelSetup(),)
    order: Order = Order.STRICT
    points_per_minute: int = 1
    """What a minute of waiting is worth, 1 or more; counts only if the order is by score.

    One rate for the whole centre: so two calls that wait never change places by time alone.
    """
    starvation_ms: int | None = None
    """A call that has waited so long goes before all that have not, whatever their points; among such, the oldest
    first. None: no bound."""
    seed: int = 0
    """For weighted random: another seed, other lots."""
    misses_allowed: int = 2
    """An agent who misses this many offers in a row is set not-ready with the reason “missed-calls”.

    Missed is what rang out, found the phone busy or did not reach it; to decline a call is no miss.
    """
    spill_check_ms: int = 5_000
    """How often the conditions of a step that spills are looked at: 1 or more."""
    offer_grace_ms: int = 3_000
    """How long after the ring time the core waits for the line's word before it calls the offer unanswered."""
    decline_pause_ms: int = 10_000
    """How long an agent who declined a call is not asked for that call again, unless another agent had it first."""

    def __post_init__(self) -> None:
        """Raises ValueError if an id stands for two things of a kind, or something names what there is not."""
        for kind, ids in (
            ("queue", [queue.id for queue in self.queues]),
            ("agent", [agent.id for agent in self.agents]),
            ("channel", [channel.id for channel in self.channels]),
        ):
            for id_, times in Counter(ids).items():
                if times > 1:
                    raise ValueError(f"{kind} “{id_}” is set up twice; give each {kind} an id of its own")
        self._check_channels()
        channel_of = {queue.id: queue.channel for queue in self.queues}
        for agent in self.agents:
            for name in agent.queues:
                if name not in channel_of:
                    raise ValueError(f"agent “{agent.id}” has a preference for “{name}”, which is no queue")
        for queue in self.queues:
            for step in queue.steps:
                if step.spill is None:
                    continue
                if step.spill.queue not in channel_of:
                    raise ValueError(f"queue “{queue.id}” spills to “{step.spill.queue}”, which is no queue")
                if channel_of[step.spill.queue] != queue.channel:
                    raise ValueError(f"queue “{queue.id}” spills to “{step.spill.queue}”, which is of another channel")

    def _check_channels(self) -> None:
        known = {channel.id for channel in self.channels}
        named = [
            *((f"queue “{queue.id}” is", queue.channel) for queue in self.queues),
            *((f"agent “{agent.id}” has a capacity", name) for agent in self.agents for name in agent.capacity),
            *(
                (f"channel “{one.id}” is interrupted by calls", name)
                for one in self.channels
                for name in one.interrupted_by
            ),
        ]
        for what, channel in named:
            if channel not in known:
                raise ValueError(f"{what} of “{channel}”, which is no channel")
        for least in (
            *(one.capacity for one in self.channels),
            *(n for one in self.agents for n in one.capacity.values()),
        ):
            if least < 0:
                raise ValueError(f"nobody can have {least} calls in hand; a capacity is 0 or more")
