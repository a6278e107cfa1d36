"""extensions.conf as contexts, extensions and steps. pyst2 reads the lines; what stands in one is split here.

https://docs.asterisk.org/Configuration/Dialplan/: ``exten => name,priority(label),application(arguments)``, ``same =>``
for one more step of the extension before, ``include =>`` for the extensions of another context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from asterisk.config import Category, Item, ParseError

from config.errors import Finding, SiteError
from config.imports.names import one_line
from config.imports.source import Json

STEPS_MOST = 20_000
LINE_MOST = 8_190
"""Characters of a line; Asterisk's own reader has room for as many (main/config.c)."""
_APPLICATION = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*(?:\((?P<arguments>.*)\)|,(?P<older>.*))?\s*", re.DOTALL)
_PRIORITY = re.compile(r"(?P<at>\d{1,6}|n|s)(?:\+(?P<more>\d{1,4}))?(?:\((?P<label>[^)]*)\))?")
_OTHER_FILE = re.compile(r"#\s*(?:include|tryinclude|exec)\b", re.IGNORECASE)
ARGUMENTS_MOST = 20
PUTS_MOST = 200
"""Variables that one Set puts something into."""
_PUT_INTO = re.compile(r"\s*(?:\w{1,80}|\w{1,80}\(\S{1,200}\))\s*")
_MEANS_SOMETHING = re.compile(r'[",(){}\[\]]')
_CHARACTERS = "0123456789*#+_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What the name of an extension can begin with."""
_SWITCH = frozenset(("switch", "lswitch", "eswitch"))
_CATEGORY = re.compile(r"(\[[^\]]*\])\(.*\)")


@dataclass(frozen=True)
class Step:
    """One application, and where it stood."""

    application: str
    """In small letters: Asterisk minds no case."""
    arguments: str
    label: str
    at: Json

    def split(self) -> list[str]:
        """The arguments, one by one."""
        return list(self._words)

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in arguments_of(self.arguments)[:ARGUMENTS_MOST])

    @cached_property
    def puts(self) -> tuple[tuple[str, str], ...]:
        """The names that a Set puts something into, with what. A comma belongs to the value, unless another name
        follows it: MSet puts several, and so did Set once."""
        pairs = list[tuple[str, list[str]]]()
        for part in arguments_of(self.arguments):
            name, sign, value = part.partition("=")
            if sign and (not pairs or _PUT_INTO.fullmatch(name)):
                pairs.append((name.strip(), [value]))
            elif pairs:
                pairs[-1][1].append(part)
        return tuple((name, ",".join(values).strip()) for name, values in pairs[:PUTS_MOST])


@dataclass(slots=True)
class Context:
    """A named part of the dialplan."""

    name: str
    at: Json
    extensions: dict[str, dict[int, Step]] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)
    patterns: dict[str, list[tuple[str, re.Pattern[str]]]] | None = None
    """Patterns by the character that what they are for begins with; put together when first asked for."""

    def pattern_for(self, name: str) -> str:
        """The first pattern here for this extension; empty where there is none."""
        plain = name.replace("-", "")  # Asterisk passes over them when it looks for a pattern
        if self.patterns is None:
            self.patterns = _by_first_character(self.extensions)
        for pattern, shape in self.patterns.get(plain[:1], ()):
            if shape.fullmatch(plain):
                return pattern
        return ""


def _by_first_character(names: Iterable[str]) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    patterns: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name in names:
        shape = shape_of(name) if name.startswith("_") else ""
        if shape:
            first = re.match(r"\[[^\]]*\]|\\?.", shape, re.DOTALL)
            wanted = re.compile(first[0] if first is not None else "", re.ASCII)
            compiled = re.compile(shape, re.ASCII)
            for character in filter(wanted.fullmatch, _CHARACTERS):
                patterns.setdefault(character, []).append((name, compiled))
    return patterns


@dataclass(slots=True)
class Dialplan:
    """The whole file."""

    contexts: dict[str, Context] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    """[globals]."""
    findings: list[Finding] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """Every step of every extension."""
        for context in self.contexts.values():
            for steps in context.extensions.values():
                yield from steps.values()

    def found_in(self, context: str) -> Iterator[Context]:
        """The context, and those that it includes, in the order in which Asterisk looks; each once."""
        seen: set[str] = set()
        ahead = [context]
        while ahead:
            name = ahead.pop()
            if name in self.contexts and name not in seen:
                seen.add(name)
                yield self.contexts[name]
                ahead += reversed(self.contexts[name].includes)

    def extension(self, context: str, name: str) -> tuple[str, str] | None:
        """Context and extension that a call comes to that goes to ``name``: exactly this one, or a pattern for it."""
        for here in self.found_in(context):
            if name in here.extensions:
                return here.name, name
            pattern = here.pattern_for(name)
            if pattern:
                return here.name, pattern
        return None


def read_dialplan(text: str, file: str) -> Dialplan:
    """The dialplan; lines that are none of it are findings. :class:`SiteError` where there is no extension at all."""
    reader = _Reader(file)
    for number, line in enumerate(_without_blocks(text), 1):
        clean = line.strip().replace("\\;", _SEMICOLON)
        if clean and not clean.startswith(";"):
            reader.take(clean, Json(None, number, len(line) - len(line.lstrip()) + 1))
    if not any(context.extensions for context in reader.plan.contexts.values()):
        message = "this is no dialplan: no line “exten => …” stands in a context “[…]”; name an extensions.conf"
        raise SiteError([Finding(file, 1, 1, message)])
    return reader.plan


