"""Nodes of a voice menu that no caller hears: they decide, count, work something out, or ask other systems."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from config.schema.values import LongerThanZero, Model, Name, ServiceName, Share, VariableName, shaped, wrong
from ivr.logic import PACES


def _written(value: Any) -> Any:
    """A bare number, true or false is an expression too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Formula = Annotated[
    str,
    BeforeValidator(_written, json_schema_input_type=str | int | float | bool),
    Field(min_length=1, max_length=500, examples=["tries + 1", "balance > 100", '"gold"']),
]
"""An expression over the flow's variables; it is read when the flow is checked."""

_IS_PATH = shaped(r"^(/[^\s?#\\]*)?$", "the rest of an address, which begins with a slash: /path, without ? and #")


class CaseModel(Model):
    """One way out of a branch."""

    when: Formula
    next: Name


class BranchModel(Model):
    """Goes the way of the first case that holds."""

    do: Literal["branch"]
    cases: Annotated[list[CaseModel], Field(min_length=1, max_length=50)]
    otherwise: Name | None = Field(default=None, description="Where the call goes when no case holds.")


class PartModel(Model):
    """A share of the calls."""

    share: Share
    next: Name


class SplitModel(Model):
    """Sends each part its share of the calls. A call that comes by again goes the same way."""

    do: Literal["split"]
    parts: Annotated[list[PartModel], Field(min_length=2, max_length=50)]


class SetModel(Model):
    """Puts values into variables."""

    do: Literal["set"]
    values: Annotated[dict[VariableName, Formula], Field(min_length=1)]
    next: Name


class GotoModel(Model):
    """Goes on to a node, a call at most so often: the way back of a loop."""

    do: Literal["goto"]
    next: Name
    most: int = Field(ge=1, le=100, description="How often a call may go this way.")
    otherwise: Name | None = Field(default=None, description="Where it goes then.")


class LimitModel(Model):
    """Goes on, over all calls at most so often within a time: what callers must not try out, such as PINs."""

    do: Literal["limit"]
    by: Formula = Field(
        default="caller_number", description="Who or what has so many tries: a text, such as the number of an account."
    )
    most: int = Field(ge=1, le=50, description="How often, for each of them; in one call never more often than that.")
    within: LongerThanZero = Field(description="Counted back from each try; a day at most.")
    next: Name
    limited: Name | None = Field(
        default=None, description="Where the call goes then; the flow's otherwise, if left out."
    )


class PaceModel(Model):
    """For callers who need more time: from here on all times that they take are so many times as long."""

    do: Literal["pace"]
    times: int = Field(ge=PACES[0], le=PACES[-1])
    next: Name


class CallModel(Model):
    """Lets another flow do its part, up to its return."""

    do: Literal["call"]
    flow: Name
    give: dict[VariableName, Formula] = Field(default_factory=dict, description="Its inputs.")
    take: dict[VariableName, VariableName] = Field(
        default_factory=dict, description="Variables of this flow, each with the output that goes into it."
    )
    global_keys: bool = Field(default=True, description="Whether this flow's global keys work in the other one, too.")
    next: Name


class ReturnModel(Model):
    """Goes back to the flow that called this one."""

    do: Literal["return"]


class HttpModel(Model):
    """A data dip: asks a web service, one of those that site.yaml names."""

    do: Literal["http"]
    service: ServiceName = Field(description="As site.yaml names it under web_services.")
    path: Annotated[str, _IS_PATH] = Field(
        default="",
        max_length=500,
        description="Put behind the service's address. Variables in braces, {caller_number}, are percent-encoded.",
    )
    query: dict[Name, Formula] = Field(default_factory=dict, description="Put behind the address, after a ?.")
    json_: dict[Name, Formula] = Field(
        default_factory=dict,
        alias="json",
        description="The body; with it the request is a POST. It alone may carry a sensitive variable.",
    )
    timeout: LongerThanZero = Field(default=3_000, description="At most 15 s.")
    take: dict[VariableName, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict,
        description="Variables, each with where its value stands in the answer: customer.tier, or orders.0.id.",
    )
    missing: Literal["fails", "empty"] = Field(
        default="fails", description="An answer without one of the values fails, or leaves its variable empty."
    )
    next: Name
    failed: Name | None = Field(
        default=None, description="Without the whole answer in time; the flow's otherwise, if left out."
    )

    @field_validator("timeout")
    @classmethod
    def _is_bearable(cls, timeout: int) -> int:
        if timeout > 15_000:
            raise wrong("no caller listens to silence for longer than 15 s; write 15 s or less")
        return timeout


class LookupModel(Model):
    """Asks the site's customer records."""

    do: Literal["lookup"]
    number: Formula = Field(default="caller_number", description="Whose record: a text with a telephone number.")
    take: dict[VariableName, Name] = Field(
        default_factory=dict, description="Variables, each with the column that goes into it."
    )
    pace: Name | None = Field(
        default=None, description="The column that says how many times as long the caller needs, 1 to 5."
    )
    next: Name
    unknown: Name | None = Field(default=None, description="Nobody by that number; failed, if left out.")
    failed: Name | None = Field(default=None, description="No answer; the flow's otherwise, if left out.")


LogicModel = (
    BranchModel
    | SplitModel
    | SetModel
    | GotoModel
    | LimitModel
    | PaceModel
    | CallModel
    | ReturnModel
    | HttpModel
    | LookupModel
)
