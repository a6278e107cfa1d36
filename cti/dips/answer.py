"""A web service's answer: JSON out of which the values are taken that the flow wants."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cti.service.ports import DipFailed
from ivr.expressions.tree import TEXT_MOST

ANSWER_BYTES_MOST = 65_536


def taken(content: bytes, take: Mapping[str, str]) -> Mapping[str, str]:
    """The values by name, as text. A value that is not there, null, a list or an object is left out.

    Raises :class:`DipFailed` where the answer is no JSON; with nothing to take, any answer will do.
    """
    if not take:
        return {}
    try:
        answer = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        raise DipFailed("answer is no JSON") from None
    found = {name: _at(answer, path) for name, path in take.items()}
    return {name: text for name, text in found.items() if text is not None}


def _at(answer: object, path: str) -> str | None:
    """The value at “customer.tier” or “orders.0.id”."""
    here: object = answer
    for step in path.split("."):
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isascii() and step.isdecimal() and len(step) < 6:
            here = here[int(step)] if int(step) < len(here) else None
        else:
            return None
    match here:
        case bool():
            return "true" if here else "false"
        case int() | float():
            return str(here)
        case str():
            return "".join(one if one.isprintable() else " " for one in here[:TEXT_MOST])
    return None
