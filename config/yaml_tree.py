"""YAML 1.2 to plain data that remembers where every key and value stood.

ruamel.yaml reads the text; what a plain scalar means follows the core schema of YAML 1.2 (section 10.3.2), so that
``no`` and ``on`` are words. Keys are always text. Anchors work; what they expand to is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from config.errors import shown

DEPTH_MOST = 40
VALUES_MOST = 100_000

Path = tuple[str | int, ...]
Report = Callable[[int, int, str], None]
"""Takes line and column, from 1, and what is wrong there."""

_KEY_BEGUN = "while scanning a simple key"
"""ruamel.yaml's context of a key that no colon follows."""

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stood (from 1), and how it was written."""

    line: int
    column: int
    raw: str = ""
    quoted: bool = False
    inside: tuple[int, int] | None = None
    """The place of its first character; None where its characters do not stand as they are read (folded lines)."""

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of the value's character ``at``, from 0; of the value itself where that cannot be told."""
        if self.inside is None or at > len(self.raw):
            return self.line, self.column
        before = self.raw[:at]
        line, column = self.inside
        return line + before.count("\n"), column + at - (before.rfind("\n") + 1)


@dataclass(slots=True)
class Tree:
    """A file's data, and the places of its values and of its keys by their path."""

    data: Any = None
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)


class UnreadableError(Exception):
    """The text is no YAML that could be used at all."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


@dataclass(slots=True)
class _Node:
    mark: Mark
    value: Any = None
    """A scalar's value; for collections see the next two."""
    entries: list[tuple[Mark, str, _Node]] | None = None
    items: list[_Node] | None = None

    @property
    def is_left_out(self) -> bool:
        return self.items is None and self.entries is None and not self.mark.raw and not self.mark.quoted


def read_tree(text: str, report: Report) -> Tree:
    """The data of ``text``. What can be read past goes to ``report``; :class:`UnreadableError` where it must stop."""
    tree = Tree()
    node = _Reader(text, report).read()
    if node is not None:
        tree.data = _unfold(node, (), tree)
    return tree


