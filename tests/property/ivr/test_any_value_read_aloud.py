"""Whatever is to be read aloud, it is read with recordings that exist, says what it is, and never fails."""

from __future__ import annotations

import re
from collections.abc import Collection

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.aloud import packaged
from ivr.aloud import (
    PAUSE,
    Aloud,
    Slot,
    Sound,
    Template,
    TemplateError,
    read_template,
    slots_of,
    sounds_of,
    tongue_of,
    words_of,
)
from ivr.aloud.template import CURRENCIES, GENDERS

SLOTS = tuple(
    Slot("x", aloud, option)
    for aloud, options in {
        Aloud.NUMBER: ("", *GENDERS),
        Aloud.ORDINAL: ("", *GENDERS),
        Aloud.DIGITS: ("",),
        Aloud.PHONE: ("", "UA", "US", "GB", "DE"),
        Aloud.MONEY: CURRENCIES,
        Aloud.DATE: ("", "year"),
        Aloud.TIME: ("",),
        Aloud.DURATION: ("", "minutes"),
    }.items()
    for option in options
)
languages = st.sampled_from(("en", "ru", "uk"))
whole_numbers = st.integers(0, 999_999_999) | st.integers(0, 2_000) | st.integers(0, 999).map(lambda one: one * 1_000)

likely = st.sampled_from(
    ("2026-11-23", "2026-02-30", "25:61", "7:05", "-0.005", "9" * 31, "1e9", "NaN", "٣", "+380", "")
)
numbers = st.decimals(-(10**9), 10**9, places=6).map(str) | st.integers(0, 10**30).map(str)
anything = st.text(max_size=60) | likely | numbers | st.from_regex(r"\+?[0-9 ()-]{0,20}", fullmatch=True)


def spoken(slot: Slot, language: str, value: str) -> list[str]:
    return [sound.name for sound in sounds_of((slot,), language, {"x": value})]


def read(text: str) -> tuple[Template | None, int]:
    try:
        return read_template(text), -1
    except TemplateError as error:
        return None, error.at


def understood(recordings: list[str]) -> int:
    """The number that somebody hears who knows the words, not the grammar."""
    total = group = 0
    for name in recordings:
        digits = re.fullmatch(r"digits/([0-9]+)[fn]?", name)
        if digits is not None:
            group += int(digits[1])
        elif name == "digits/hundred":
            group = group * 100 or 100  # “two hundred”, or “сто”
        else:
            scale = 1_000_000 if name.startswith("digits/million") else 1_000
            assert name.startswith(("digits/million", "digits/thousand"))
            total, group = total + group * scale, 0
    return total + group


def words_of_grammar(language: str) -> Collection[str]:
    tongue = tongue_of(language)
    assert tongue is not None
    return tongue.words


@given(whole_numbers, languages, st.sampled_from(("", *GENDERS)))
def test_a_number_is_understood_as_what_it_is(number: int, language: str, gender: str) -> None:
    recordings = spoken(Slot("x", Aloud.NUMBER, gender), language, str(number))
    assert understood(recordings) == number
    known = packaged("en") if language == "en" else words_of_grammar(language)
    assert set(recordings) <= set(known)


@given(st.integers(0, 199))
def test_small_russian_numbers_need_nothing_beyond_the_package(number: int) -> None:
    assert set(spoken(Slot("x", Aloud.NUMBER), "ru", str(number))) <= packaged("ru")


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
@given(country=st.sampled_from(("UA", "US", "GB", "DE", "RU", "PL")), last=st.integers(0, 99_999))
def test_a_telephone_number_is_understood_digit_for_digit(language: str, country: str, last: int) -> None:
    example = phonenumbers.example_number(country)
    assert example is not None
    number = f"+{example.country_code}{str(example.national_number)[:-5]}{last:05}"
    recordings = spoken(Slot("x", Aloud.PHONE), language, number)
    assert recordings[0] == "units/plus"
    heard = ""
    for group in " ".join(recordings[1:]).split(f" {PAUSE} "):
        names = group.split()
        zeros = next((place for place, name in enumerate(names) if name != "digits/0"), len(names))
        in_digits = [understood([name]) for name in names]
        one_by_one = language == "en" or zeros == len(names)
        heard += "".join(map(str, in_digits)) if one_by_one else "0" * zeros + str(understood(names[zeros:]))
    assert heard == number.removeprefix("+")


@given(st.sampled_from(SLOTS), languages, anything)
def test_any_text_is_read_somehow_and_in_words_that_are_known(slot: Slot, language: str, value: str) -> None:
    recordings = spoken(slot, language, value)
    assert set(recordings) <= {*words_of_grammar(language), PAUSE}
    text = words_of((slot,), language, {"x": value})
    assert bool(text) == bool(recordings)
    assert not any(letter in "0123456789" for letter in text)
    if not any(letter in "0123456789" for letter in value):
        assert text == ""


@given(st.sampled_from(SLOTS), st.sampled_from(("pl", "de", "pt-BR", "xx")), anything)
def test_a_language_without_a_grammar_has_figures_and_no_recordings(slot: Slot, language: str, value: str) -> None:
    assert spoken(slot, language, value) == []
    assert isinstance(words_of((slot,), language, {"x": value}), str)


@given(st.text(st.sampled_from("{}:ab plurone=few manyumbdigts"), max_size=40) | st.text(max_size=40), languages)
def test_any_text_is_a_template_or_refused_at_a_place_inside_it(text: str, language: str) -> None:
    template, refused_at = read(text)
    if template is None:
        assert 0 <= refused_at <= len(text)
        return
    given_values = {slot.name: "2" for slot in slots_of(template)}
    assert isinstance(words_of(template, language, given_values), str)
    assert all(isinstance(sound, Sound) for sound in sounds_of(template, language, {}))
