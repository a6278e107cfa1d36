"""Names in our files for what is called otherwise elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from ivr.expressions import RESERVED
from ivr.given import GIVEN

_MOST = 64
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_NOT_IN_VARIABLE = re.compile(r"[^a-z0-9]+")


def as_name(text: str, otherwise: str) -> str:
    """``text`` as a name of a node, a prompt or a queue; ``otherwise`` where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text[:500]).encode("ascii", "ignore").decode()
    return _NOT_IN_NAME.sub("-", plain).strip("-_")[:_MOST].rstrip("-_") or otherwise


def as_variable(text: str) -> str:
    """``text`` as the name of a variable."""
    plain = unicodedata.normalize("NFKD", text[:500]).encode("ascii", "ignore").decode().lower()
    name = _NOT_IN_VARIABLE.sub("_", plain).strip("_")[:50].rstrip("_")
    if not name or not name[0].isalpha():
        name = f"v_{name}".rstrip("_")
    return f"{name}_" if name in RESERVED or name in GIVEN else name


def unused(name: str, taken: Container[str], separator: str = "-") -> str:
    """``name``, with a number behind it where that is taken."""
    number, found = 2, name
    while found in taken:
        tail = f"{separator}{number}"
        found, number = name[: _MOST - 1 - len(tail)] + tail, number + 1
    return found


class Either:
    """Names of which several hold some: for :func:`unused`, without putting them into one place each time."""

    def __init__(self, *holders: Container[str]) -> None:
        self._holders = holders

    def __contains__(self, name: object) -> bool:
        return any(name in holder for holder in self._holders)


def one_line(text: str, most: int = 200) -> str:
    """``text`` without line ends and control characters, cut off where it is longer than ``most``."""
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
