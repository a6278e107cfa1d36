"""A prompt with its values, as a text and as recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from ivr.aloud import values
from ivr.aloud.phone import groups
from ivr.aloud.template import CATEGORIES, Aloud, Literal, Part, Plural, Slot, Template
from ivr.aloud.tongue import PAUSE, PLUS, Fragments, Gender, Tongue, locale_of

TONGUES = ("en", "ru", "uk")
"""The languages whose values can be put together from recordings."""

ORDINAL_MOST = 99
"""Beyond it “number 100” is read instead of “the hundredth”."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One recording: a piece of the prompt itself (“1”, “2-few”), or a word that many prompts use (“digits/20”)."""

    name: str
    of_prompt: bool


def tongue_of(language: str) -> Tongue | None:
    """The grammar of “en” or “en-GB”."""
    return _tongue(language.partition("-")[0])


@cache
def _tongue(language: str) -> Tongue | None:
    """Each is loaded when it is first asked for: a start has no time for those that a site does not speak."""
    match language:
        case "en":
            from ivr.aloud.english import English  # noqa: PLC0415

            return English()
        case "ru":
            from ivr.aloud.russian import RUSSIAN  # noqa: PLC0415

            return RUSSIAN
        case "uk":
            from ivr.aloud.ukrainian import UKRAINIAN  # noqa: PLC0415

            return UKRAINIAN
    return None


def words_of(template: Template, language: str, given: Mapping[str, str]) -> str:
    """What is said, as a text. A value that is not there is left out."""
    said = (
        part.text
        if isinstance(part, Literal)
        else _form(part, language, given)[1]
        if isinstance(part, Plural)
        else _value(part, language, given.get(part.name, ""))
        for part in template
    )
    return " ".join("".join(said).split())


def sounds_of(template: Template, language: str, given: Mapping[str, str]) -> tuple[Sound, ...]:
    """What is played, in order. Of a language without a grammar only the prompt's own pieces."""
    return tuple(_sounds(template, language, given))


def pieces_of(template: Template) -> dict[str, str]:
    """The recordings that belong to the prompt itself, by name, each with its words."""
    pieces: dict[str, str] = {}
    for number, part in _numbered(template):
        match part:
            case Literal() if number:
                pieces[str(number)] = part.text.strip()
            case Plural():
                pieces |= {f"{number}-{category}": form for category, form in part.forms.items()}
    return pieces


@cache
def fragments_needed(slot: Slot, language: str) -> frozenset[str]:
    """Every recording of words that some value of ``slot`` asks for; none where the language has no grammar."""
    tongue = tongue_of(language)
    if tongue is None:
        return frozenset()
    needed = {one for text in _covering(slot) for one in _read(slot, tongue, text)}
    return frozenset(needed - {PAUSE})


def categories_of(language: str) -> tuple[str, ...]:
    """The plural categories that whole numbers of the language have: for Russian one, few and many."""
    plural = locale_of(language).plural_form
    found = {str(plural(number)) for number in (*range(200), 1_000_000)}
    return tuple(category for category in CATEGORIES if category in found)


def words_for(language: str, fragment: str) -> str:
    """What the recording called ``fragment`` says."""
    tongue = tongue_of(language)
    return "" if tongue is None else tongue.words[fragment]


def _sounds(template: Template, language: str, given: Mapping[str, str]) -> Iterator[Sound]:
    tongue = tongue_of(language)
    for number, part in _numbered(template):
        match part:
            case Literal() if number:
                yield Sound(str(number), of_prompt=True)
            case Plural():
                category, _ = _form(part, language, given)
                if category:
                    yield Sound(f"{number}-{category}", of_prompt=True)
            case Slot() if tongue is not None:
                for fragment in _read(part, tongue, given.get(part.name, "")):
                    yield Sound(fragment, of_prompt=False)


def _numbered(template: Template) -> Iterator[tuple[int, Part]]:
    """Every part with its number among those that the site records itself, from 1; 0: it is none of them."""
    count = 0
    for part in template:
        recorded = isinstance(part, Plural) or (isinstance(part, Literal) and part.is_spoken)
        count += recorded
        yield count if recorded else 0, part


