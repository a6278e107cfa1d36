"""Every text of the pages is in every language, and means the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Message

from cti.web.languages import OWN_NAMES, SOURCE_LANGUAGE, choose, languages, read_catalogue
from tools.messages import JS_CALL, JS_TEXT, collect, sources

OTHERS = [code for code in OWN_NAMES if code != SOURCE_LANGUAGE]
PLACEHOLDER = re.compile(r"\{\w*\}")


def _key(message: Message) -> Any:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _forms(texts: Any) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts or ())


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_in_the_catalogue_and_nothing_else_is(code: str) -> None:
    wanted = {_key(message) for message in collect() if message.id}
    there = {_key(message) for message in read_catalogue(code) if message.id}
    assert there == wanted, "run tools/messages.py and translate what is new"


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated_in_all_its_forms(code: str) -> None:
    for message in read_catalogue(code):
        forms = _forms(message.string)
        assert message.fuzzy is False
        assert all(forms), message.id
        assert len(forms) == (3 if message.pluralizable else 1), message.id


@pytest.mark.parametrize("code", OTHERS)
def test_translations_have_the_places_of_their_texts(code: str) -> None:
    for message in read_catalogue(code):
        if message.id:
            wanted = set(PLACEHOLDER.findall(_forms(message.id)[-1]))
            for form in _forms(message.string):
                assert set(PLACEHOLDER.findall(form)) == wanted, message.id


def test_every_call_for_a_text_in_a_script_can_be_extracted() -> None:
    for file, _ in sources():
        if file.suffix == ".js" and file.name != "i18n.js":
            source = file.read_text("utf-8")
            assert len(JS_CALL.findall(source)) == len(JS_TEXT.findall(source)), f"a text in {file} is no plain string"


@pytest.mark.parametrize("code", OTHERS)
def test_the_browsers_order_of_plural_forms_is_the_catalogues(code: str) -> None:
    order = {"one": 0, "few": 1, "many": 2, "other": 2}
    script = (next(file for file, _ in sources() if file.name == "i18n.js")).read_text("utf-8")
    assert "{ one: 0, few: 1, many: 2, other:" in script
    language = languages()[code]
    message = ("{count} caller waiting", "{count} callers waiting")
    forms = language.messages[message[0]]
    plural = Locale.parse(code).plural_form
    for count in range(250):
        expected = forms[order[plural(count)]].format(count=count)
        assert language.texts(*message, count) == expected


@pytest.mark.parametrize(
    ("cookie", "header", "chosen"),
    [
        (None, None, "en"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "uk", "uk"),
        (None, "de-DE,de;q=0.9,uk;q=0.5,ru;q=0.7", "ru"),
        (None, "de, en;q=0.1", "en"),
        (None, "ru;q=0, uk;q=0.1", "uk"),
        (None, "*", "en"),
        (None, "\x00;;;,q=ru,,ru;q=abc", "en"),
        (None, "ru," * 100_000, "ru"),
        ("uk", "ru", "uk"),
        ("xx", "ru", "ru"),
        ("../uk", None, "en"),
    ],
)
def test_a_visitor_is_spoken_to_as_they_switched_or_their_browser_asks(
    cookie: str | None, header: str | None, chosen: str
) -> None:
    assert choose(cookie, header).code == chosen


def test_languages_are_called_what_the_reader_calls_them() -> None:
    assert languages()["uk"].name_of("en") == "Англійська"
    assert languages()["en"].name_of("uk") == "Ukrainian"
    assert languages()["en"].name_of("no such language") == "no such language"
