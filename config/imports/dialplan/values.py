"""Channel variables and conditions of a dialplan as expressions of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from config.imports.dialplan.reading import Dialplan
from config.imports.draft import Draft
from config.imports.names import one_line
from config.imports.source import Json

NOTHING = '""'
_VARIABLE = re.compile(r"\$\{([^${}]*)\}")
_COMPARED = re.compile(r"(?P<left>.*?)\s*(?P<sign>==|!=|<=|>=|=|<|>)\s*(?P<right>.*)", re.DOTALL)
_COUNTS = re.compile(r"\$\[\s*\$\{(?P<name>\w+)\}\s*(?P<sign>[+-])\s*(?P<by>\d{1,6})\s*\]")
_WHOLE = re.compile(r"-?\d{1,15}")
_NUMBERS = re.compile(r"(?:CALLERID\((?:num|all|ani)\)|CALLERIDNUM)", re.IGNORECASE)
_GONE_ON = {
    "CDR(disposition)": '"ANSWERED"',
    "DIALSTATUS": '"NOANSWER"',
    "QUEUESTATUS": '"TIMEOUT"',
    "VMSTATUS": '"SUCCESS"',
    "READSTATUS": '"OK"',
}
"""What these hold when a call goes on: who was answered, or left the queue with an agent, does not come back."""


@dataclass(slots=True)
class Known:
    """The variables of one flow, made as they are asked for."""

    draft: Draft
    plan: Dialplan
    numbers: frozenset[str]
    """Variables that are only set to whole numbers and counted."""
    names: dict[str, str] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def variable(self, name: str) -> str:
        """Our variable for a channel variable."""
        key = name.lstrip("_")
        if key not in self.names:
            self.names[key] = self.draft.variable(key, "number" if key in self.numbers else "text")
        return self.names[key]

    def value(self, name: str, extension: str, at: Json) -> str:
        """What ``${name}`` is here, as an expression that gives a text."""
        if _NUMBERS.fullmatch(name):
            return "caller_number"
        if name == "EXTEN":
            return "dialled" if extension.startswith("_") else quoted(extension)
        length = re.fullmatch(r"LEN\((\w+)\)", name)  # ${LEN(${x})}, the inner braces taken off
        if length is not None:
            return f"text(length({self.value(length[1], extension, at)}))"
        if name in _GONE_ON and name not in self.names:
            return _GONE_ON[name]
        if name in self.plan.variables and name not in self.names:
            return quoted(self.plan.variables[name])
        if re.fullmatch(r"\w{1,80}", name):
            variable = self.variable(name)
            return f"text({variable})" if name in self.numbers else variable
        if name not in self.said:
            self.said.add(name)
            self.draft.fault(at, f"“${{{one_line(name, 60)}}}” is not known here; it is left empty")
        return NOTHING

    def text(self, written: str, extension: str, at: Json) -> str:
        """A text with variables in it as a formula."""
        written = re.sub(r"\$\{LEN\(\$\{(\w+)\}\)\}", r"${LEN(\1)}", written)
        parts: list[str] = []
        for number, part in enumerate(_VARIABLE.split(written[:300])):
            if number % 2:
                parts.append(self.value(part, extension, at))
            elif part:
                parts.append(quoted(part))
        return " + ".join(part for part in parts if part != NOTHING) or NOTHING

    def truth(self, condition: str, extension: str, at: Json) -> str | None:
        """A condition; None where it cannot be asked here."""
        inner = condition.strip()
        bracketed = re.fullmatch(r"\$\[(.*)\]", inner, re.DOTALL)
        if bracketed is None:
            if "$[" in inner or "(" in re.sub(r"CALLERID\(\w+\)", "", inner):
                return None
            said = self.text(inner, extension, at)
            return f'{said} not in ("", "0")'
        inner = bracketed[1]
        if "$[" in inner or "(" in re.sub(r"CALLERID\(\w+\)|LEN\(\$\{\w+\}\)|CDR\(disposition\)", "", inner):
            return None
        for sign, word in (("|", "or"), ("&", "and")):
            if sign in inner:
                sides = [self.truth(f"$[{side}]", extension, at) for side in inner.split(sign) if side.strip()]
                known = [side for side in sides if side is not None]
                return f" {word} ".join(f"({side})" for side in known) if len(known) == len(sides) and known else None
        return self._compared(inner, extension, at)

    def _compared(self, inner: str, extension: str, at: Json) -> str | None:
        found = _COMPARED.fullmatch(inner.strip())
        if found is None:
            said = self.text(_unquoted(inner), extension, at)
            return f'{said} not in ("", "0")'
        left, right = _unquoted(found["left"]), _unquoted(found["right"])
        sign = "==" if found["sign"] == "=" else found["sign"]
        counter = re.fullmatch(r"\$\{(\w+)\}", left)
        if _WHOLE.fullmatch(right):
            if counter is not None and counter[1] in self.numbers:
                return f"{self.variable(counter[1])} {sign} {right}"
            if sign not in ("==", "!="):
                # What is no number never fulfils a comparison of more or less.
                other = f"{right} - 1" if sign.startswith(">") else f"{right} + 1"
                return f"number({self.text(left, extension, at)}, {other}) {sign} {right}"
        return f"{self.text(left, extension, at)} {sign} {self.text(right, extension, at)}"


def counted(name: str, value: str) -> str | None:
    """“+ 1” of a value that counts the variable itself."""
    found = _COUNTS.fullmatch(value.strip())
    return f"{found['sign']} {found['by']}" if found is not None and found["name"] == name.lstrip("_") else None


def counters(plan: Dialplan) -> frozenset[str]:
    """Variables that are only set to whole numbers and counted, and only compared with whole numbers."""
    put: dict[str, list[bool]] = {}
    steps = [step for one in plan.contexts.values() for steps in one.extensions.values() for step in steps.values()]
    for step in steps:
        if step.application == "set":
            for one in step.split():
                name, _, value = one.partition("=")
                key = name.strip().lstrip("_")
                put.setdefault(key, []).append(counted(key, value) is not None or bool(_WHOLE.fullmatch(value.strip())))
        elif step.application == "read":
            put.setdefault((step.split() or [""])[0], []).append(False)
    candidates = {key for key, fits in put.items() if re.fullmatch(r"\w+", key) and all(fits)}
    compared = re.compile(r"\$\[\s*\"?\$\{(\w+)\}\"?\s*(?:==|!=|<=|>=|=|<|>)\s*\"?-?\d+\"?\s*\]")
    for step in steps:
        rest = (
            compared.sub("", _COUNTS.sub("", step.arguments))
            if step.application in ("set", "gotoif")
            else step.arguments
        )
        candidates -= set(re.findall(r"\$\{(\w+)\}", rest))
    return frozenset(candidates)


def quoted(text: str) -> str:
    """The text in quotes."""
    plain = one_line(text, 200).replace("\\", "/").replace("{{", "((").replace("{%", "(%")
    return f"'{plain}'" if '"' in plain and "'" not in plain else f'"{plain.replace(chr(34), chr(39))}"'


def _unquoted(text: str) -> str:
    return text.strip().removeprefix('"').removesuffix('"').strip()
