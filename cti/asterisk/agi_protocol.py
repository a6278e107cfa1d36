"""The words of AGI: commands as Asterisk reads them, its answers and its opening lines as we read them.

Pure: no socket, no clock. Source: Asterisk's res_agi.c and the AGI pages of https://docs.asterisk.org; the answers were
compared with Asterisk 22.10 (tests/asterisk/test_agi_session.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

COMMAND_BYTES_MAX = 2046
"""Longest command without its line end. Asterisk takes what is over its buffer for the next command: from 8192 bytes on
in Asterisk 22 (measured), earlier in older ones; we stay far below."""

_OPENING = re.compile(r"(agi_[a-z0-9_]+): ?(.*)", re.ASCII)
_ANSWER = re.compile(r"(\d{3})(?: result=(\S*)(?: \((.*)\))?(?: endpos=(-?\d+))?)?", re.ASCII | re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\([A-Za-z0-9_,:-]*\))?", re.ASCII)
_APPLICATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


class AgiError(Exception):
    """Anything that kept a command from being carried out."""


class CallerGone(AgiError):
    """The call has ended, or Asterisk has closed the session: nothing more can be said to the caller."""


class AgiRefused(AgiError):
    """Asterisk does not know the command, or could not carry it out; the session goes on."""


class AgiTimeout(AgiError):
    """Asterisk did not answer a command within its deadline; the session has been ended."""


class AgiGarbled(AgiError):
    """What came is not AGI; the session has been ended."""


@dataclass(frozen=True, slots=True)
class AgiAnswer:
    """One answer: *code* 200 when carried out; *value* is what stands in brackets, None without any."""

    code: int
    result: str
    value: str | None
    endpos: int | None


def parse_opening(lines: Iterable[str]) -> dict[str, str]:
    """The agi_ lines that open a session, by name.

    AgiGarbled for anything else than agi_ lines, each once: a line break in a caller's name must not be able to add
    or replace one.
    """
    known: dict[str, str] = {}
    for line in lines:
        match = _OPENING.fullmatch(line)
        if match is None or match[1] in known:
            raise AgiGarbled(f"not the opening of an AGI session: {line[:80]!r}")
        known[match[1]] = match[2]
    if "agi_channel" not in known:
        raise AgiGarbled("the opening of the AGI session names no channel")
    return known


def parse_answer(text: str) -> AgiAnswer:
    """One answer, its lines joined by LF. AgiGarbled when it is none."""
    match = _ANSWER.match(text)
    if match is None:
        raise AgiGarbled(f"not an answer of AGI: {text[:80]!r}")
    code, result, value, endpos = match.groups()
    return AgiAnswer(int(code), result or "", value, None if endpos is None else int(endpos))


def command(name: str, *arguments: str) -> bytes:
    """The bytes of a command: *name* as it is, *arguments* quoted so that each arrives unchanged as one.

    ValueError for an argument with CR, LF or NUL in it, which would be read as a further command, and for a command too
    long for Asterisk's buffer, whose end would be read as one.
    """
    for argument in arguments:
        if any(forbidden in argument for forbidden in "\r\n\0"):
            raise ValueError(f"AGI {name}: an argument must not contain CR, LF or NUL; remove or replace them")
    quoted = ['"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"' for argument in arguments]
    try:
        data = " ".join([name, *quoted]).encode()
    except UnicodeEncodeError:
        raise ValueError(f"AGI {name}: an argument is not valid Unicode (a lone surrogate)") from None
    if len(data) > COMMAND_BYTES_MAX:
        raise ValueError(f"AGI {name}: {len(data)} bytes, Asterisk takes {COMMAND_BYTES_MAX}; shorten the argument")
    return data + b"\n"


def checked_variable(name: str) -> str:
    """*name* if it can be a channel variable's or a function's, CC_NEXT or CHANNEL(language); else ValueError."""
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a channel variable or function")
    return name


def checked_application(name: str) -> str:
    """*name* if it can be an application's, else ValueError."""
    if not _APPLICATION.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a dialplan application")
    return name
