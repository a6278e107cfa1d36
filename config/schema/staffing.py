"""staffing.yaml: the teams that can be hired, what they cost, the shifts they may work, and what is to be reached."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from config.schema.values import Clock, Hours, Level, LongerThanZero, Model, Name, Share, SkillName, at_odds

Definition = Literal["abandons-ignored", "abandons-negative", "abandons-positive", "short-abandons-excluded"]


class GoalModel(Model):
    """What a queue is to reach in every interval in which somebody calls; at least one of them."""

    service_level: Share | None = Field(default=None, description="At least, within the queue's own threshold.")
    definition: Definition = Field(default="abandons-negative", description="Which service level is meant.")
    asa: LongerThanZero | None = Field(default=None, description="At most.")
    abandonment: Share | None = Field(default=None, description="At most.")

    @model_validator(mode="after")
    def _some_goal(self) -> Self:
        if self.service_level is self.asa is self.abandonment is None:
            raise at_odds("nothing is to be reached; write “service_level: 80 %”, “asa: 20 s” or “abandonment: 5 %”")
        return self


class TeamModel(Model):
    """Agents who can all do the same."""

    skills: Annotated[dict[SkillName, Level], Field(min_length=1)]
    cost_per_hour: float = Field(gt=0, le=10_000, description="Of one agent; in any currency, the same for all.")
    most: int = Field(default=1_000, ge=1, le=1_000, description="So many agents at once can be hired at most.")


class MovableBreakModel(Model):
    """A break that each agent can take at another time."""

    length: LongerThanZero
    within: Hours = Field(description="It begins at a full quarter of an hour after the start of these hours.")


Break = Annotated[
    Annotated[Hours, Tag("fixed")] | Annotated[MovableBreakModel, Tag("movable")],
    Discriminator(lambda value: "movable" if isinstance(value, dict | MovableBreakModel) else "fixed"),
]


class ShiftPatternModel(Model):
    """Hours that an agent can be asked to work, each day alike."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    breaks: Annotated[list[Break], Field(max_length=5)] = Field(
        default_factory=list, description="“12:30-13:00”, or {length: 30 min, within: “11:00-14:00”}."
    )
    paid_breaks: bool = Field(default=False, description="Whether breaks are paid like work.")


class StaffingModel(Model):
    """Whom a Holdless site may hire."""

    teams: Annotated[dict[Name, TeamModel], Field(min_length=1, max_length=50)]
    goals: dict[Name, GoalModel] = Field(
        default_factory=dict, description="By queue; who is not named has the target of its own service_level."
    )
    occupancy: Share | None = Field(default=None, description="Of each team in each interval, at most.")
    shifts: Annotated[dict[Name, ShiftPatternModel], Field(max_length=100)] = Field(
        default_factory=dict, description="Without any, only the needs of each interval are found."
    )
