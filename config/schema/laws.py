"""Laws of durations, as workload.yaml writes them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from config.errors import shown
from config.schema.values import DURATION, Duration, FileName, LongerThanZero, Model, at_odds, wrong


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


class EmpiricalModel(Model):
    """What was measured, each value as likely as any other."""

    law: Literal["empirical"]
    values: Annotated[list[Duration], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="The durations themselves."
    )
    file: FileName | None = Field(default=None, description="Or a file of them: seconds, one number a line.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.values is None) == (self.file is None):
            raise at_odds(
                "an empirical law has either “values: [20 s, 35 s, …]” or “file: talk.csv”; write one of the two"
            )
        return self


def _no_bare_time(law: Any) -> Any:
    if isinstance(law, str | int | float):
        mean = law if isinstance(law, str) and re.fullmatch(DURATION, law, re.ASCII) else "3 min"
        raise wrong(f"{shown(law)} is no law; write {{law: exponential, mean: {mean}}}, or another law")
    return law


LawModel = Annotated[
    ExponentialModel | LognormalModel | DeterministicModel | ErlangModel | EmpiricalModel,
    Field(discriminator="law"),
    BeforeValidator(_no_bare_time),
]
