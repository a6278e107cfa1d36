"""What the grammars of all languages have in common: words in order, each named by the recording that says it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from babel import Locale, UnknownLocaleError

Fragments = tuple[str, ...]
"""Names of recordings as Asterisk's sound packages have them: “digits/20”."""

PAUSE = "silence/1"
"""Between groups of digits: “300, 80” is not 380. Every Asterisk has it, whatever the language."""

MINUS, POINT, PLUS = "digits/minus", "units/point", "units/plus"
HUNDREDTHS = "/100"
"""A hundredth of a currency is the noun called by the currency and this."""


class Gender(StrEnum):
    """Of a counted noun."""

    MASCULINE = "masculine"
    FEMININE = "feminine"
    NEUTER = "neuter"


@dataclass(frozen=True, slots=True)
class Noun:
    """Something that is counted."""

    forms: Mapping[str, str]
    """The recording by CLDR plural category."""
    gender: Gender = Gender.MASCULINE


def locale_of(language: str) -> Locale:
    """CLDR's data for the language; English's for one that it does not have."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def recording(noun: str, category: str) -> str:
    """The recording of a noun's form, where no package has one: “units/minute-few”, “units/eur-hundredth-one”."""
    return f"units/{noun.replace(HUNDREDTHS, '-hundredth').lower()}-{category}"


def months(language: str) -> dict[str, str]:
    """The months as they stand in a date: “digits/mon-0” is January's recording."""
    names = Locale(language).months["format"]["wide"]
    return {f"digits/mon-{number - 1}": name for number, name in names.items()}


class Tongue(ABC):
    """One language."""

    def __init__(self, language: str, words: Mapping[str, str], nouns: Mapping[str, Noun]) -> None:
        self.language = language
        self.words = words
        """Every recording that can be asked for, and what it says."""
        self._nouns = nouns
        self._locale = Locale(language)

    @abstractmethod
    def cardinal(self, number: int, gender: Gender = Gender.MASCULINE) -> Fragments:
        """0 to 999,999,999."""

    @abstractmethod
    def ordinal(self, number: int, gender: Gender = Gender.MASCULINE) -> Fragments:
        """The first to the ninety-ninth."""

    @abstractmethod
    def date(self, day: date, *, year: bool) -> Fragments:
        """Day and month, and the year."""

    @abstractmethod
    def time(self, clock: time) -> Fragments:
        """Hours and minutes."""

    @abstractmethod
    def group(self, digits: str) -> Fragments:
        """One group of a telephone number."""

    def digits(self, digits: str) -> Fragments:
        """One by one."""
        return tuple(f"digits/{one}" for one in digits)

    def counted(self, number: int, noun: str) -> Fragments:
        """The number with its noun."""
        counted = self._nouns[noun]
        return (*self.cardinal(number, counted.gender), counted.forms[self.category(number)])

    def category(self, number: int | Decimal) -> str:
        """CLDR's plural category."""
        return str(self._locale.plural_form(number))

    def number(self, number: Decimal, gender: Gender) -> Fragments:
        """A number that may be negative or have digits after the point."""
        whole, _, fraction = f"{abs(number):f}".partition(".")
        fraction = fraction.rstrip("0")
        sign = (MINUS,) if number < 0 else ()
        if not fraction:
            return (*sign, *self.cardinal(int(whole), gender))
        return (*sign, *self.cardinal(int(whole)), POINT, *self.digits(fraction))

    def money(self, hundredths: int, currency: str) -> Fragments:
        """Both units; one of which there is nothing is left out."""
        major, minor = divmod(abs(hundredths), 100)
        spoken: Fragments = (MINUS,) if hundredths < 0 else ()
        if major or not minor:
            spoken += self.counted(major, currency)
        if minor:
            spoken += self.counted(minor, currency + HUNDREDTHS)
        return spoken

    def duration(self, seconds: int) -> Fragments:
        """Hours, minutes and seconds; what there is nothing of is left out."""
        hours, rest = divmod(seconds, 3_600)
        parts = (("hour", hours), ("minute", rest // 60), ("second", rest % 60))
        spoken = tuple(one for noun, count in parts if count for one in self.counted(count, noun))
        return spoken or self.counted(0, "second")

    def said(self, fragments: Fragments) -> str:
        """The words as a text."""
        return " ".join("," if one == PAUSE else self.words[one] for one in fragments).replace(" ,", ",")