def _form(part: Plural, language: str, given: Mapping[str, str]) -> tuple[str, str]:
    """The category that goes with the number, and the form; empty where there is no number.

    Of a number with a fraction Russian and Ukrainian have the form of “two” (“полторы минуты”), so that stands in for
    a category which is not written.
    """
    number = values.as_number(given.get(part.name, ""))
    if number is None:
        return "", ""
    # CLDR tells 1 from 1.0 (“one star”, “1.0 stars”); a caller hears no difference.
    plural = locale_of(language).plural_form
    wanted = str(plural(int(abs(number))) if number == int(number) else plural(abs(number).normalize()))
    category = next(one for one in (wanted, "other", "few", *CATEGORIES) if one in part.forms)
    return category, part.forms[category]


def _value(slot: Slot, language: str, text: str) -> str:
    tongue = tongue_of(language)
    if tongue is not None:
        return tongue.said(_read(slot, tongue, text))
    from ivr.aloud.other import figures  # noqa: PLC0415 - as above

    said = figures(slot, language, text)
    if said is not None:
        return said
    found = groups(text, slot.option) if slot.aloud is Aloud.PHONE else None
    if found is not None:
        return ("+" if found[0] else "") + ", ".join(" ".join(group) for group in found[1])
    return " ".join(values.spelt(text))


def _read(slot: Slot, tongue: Tongue, text: str) -> Fragments:
    """The words for the value; its digits one by one where it is not what it should be."""
    match slot.aloud:
        case Aloud.NUMBER if (number := values.as_number(text)) is not None:
            return tongue.number(number, _gender(slot))
        case Aloud.ORDINAL if (whole := values.as_whole(text)) is not None:
            nth = 0 < whole <= ORDINAL_MOST
            return tongue.ordinal(whole, _gender(slot)) if nth else tongue.cardinal(whole, _gender(slot))
        case Aloud.PHONE if (found := groups(text, slot.option)) is not None:
            plus, parts = found
            spoken: Fragments = ()
            for part in parts:
                spoken += (*((PAUSE,) if spoken else ()), *tongue.group(part))
            return ((PLUS,) if plus else ()) + spoken
        case Aloud.MONEY if (hundredths := values.as_hundredths(text)) is not None:
            return tongue.money(hundredths, slot.option)
        case Aloud.DATE if (day := values.as_date(text)) is not None:
            return tongue.date(day, year=bool(slot.option))
        case Aloud.TIME if (clock := values.as_time(text)) is not None:
            return tongue.time(clock)
        case Aloud.DURATION if (seconds := values.as_seconds(text)) is not None:
            if slot.option:
                return tongue.counted(values.whole_minutes(seconds), "minute")
            return tongue.duration(seconds)
    return tongue.digits(values.spelt(text))


def _gender(slot: Slot) -> Gender:
    return Gender(slot.option) if slot.option else Gender.MASCULINE


def _covering(slot: Slot) -> Iterable[str]:
    """Values that between them use every word which a value of ``slot`` can use, also one that is only spelt."""
    spelt = "0123456789x"
    numbers = [str(count * scale) for scale in (1, 1_000, 1_000_000) for count in range(1_000)]
    match slot.aloud:
        case Aloud.NUMBER:
            return (spelt, "-1.5", *numbers)
        case Aloud.MONEY:
            return (spelt, "-0.01", *numbers, *(f"0.{cents:02}" for cents in range(100)))
        case Aloud.ORDINAL:
            return (spelt, *numbers)
        case Aloud.PHONE:
            return (spelt, *_numbers_of_all_groups())
        case Aloud.DATE:
            leap_year = (date(2024, 1, 1) + timedelta(days=days) for days in range(366))
            years = (date(year, 1, 1) for year in values.YEARS)
            return (spelt, *(day.isoformat() for day in (*leap_year, *years)))
        case Aloud.TIME:
            return (spelt, *(f"{hour}:{minute:02}" for hour in range(24) for minute in range(60)))
        case Aloud.DURATION:
            seconds = (*range(60), *range(0, 3_600, 60), *range(0, 100 * 3_600, 3_600))
            minutes = range(0, values.DURATION_MOST_S, 60)
            return (spelt, *map(str, minutes if slot.option else seconds))
        case Aloud.DIGITS:
            return (spelt,)


def _numbers_of_all_groups() -> Iterable[str]:
    """Ukrainian mobiles are written in groups of two, three and four digits: “+380 50 123 4567”."""
    return (f"+38050{group:03}{group % 100:02}{group // 10:02}" for group in range(1_000))
