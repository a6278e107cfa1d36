"""Russian and Ukrainian: nouns in three forms, numbers that agree with them in gender, thousands that are feminine.

Recordings are called as Asterisk's own Russian (``say_number_full_ru`` in main/say.c) calls them: ``1f``, ``2f``,
``200`` to ``900``, ``thousands-i``, ``thousands``, ``million-a``, ``millions``. Debian's asterisk-core-sounds-ru has
few of these; a site records the rest. Ordinals end in nothing (masculine), ``f``, ``n``, or ``g`` for the genitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from ivr.aloud.tongue import PAUSE, Fragments, Gender, Noun, Tongue, months, recording

_ENDING = {Gender.MASCULINE: "", Gender.FEMININE: "f", Gender.NEUTER: "n"}
_GENITIVE = "g"
_WITH_GENDER = {(1, Gender.FEMININE): "1f", (1, Gender.NEUTER): "1n", (2, Gender.FEMININE): "2f"}
_DOZEN = (*range(1, 20), *range(20, 100, 10))
"""The numbers below a hundred that are one word."""

_FORMS = ("one", "few", "many")
_SCALES = (
    (
        1_000_000,
        Gender.MASCULINE,
        dict(zip(_FORMS, ("digits/million", "digits/million-a", "digits/millions"), strict=True)),
    ),
    (
        1_000,
        Gender.FEMININE,
        dict(zip(_FORMS, ("digits/thousand", "digits/thousands-i", "digits/thousands"), strict=True)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of one language."""

    ones: str
    """0 to 19, then 20, 30 … 90."""
    one: tuple[str, str]
    """Feminine, neuter."""
    two_feminine: str
    hundreds: str
    """100 to 900."""
    scales: Mapping[str, str]
    ordinals: str
    """The stems of the first to the nineteenth, the twentieth, thirtieth … ninetieth."""
    endings: Mapping[str, tuple[str, str, str, str]]
    """Masculine, feminine, neuter and genitive; “” for most, by stem for the others."""
    years: tuple[str, str, str]
    """Of 1900, of 2000, and “of the year”."""
    others: Mapping[str, str]
    """Minus, point and plus."""
    nouns: Mapping[str, tuple[str, str, str, Gender]]
    """One, few, many, and the gender."""
    recorded: Mapping[tuple[str, str], str]
    """Forms of nouns for which Debian's package has a recording."""


def _words(language: str, vocabulary: Vocabulary) -> Mapping[str, str]:
    ones = vocabulary.ones.split()
    words = {f"digits/{number}": word for number, word in enumerate(ones[:20])}
    words |= {f"digits/{tens * 10}": word for tens, word in enumerate(ones[20:], 2)}
    words |= {"digits/1f": vocabulary.one[0], "digits/1n": vocabulary.one[1], "digits/2f": vocabulary.two_feminine}
    hundreds = vocabulary.hundreds.split()
    words |= {"digits/hundred": hundreds[0]}
    words |= {f"digits/{number}00": word for number, word in enumerate(hundreds[1:], 2)}
    words |= vocabulary.scales
    for number, stem in zip(_DOZEN, vocabulary.ordinals.split(), strict=True):
        endings = vocabulary.endings.get(stem, vocabulary.endings[""])
        for mark, ending in zip((*_ENDING.values(), _GENITIVE), endings, strict=True):
            words[f"digits/h-{number}{mark}"] = stem + ending
    words |= dict(zip(("digits/h-900g", "digits/h-2000g", "units/of-year"), vocabulary.years, strict=True))
    for name, forms in vocabulary.nouns.items():
        for category, form in zip(_FORMS, forms[:3], strict=True):
            words[_recording(vocabulary, name, category)] = str(form)
    return {**words, **months(language), **vocabulary.others}


def _recording(vocabulary: Vocabulary, noun: str, category: str) -> str:
    return vocabulary.recorded.get((noun, category), recording(noun, category))


