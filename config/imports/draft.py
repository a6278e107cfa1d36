"""A flow of ours in the making: nodes as the file will write them, and what the site has to bind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from config.errors import Finding
from config.imports.names import as_name, as_variable, one_line, unused
from config.imports.source import Json

TEXT_MOST = 2_000
"""Characters of a prompt."""

Data = dict[str, Any]
"""A node as the file writes it."""

END = ""
"""The target of edges that lead nowhere: there the call ends, or the part returns."""

REGRET = "not-possible"
"""The prompt of stops."""
SILENCE = "silence"
"""The prompt of nodes that say nothing where ours have to."""


@dataclass(slots=True)
class DraftNode:
    """A node, and where it stood in the source."""

    data: Data
    at: Json | None = field(default=None, repr=False)


@dataclass(slots=True)
class DraftPrompt:
    """What is said, and what stands above it as a comment."""

    text: str
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class Draft:
    """Everything that an import found out."""

    name: str
    """Of the flow: flows/<name>.yaml."""
    file: str
    """Where it comes from."""
    title: str = ""
    language: str = "en"
    start: str = ""
    is_part: bool = False
    """Called by another flow: at its end it returns."""
    hand_over: str = ""
    """The queue that takes calls which cannot go on; empty: they end with a word of regret."""
    nodes: dict[str, DraftNode] = field(default_factory=dict)
    comments: dict[str, list[str]] = field(default_factory=dict)
    """What stands above nodes: what became different on the way here."""
    prompts: dict[str, DraftPrompt] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    """Name to type; each begins empty, a number with 0."""
    secrets: list[str] = field(default_factory=list)
    """Variables that hold sensitive digits."""
    inputs: list[str] = field(default_factory=list)
    queues: dict[str, str] = field(default_factory=dict)
    """Our name to what it was there."""
    calendars: dict[str, str] = field(default_factory=dict)
    hours: dict[str, Data] = field(default_factory=dict)
    """Opening hours that were found, by calendar."""
    numbers: dict[str, str] = field(default_factory=dict)
    """Numbers outside that are dialled, and by which node."""
    services: dict[str, bool] = field(default_factory=dict)
    """Hosts that are asked; True: by https."""
    to_bind: list[str] = field(default_factory=list)
    """What else somebody has to do, in sentences."""
    findings: list[Finding] = field(default_factory=list)

    def fault(self, at: Json, message: str) -> None:
        """Something in the source that comes out otherwise, or not at all."""
        self.findings.append(Finding(self.file, at.line, at.column, one_line(message, 400)))

    def lost(self, at: Json, node: str, message: str) -> None:
        """The same, put down above the node too."""
        self.fault(at, f"{node}: {message}")
        self.note(node, message)

    def note(self, node: str, message: str) -> None:
        """A comment above the node."""
        self.comments.setdefault(node, []).append(one_line(message))

    def put(self, name: str, data: Data, at: Json) -> None:
        """The node, which stood at ``at``."""
        self.nodes[name] = DraftNode(data, at)

    def stop(self, name: str, message: str, at: Json) -> None:
        """The node becomes a stop: the call is handed over, or ends with a word of regret."""
        self.lost(at, name, f"{message}; a call that comes here {'is handed over' if self.hand_over else 'ends'}")
        if self.hand_over:
            self.queues.setdefault(self.hand_over, "calls that the imported menu could not take further")
            self.put(name, {"do": "queue", "queue": self.hand_over, "otherwise": END}, at)
            return
        if REGRET not in self.prompts:
            self.prompt(REGRET, "Sorry, this is not possible at the moment. Good-bye.")
        self.put(name, {"do": "hangup", "prompt": REGRET}, at)

    def prompt(self, wanted: str, text: str, comment: str = "") -> str:
        """A prompt that says ``text``, with what :func:`read_aloud` put in, called ``wanted`` or nearly so."""
        plain = _SLOT.split(text.translate(_BRACES))
        said = one_line("".join(f"‹{part}›" if number % 2 else part for number, part in enumerate(plain)), TEXT_MOST)
        said = re.sub(r"‹([a-z0-9_]+:[a-z]+)›", r"{\1}", said).translate(_CUT_OFF)
        if not said:
            return self.silence()
        name = unused(as_name(wanted, "prompt"), self.prompts)
        self.prompts[name] = DraftPrompt(said, one_line(comment, 1_000))
        return name

    def silence(self) -> str:
        """The prompt that says nothing."""
        self.prompts.setdefault(SILENCE, DraftPrompt("…", "nothing is said; record a short silence"))
        return SILENCE

    def variable(self, wanted: str, kind: str = "text") -> str:
        """A new variable, called ``wanted`` or nearly so."""
        name = unused(as_variable(wanted), {*self.variables, *self.secrets}, "_")
        self.variables[name] = kind
        return name

    def secret(self, wanted: str) -> str:
        """A new name for digits that are kept as dots; such a variable is not declared."""
        name = unused(as_variable(wanted), {*self.variables, *self.secrets}, "_")
        self.secrets.append(name)
        return name


def read_aloud(variable: str, how: str) -> str:
    """A place in a prompt's text at which a variable is read aloud: as ``digits``, a ``phone`` number, a ``number``."""
    return f"\x02{variable}:{how}\x03"


_SLOT = re.compile("\x02([^\x02\x03]*)\x03")
_BRACES = str.maketrans("{}‹›", "()<>")
_CUT_OFF = str.maketrans("‹›", "  ")
"""What is left of a value at which a text was cut off."""


def targets(data: Data) -> Iterator[tuple[Data, str]]:
    """Every edge of a node: the part of it that holds the name of the following node, and under which key."""
    for choice in data.get("choices", {}).values():
        yield choice, "next"
    for case in (*data.get("cases", ()), *data.get("parts", ())):
        yield case, "next"
    for part in ("exits",):
        if data["do"] == "queue":
            for key in data.get(part, {}):
                yield data[part], key
    for key in ("next", "open", "closed", "otherwise", "failed", "unknown"):
        if key in data:
            yield data, key