class _Reader:
    """Builds nodes from the parser's events."""

    def __init__(self, text: str, report: Report) -> None:
        self._events = _events(text)
        self._lines = text.split("\n")
        self._report = report
        self._anchors: dict[str, _Node] = {}

    def read(self) -> _Node | None:
        root: _Node | None = None
        for event in self._events:
            match event:
                case StreamStartEvent() | DocumentEndEvent() | StreamEndEvent():
                    pass
                case DocumentStartEvent():
                    if root is not None:
                        raise UnreadableError(*_place(event), "a second document begins here; keep one document a file")
                case _:
                    root = self._node(event, 0)
        return root

    def _node(self, event: Event, depth: int) -> _Node:
        line, column = _place(event)
        if depth > DEPTH_MOST:
            raise UnreadableError(line, column, f"nested deeper than {DEPTH_MOST} levels; no setting needs that")
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise UnreadableError(line, column, f"*{event.anchor} has no anchor &{event.anchor} before it")
            return self._anchors[event.anchor]
        if (tag := getattr(event, "tag", None)) is not None:
            self._report(line, column, f"tags such as {shown(tag)} are not used here; leave it out")
        match event:
            case ScalarEvent():
                quoted = event.style is not None
                mark = Mark(line, column, event.value, quoted, self._inside(event))
                node = _Node(mark, _scalar(event.value, quoted))
            case SequenceStartEvent():
                node = _Node(Mark(line, column), items=[])
                self._fill_list(node, depth)
            case MappingStartEvent():
                node = _Node(Mark(line, column), entries=[])
                self._fill_mapping(node, depth)
            case _:
                raise AssertionError(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _inside(self, event: ScalarEvent) -> tuple[int, int] | None:
        line, column = _place(event)
        if event.style == "|":
            written = next((text for text in self._lines[line:] if text.strip()), "")
            of_value = next((text for text in event.value.split("\n") if text.strip()), "")
            return line + 1, 1 + _indent(written) - _indent(of_value)
        if event.end_mark.line + 1 != line or event.style == ">":
            return None
        return line, column + (event.style is not None)

    def _fill_list(self, node: _Node, depth: int) -> None:
        assert node.items is not None
        while not isinstance(event := next(self._events), SequenceEndEvent):
            node.items.append(self._node(event, depth + 1))

    def _fill_mapping(self, node: _Node, depth: int) -> None:
        assert node.entries is not None
        seen: dict[str, Mark] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key, value = self._node(event, depth + 1), self._node(next(self._events), depth + 1)
            place = (key.mark.line, key.mark.column)
            name = key.mark.raw
            if value.is_left_out and node.entries and (number := _halved(node.entries[-1][2].mark, key.mark)):
                self._report(*place, f"a comma begins a new setting here; in a number write a point: {number}")
                continue
            if value.is_left_out:  # the parser would show the line after the key
                value.mark = key.mark
            if key.items is not None or key.entries is not None:
                self._report(*place, "a key must be a single word or text")
            elif name == "<<" and not key.mark.quoted:
                self._report(*place, "merge keys (<<) are not part of YAML 1.2; write the settings out")
            elif not isinstance(key.value, str):
                self._report(*place, f'keys are text; quote it: "{name}"' if name else "the key is missing here")
            if name in seen:
                self._report(*place, f"“{name}” stands here twice, first in line {seen[name].line}; keep one")
                continue
            seen[name] = key.mark
            node.entries.append((key.mark, name, value))


def _halved(before: Mark, key: Mark) -> str | None:
    """“12.5 s” where ``before`` and ``key`` are the halves of “12,5 s”: a comma parts settings in braces."""
    together = (key.line, key.column) == (before.line, before.column + len(before.raw) + 1)
    halves = not before.quoted and before.raw.isdigit() and re.match(r"[0-9]", key.raw)
    return f"{before.raw}.{key.raw}" if together and halves else None


def _unfold(node: _Node, path: Path, tree: Tree) -> Any:
    """Plain data of ``node``, with the places of all its parts put down in ``tree``."""
    tree.values[path] = node.mark
    if len(tree.values) > VALUES_MOST:
        raise UnreadableError(
            node.mark.line, node.mark.column, f"more than {VALUES_MOST} values, anchors unfolded; that is no site"
        )
    if node.items is not None:
        return [_unfold(item, (*path, number), tree) for number, item in enumerate(node.items)]
    if node.entries is not None:
        data: dict[str, Any] = {}
        for mark, name, value in node.entries:
            tree.keys[(*path, name)] = mark
            data[name] = _unfold(value, (*path, name), tree)
        return data
    return node.value


def _events(text: str) -> Iterator[Event]:
    """The parser's events; its errors in our words."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        if error.context == _KEY_BEGUN and error.context_mark is not None:
            place = error.context_mark.line + 1, error.context_mark.column + 1
            raise UnreadableError(*place, "a colon and a value are missing here; write “name: value”") from None
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise UnreadableError(line, column, _reworded(error, text, line, column)) from None
    except YAMLError as error:
        raise UnreadableError(1, 1, f"this is not YAML: {str(error).splitlines()[0]}") from None


def _reworded(error: MarkedYAMLError, text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    if "\t" in here[:column]:
        return "a tab stands here; YAML is indented with spaces"
    problem = error.problem or error.context or "it cannot be read"
    return f"this is not YAML: {problem.rstrip('.')}; check brackets, quotes, colons and indentation here and above"


def _place(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _scalar(raw: str, quoted: bool) -> str | int | float | bool | None:
    if quoted:
        return raw
    if _NULL.fullmatch(raw):
        return None
    if _TRUE.fullmatch(raw):
        return True
    if _FALSE.fullmatch(raw):
        return False
    if _INT.fullmatch(raw):
        return int(raw)
    if _FLOAT.fullmatch(raw):
        return float(raw)
    return raw
