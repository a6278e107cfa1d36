"""prompts.yaml: what callers hear, by prompt and language."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Discriminator, Field, RootModel, Tag

from config.schema.values import Language, Model, Name

Spoken = Annotated[
    str,
    Field(min_length=1, max_length=2_000, description="What stands in braces is read aloud: “{count:number}”."),
]


class MarkedModel(Model):
    """A prompt with marks of how to speak it, for voices that know them."""

    ssml: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4_000,
            description="The words with marks of SSML: break, emphasis, lang, p, phoneme, prosody, s, say-as, sub, w.",
        ),
    ]
    text: Spoken | None = Field(
        default=None, description="The words where nobody knows SSML; those between the marks, where it is left out."
    )


Said = Annotated[
    Annotated[Spoken, Tag("plain")] | Annotated[MarkedModel, Tag("marked")],
    Discriminator(lambda value: "marked" if isinstance(value, dict | MarkedModel) else "plain"),
]
"""A prompt in one language."""


class PromptsModel(RootModel[dict[Name, Annotated[dict[Language, Said], Field(min_length=1)]]]):
    """The prompts of a Holdless site: prompt, language, text."""

    model_config = ConfigDict(strict=True)