class Slavic(Tongue):
    """Двадцать одна минута, двадцять дві хвилини."""

    def __init__(self, language: str, vocabulary: Vocabulary, *, hours_by_order: bool) -> None:
        """*hours_by_order*: the hour of the day is “the seventeenth”, not “seventeen hours”."""
        nouns = {
            name: Noun({form: _recording(vocabulary, name, form) for form in _FORMS}, forms[3])
            for name, forms in vocabulary.nouns.items()
        }
        super().__init__(language, _words(language, vocabulary), nouns)
        self._hours_by_order = hours_by_order

    def cardinal(self, number: int, gender: Gender = Gender.MASCULINE) -> Fragments:
        """See :class:`~ivr.aloud.tongue.Tongue`."""
        if number == 0:
            return ("digits/0",)
        spoken: Fragments = ()
        for scale, of_scale, forms in _SCALES:
            count, number = divmod(number, scale)
            if count:
                spoken += (*_below_thousand(count, of_scale), forms[self.category(count)])
        return spoken + _below_thousand(number, gender)

    def ordinal(self, number: int, gender: Gender = Gender.MASCULINE) -> Fragments:
        """See :class:`~ivr.aloud.tongue.Tongue`."""
        return _nth(number, _ENDING[gender])

    def date(self, day: date, *, year: bool) -> Fragments:
        """“двадцать третье ноября две тысячи двадцать шестого года”: right after “на” too."""
        spoken = (*_nth(day.day, _ENDING[Gender.NEUTER]), f"digits/mon-{day.month - 1}")
        return (*spoken, *_of_year(day.year), "units/of-year") if year else spoken

    def time(self, clock: time) -> Fragments:
        """“семнадцать часов пять минут”, “сімнадцята година п’ять хвилин”."""
        if self._hours_by_order and clock.hour:
            hour = (*self.ordinal(clock.hour, Gender.FEMININE), self._nouns["hour"].forms["one"])
        else:
            hour = self.counted(clock.hour, "hour")
        return (*hour, *(self.counted(clock.minute, "minute") if clock.minute else ()))

    def group(self, digits: str) -> Fragments:
        """As numbers of two or three digits, zeros before them by themselves."""
        spoken: Fragments = ()
        for part in _parts(digits):
            spoken += (*((PAUSE,) if spoken else ()), *self._part(part))
        return spoken

    def _part(self, digits: str) -> Fragments:
        rest = digits.lstrip("0")
        return (*self.digits("0" * (len(digits) - len(rest))), *(self.cardinal(int(rest)) if rest else ()))


def _parts(digits: str) -> list[str]:
    """“2233” in pairs; of five and more, three first where their number is odd."""
    if len(digits) <= 3:
        return [digits]
    first = 3 if len(digits) % 2 else 2
    return [digits[:first], *_parts(digits[first:])]


def _below_thousand(number: int, gender: Gender) -> Fragments:
    hundreds, rest = divmod(number, 100)
    spoken: Fragments = ()
    if hundreds:
        spoken += ("digits/hundred" if hundreds == 1 else f"digits/{hundreds}00",)
    if rest >= 20:
        spoken += (f"digits/{rest - rest % 10}",)
        rest %= 10
    return (*spoken, f"digits/{_WITH_GENDER.get((rest, gender), rest)}") if rest else spoken


def _nth(number: int, ending: str) -> Fragments:
    if number in _DOZEN:
        return (f"digits/h-{number}{ending}",)
    return (f"digits/{number - number % 10}", f"digits/h-{number % 10}{ending}")


def _of_year(year: int) -> Fragments:
    century, rest = divmod(year, 100)
    if year == 2000:
        return ("digits/h-2000g",)
    before = ("digits/2f", "digits/thousands-i") if century == 20 else ("digits/thousand", "digits/900")
    if not rest:
        return ("digits/thousand", "digits/h-900g")
    return (*before, *_nth(rest, _GENITIVE))
