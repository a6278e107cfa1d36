"""A centre's events and effects as JSON and back, by the name of their class.

Only the two unions of the centre are known here, so a name means one class: the routing core inside has events and
effects of the same names, and none of them is written down.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

import msgspec

from centre.effects import Effect
from centre.events import Event
from cti.plain import builtins

_EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Event)}
_EFFECTS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Effect)}


class CodecError(ValueError):
    """The bytes are not what this module wrote; the text says what is wrong with them."""


def to_plain(message: Event | Effect) -> dict[str, Any]:
    """The message as a dictionary of JSON's own types, its class under “type”."""
    return {"type": type(message).__name__, **builtins(message)}


def event_from_plain(plain: object) -> Event:
    """Undoes :func:`to_plain` for an event; raises :class:`CodecError`."""
    return cast(Event, _from_plain(plain, _EVENTS, "event"))


def effect_from_plain(plain: object) -> Effect:
    """Undoes :func:`to_plain` for an effect; raises :class:`CodecError`."""
    return cast(Effect, _from_plain(plain, _EFFECTS, "effect"))


def encode_entry(seq: int, at: int, event: Event, effects: Iterable[Effect]) -> bytes:
    """One line of the journal, with its line end."""
    return encode_line({"seq": seq, "at": at, "event": to_plain(event), "effects": [to_plain(one) for one in effects]})


def encode_line(plain: Mapping[str, Any]) -> bytes:
    """The dictionary as one line of JSON, with its line end."""
    try:
        return _ENCODER.encode(plain) + b"\n"
    except UnicodeEncodeError:
        # A lone surrogate (half a character from a broken packet) has no UTF-8; escaped it comes back as it was.
        return json.dumps(plain, separators=(",", ":")).encode("ascii") + b"\n"


def decode_line(line: bytes) -> dict[str, Any]:
    """Undoes :func:`encode_line`; raises :class:`CodecError`."""
    try:
        plain = msgspec.json.decode(line)
    except msgspec.DecodeError:
        try:
            plain = json.loads(line)
        except ValueError as error:
            raise CodecError(f"not a line of JSON ({error})") from None
    if not isinstance(plain, dict):
        raise CodecError("not a JSON object")
    return plain


def _from_plain(plain: object, kinds: Mapping[str, type], what: str) -> object:
    if not isinstance(plain, dict) or not isinstance(name := plain.get("type"), str):
        raise CodecError(f"an {what} without a type")
    kind = kinds.get(name)
    if kind is None:
        raise CodecError(f"no {what} is called “{name}” in this version of Holdless")
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise CodecError(f"{name}: {error}") from None


_ENCODER = msgspec.json.Encoder()
