"""flows/<name>.yaml: a voice menu. Nodes by name, each saying what it does and which node follows."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from config.schema.keys import AttemptsModel, CallbackKeysModel, CollectKeysModel, MenuKeysModel, SurveyKeysModel
from config.schema.logic import Formula, LogicModel
from config.schema.recordings import RecordModel, VoicemailModel
from config.schema.values import (
    Duration,
    Key,
    Language,
    Line,
    LongerThanZero,
    Model,
    Name,
    OutsideName,
    Requirement,
    Texts,
    VariableName,
    WallTime,
    at_odds,
    wrong,
)
from ivr.scale import Scale

ExitWord = Literal["timeout", "full", "closed", "nobody-staffed", "withdrawn"]
"""The values of :class:`acd.effects.Exit` that a queue's rules and supervisors make."""


class SayModel(Model):
    """Speaks a prompt, then goes on."""

    do: Literal["say"]
    prompt: Name
    next: Name
    barge_in: bool = Field(default=False, description="A key cuts the prompt short.")


class ChoiceModel(Model):
    """One key of a menu."""

    next: Name
    label: Texts | None = Field(default=None, description="What the choice is called on the agent's call card.")


class MenuModel(Model):
    """Asks for one key."""

    do: Literal["menu"]
    prompt: Name
    choices: Annotated[dict[Key, ChoiceModel], Field(min_length=1)]
    keys: MenuKeysModel = MenuKeysModel()
    attempts: AttemptsModel = AttemptsModel()
    global_keys: bool = Field(default=True, description="Whether the flow's global keys work here.")
    otherwise: Name | None = Field(default=None, description="Where the call goes after the last attempt.")


class CollectModel(Model):
    """Asks for digits."""

    do: Literal["collect"]
    prompt: Name
    into: Name = Field(description="The name under which the digits are kept.")
    label: Texts | None = Field(default=None, description="What they are called on the agent's call card.")
    keys: CollectKeysModel = CollectKeysModel()
    attempts: AttemptsModel = AttemptsModel()
    global_keys: bool = Field(default=True, description="Whether the flow's global keys “*” and “#” work here.")
    next: Name
    otherwise: Name | None = Field(default=None, description="Where the call goes after the last attempt.")


class LanguageModel(Model):
    """From here on prompts are spoken in this language."""

    do: Literal["language"]
    language: Language
    needs: Requirement | None = Field(default=None, description="Added to what the call needs of an agent.")
    next: Name


class TagModel(Model):
    """Adds to what the call needs, to its priority, and to the call card."""

    do: Literal["tag"]
    needs: Requirement | None = None
    priority: int = Field(default=0, ge=-1_000, le=1_000)
    attributes: dict[Name, Line] = Field(default_factory=dict)
    show: dict[Name, Formula] = Field(default_factory=dict, description="Attributes that are worked out.")
    next: Name


class HoursModel(Model):
    """Goes one way when the calendar is open, another when it is closed, and a third on holidays."""

    do: Literal["hours"]
    calendar: Name
    open: Name
    closed: Name
    holiday: Name | None = Field(
        default=None, description="Where the call goes that meets a holiday; where “closed” leads, if left out."
    )


class QueueNodeModel(Model):
    """The call waits for an agent."""

    do: Literal["queue"]
    queue: Name
    prompt: Name | None = Field(default=None, description="Spoken before the music begins.")
    waiting: Name | None = Field(
        default=None, description="The node from which the flow goes on while the call waits; music, if left out."
    )
    preferred: Formula | None = Field(default=None, description="The agent who is to have the call first, by id.")
    preferred_for: Duration | Literal["always"] = Field(
        default=30_000, description="How long everybody else leaves it alone."
    )
    exits: dict[ExitWord, Name] = Field(
        default_factory=dict, description="Where the call goes that leaves without an agent, by the reason."
    )
    after: Name | None = Field(
        default=None, description="Where the flow goes on after the conversation; it ends the call, if left out."
    )
    otherwise: Name | None = Field(
        default=None, description="Where the call goes when it leaves without an agent for any other reason."
    )

    @field_validator("waiting")
    @classmethod
    def _speaks_one_thing(cls, waiting: str | None, info: ValidationInfo) -> str | None:
        if waiting is not None and info.data.get("prompt") is not None:
            raise wrong("“prompt” is for queues with music only; say it at the beginning of what “waiting” leads to")
        return waiting


class MusicModel(Model):
    """Music for a caller who waits in a queue, and keys that lead on meanwhile."""

    do: Literal["music"]
    for_: LongerThanZero | None = Field(
        default=None, alias="for", description="Then “next” follows; until the caller is served, if left out."
    )
    next: Name | None = None
    keys: dict[Key, Name] = Field(default_factory=dict, description="Keys that lead on, and where to.")

    @model_validator(mode="after")
    def _goes_on_or_lasts(self) -> Self:
        if (self.for_ is None) != (self.next is None):
            given, missing = ("next", "for") if self.for_ is None else ("for", "next")
            raise at_odds(
                f"“{given}” needs “{missing}”: music for a time, then another node; add it, or leave both out"
            )
        return self


