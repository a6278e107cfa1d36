"""Every event and effect of a centre survives being written down."""

import types
import typing
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centre.effects import CallChanged, Effect, FetchData
from centre.events import CallArrived, CustomerFound, Event
from cti.journal.codec import (
    CodecError,
    decode_line,
    effect_from_plain,
    encode_entry,
    encode_line,
    event_from_plain,
    to_plain,
)
from ivr.keys import KeyRules

INTEGERS = st.integers(min_value=-(2**70), max_value=2**70)


def instances(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, every field of a struct filled, defaults or not."""
    if hint is KeyRules:  # refuses numbers of keys that cannot be entered
        least, most = st.integers(0, 3), st.integers(3, 9)
        return st.builds(KeyRules, least=least, most=most, terminator=st.text(max_size=1), sensitive=st.booleans())
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{name: instances(hints[name]) for name in hint.__struct_fields__})
    origin, arguments = typing.get_origin(hint), get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of([instances(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(instances(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(instances(arguments[0]), instances(arguments[1]), max_size=3)
    if hint is int:
        return INTEGERS
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if hint is str:
        return st.text(max_size=20)
    assert hint in {bool, type(None)} or issubclass(hint, Enum), f"teach this test to make a {hint}"
    return st.from_type(hint)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_an_event_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    event = data.draw(instances(kind))
    line = encode_line(to_plain(event))
    assert event_from_plain(decode_line(line)) == event
    assert type(event_from_plain(decode_line(line))) is kind


@pytest.mark.parametrize("kind", get_args(Effect), ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_an_effect_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    effect = data.draw(instances(kind))
    line = encode_line(to_plain(effect))
    assert effect_from_plain(decode_line(line)) == effect
    assert type(effect_from_plain(decode_line(line))) is kind


def test_a_request_of_the_time_when_flows_held_addresses_is_read() -> None:
    before = {"type": "FetchData", "call": "c", "step": 1, "node": "ask", "url": "https://crm.example/a", "query": {}}
    before |= {"json": None, "secrets": {}, "take": {}, "timeout_ms": 2_000}
    assert isinstance(effect_from_plain(before), FetchData)


def test_no_two_events_and_no_two_effects_share_a_name() -> None:
    for union in (get_args(Event), get_args(Effect)):
        names = [kind.__name__ for kind in union]
        assert len(set(names)) == len(names)


def test_no_field_is_called_like_the_mark_of_the_class() -> None:
    for kind in (*get_args(Event), *get_args(Effect)):
        assert "type" not in kind.__struct_fields__


@pytest.mark.parametrize(
    "name", ["a\nb\r\x00", "\u2028\u2029", '"}\n{"', "Олена", "\ud800half", "<script>", "${SYSTEM(id)}"]
)
def test_a_callers_name_stays_in_one_line_and_comes_back_whole(name: str) -> None:
    event = CallArrived(call="virtual-1", line="virtual", name=name)
    line = encode_entry(1, 1_000, event, [CallChanged(call=name)])
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    plain = decode_line(line)
    assert event_from_plain(plain["event"]) == event
    assert effect_from_plain(plain["effects"][0]) == CallChanged(call=name)


def test_a_read_only_view_is_written_like_the_mapping_it_shows() -> None:
    event = CustomerFound(call="c", customer=MappingProxyType({"name": "Olena"}))
    assert event_from_plain(decode_line(encode_line(to_plain(event)))) == event


@pytest.mark.parametrize(
    ("plain", "complaint"),
    [
        ({"type": "Offer", "call": "c"}, "no event is called “Offer”"),
        ({"type": "CallArrived", "call": "c"}, "missing required field `line`"),
        ({"type": "CallArrived", "call": 7, "line": "x"}, "Expected `str`"),
        ({"type": "KeysEntered", "call": "c", "step": 1, "keys": "1", "end": "bored"}, "Invalid enum value"),
        ({"call": "c"}, "without a type"),
        (["CallArrived"], "without a type"),
        (None, "without a type"),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(plain: object, complaint: str) -> None:
    with pytest.raises(CodecError, match=complaint):
        event_from_plain(plain)


@pytest.mark.parametrize("line", [b"", b"\x00\x00", b'{"seq":1', b"[1]", b"\xff", b"null", b"{}{}"])
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(CodecError):
        decode_line(line)


@given(junk=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    try:
        plain = decode_line(junk)
    except CodecError:
        return
    assert msgspec.json.encode(plain)
