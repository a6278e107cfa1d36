"""workload.yaml: who calls when, what they want and how long everything takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.schema.laws import LawModel
from config.schema.values import (
    Clock,
    Days,
    Duration,
    Factor,
    FileName,
    Hours,
    Keys,
    Level,
    Line,
    LongerThanZero,
    Model,
    Name,
    NodePath,
    Share,
    SkillName,
)

NOTHING = "nothing"

Rate = Annotated[float, Field(ge=0, le=1_000_000)]
Profile = Annotated[dict[Clock, Rate], Field(min_length=1)]
"""Calls per hour, from each time of day to the next one: every half or quarter of an hour, if you like."""


class CallersModel(Model):
    """Callers of one kind."""

    name: Name | None = Field(default=None, description="For reports, transfers and traces; else callers-1, -2 …")
    share: float | None = Field(default=None, gt=0, le=1_000_000, description="Weight in the common calls_per_hour.")
    calls_per_hour: Profile | None = Field(default=None, description="Of this kind alone, instead of a share.")
    wants: Name = Field(description=f"The queue they are after, or “{NOTHING}”.")
    keys: dict[NodePath, Keys] = Field(default_factory=dict, description="What they press, by node.")
    patience: LawModel | None = Field(default=None, description="Where it differs from that of the others.")
    talk: LawModel | None = Field(default=None, description="Where it differs from that of their queue.")
    wrap_up: LawModel | None = Field(default=None, description="Where it differs from that of the others.")


class BusynessModel(Model):
    """How much one day differs from the next: Gamma factors with mean 1 on the rates."""

    day: Share = Field(default=0.0, description="The standard deviation of a day's factor.")
    correlation: Share = Field(default=1.0, description="Between the factors of two kinds of callers on one day.")
    interval: Share = Field(default=0.0, description="That of each entry of calls_per_hour, on top, independent.")


class RetryModel(Model):
    """Who calls again."""

    after_abandon: Share = Field(default=0.0, description="Of those who gave up while waiting.")
    after_busy: Share = Field(default=0.0, description="Of those who found all lines taken.")
    delay: LawModel = Field(description="From hanging up to dialling again.")
    most: int = Field(default=3, ge=1, le=20, description="How often one caller tries again at most.")


class CalledBackModel(Model):
    """Callers who are offered to be called back."""

    accepted: Share = Field(description="Of those who are offered it, and have a number to be called at.")
    answered: Share = Field(default=1.0, description="Of the calls back.")
    answer_delay: LawModel | None = Field(
        default=None, description="From the ring to the customer's answer; as agents', where it is left out."
    )


class TransferModel(Model):
    """Callers whom an agent sends on: they dial at once, as callers of another kind."""

    queue: Name = Field(description="Where they were answered.")
    to: Name = Field(description="The kind of callers that they become.")
    share: Share


class AbsenceModel(Model):
    """Agents who are not there, against the plan."""

    no_show: Share = Field(default=0.0, description="Of shifts that an agent does not come to at all.")
    shrinkage: Share = Field(default=0.0, description="Of a shift that an agent is away from, unplanned.")
    away: LongerThanZero = Field(default=600_000, description="How long such an absence lasts, on average.")


class LevelFactorModel(Model):
    """How long agents take from a level on."""

    level: Level
    factor: Factor = Field(description="Of talk and wrap-up.")


class HandlingByLevelModel(Model):
    """Agents who know more take less time, or more."""

    skill: SkillName
    steps: Annotated[list[LevelFactorModel], Field(min_length=1, max_length=10)] = Field(
        description="The highest that the agent reaches holds; below the first: 100 %."
    )


class ShiftModel(Model):
    """Who is logged in when."""

    agents: Annotated[list[Name], Field(min_length=1)]
    days: Days | None = Field(
        default=None, description="The days it begins on, such as mon-fri; every day if left out."
    )
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    breaks: list[Hours] = Field(default_factory=list)


class AnswerModel(Model):
    """What simulated calls get from a data dip or a look-up."""

    after: Duration = 300
    failed: Share = Field(default=0.0, description="The share of requests without an answer.")
    values: dict[Name, Line] = Field(
        default_factory=dict, description="By variable for a data dip, by column for a look-up."
    )


class WorkloadModel(Model):
    """The load of a day of a Holdless site."""

    calls_per_hour: Profile | None = Field(default=None, description="Of all kinds that have a share.")
    weekdays: dict[Days, Factor] = Field(
        default_factory=dict, description="A factor on all rates by day: sat-sun: 40 %"
    )
    busyness: BusynessModel = BusynessModel()
    trace: FileName | None = Field(
        default=None, description="CSV with columns arrival and kind: who called when, instead of rates."
    )
    lines: int = Field(default=2_000, ge=1, le=100_000, description="Who calls when all are taken finds them busy.")
    callers: Annotated[list[CallersModel], Field(min_length=1)]
    patience: LawModel = Field(description="From entering the queue to giving up.")
    key_delay: LawModel = Field(description="From the end of a prompt to a key.")
    talk: dict[Name, LawModel] = Field(description="By queue.")
    wrap_up: LawModel
    handling_by_level: dict[Name, HandlingByLevelModel] = Field(default_factory=dict, description="By queue.")
    answer_delay: LawModel = Field(description="From the ring to the agent's accept.")
    unanswered: Share = Field(default=0.0, description="Offers that the agent lets ring.")
    retry: RetryModel | None = None
    callbacks: CalledBackModel | None = None
    transfers: list[TransferModel] = Field(default_factory=list)
    data: dict[NodePath, AnswerModel] = Field(
        default_factory=dict, description="Answers by the node that asks; at other nodes every request fails."
    )
    staff: list[ShiftModel] = Field(default_factory=list)
    absence: AbsenceModel = AbsenceModel()
