"""How callers are asked in a voice menu: the times for their keys, and how often a question is asked again."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator
from pydantic_core.core_schema import ValidationInfo

from config.schema.values import LongerThanZero, Model, Name, at_odds, wrong

Tries = Annotated[int, Field(ge=1, le=10)]


SaidAgain = Annotated[
    Annotated[Name, Tag("always")] | Annotated[list[Name], Field(min_length=1), Tag("in turn")],
    Discriminator(lambda value: "in turn" if isinstance(value, list) else "always"),
]
"""What is said before a question is asked again: one prompt whenever it is, or one for each time, the last from then
on."""


def in_turn(said: str | list[str] | None) -> tuple[str, ...]:
    """The prompts of a :data:`SaidAgain`."""
    return () if said is None else (said,) if isinstance(said, str) else tuple(said)


class AttemptsModel(Model):
    """How often the caller is asked, and what is said before asking again."""

    most: Tries = 3
    no_input: SaidAgain | None = Field(
        default=None, description="After silence. Of a list the first after the first attempt, and so on."
    )
    no_match: SaidAgain | None = Field(default=None, description="After an entry that does not fit; a list as there.")

    @field_validator("no_input", "no_match")
    @classmethod
    def _is_heard(cls, said: str | list[str] | None, info: ValidationInfo) -> str | list[str] | None:
        most = info.data.get("most", 1 + len(in_turn(said)))
        if isinstance(said, list) and len(said) >= most:
            raise at_odds(
                f"most is {most}, so only {most - 1} of these can be heard; delete the others, or raise “most”"
            )
        return said


class MenuKeysModel(Model):
    """How the one key of a menu is waited for."""

    first_key: LongerThanZero = Field(default=6_000, description="From the end of the prompt to the key.")
    barge_in: bool = Field(default=True, description="A key interrupts the prompt.")
    type_ahead: bool = Field(default=True, description="Keys pressed before the question count; else they are lost.")


def _holds_the_others(all_keys: int | None, info: ValidationInfo) -> int | None:
    """A time for all keys, unless the time for one of them is longer."""
    longest = max(info.data.get("first_key", 0), info.data.get("next_key", 0))
    if all_keys is not None and all_keys < longest:
        raise wrong(
            f"one key alone may take {longest / 1000:g} s; write that or more, or shorten first_key and next_key"
        )
    return all_keys


class CollectKeysModel(MenuKeysModel):
    """How digits are gathered."""

    least: int = Field(default=1, ge=1, le=100)
    most: int | None = Field(default=None, ge=1, le=100, description="As many as the least, where it is left out.")
    terminator: Literal["", "*", "#"] = Field(default="#", description="Ends the entry early; empty: no such key.")
    next_key: LongerThanZero = Field(default=3_000, description="Between two keys.")
    all_keys: LongerThanZero | None = Field(
        default=None, description="From the end of the prompt to the last key; no limit, where it is left out."
    )
    sensitive: bool = Field(default=False, description="A PIN or a card number: kept and shown as dots only.")

    @field_validator("most")
    @classmethod
    def _holds_the_least(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("least", 1)
        if most is not None and most < least:
            raise wrong(f"most is {most}, but least is {least}; write {least} or more")
        return most

    @field_validator("all_keys")
    @classmethod
    def _leaves_time(cls, all_keys: int | None, info: ValidationInfo) -> int | None:
        return _holds_the_others(all_keys, info)


class CallbackKeysModel(Model):
    """How the digits of another number are gathered."""

    least: int = Field(default=3, ge=1, le=20)
    most: int = Field(default=16, ge=1, le=20)
    terminator: Literal["", "*", "#"] = Field(default="#", description="Ends the number early; empty: no such key.")
    first_key: LongerThanZero = Field(default=6_000, description="From the end of a prompt to the first key.")
    next_key: LongerThanZero = Field(default=4_000, description="Between two keys.")
    type_ahead: bool = Field(default=True, description="Keys pressed before a question count; else they are lost.")
    all_keys: LongerThanZero | None = Field(
        default=None, description="From the end of the prompt to the last key; no limit, where it is left out."
    )

    @field_validator("most")
    @classmethod
    def _holds_the_least(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("least", 1)
        if most < least:
            raise wrong(f"most is {most}, but least is {least}; write {least} or more")
        return most

    @field_validator("all_keys")
    @classmethod
    def _leaves_time(cls, all_keys: int | None, info: ValidationInfo) -> int | None:
        return _holds_the_others(all_keys, info)


class SurveyKeysModel(MenuKeysModel):
    """How a score is gathered."""

    next_key: LongerThanZero = Field(default=2_000, description="From the 1 of a ten to its 0.")
