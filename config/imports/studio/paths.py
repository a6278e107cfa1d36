"""What Studio's templates name (``widgets.menu.Digits``, ``flow.variables.tier``), and what that is in our flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from config.imports.draft import Draft
from config.imports.names import one_line
from config.imports.source import Json
from config.imports.studio.widgets import StudioFlow

CALLER, DIALLED = "caller_number", "dialled"
_FROM = frozenset(("From", "Caller"))
_TO = frozenset(("To", "Called"))
NOTHING = '""'


@dataclass(slots=True)
class Known:
    """The variables of one flow, made as they are asked for."""

    draft: Draft
    flow: StudioFlow
    numbers: frozenset[str] = frozenset()
    """Studio's variables that hold a whole number whatever happens (:mod:`config.imports.studio.counters`)."""
    names: dict[tuple[str, ...], str] = field(default_factory=dict)
    takes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Widget that asks another system, to our variable and where its value stands in the answer."""
    said: set[tuple[str, ...]] = field(default_factory=set)

    def variable(self, key: str) -> str:
        """Our variable for Studio's ``flow.variables.<key>``."""
        return self._named(("flow", "variables", key), key, "number" if key in self.numbers else "text")

    def digits(self, widget: str) -> str:
        """Our variable for what the caller typed at a widget."""
        return self._named(("widgets", widget, "Digits"), widget)

    def answers(self, widget: str) -> dict[str, str]:
        """What is taken out of the answer to a widget; it grows while the rest of the flow is read."""
        return self.takes.setdefault(widget, {})

    def meaning(self, path: Sequence[object], at: Json) -> str:
        """The variable or the text in quotes that a path is in our flow; what we do not know holds nothing."""
        match [str(part) for part in path]:
            case ["flow", "variables", key]:
                return self.variable(key)
            case ["trigger", "call", part] | ["widgets", _, part] if part in _FROM:
                return CALLER
            case ["contact", "channel", "address"]:
                return CALLER
            case ["trigger", "call", part] | ["widgets", _, part] if part in _TO:
                return DIALLED
            case ["flow", "channel", "address"]:
                return DIALLED
            case ["widgets", widget, "Digits"]:
                return self.digits(widget)
            case ["widgets", _, "SpeechResult" | "Confidence"]:
                return NOTHING  # nobody is understood; the finding stands at the widget that listens
            case ["widgets", _, "DialCallStatus"]:
                return '"no-answer"'  # whoever was answered does not come back to the flow
            case ["widgets", widget, "parsed", *where] if where and self._asks(widget):
                return self._answer(widget, where)
            case ["flow", "data", *where] | ["trigger", "request" | "parent", "parameters", *where] if where:
                return self._given(where, at)
            case words:
                return self._unknown(tuple(words), at)

    def _named(self, path: tuple[str, ...], wanted: str, kind: str = "text") -> str:
        if path not in self.names:
            self.names[path] = self.draft.variable(wanted, kind)
        return self.names[path]

    def _asks(self, widget: str) -> bool:
        found = self.flow.widgets.get(widget)
        return found is not None and found.kind in ("make-http-request", "run-function")

    def _answer(self, widget: str, where: Sequence[str]) -> str:
        name = self._named(("widgets", widget, *where), f"{widget}_{where[-1]}")
        self.answers(widget)[name] = ".".join(where)[:200]
        return name

    def _given(self, where: Sequence[str], at: Json) -> str:
        name = self._named(("data", *where), where[-1])
        if self.draft.is_part:
            if name not in self.draft.inputs:
                self.draft.inputs.append(name)
        elif ("data", *where) not in self.said:
            self.said.add(("data", *where))
            told = one_line(".".join(where))
            self.draft.fault(at, f"“{told}” was given by whoever started the flow; here “{name}” stays empty")
        return name

    def _unknown(self, words: tuple[str, ...], at: Json) -> str:
        if words not in self.said:
            self.said.add(words)
            self.draft.fault(at, f"“{one_line('.'.join(words))}” is not known here; it is left empty")
        return NOTHING
