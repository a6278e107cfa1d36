"""Whatever marks and words a prompt has, Twilio gets them as they are written; whatever its values hold, as words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import VoiceResponse

from cti.twilio.speech import speak
from ivr.aloud import Element, Literal, Markup, TemplateError, read_ssml, with_values
from ivr.aloud.marks import ANYWHERE, MARKS, Values
from tests.twilio.standin.lint import checked

XML = "{http://www.w3.org/XML/1998/namespace}"
words = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="{}") | st.sampled_from("<>&\"' "))
said = words.filter(lambda text: bool(text.strip())).map(lambda text: re.sub(r"\s+", " ", text))


def values(of: Values) -> st.SearchStrategy[str]:
    fitting = st.from_regex(of.pattern, fullmatch=True).filter(lambda text: text.isprintable()) if of.pattern else None
    fixed = st.sampled_from(of.words) if of.words else None
    return st.one_of(*(one for one in (fixed, fitting) if one is not None))


@st.composite
def elements(draw: st.DrawFn, among: frozenset[str] = ANYWHERE, depth: int = 0) -> Element:
    name = draw(st.sampled_from(sorted(among)))
    mark = MARKS[name]
    chosen = [one for one in mark.attributes if one in mark.needs or draw(st.booleans())]
    attributes = tuple((one, draw(values(mark.attributes[one]))) for one in chosen)
    return Element(name, attributes, draw(markups(mark.inside, depth + 1)) if mark.has_words else ())


@st.composite
def markups(draw: st.DrawFn, among: frozenset[str] = ANYWHERE, depth: int = 0) -> Markup:
    parts: list[Literal | Element] = [Literal(draw(said))]
    for _ in range(draw(st.integers(0, 2)) if among and depth < 3 else 0):
        parts.append(draw(elements(among, depth)))
        parts.append(Literal(draw(said)))
    return tuple(parts)


def written(markup: Markup) -> str:
    text = ""
    for part in markup:
        if isinstance(part, Element):
            attributes = "".join(f" {name}={quoteattr(value)}" for name, value in part.attributes)
            text += f"<{part.name}{attributes}>{written(part.inside)}</{part.name}>"
        else:
            assert isinstance(part, Literal)
            text += escape(part.text)
    return text


def as_sent(markup: Markup) -> ET.Element:
    """What stands in <Say>, in a document that Twilio takes."""
    response = VoiceResponse()
    speak(response.say(), markup)
    return checked(str(response))[0]


def heard(element: ET.Element) -> Markup:
    parts: list[Literal | Element] = [Literal(element.text)] if element.text else []
    for child in element:
        attributes = {name.replace(XML, "xml:"): value for name, value in child.attrib.items()}
        parts.append(Element(child.tag, tuple(sorted(attributes.items())), heard(child)))
        parts += [Literal(child.tail)] if child.tail else []
    return tuple(parts)


def in_order(markup: Markup) -> Markup:
    return tuple(
        Element(one.name, tuple(sorted(one.attributes)), in_order(one.inside)) if isinstance(one, Element) else one
        for one in markup
    )


def marks_alone(markup: Markup) -> list[object]:
    return [(one.name, one.attributes, marks_alone(one.inside)) for one in markup if isinstance(one, Element)]


@given(markups())
def test_marks_and_words_come_to_twilio_as_they_are_written(markup: Markup) -> None:
    read = read_ssml(written(markup)).markup
    assert read == markup
    assert heard(as_sent(with_values(read, "en", {}))) == in_order(markup)


@given(
    markups(),
    st.sampled_from(["en", "uk", "el"]),
    st.text() | st.sampled_from(["</say-as><Hangup/>", "<Dial>+15550100</Dial>", "1&2", "]]>", "4711"]),
)
def test_what_a_value_holds_never_becomes_a_mark(markup: Markup, language: str, value: str) -> None:
    slots = "{x:digits} {x:money EUR} {x:phone} {x:plural one=a few=b many=c other=d}"
    read = read_ssml(f'{written(markup)}<prosody rate="slow">{slots}</prosody>').markup
    filled = with_values(read, language, {"x": value})
    assert marks_alone(filled) == marks_alone(read)
    assert marks_alone(heard(as_sent(filled))) == marks_alone(in_order(filled))


@given(st.text(st.sampled_from("<>/&;=\"' ab{}:!-?[]") | st.characters()) | st.text("<p/>s brek"))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    assert -1 <= refused_at(text) <= len(text)


def refused_at(text: str) -> int:
    try:
        read_ssml(text)
    except TemplateError as error:
        return error.at
    return -1