class TransferModel(Model):
    """Connects the caller with a number outside, or with one agent; their conversation ends the call."""

    do: Literal["transfer"]
    number: OutsideName | None = Field(default=None, description="As site.yaml names it under outside_numbers.")
    agent: Formula | None = Field(
        default=None, description="Or an agent's id, or an expression that gives one; nobody else is rung."
    )
    queue: Name | None = Field(default=None, description="With agent: the queue whose rules hold for the call.")
    prompt: Name | None = Field(default=None, description="Spoken before the phone rings.")
    ring: LongerThanZero = Field(
        default=30_000, description="How long the phone outside rings; an agent's as long as the queue says."
    )
    wait: Duration = Field(default=0, description="With agent: how long the call waits for one who is busy.")
    busy: Name | None = Field(default=None, description="Where the call goes whose agent has no hand free by then.")
    away: Name | None = Field(default=None, description="Where it goes whose agent is not at work, or may not take it.")
    unanswered: Name | None = Field(default=None, description="Where it goes whose agent was rung in vain.")
    unknown: Name | None = Field(default=None, description="Where it goes when there is no such agent.")
    otherwise: Name | None = Field(default=None, description="Where the call goes when nothing comes of it.")

    @model_validator(mode="after")
    def _to_one_place(self) -> Self:
        if (self.number is None) == (self.agent is None):
            what = "a transfer goes to a “number” outside or to an “agent”"
            raise at_odds(f"{what}; {'write one of them' if self.number is None else 'delete one'}")
        if self.agent is not None and self.queue is None:
            raise at_odds("“queue” is missing here: the queue whose rules (wrap-up, ringing) hold for the call; add it")
        only = ("ring",) if self.number is None else ("queue", "wait", "busy", "away", "unanswered", "unknown")
        for setting in only:
            if setting in self.model_fields_set:
                kind = "a number outside: an agent's phone rings as long as “ring” of the queue says"
                raise at_odds(f"“{setting}” is for {kind if setting == 'ring' else 'agents'}; delete it")
        return self


class CallbackTimeModel(Model):
    """A time to be called back at: so long from now, or when the clock next shows it."""

    after: Duration = Field(default=0, description="0 s: as soon as the call's place comes up.")
    at: WallTime | None = None

    @field_validator("at")
    @classmethod
    def _one_of_them(cls, at: str | None, info: ValidationInfo) -> str | None:
        if at is not None and info.data.get("after"):
            raise wrong("a time is either “after” or “at”; delete one")
        return at


class CallbackTimesModel(Model):
    """A choice of times within opening hours."""

    prompt: Name
    calendar: Name = Field(description="A time at which it is closed is moved to the next opening.")
    choices: Annotated[dict[Key, CallbackTimeModel], Field(min_length=1)]


class CallbackNodeModel(Model):
    """Offers to be called back: 1 for the number called from, 2 for another one, any other key for no."""

    do: Literal["callback"]
    queue: Name = Field(description="A queue with “callback”.")
    prompt: Name = Field(description="Says what 1 and 2 are for.")
    number: Name = Field(description="Asks for the other number.")
    times: CallbackTimesModel | None = Field(
        default=None, description="As soon as the call's place comes up, where it is left out."
    )
    keys: CallbackKeysModel = CallbackKeysModel()
    attempts: AttemptsModel = AttemptsModel()
    accepted: Name = Field(description="The good-bye: the place is kept from the end of the call on.")
    refused: Name = Field(description="The caller does not want it, or it is not possible now.")
    invalid: Name = Field(description="No number that may be dialled, in all attempts.")


class SurveyModel(Model):
    """Asks for a score, after a conversation."""

    do: Literal["survey"]
    scale: Annotated[Scale, Field(strict=False)] = Field(description="csat: 1 to 5. nps: 0 to 10.")
    prompt: Name
    into: Name = Field(description="The name under which the score is kept; the variable of this name holds it.")
    keys: SurveyKeysModel = SurveyKeysModel()
    attempts: AttemptsModel = AttemptsModel()
    global_keys: bool = Field(default=True, description="Whether global keys with a command work here.")
    next: Name
    otherwise: Name | None = Field(default=None, description="Where the call goes after the last attempt.")


class HangUpModel(Model):
    """The end, after an optional last prompt."""

    do: Literal["hangup"]
    prompt: Name | None = None


NodeModel = Annotated[
    SayModel
    | MenuModel
    | CollectModel
    | LanguageModel
    | TagModel
    | HoursModel
    | QueueNodeModel
    | VoicemailModel
    | RecordModel
    | TransferModel
    | SurveyModel
    | CallbackNodeModel
    | MusicModel
    | HangUpModel
    | LogicModel,
    Field(discriminator="do"),
]


class VariableModel(Model):
    """What a flow remembers of a call under one name."""

    type: Literal["text", "number", "truth"]
    start: Formula | None = Field(default=None, description="What it holds at first.")


class GlobalKeyModel(Model):
    """What a key does at every menu that does not use it otherwise."""

    command: Literal["repeat", "back"] | None = Field(
        default=None, description="The question again, or the one before it."
    )
    next: Name | None = Field(default=None, description="Or the node that it leads to.")
    label: Texts | None = Field(default=None, description="What the choice is called on the agent's call card.")

    @field_validator("next")
    @classmethod
    def _does_one_thing(cls, following: str | None, info: ValidationInfo) -> str | None:
        if following is not None and info.data.get("command") is not None:
            raise wrong("a key has a command or leads to a node, not both; leave one out")
        return following


class FlowModel(Model):
    """A voice menu of a Holdless site."""

    start: Name = Field(description="The node that a call begins at.")
    language: Language = Field(description="Spoken until the caller chooses another.")
    variables: dict[VariableName, VariableModel] = Field(
        default_factory=dict, description="What the flow remembers of a call, beside the digits that it collects."
    )
    inputs: list[VariableName] = Field(default_factory=list, description="Variables that the calling flow gives.")
    outputs: list[VariableName] = Field(default_factory=list, description="Variables that the calling flow may take.")
    otherwise: Name | None = Field(
        default=None, description="Where every node leads that should lead somewhere and does not say where."
    )
    global_keys: dict[Key, GlobalKeyModel] = Field(
        default_factory=dict, description="Keys that do the same at every menu: repeat, back, the operator."
    )
    nodes: Annotated[dict[Name, NodeModel], Field(min_length=1)]
