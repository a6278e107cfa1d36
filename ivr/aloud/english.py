"""English as Debian's asterisk-core-sounds-en has it: without “and” before the tens, on twelve hours."""

from __future__ import annotations

from datetime import date, time

from ivr.aloud.tongue import HUNDREDTHS, MINUS, PLUS, POINT, Fragments, Gender, Noun, Tongue, months, recording

_SCALES = ((1_000_000, "digits/million"), (1_000, "digits/thousand"))

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NTH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)

_WORDS = {
    **{f"digits/{number}": word for number, word in enumerate(_ONES.split())},
    **{f"digits/{tens * 10}": word for tens, word in enumerate(_TENS.split(), 2)},
    **{f"digits/h-{number}": word for number, word in enumerate(_NTH.split(), 1)},
    **{f"digits/h-{tens * 10}": f"{word[:-1]}ieth" for tens, word in enumerate(_TENS.split(), 2)},
    **months("en"),
    "digits/hundred": "hundred",
    "digits/thousand": "thousand",
    "digits/million": "million",
    "digits/oh": "oh",
    "digits/a-m": "AM",
    "digits/p-m": "PM",
    MINUS: "minus",
    POINT: "point",
    PLUS: "plus",
}

_FORMS = ("one", "other")
_COUNTED = {
    "hour": ("hour", "hours"),
    "minute": ("minute", "minutes"),
    "second": ("second", "seconds"),
    "EUR": ("euro", "euros"),
    "EUR" + HUNDREDTHS: ("cent", "cents"),
    "GBP": ("pound", "pounds"),
    "GBP" + HUNDREDTHS: ("penny", "pence"),
    "RUB": ("rouble", "roubles"),
    "RUB" + HUNDREDTHS: ("kopeck", "kopecks"),
    "UAH": ("hryvnia", "hryvnias"),
    "UAH" + HUNDREDTHS: ("kopiyka", "kopiykas"),
    "USD": ("dollar", "dollars"),
    "USD" + HUNDREDTHS: ("cent", "cents"),
}
_RECORDED = {
    ("hour", "other"): "hours",
    ("minute", "one"): "minute",
    ("minute", "other"): "minutes",
    ("second", "one"): "second",
    ("second", "other"): "seconds",
    ("USD", "one"): "letters/dollar",
    ("USD", "other"): "digits/dollars",
    ("GBP", "one"): "digits/pound",
}
"""Forms for which Debian's package has a recording."""

_NOUNS = {
    noun: Noun({form: _RECORDED.get((noun, form), recording(noun, form)) for form in _FORMS}) for noun in _COUNTED
}
_WORDS |= {
    _NOUNS[noun].forms[form]: word for noun, words in _COUNTED.items() for form, word in zip(_FORMS, words, strict=True)
}


class English(Tongue):
    """One hundred twenty-three."""

    def __init__(self) -> None:
        super().__init__("en", _WORDS, _NOUNS)

    def cardinal(self, number: int, gender: Gender = Gender.MASCULINE) -> Fragments:  # noqa: ARG002 - English has none
        """See :class:`~ivr.aloud.tongue.Tongue`."""
        spoken: Fragments = ()
        for scale, name in _SCALES:
            count, number = divmod(number, scale)
            if count:
                spoken += (*_below_thousand(count), name)
        return spoken + _below_thousand(number) if number or not spoken else spoken

    def ordinal(self, number: int, gender: Gender = Gender.MASCULINE) -> Fragments:  # noqa: ARG002 - English has none
        """See :class:`~ivr.aloud.tongue.Tongue`."""
        if number < 20 or number % 10 == 0:
            return (f"digits/h-{number}",)
        return (f"digits/{number - number % 10}", f"digits/h-{number % 10}")

    def date(self, day: date, *, year: bool) -> Fragments:
        """“November twenty third twenty twenty six”."""
        spoken = (f"digits/mon-{day.month - 1}", *self.ordinal(day.day))
        return (*spoken, *_year(day.year)) if year else spoken

    def time(self, clock: time) -> Fragments:
        """“five oh five PM”"""
        spoken = _below_thousand(clock.hour % 12 or 12)
        if clock.minute:
            spoken += (*(("digits/oh",) if clock.minute < 10 else ()), *_below_thousand(clock.minute))
        return (*spoken, "digits/a-m" if clock.hour < 12 else "digits/p-m")

    def group(self, digits: str) -> Fragments:
        """Digit by digit."""
        return self.digits(digits)


def _below_thousand(number: int) -> Fragments:
    hundreds, rest = divmod(number, 100)
    spoken: Fragments = (f"digits/{hundreds}", "digits/hundred") if hundreds else ()
    if rest >= 20:
        spoken += (f"digits/{rest - rest % 10}",)
        rest %= 10
        return (*spoken, f"digits/{rest}") if rest else spoken
    return (*spoken, f"digits/{rest}") if rest or not spoken else spoken


def _year(year: int) -> Fragments:
    century, rest = divmod(year, 100)
    if year in range(2000, 2010):
        return ("digits/2", "digits/thousand", *(_below_thousand(rest) if rest else ()))
    if not rest:
        return (*_below_thousand(century), "digits/hundred")
    return (*_below_thousand(century), *(("digits/oh",) if rest < 10 else ()), *_below_thousand(rest))
