"""A prompt's text as parts: words that are always the same, and places for values in braces.

::

    You are number {position:number} of {all:number}.
    Ваш баланс {balance:money UAH}.
    Перед вами {ahead:number} {ahead:plural one=звонок few=звонка many=звонков}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Aloud(StrEnum):
    """How a value is read."""

    NUMBER = "number"
    ORDINAL = "ordinal"
    DIGITS = "digits"
    """One by one."""
    PHONE = "phone"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"


CURRENCIES = ("EUR", "GBP", "RUB", "UAH", "USD")
GENDERS = ("masculine", "feminine", "neuter")

OPTIONS: Mapping[Aloud, tuple[str, ...]] = {
    Aloud.NUMBER: GENDERS,
    Aloud.ORDINAL: GENDERS,
    Aloud.MONEY: CURRENCIES,
    Aloud.DATE: ("year",),
    Aloud.DURATION: ("minutes",),
}
"""What may stand behind each, beside a country behind “phone”. Money has to say its currency."""

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""CLDR's plural categories."""

PLURAL = "plural"
TEMPLATE_PARTS_MOST = 40


@dataclass(frozen=True, slots=True)
class Literal:
    """Words that are always the same."""

    text: str

    @property
    def is_spoken(self) -> bool:
        """Whether it holds more than punctuation."""
        return any(letter.isalnum() for letter in self.text)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for the value called ``name``. ``option``: the gender, the currency, the country, “year”, “minutes”."""

    name: str
    aloud: Aloud
    option: str = ""


@dataclass(frozen=True, slots=True)
class Plural:
    """The form of a noun that goes with the number called ``name``, by CLDR category."""

    name: str
    forms: Mapping[str, str]


Part = Literal | Slot | Plural
Template = tuple[Part, ...]


class TemplateError(ValueError):
    """The text cannot be read; ``at`` is the character, from 0, and the message says what to write."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FORM = re.compile(rf"\s*\b({'|'.join(CATEGORIES)})=")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EXAMPLE = "write a name, a colon and how to read it, such as {count:number}"


def read_template(text: str) -> Template:
    """The parts of ``text``, in order. Raises :class:`TemplateError`."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        opening = text.find("{", at)
        before = text[at:] if opening < 0 else text[at:opening]
        if "}" in before:
            raise TemplateError(at + before.index("}"), f"this brace closes nothing; delete it, or {_EXAMPLE}")
        if before:
            parts.append(Literal(before))
        if opening < 0:
            break
        closing = text.find("}", opening)
        if closing < 0:
            raise TemplateError(opening, f"this brace is not closed; {_EXAMPLE}")
        parts.append(_value(text[opening + 1 : closing], opening + 1))
        at = closing + 1
    if len(parts) > TEMPLATE_PARTS_MOST:
        raise TemplateError(0, f"this has more than {TEMPLATE_PARTS_MOST} parts; make several prompts of it")
    return tuple(parts)


def slots_of(template: Template) -> tuple[Slot | Plural, ...]:
    """The places for values, in order."""
    return tuple(part for part in template if not isinstance(part, Literal))


def _value(inside: str, at: int) -> Slot | Plural:
    name, colon, rest = inside.partition(":")
    if not _NAME.fullmatch(name) or not colon:
        raise TemplateError(at, f"“{inside}” cannot be read; {_EXAMPLE}")
    word, _, option = rest.strip().partition(" ")
    option = option.strip()
    behind = at + len(name) + 1
    if word == PLURAL:
        return Plural(name, _forms(option, behind))
    if word not in list(Aloud):
        known = ", ".join((*Aloud, PLURAL))
        raise TemplateError(behind, f"nothing is read as “{word}”; there is {known}")
    aloud = Aloud(word)
    allowed = OPTIONS.get(aloud, ())
    if aloud is Aloud.PHONE:
        if option and not _COUNTRY.fullmatch(option):
            raise TemplateError(behind, f"“{option}” is no country; write two capital letters, such as {{…:phone UA}}")
    elif option not in allowed and (option or aloud is Aloud.MONEY):
        choice = f"; write one of {', '.join(allowed)}" if allowed else ", which takes none; leave it out"
        raise TemplateError(behind, f"“{option}” cannot stand behind {word}{choice}")
    return Slot(name, aloud, option)


def _forms(text: str, at: int) -> Mapping[str, str]:
    """“one=call other=calls” by category."""
    pieces = _FORM.split(text)
    forms = {category: form.strip() for category, form in zip(pieces[1::2], pieces[2::2], strict=True)}
    if pieces[0].strip() or not forms or not all(forms.values()) or len(forms) * 2 + 1 != len(pieces):
        raise TemplateError(at, "the forms cannot be read; write each once, such as plural one=call other=calls")
    return forms
