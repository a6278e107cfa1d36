"""site.yaml, ``queues``: where calls of one kind wait, and for whom."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from acd.rules import PHONES_MOST
from acd.setup import VOICE, CallbackOrder, Order, Strategy
from config.schema.values import (
    Duration,
    LongerThanZero,
    Model,
    Name,
    Requirement,
    Share,
    Texts,
    WrapUp,
    at_odds,
    wrong,
)

PhoneCount = Annotated[int, Field(ge=1, le=PHONES_MOST)]
Points = Annotated[int, Field(ge=-1_000, le=1_000)]


Capacity = Annotated[int, Field(ge=0, le=25)]
"""How many calls, chats … an agent has in hand at once."""


class ChannelModel(Model):
    """A kind of contact, such as voice or chat, and how agents share their attention."""

    capacity: Capacity = Field(
        default=1, description="So many of it an agent has in hand at once, those that ring or are wrapped up included."
    )
    interrupted_by: list[Name] = Field(
        default_factory=list, description="Channels that an agent with one of this in hand is offered too."
    )


class OrderModel(Model):
    """Which waiting call goes first, over all queues."""

    by: Annotated[Order, Field(strict=False)] = Field(
        default=Order.STRICT,
        description="strict: points, then age. score: points + age × points_per_minute.",
    )
    points_per_minute: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=1, description="What a minute of waiting is worth; by score only."
    )
    starvation_limit: LongerThanZero | None = Field(
        default=None, description="A call that has waited so long goes before all that have not."
    )

    @field_validator("points_per_minute")
    @classmethod
    def _counts(cls, points: int, info: ValidationInfo) -> int:
        if info.data.get("by", Order.SCORE) is not Order.SCORE:
            raise wrong("in strict order a minute is worth nothing; write “by: score”, or leave this out")
        return points


class ServiceLevelModel(Model):
    """What the queue is measured by: “target within threshold”."""

    threshold: LongerThanZero = 20_000
    target: Share = 0.8
    short_abandon: Duration = Field(default=5_000, description="Who hangs up sooner was not kept waiting.")


class SpillModel(Model):
    """To another queue, keeping place and time; with several conditions one is enough, with none it is at once."""

    to: Name
    if_nobody_staffed: bool = Field(default=False, description="Nobody at work meets what the call needs by now.")
    if_longest_wait: LongerThanZero | None = Field(
        default=None, description="Somebody in the queue has waited so long."
    )
    if_service_level_below: Share | None = Field(
        default=None, description="Of this quarter of an hour, abandons negative."
    )


class RelaxModel(Model):
    """What a call needs, and how it ranks, once it has waited."""

    after: LongerThanZero
    needs: Requirement | None = Field(default=None, description="Replaces what the queue needs.")
    add_priority: Points = 0
    spill: SpillModel | None = None


class LastAgentModel(Model):
    """A caller's last agent is asked first."""

    first_for: LongerThanZero = Field(description="Then the call is open to everybody.")
    within: LongerThanZero = Field(default=86_400_000, description="So long after they were connected.")


class CallbackModel(Model):
    """How the queue calls back those who did not want to wait."""

    order: Annotated[CallbackOrder, Field(strict=False)] = Field(
        default=CallbackOrder.AGENT_FIRST, description="Whose phone rings first."
    )
    attempts: int = Field(default=2, ge=1, le=10, description="So often the number is dialled.")
    gap: LongerThanZero = Field(default=600_000, description="After an attempt in vain, until the next one.")
    ring: LongerThanZero = Field(default=30_000, description="How long the customer's phone rings.")
    wait_limit: LongerThanZero | None = Field(
        default=None, description="A callback that is not connected so long after its turn began has failed."
    )
    at_most: int = Field(default=100, ge=1, le=10_000, description="So many callbacks may be open; more are refused.")
    booked_priority: Points = Field(default=100, description="Points of a callback at a booked time.")


class PhonesModel(Model):
    """How many agents' phones ring for one call; the first to answer has it."""

    at_once: PhoneCount = Field(default=1, description="From the start, if so many may take the call.")
    most: PhoneCount = Field(default=5, description="No more than that are added; with add_every only.")
    add_every: LongerThanZero | None = Field(
        default=None, description="One phone more each time that so long has passed without an answer."
    )

    @field_validator("add_every")
    @classmethod
    def _adds(cls, add_every: int | None, info: ValidationInfo) -> int | None:
        at_once, most = info.data.get("at_once", 1), info.data.get("most", PHONES_MOST)
        if add_every is not None and most <= at_once:
            raise wrong(f"{at_once} phones ring at once and {most} are the most: none is ever added; raise “most”")
        return add_every

    @model_validator(mode="after")
    def _is_limit_of_something(self) -> Self:
        if "most" in self.model_fields_set and self.add_every is None:
            raise at_odds("“most” limits how many phones are added; add “add_every: 5 s”, or leave it out")
        return self


class QueueModel(Model):
    """One queue."""

    title: Texts
    channel: Name = Field(default=VOICE, description="What its calls are.")
    needs: Requirement = Field(default="anybody", description="Skills and levels: cards >= 2 and english.")
    priority: Points = Field(default=0, description="Higher is served first, over all queues.")
    strategy: Annotated[Strategy, Field(strict=False)] = Field(
        default=Strategy.LONGEST_IDLE, description="Which of the idle agents who may take a call gets it."
    )
    service_level: ServiceLevelModel = ServiceLevelModel()
    ring: LongerThanZero = Field(default=20_000, description="How long an agent's phone rings.")
    phones: PhonesModel = PhonesModel()
    wrap_up: WrapUp = 30_000
    record: bool = Field(
        default=False, description="Conversations are recorded, on lines that can. Say so in a prompt before."
    )
    relax: list[RelaxModel] = Field(default_factory=list)
    last_agent: LastAgentModel | None = None
    keep_place: Duration = Field(
        default=0, description="Who hangs up while waiting and calls again so soon has the old place."
    )
    wait_limit: LongerThanZero | None = Field(default=None, description="A call that waits longer leaves the queue.")
    waiting_limit: int | None = Field(default=None, ge=0, description="More calls than that are not let in.")
    callback: CallbackModel | None = Field(default=None, description="Nobody is called back where it is left out.")
    unstaffed_limit: LongerThanZero | None = Field(
        default=None, description="A call leaves when nobody who could take it has been at work for so long."
    )
    calendar: Name | None = Field(default=None, description="Calls that come outside these hours are not let in.")
    at_closing: Literal["serve", "leave"] = Field(
        default="serve", description="What becomes of those who wait then: they are served, or they leave."
    )

    @field_validator("at_closing")
    @classmethod
    def _closes(cls, at_closing: str, info: ValidationInfo) -> str:
        if info.data.get("calendar") is None:
            raise wrong("this queue never closes; give it a calendar, or leave this out")
        return at_closing
