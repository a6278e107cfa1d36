"""Whether two graphs of objects are the same, whatever is shared in them and however often they refer to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any


def difference(one: object, other: object) -> str:
    """The way to the first place where the two differ, empty where they do not."""
    seen: set[tuple[int, int]] = set()
    rest: list[tuple[str, object, object]] = [("", one, other)]
    while rest:
        way, mine, yours = rest.pop()
        if (id(mine), id(yours)) in seen or mine is yours:
            continue
        if type(mine) is not type(yours):
            return f"{way}: {mine!r} is not {yours!r}"
        seen.add((id(mine), id(yours)))
        parts = _parts(mine, yours)
        if parts is None:
            if mine != yours:
                return f"{way}: {mine!r} is not {yours!r}"
        else:
            names, mine_of, yours_of = parts
            if mine_of.keys() != yours_of.keys():
                return f"{way}: {sorted(map(repr, mine_of.keys() ^ yours_of.keys()))}"
            rest += [(f"{way}{names(name)}", mine_of[name], yours_of[name]) for name in mine_of]
    return ""


Parts = tuple[Callable[[object], str], Mapping[Any, object], Mapping[Any, object]]


def _parts(mine: Any, yours: Any) -> Parts | None:
    """Their parts by name, None where they have none but are compared as they are."""
    if isinstance(mine, Mapping):
        # The order of a table is its meaning here: calls stand in it oldest first.
        mine_in_order, yours_in_order = enumerate(mine.items()), enumerate(yours.items())
        return _item, dict(mine_in_order), dict(yours_in_order)
    if isinstance(mine, Sequence) and not isinstance(mine, str | bytes):
        return _item, dict(enumerate(mine)), dict(enumerate(yours))
    if isinstance(mine, Set) or type(mine).__module__ in ("builtins", "datetime", "decimal", "enum") or callable(mine):
        return None
    if isinstance(mine, str | int):  # an enumeration of them
        return None
    return _field, dict(_fields(mine)), dict(_fields(yours))


def _fields(thing: Any) -> Iterator[tuple[str, object]]:
    yield from getattr(thing, "__dict__", {}).items()
    for kind in type(thing).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(thing, name) and name != "__weakref__":
                yield name, getattr(thing, name)


def _item(name: object) -> str:
    return f"[{name}]"


def _field(name: object) -> str:
    return f".{name}"
