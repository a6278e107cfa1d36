"""What travels over the manager interface: events and replies as read, headers as we allow them to be written.

Pure: no socket, no clock. Sources: https://docs.asterisk.org (AMI v2 specification), and measurements on
Asterisk 22.10: a line longer than 1022 bytes is answered by "Failed to parse message: line too long".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

LINE_BYTES_MAX = 1022
"""Longest "Name: value" Asterisk takes, without the line end (its buffer is 1024 bytes with CR LF)."""

LINES_MAX = 128
"""Most headers Asterisk takes in one action (AST_MAX_MANHEADERS in its manager.h)."""

AmiValue = str | int | Sequence[str]
"""What may be given as a header: a text, a number or truth value, or several texts for a repeated header."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_VARIABLE_NAME = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_C_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NEEDS_BACKSLASH = re.compile(r'[\\",()\[\]]')


class AmiHeaders(Mapping[str, str]):
    """The headers of one message, read-only. Names are found in any case; a repeated header gives its first
    value by `[]` and every value by `all`."""

    __slots__ = ("_values",)

    def __init__(self, headers: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._values = {name.lower(): (name, tuple(values)) for name, values in headers}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1][0]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"AmiHeaders({ {name: list(values) for name, values in self._values.values()} })"

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the header *name*, in the order sent; empty when there is none."""
        return self._values.get(name.lower(), ("", ()))[1]


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """Something that happened on the exchange.

    *timestamp_ms*: when, by Asterisk's own clock, in milliseconds since the Unix epoch; None unless
    manager.conf says `timestampevents=yes`.
    """

    name: str
    headers: AmiHeaders
    timestamp_ms: int | None

    @property
    def variables(self) -> dict[str, str]:
        """The channel variables that `channelvars=` in manager.conf puts into events (ChanVariable headers)."""
        return self.variables_of("")

    def variables_of(self, role: str) -> dict[str, str]:
        """The variables of the channel in *role*, the prefix of its headers: "Dest" reads DestChanVariable."""
        pairs = (entry.partition("=") for entry in self.headers.all(role + "ChanVariable"))
        return {name: unescaped(value) for name, _, value in pairs}


@dataclass(frozen=True, slots=True)
class AmiReply:
    """Asterisk's answer to one action."""

    headers: AmiHeaders

    @property
    def success(self) -> bool:
        """Whether Asterisk took the action."""
        return self.headers.get("Response", "") in ("Success", "Follows", "Goodbye")

    @property
    def message(self) -> str:
        """Asterisk's words, for example "Channel does not exist"; empty when it gave none."""
        return self.headers.get("Message", "")

    @property
    def output(self) -> tuple[str, ...]:
        """The lines a Command printed (Output headers, Asterisk 14 and newer)."""
        return self.headers.all("Output")


def unescaped(text: str) -> str:
    """*text* as it was before Asterisk put C escapes (backslash and letter, quote or question mark) into it.

    Measured on Asterisk 22: CallerIDName, ConnectedLineName and ChanVariable of events are escaped, the answer to
    Getvar is not. `AmiEvent.variables` has done it already.
    """
    return _ESCAPED.sub(lambda match: _C_ESCAPES.get(match[1], match[1]), text)


def timestamp_ms(text: str) -> int | None:
    """The Timestamp header, "seconds.microseconds" since the Unix epoch, in whole milliseconds; None if it is
    not one."""
    seconds, _, fraction = text.partition(".")
    if not (text.isascii() and seconds.isdigit() and (fraction or "0").isdigit()):
        return None
    return int(seconds) * 1000 + int((fraction + "000")[:3])


def channel_variables(variables: Mapping[str, str]) -> list[str]:
    """Values for a repeated `Variable` header (Originate), so that each arrives unchanged.

    Asterisk splits such a header at commas and takes quotes, brackets and backslashes as syntax (the same
    parser as for application arguments): unescaped, a caller's name could set another variable.
    ValueError for a name that is not a variable's.
    """
    for name in variables:
        if not _VARIABLE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a channel variable: use letters, digits and _")
    return [name + "=" + _NEEDS_BACKSLASH.sub(r"\\\g<0>", value) for name, value in variables.items()]


def checked_headers(headers: Mapping[str, AmiValue]) -> dict[str, list[str]]:
    """*headers* as texts, safe to be written.

    ValueError, naming the header, when a name or value has CR, LF or NUL in it (each would begin an action of
    somebody else's making), is too long for Asterisk's buffer, or cannot be written as UTF-8.
    """
    checked = {name: _texts(value) for name, value in headers.items()}
    for name, values in checked.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"AMI header {name!r}: a name is made of letters, digits, - and _")
        for value in values:
            _check_value(name, value)
    if sum(map(len, checked.values())) > LINES_MAX - 2:  # Action and ActionID are lines as well
        raise ValueError(f"an AMI action has at most {LINES_MAX} lines: send fewer headers")
    return checked


def _texts(value: AmiValue) -> list[str]:
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        return [str(value)]
    return [value] if isinstance(value, str) else list(value)


def _check_value(name: str, value: str) -> None:
    if any(forbidden in value for forbidden in "\r\n\0"):
        raise ValueError(f"AMI header {name}: a value must not contain CR, LF or NUL; remove or replace them")
    try:
        length = len(f"{name}: {value}".encode())
    except UnicodeEncodeError:
        raise ValueError(f"AMI header {name}: the value is not valid Unicode (a lone surrogate)") from None
    if length > LINE_BYTES_MAX:
        raise ValueError(
            f"AMI header {name}: {length} bytes, Asterisk takes {LINE_BYTES_MAX} in a line; shorten the value"
        )
