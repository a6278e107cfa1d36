"""What Connect's blocks name (``$.Attributes.tier``, ``$.External.balance``), and what that is in our flow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from config.imports.draft import Draft
from config.imports.names import one_line
from config.imports.source import Json

NOTHING = '""'
PATH = re.compile(r"\$\.[A-Za-z][\w-]*(?:\.[\w-]+|\[\s*['\"]?[^\]'\"]{0,100}['\"]?\s*\])*")


@dataclass(slots=True)
class Known:
    """The variables of one flow, made as they are asked for."""

    draft: Draft
    names: dict[str, str] = field(default_factory=dict)
    takes: dict[str, str] = field(default_factory=dict)
    """What is taken out of functions' answers: our variable to its name there."""
    stored: str = ""
    """What the caller keyed in last."""
    said: set[str] = field(default_factory=set)

    def formula(self, value: str, at: Json) -> str:
        """A value, which is a path or a text, as a formula that gives a text."""
        if PATH.fullmatch(value.strip()):
            return self.meaning(value.strip(), at)
        return self.quoted(value, at)

    def quoted(self, value: str, at: Json) -> str:
        """A text in quotes."""
        text = one_line(value, 400).replace("\\", "/")
        if '"' in text and "'" in text:
            self.draft.fault(at, f"“{one_line(text, 60)}” has both kinds of quotes; the double ones are left out")
            text = text.replace('"', "")
        if "{{" in text or "{%" in text:
            text = text.replace("{", "(")
        return f"'{text}'" if '"' in text else f'"{text}"'

    def meaning(self, path: str, at: Json) -> str:
        """The variable or the text in quotes that a path is here; what we do not know holds nothing."""
        words = [word.strip(" '\"]") for word in re.split(r"[.\[]", path[2:])]
        match words:
            case ["CustomerEndpoint", "Address"]:
                return "caller_number"
            case ["SystemEndpoint", "Address"]:
                return "dialled"
            case ["Channel"]:
                return '"VOICE"'
            case ["StoredCustomerInput"]:
                return self.input()
            case ["Attributes" | "FlowAttributes", name]:
                return self.attribute(name)
            case ["External", *where] if where:
                name = self._named(path, where[-1])
                self.takes[name] = ".".join(where)[:200]
                return name
        if path not in self.said:
            self.said.add(path)
            self.draft.fault(at, f"“{one_line(path, 80)}” is not known here; it is left empty")
        return NOTHING

    def attribute(self, name: str) -> str:
        """Our variable for a contact attribute."""
        return self._named(f"$.Attributes.{name}", name)

    def input(self) -> str:
        """Our variable for what the caller keyed in last."""
        return self._named("$.StoredCustomerInput", "stored_input")

    def _named(self, path: str, wanted: str) -> str:
        if path not in self.names:
            self.names[path] = self.draft.variable(wanted)
        return self.names[path]
