"""prompts.yaml: what callers hear, by prompt and language."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, RootModel

from config.schema.values import Language, Name

Spoken = Annotated[
    str,
    Field(min_length=1, max_length=2_000, description="What stands in braces is read aloud: “{count:number}”."),
]


class PromptsModel(RootModel[dict[Name, Annotated[dict[Language, Spoken], Field(min_length=1)]]]):
    """The prompts of a Holdless site: prompt, language, text."""

    model_config = ConfigDict(strict=True)
