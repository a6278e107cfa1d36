"""workload.yaml: who calls when, what they want and how long everything takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.values import Clock, Duration, Hours, Keys, LongerThanZero, Model, Name, Share

NOTHING = "nothing"


class ExponentialModel(Model):
    """Memoryless."""

    law: Literal["exponential"]
    mean: LongerThanZero


class LognormalModel(Model):
    """Skewed, as talk times are."""

    law: Literal["lognormal"]
    mean: LongerThanZero
    sd: Duration


class DeterministicModel(Model):
    """Always the same."""

    law: Literal["deterministic"]
    mean: Duration


class ErlangModel(Model):
    """A sum of equal exponential phases."""

    law: Literal["erlang"]
    mean: LongerThanZero
    shape: int = Field(ge=1, le=100, description="The number of phases.")


LawModel = Annotated[ExponentialModel | LognormalModel | DeterministicModel | ErlangModel, Field(discriminator="law")]


class CallersModel(Model):
    """Callers of one kind."""

    share: float = Field(gt=0, le=1_000_000, description="Weight among all kinds.")
    wants: Name = Field(description=f"The queue they are after, or “{NOTHING}”.")
    keys: dict[Name, Keys] = Field(default_factory=dict, description="What they press, by node.")


class ShiftModel(Model):
    """Who is logged in when, every day."""

    agents: Annotated[list[Name], Field(min_length=1)]
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    breaks: list[Hours] = Field(default_factory=list)


Rate = Annotated[float, Field(ge=0, le=1_000_000)]


class WorkloadModel(Model):
    """The load of a day of a Holdless site."""

    calls_per_hour: Annotated[dict[Clock, Rate], Field(min_length=1)] = Field(
        description="From that time of day to the next one."
    )
    callers: Annotated[list[CallersModel], Field(min_length=1)]
    patience: LawModel = Field(description="From entering the queue to giving up.")
    key_delay: LawModel = Field(description="From the end of a prompt to a key.")
    talk: dict[Name, LawModel] = Field(description="By queue.")
    wrap_up: LawModel
    answer_delay: LawModel = Field(description="From the ring to the agent's accept.")
    unanswered: Share = Field(default=0.0, description="Offers that the agent lets ring.")
    staff: list[ShiftModel] = Field(default_factory=list)
