"""scenarios/<name>.yaml: a call as it should go, tried with `holdless flow test`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.flows import ExitWord
from config.schema.values import Duration, Keys, Language, Line, LongerThanZero, Model, Moment, Name, NodePath

AgentWord = Literal["agent-away", "agent-busy", "agent-unanswered", "unknown-agent"]
"""The values of :class:`acd.effects.Exit` by which a transfer to an agent ends."""


class StubModel(Model):
    """What another system answers."""

    values: dict[Name, str] = Field(default_factory=dict, description="By variable, or by column for a lookup.")
    fails: Line | None = Field(default=None, description="Why there is no answer: unknown, deadline …")


class EstimateModel(Model):
    """What callers who wait may be told of their wait."""

    position: int = Field(default=1, ge=0, le=10_000)
    wait: LongerThanZero | None = Field(default=None, description="The median; nobody can serve the call, if left out.")
    at_most: LongerThanZero | None = Field(default=None, description="Holds for four in five; the median, if left out.")


class StepModel(Model):
    """One thing that the caller or the centre does, or that has to be so. One setting a step."""

    hear: Name | None = Field(default=None, description="This prompt is spoken, by now or before the next key.")
    words: str | None = Field(default=None, description="The same by what is said, values included.")
    press: Keys | None = None
    wait: Duration | None = None
    queue: Name | None = Field(default=None, description="The call waits in this queue.")
    estimate: EstimateModel | None = Field(default=None, description="From now on.")
    phone: Literal["unanswered"] | None = Field(
        default=None, description="A phone rings for the call that waits, in vain."
    )
    agent: Literal["hangs up"] | None = Field(
        default=None, description="Who has answered, and the flow goes on after the conversation."
    )
    leave: ExitWord | AgentWord | None = Field(
        default=None, description="The queue lets the call go, or nothing comes of a transfer to an agent, so."
    )
    transfer: Name | None = Field(
        default=None, description="The call is being transferred to this agent, or to the number outside of this name."
    )
    message: Duration | None = Field(default=None, description="The caller leaves a message of this length.")
    outside: Literal["answers", "nobody"] | None = Field(default=None, description="Whom the flow rings outside.")
    attributes: dict[Name, str] | None = Field(default=None, description="On the call card, among others.")
    entries: dict[Name, str] | None = Field(default=None, description="Digits kept under these names, among others.")
    scores: dict[Name, int] | None = Field(default=None, description="Kept under these names, among others.")
    language: Language | None = Field(default=None, description="Spoken now.")
    then: Literal["answered", "hang up", "over"] | None = Field(
        default=None, description="An agent answers; the caller hangs up; the flow has come to its end."
    )


class ScenarioModel(Model):
    """A call to a flow of a Holdless site, as it should go."""

    flow: Name | None = Field(default=None, description="The flow it begins with; the site's entry, if left out.")
    at: Moment = Field(description='On the clock on the wall: "2026-11-23 10:30".')
    caller: Line | None = Field(default=None, description="The number that calls; none: it is withheld.")
    dialled: Line | None = None
    call: Line = Field(default="rehearsal", description="The call's id: a split draws by it.")
    data: dict[NodePath, StubModel | list[StubModel]] = Field(
        default_factory=dict, description="Answers by the node that asks; of a list one each time."
    )
    limited: list[NodePath] = Field(
        default_factory=list, description="Limits that other calls have used up; at the others nobody has tried yet."
    )
    estimate: EstimateModel | None = Field(default=None, description="From the beginning on; a minute, if left out.")
    steps: Annotated[list[StepModel], Field(min_length=1, max_length=500)]
