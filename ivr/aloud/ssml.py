"""A prompt with marks of how to speak it, in SSML.

::

    Your code is <say-as interpret-as="digits">4711</say-as>. <break time="1s"/>
    You have <prosody rate="slow">{balance:money EUR}</prosody>.

It is read inside a root of our own, and so cannot declare anything: no entities but XML's own five are ever expanded.
Values stand between marks, not in them; with their values the marks are still the same, whatever a value holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.parsers import expat

from ivr.aloud.marks import ANYWHERE, MARKS, Mark
from ivr.aloud.render import words_of
from ivr.aloud.template import Literal, Part, TemplateError, read_template

DEPTH_MOST = 10
_SHOWN_MOST = 40

_ROOT = "speak"
_IN_ROOT = Mark(inside=ANYWHERE)
_INSTEAD: Mapping[str, str] = {
    _ROOT: "leave it out: the whole prompt is spoken",
    "audio": "put a recording beside prompts.yaml instead",
    "mark": "delete it: nobody is told of it",
    "voice": "the voice is chosen in site.yaml, “twilio: {voices: …}”",
}
"""What to do about other elements of SSML."""


@dataclass(frozen=True, slots=True)
class Element:
    """A mark, and what stands inside it."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    inside: Markup


Markup = tuple[Part | Element, ...]


@dataclass(frozen=True, slots=True)
class Ssml:
    """A marked text, read."""

    markup: Markup
    words: str
    """The same without marks, as the text of a prompt is written: braces and all."""


def read_ssml(text: str) -> Ssml:
    """What ``text`` marks. :class:`TemplateError` says where it is not well-formed, or holds what cannot be spoken."""
    reader = _Reader(text)
    reader.read()
    words = " ".join("".join(reader.words).split())
    if not words:
        raise TemplateError(0, "no word stands here; write what callers are to hear")
    return Ssml(markup=reader.markup, words=words)


def with_values(markup: Markup, language: str, given: Mapping[str, str]) -> Markup:
    """The same with the values read aloud in their places: elements and literals only."""
    filled: list[Part | Element] = []
    for part in markup:
        if isinstance(part, Element):
            filled.append(replace(part, inside=with_values(part.inside, language, given)))
            continue
        said = re.sub(r"\s+", " ", part.text) if isinstance(part, Literal) else words_of((part,), language, given)
        if filled and isinstance(before := filled[-1], Literal):
            filled[-1] = Literal(before.text + said)
        else:
            filled.append(Literal(said))
    return tuple(filled)


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    inside: list[Part | Element]

    @property
    def mark(self) -> Mark:
        return MARKS.get(self.name, _IN_ROOT)


class _Reader:
    """Builds elements from the parser's calls."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self.markup: Markup = ()
        self._text = text
        self._source = text.encode("utf-8", "surrogatepass")
        self._open: list[_Open] = []
        self._said: list[str] = []
        self._said_at = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._begins
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self._says
        self._parser.ProcessingInstructionHandler = self._instructs

    def read(self) -> None:
        """Reads all of it."""
        try:
            self._parser.Parse(b"<%b>%b</%b>" % (_ROOT.encode(), self._source, _ROOT.encode()), True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            message = f"marks are broken here ({what}); close each, quote its values, write & as &amp; and < as &lt;"
            raise TemplateError(self._character(self._parser.ErrorByteIndex), message) from None

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        if self._open:
            self._check(name, attributes, self._here)
            self._speak()
            self._part_words(name)
        self._open.append(_Open(name, tuple(attributes.items()), []))

    def _ends(self, name: str) -> None:
        self._speak()
        closed = self._open.pop()
        if self._open:
            self._part_words(name)
            self._open[-1].inside.append(Element(name, closed.attributes, tuple(closed.inside)))
        else:
            self.markup = tuple(closed.inside)

    def _says(self, chars: str) -> None:
        if not self._said:
            self._said_at = self._here
        self._said.append(chars)
        if not self._open[-1].mark.has_words and chars.strip():
            name = self._open[-1].name
            raise TemplateError(self._said_at, f"<{name}> holds no words; write <{name}/>, and the words behind it")

    def _instructs(self, target: str, _: str) -> None:
        raise TemplateError(self._here, f"no voice understands <?{target} …?>; delete it")

    def _speak(self) -> None:
        """What was said since the last tag."""
        said = "".join(self._said)
        self._said.clear()
        self.words.append(said)
        try:
            self._open[-1].inside.extend(read_template(said))
        except TemplateError as error:
            raise TemplateError(self._said_at + error.at, str(error)) from None

    def _part_words(self, name: str) -> None:
        if MARKS[name].parts_words:
            self.words.append(" ")

    def _check(self, name: str, attributes: Mapping[str, str], at: int) -> None:
        around = self._open[-1]
        if name not in MARKS:
            instead = _INSTEAD.get(name, f"there is {_listed(MARKS)}")
            raise TemplateError(at, f"<{name}> cannot be spoken; {instead}")
        if name not in around.mark.inside:
            holds = _listed(around.mark.inside) if around.mark.inside else "no other mark"
            message = (
                f"<{name}> cannot stand inside <{around.name}>, which holds {holds}; close <{around.name}> before it"
            )
            raise TemplateError(at, message)
        if len(self._open) > DEPTH_MOST:
            raise TemplateError(at, f"marks stand in each other deeper than {DEPTH_MOST}; no voice needs that")
        mark = MARKS[name]
        for attribute, value in attributes.items():
            written = re.compile(rf"\s{re.escape(attribute)}\s*=").search(self._text, at)
            place = at if written is None else written.start() + 1
            if attribute not in mark.attributes:
                known = f"there is {', '.join(mark.attributes)}" if mark.attributes else "leave it out"
                raise TemplateError(place, f"<{name}> has no “{attribute}”; {known}")
            if not mark.attributes[attribute].hold(value):
                message = f"{_shown(value)} cannot stand in “{attribute}”; write {mark.attributes[attribute]}"
                raise TemplateError(place, message)
        for attribute in mark.needs:
            if attribute not in attributes:
                raise TemplateError(at, f"“{attribute}” is missing in <{name}>; write {mark.attributes[attribute]}")

    @property
    def _here(self) -> int:
        return self._character(self._parser.CurrentByteIndex)

    def _character(self, byte: int) -> int:
        """The character of the text that this byte of what is parsed belongs to."""
        within = min(max(byte - len(f"<{_ROOT}>"), 0), len(self._source))
        return len(self._source[:within].decode("utf-8", "ignore"))


def _shown(value: str) -> str:
    """A wrong value as a message repeats it: on one line, and not too long."""
    text = "".join(character if character.isprintable() else "�" for character in value)
    return f"“{text[:_SHOWN_MOST]}…”" if len(text) > _SHOWN_MOST else f"“{text}”" if text else "an empty text"


def _listed(marks: Mapping[str, Mark] | frozenset[str]) -> str:
    return ", ".join(f"<{name}>" for name in sorted(marks))
