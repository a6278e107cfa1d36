"""A flow of ours in the making: nodes as the file will write them, and what the site has to bind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from config.errors import Finding
from config.imports.marks import without_marks
from config.imports.names import Either, as_name, as_variable, one_line, unused
from config.imports.source import Json
from ivr.aloud import TemplateError, read_ssml

TEXT_MOST = 2_000
"""Characters of a prompt."""

WAYS_MOST = 50
"""Ways that are kept behind a stop: as many as a branch has cases."""

Data = dict[str, Any]
"""A node as the file writes it."""

END = ""
"""The target of edges that lead nowhere: there the call ends, or the part returns."""
STOP = "\x00stop"
"""The target of edges at which a call cannot go on; no name of ours looks like that."""
NEVER = "false"
"""The condition of ways that nobody goes until somebody puts in another one."""

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
    ssml: str = ""
    """The same with marks of how to speak it; empty: none."""

    @property
    def marked(self) -> str:
        """It with what marks it has, as SSML."""
        return self.ssml or escape(self.text)


@dataclass(slots=True, kw_only=True)
class Draft:
    """Everything that an import found out."""

    name: str
    """Of the flow: flows/<name>.yaml."""
    file: str
    """Where it comes from."""
    title: str = ""
    language: str = "en"
    languages: set[str] = field(default_factory=set)
    """Others that a call can come to be spoken in."""
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
    """Numbers outside that are dialled, by the names that the flow uses."""
    services: dict[str, str] = field(default_factory=dict)
    """Addresses of web services that are asked, by the names that the flow uses."""
    to_bind: list[str] = field(default_factory=list)
    """What else somebody has to do, in sentences."""
    findings: list[Finding] = field(default_factory=list)
    unfinished: set[Finding] = field(default_factory=set)
    """Those of the findings that somebody has to see to before calls can go all the ways they went."""

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

    def left_open(self, at: Json, node: str, message: str) -> None:
        """Something at the node that a person has to finish."""
        self.lost(at, node, message)
        self.unfinished.add(self.findings[-1])

    def stop(self, name: str, message: str, at: Json, ways: Iterable[str] = ()) -> None:
        """The node becomes a stop: the call is handed over, or ends with a word of regret.

        What followed in the source (``ways``) is kept behind conditions that never hold: so it is there to be drawn and
        checked, and whoever finishes the node need not look for it.
        """
        self.left_open(at, name, f"{message}; a call that comes here {'is handed over' if self.hand_over else 'ends'}")
        kept = [way for way in dict.fromkeys(ways) if way not in (END, STOP, name)][:WAYS_MOST]
        if kept:
            cases = [{"when": NEVER, "next": way} for way in kept]
            self.put(name, {"do": "branch", "cases": cases, "otherwise": STOP}, at)
        else:
            self.put(name, self.stopped(), at)

    def stopped(self) -> Data:
        """What is done with a call that cannot go on."""
        if self.hand_over:
            self.queues.setdefault(self.hand_over, "calls that the imported menu could not take further")
            return {"do": "queue", "queue": self.hand_over, "otherwise": END}
        if REGRET not in self.prompts:
            self.prompt(REGRET, "Sorry, this is not possible at the moment. Good-bye.")
        return {"do": "hangup", "prompt": REGRET}

    def prompt(self, wanted: str, text: str, comment: str = "", *, marked: bool = False) -> str:
        """A prompt that says ``text``, with what :func:`read_aloud` put in, called ``wanted`` or nearly so. ``marked``:
        it is SSML that our prompts can have."""
        plain = _SLOT.split(text.translate(_BRACES))
        said = one_line("".join(f"‹{part}›" if number % 2 else part for number, part in enumerate(plain)), TEXT_MOST)
        said = re.sub(r"‹([a-z0-9_]+:[a-z]+)›", r"{\1}", said).translate(_CUT_OFF)
        if not said:
            return self.silence()
        name = unused(as_name(wanted, "prompt"), self.prompts)
        self.prompts[name] = DraftPrompt(said, one_line(comment, 1_000))
        if marked:
            try:
                self.prompts[name] = replace(self.prompts[name], text=read_ssml(said).words, ssml=said)
            except TemplateError:  # cut off in the midst of a mark
                self.prompts[name] = replace(self.prompts[name], text=one_line(without_marks(said), TEXT_MOST))
        return name

    def silence(self) -> str:
        """The prompt that says nothing."""
        self.prompts.setdefault(SILENCE, DraftPrompt("…", "nothing is said; record a short silence"))
        return SILENCE

    def variable(self, wanted: str, kind: str = "text") -> str:
        """A new variable, called ``wanted`` or nearly so."""
        name = unused(as_variable(wanted), Either(self.variables, self.secrets), "_")
        self.variables[name] = kind
        return name

    def outside(self, number: str, node: str) -> str:
        """What the flow calls a number outside that ``node`` dials: each number has one name."""
        wanted = f"number-{node}" if node.isdigit() else node
        return _named(self.numbers, number, wanted)

    def service(self, address: str) -> str:
        """What the flow calls the web service at ``address``: scheme and host."""
        return _named(self.services, address, as_name(address.partition("://")[2], "service"))

    def secret(self, wanted: str) -> str:
        """A new name for digits that are kept as dots; such a variable is not declared."""
        name = unused(as_variable(wanted), Either(self.variables, self.secrets), "_")
        self.secrets.append(name)
        return name


def _named(known: dict[str, str], address: str, wanted: str) -> str:
    name = next((name for name, one in known.items() if one == address), None) or unused(wanted, known)
    known[name] = address
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
    for key in ("next", "open", "closed", "holiday", "otherwise", "failed", "unknown"):
        if key in data:
            yield data, key
