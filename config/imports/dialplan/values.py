"""Channel variables and conditions of a dialplan as expressions of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from config.imports.dialplan.reading import Dialplan
from config.imports.draft import Draft
from config.imports.names import one_line
from config.imports.source import Json

NOTHING = '""'
READ_MOST = 1_000
"""Characters of a condition or a value that are looked at; what an expression of ours can hold is shorter."""
_VARIABLE = re.compile(r"\$\{([^${}]*)\}")
_COMPARED = re.compile(r"(?P<left>.*?)\s*(?P<sign>==|!=|<=|>=|=|<|>)\s*(?P<right>.*)", re.DOTALL)
_COUNTS = re.compile(r"\$\[\s*\$\{(?P<name>\w+)\}\s*(?P<sign>[+-])\s*(?P<by>\d{1,6})\s*\]")
_WHOLE = re.compile(r"-?\d{1,15}")
_CALL = re.compile(r"\$\{(?!CALLERID\(|LEN\(|CDR\(disposition\))[^}]*\(|\$\{[^}]*\$\{|\$\[")
"""A function that is not known here, or a value inside of another one."""
_PART = re.compile(r"(?P<of>\w{1,80}|CALLERID\(\w+\)):(?P<begin>-?\d{1,3})(?::(?P<length>-?\d{1,3}))?")
_IS_NULL = re.compile(
    r"(?P<not>!?)\s*\$\{(?P<asks>ISNULL|EXISTS)\(\$\{(?P<name>\w{1,80})\}\)\}(?:\s*=\s*1)?", re.IGNORECASE
)
_TERMS = re.compile(r"\$\{[^${}]{1,80}\}|\d{1,9}|[+*-]")
_NUMBERS = re.compile(r"(?:CALLERID\((?:num|all|ani)\)|CALLERIDNUM)", re.IGNORECASE)
GONE_ON = {
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
        part = _PART.fullmatch(name)
        if part is not None:
            return _part(self.value(part["of"], extension, at), int(part["begin"]), part["length"])
        length = re.fullmatch(r"LEN\((\w+)\)", name)  # ${LEN(${x})}, the inner braces taken off
        if length is not None:
            return f"text(length({self.value(length[1], extension, at)}))"
        if name in GONE_ON and name not in self.names:
            return GONE_ON[name]
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

    def formula(self, written: str, extension: str, at: Json) -> str | None:
        """A value as a formula that gives a text; None where it cannot be worked out."""
        if len(written) > READ_MOST:
            return None
        plain = re.sub(r"\$\{LEN\(\$\{(\w+)\}\)\}", r"${LEN(\1)}", written.strip().strip('"'))
        sum_of = re.fullmatch(r"\$\[(.*)\]", plain, re.DOTALL)
        if sum_of is not None:
            return self._worked_out(sum_of[1], extension, at)
        return None if _CALL.search(plain) else self.text(plain, extension, at)

    def _worked_out(self, inner: str, extension: str, at: Json) -> str | None:
        """``${A} + 2 * ${B}``; what is no number counts as 0."""
        terms = _TERMS.findall(inner)
        if "".join(terms) != re.sub(r"\s", "", inner) or len(terms) % 2 == 0 or len(terms) > 9:
            return None
        if any((term in "+*-") is (number % 2 == 0) for number, term in enumerate(terms)):
            return None
        said = [term if not term.startswith("$") else self._number(term[2:-1], extension, at) for term in terms]
        return None if any("(" in term and _CALL.search(term) for term in terms) else f"text({' '.join(said)})"

    def _number(self, name: str, extension: str, at: Json) -> str:
        if name in self.numbers:
            return self.variable(name)
        return f"number({self.value(name, extension, at)}, 0)"

    def truth(self, condition: str, extension: str, at: Json) -> str | None:
        """A condition; None where it cannot be asked here."""
        inner = condition.strip()
        if len(inner) > READ_MOST:
            return None
        bracketed = re.fullmatch(r"\$\[(.*)\]", inner, re.DOTALL)
        null = _IS_NULL.fullmatch(inner if bracketed is None else bracketed[1].strip())
        if null is not None:
            sign = "==" if (null["asks"].upper() == "ISNULL") is not bool(null["not"]) else "!="
            return f'{self.value(null["name"], extension, at)} {sign} ""'
        if bracketed is None:
            if "$[" in inner or "(" in re.sub(r"CALLERID\(\w+\)", "", inner):
                return None
            said = self.text(inner, extension, at)
            return f'{said} not in ("", "0")'
        inner = bracketed[1]
        if _CALL.search(re.sub(r"\$\{LEN\(\$\{(\w+)\}\)\}", "", inner)) or "(" in re.sub(r"\$\{[^}]*\}", "", inner):
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
        elif sign not in ("==", "!=") and _VARIABLE.fullmatch(left) and _VARIABLE.fullmatch(right):
            return f"{self._number(left[2:-1], extension, at)} {sign} {self._number(right[2:-1], extension, at)}"
        return f"{self.text(left, extension, at)} {sign} {self.text(right, extension, at)}"


def counted(name: str, value: str) -> str | None:
    """“+ 1” of a value that counts the variable itself."""
    found = _COUNTS.fullmatch(value.strip())
    return f"{found['sign']} {found['by']}" if found is not None and found["name"] == name.lstrip("_") else None


def _part(text: str, begin: int, length: str | None) -> str:
    """``${TEXT:begin:length}``: from the end, where these are negative."""
    if begin > 0:
        text = f"last({text}, length({text}) - {begin})"
    elif begin < 0:
        text = f"last({text}, {-begin})"
    if length is None:
        return text
    return f"first({text}, {length})" if int(length) >= 0 else f"first({text}, length({text}) - {-int(length)})"


def counters(plan: Dialplan) -> frozenset[str]:
    """Variables that are only set to whole numbers and counted, and only compared with whole numbers."""
    put: dict[str, list[bool]] = {}
    steps = list(plan.steps())
    for step in steps:
        if step.application == "set":
            for name, value in step.puts:
                key = name.lstrip("_")
                put.setdefault(key, []).append(counted(key, value) is not None or bool(_WHOLE.fullmatch(value)))
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