_SEMICOLON = "\x1a"
"""Stands for an escaped semicolon, which pyst2 would take for the beginning of a comment."""


@dataclass(slots=True)
class _Reader:
    file: str
    plan: Dialplan = field(default_factory=Dialplan)
    context: Context | None = None
    extension: str = ""
    steps: int = 0
    last: dict[tuple[str, str], int] = field(default_factory=dict)
    """The highest priority of every extension of every context."""

    def take(self, line: str, at: Json) -> None:
        """One line that is neither empty nor a comment."""
        if len(line) > LINE_MOST:
            self._fault(at, f"this line has more than {LINE_MOST} characters; it is left out")
            return
        if _OTHER_FILE.match(line):
            self._fault(at, f"“{one_line(line, 60)}” is not followed; import that file by itself")
            return
        try:
            if line.startswith("["):
                name = Category(_CATEGORY.sub(r"\1", line.partition(";")[0].strip()), at.line).name.strip()
                self.context = self.plan.contexts.setdefault(name, Context(name, at))
                return
            item = Item(line, at.line)
        except (ParseError, IndexError):
            self._fault(at, "this is no line of a dialplan; it is left out")
            return
        if self.context is None or self.context.name == "general":
            return
        value = item.value.strip().replace(_SEMICOLON, ";")
        if self.context.name == "globals":
            self.plan.variables[item.name] = value
        else:
            self._setting(self.context, item.name.lower(), value, at)

    def _setting(self, context: Context, key: str, value: str, at: Json) -> None:
        if key == "include":
            name, _, times = value.partition(",")
            context.includes.append(name.strip())
            if times.strip(" ,*"):
                message = f"“{one_line(name, 40)}” is included at {one_line(times, 60)} only; here it always is"
                self._fault(at, f"{message}: put an hours node before the menu")
            return
        if key in _SWITCH:
            self._fault(at, f"looks for extensions in “{one_line(value, 60)}” too; those are not in this file")
            return
        if key not in ("exten", "same"):
            return
        if key == "exten":
            self.extension, _, value = value.partition(",")
            self.extension = self.extension.partition("/")[0].strip()
        self.steps += 1
        if self.steps > STEPS_MOST:
            message = f"more than {STEPS_MOST} steps; cut out the menus that you want"
            raise SiteError([Finding(self.file, at.line, at.column, message)])
        if not self._add(context, value.strip(), at):
            self._fault(at, "this step cannot be read; it is left out")

    def _add(self, context: Context, value: str, at: Json) -> bool:
        written, _, doing = value.partition(",")
        if written.strip().lower() == "hint":
            return True
        priority, application = _PRIORITY.fullmatch(written.strip()), _APPLICATION.fullmatch(doing)
        if not self.extension or priority is None or application is None:
            return False
        last = self.last.get((context.name, self.extension), 0)
        if priority["at"] == "n":
            at_priority = last + int(priority["more"] or 1)
        else:
            at_priority = last if priority["at"] == "s" else int(priority["at"])
        self.last[context.name, self.extension] = max(last, at_priority)
        arguments = application["arguments"] if application["arguments"] is not None else application["older"] or ""
        step = Step(application["name"].lower(), arguments, priority["label"] or "", at)
        context.extensions.setdefault(self.extension, {})[at_priority] = step
        return True

    def _fault(self, at: Json, message: str) -> None:
        self.plan.findings.append(Finding(self.file, at.line, at.column, message))


def _without_blocks(text: str) -> Iterator[str]:
    """The lines, those of block comments (;-- to --;) empty."""
    inside = False
    for line in text.split("\n"):
        begins = re.search(r";--(?!-)", line)
        if not inside and begins is not None and "--;" not in line[begins.end() :]:
            inside = True
            yield line[: begins.start()]
        elif inside:
            inside = "--;" not in line
            yield ""
        else:
            yield line.rstrip("\r")


def arguments_of(text: str) -> list[str]:
    """What stands between commas that are in no brackets and no quotes."""
    parts, begin, depth, quoted = list[str](), 0, 0, False
    for found in _MEANS_SOMETHING.finditer(text):
        match found[0]:
            case '"':
                quoted = not quoted
            case "," if depth <= 0 and not quoted:
                parts.append(text[begin : found.start()])
                begin = found.end()
            case "(" | "{" | "[":
                depth += 1
            case ")" | "}" | "]":
                depth -= 1
    return [*parts, text[begin:]]


_SETS: Mapping[str, str] = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}


def shape_of(pattern: str) -> str:
    """A pattern (“_2XX”) as a regular expression; empty where it cannot be read.

    A pattern ends with its “.” or “!”: these stand for all the rest, and Asterisk looks at nothing behind them. Hyphens
    outside of brackets are passed over.
    """
    shape, rest = "", pattern.removeprefix("_")
    while rest:
        found = re.match(r"\[[\w*#+-]{1,40}\]", rest, re.ASCII)
        if found is not None:
            shape, rest = shape + found[0], rest[found.end() :]
        elif rest[0] in ".!":
            shape, rest = shape + _SETS[rest[0]], ""
        elif rest[0].upper() in _SETS:
            shape, rest = shape + _SETS[rest[0].upper()], rest[1:]
        elif rest[0] == "-":
            rest = rest[1:]
        elif re.match(r"[\w*#+]", rest, re.ASCII):
            shape, rest = shape + re.escape(rest[0]), rest[1:]
        else:
            return ""
    try:
        re.compile(shape)
    except re.error:
        return ""
    return shape
