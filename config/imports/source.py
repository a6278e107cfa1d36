"""A file from elsewhere: its text, and JSON that remembers where everything stood.

Exports are written by many hands: numbers and truths also come as texts, whole parts are missing or of another type. So
a :class:`Json` is asked for what is wanted of it, and answers with nothing where there is none.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from config.documents import decoded, unreadable
from config.errors import Finding, SiteError
from config.yaml_tree import UnreadableError

BYTES_MOST = 5_000_000
"""The largest exports are some hundred kilobytes."""
DEPTH_MOST = 60
VALUES_MOST = 100_000

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_NO_CHARACTER = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Json:
    """A value and where it stood, from 1. What is not there has the place of what it was looked for in."""

    value: object
    line: int
    column: int

    def at(self, *names: str) -> Json:
        """The value below these names; nothing where there is none."""
        here = self
        for name in names:
            here = here.fields.get(name, Json(None, here.line, here.column))
        return here

    @property
    def fields(self) -> Mapping[str, Json]:
        """What an object holds, by name."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> tuple[Json, ...]:
        """What a list holds."""
        return tuple(self.value) if isinstance(self.value, list) else ()

    @property
    def text(self) -> str:
        """A text, or a number or a truth as one writes it; empty where there is none."""
        match self.value:
            case bool():
                return "true" if self.value else "false"
            case str():
                return _NO_CHARACTER.sub("�", self.value)
            case int() | float():
                return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)
        return ""

    @property
    def number(self) -> float | None:
        """A number, also where it is written as a text."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | str):
            return None
        try:
            number = float(self.value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    @property
    def whole(self) -> int | None:
        """A whole number, also where it is written as a text."""
        return int(self.number) if self.number is not None and self.number.is_integer() else None

    @property
    def flag(self) -> bool | None:
        """True or false, also where it is written as a text."""
        return {"true": True, "false": False}.get(self.text.strip().lower())

    @property
    def is_there(self) -> bool:
        """Whether there is anything."""
        return self.value is not None

    def texts(self) -> Iterator[str]:
        """Every text inside."""
        if isinstance(self.value, str):
            yield self.text
        for inner in (*self.fields.values(), *self.items):
            yield from inner.texts()


def read_source(path: Path) -> str:
    """The file's text. :class:`SiteError` where there is none."""
    findings: list[Finding] = []
    try:
        with path.open("rb") as stream:
            content = stream.read(BYTES_MOST + 1)
    except OSError as error:
        raise SiteError([unreadable(str(path), error)]) from None
    if len(content) > BYTES_MOST:
        raise SiteError([Finding(str(path), 0, 0, f"is larger than {BYTES_MOST} bytes; no menu is")])
    text = decoded(content, str(path), 1, findings)
    if text is None:
        raise SiteError(findings)
    return text


def read_json(text: str, file: str) -> Json:
    """The JSON in ``text``. :class:`SiteError` with the place where it is none."""
    try:
        return _Reader(text).read()
    except UnreadableError as error:
        raise SiteError([Finding(file, error.line, error.column, error.message)]) from None


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    values: int = 0
    lines: list[int] = field(default_factory=list)

    def read(self) -> Json:
        self.lines = [0, *(found.end() for found in re.finditer("\n", self.text))]
        self._skip()
        if self.at == len(self.text):
            self._fail("there is nothing in this file")
        whole = self._value(0)
        if self.at < len(self.text):
            self._fail("the JSON ends before this; delete what follows")
        return whole

    def _fail(self, message: str, at: int | None = None) -> NoReturn:
        raise UnreadableError(*self._place(self.at if at is None else at), message)

    def _place(self, at: int) -> tuple[int, int]:
        line = bisect_right(self.lines, at)
        return line, at - self.lines[line - 1] + 1

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found is not None else self.at

    def _take(self, sign: str) -> bool:
        """Steps over the sign, if it stands here, and the space behind it."""
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        self._skip()
        return True

    def _value(self, depth: int) -> Json:
        self.values += 1
        if depth > DEPTH_MOST:
            self._fail(f"nested deeper than {DEPTH_MOST} levels; no menu is")
        if self.values > VALUES_MOST:
            self._fail(f"more than {VALUES_MOST} values; no menu has so many")
        line, column = self._place(self.at)
        if self._take("{"):
            return Json(self._object(depth), line, column)
        if self._take("["):
            return Json(self._list(depth), line, column)
        if self.text.startswith('"', self.at):
            return Json(self._string(), line, column)
        for word, meant in _WORDS.items():
            if self._take(word):
                return Json(meant, line, column)
        return Json(self._number(), line, column)

    def _object(self, depth: int) -> dict[str, Json]:
        fields: dict[str, Json] = {}
        while not self._take("}"):
            if fields and not self._take(","):
                self._fail("a comma or the closing brace is missing before this")
            if not self.text.startswith('"', self.at):
                self._fail("a name in quotes has to stand here; take a comma away before a closing brace")
            begins = self.at
            name = self._string()
            if name in fields:
                self._fail(f"“{name[:60]}” stands here twice; delete one", begins)
            if not self._take(":"):
                self._fail("a colon is missing before this")
            fields[name] = self._value(depth + 1)
        return fields

    def _list(self, depth: int) -> list[Json]:
        items: list[Json] = []
        while not self._take("]"):
            if items and not self._take(","):
                self._fail("a comma or the closing bracket is missing before this")
            items.append(self._value(depth + 1))
        return items

    def _string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            self._fail("this text has no end; close the quotation mark")
        try:
            text = str(json.loads(found[0], strict=False))
        except json.JSONDecodeError as error:
            self._fail("this backslash means nothing; write two of them", self.at + error.pos)
        self.at = found.end()
        self._skip()
        return text

    def _number(self) -> int | float:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            self._fail("this is no JSON; export the flow anew, or check brackets, quotes and commas here and above")
        self.at = found.end()
        self._skip()
        written = found[0]
        return int(written) if written.lstrip("-").isdigit() and len(written) < 20 else float(written)
