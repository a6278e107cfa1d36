"""Records that are copied without their ``__init__``."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from functools import cached_property

import pytest

import acd
import centre
import ivr
from ivr.records import replace
from ivr.session import Session


def dataclasses_of_the_core() -> Iterator[type]:
    for package in (acd, centre, ivr):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for kind in vars(module).values():
                if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
                    yield kind


def without_slots() -> list[type]:
    return [kind for kind in dataclasses_of_the_core() if "__slots__" not in vars(kind)]


def test_a_record_without_slots_works_nothing_out_when_it_is_made_so_that_a_copy_lacks_nothing() -> None:
    assert Session in without_slots()
    for kind in without_slots():
        assert not hasattr(kind, "__post_init__"), kind
        assert all(field.init for field in dataclasses.fields(kind)), kind
        assert not any(isinstance(one, cached_property) for base in kind.__mro__ for one in vars(base).values()), kind
        assert not any(vars(base).get("__slots__") for base in kind.__mro__), kind


def test_a_copy_is_what_dataclasses_make_of_it_and_leaves_the_original_alone() -> None:
    session = Session(flow="f", node="a", language="en")
    assert replace(session, node="b") == dataclasses.replace(session, node="b")
    assert session.node == "a"


def test_a_copy_of_a_copy_of_a_large_record_is_the_same_and_takes_no_more_room_than_it_must() -> None:
    large = dataclasses.make_dataclass("Large", [(f"field_{number}", int) for number in range(34)], frozen=True)
    record = large(*range(34))
    copy = replace(replace(record, field_3=-1), field_33=-2)
    assert copy == dataclasses.replace(record, field_3=-1, field_33=-2)
    assert list(vars(copy)) == list(vars(record)), "in the same order"
    assert sys.getsizeof(vars(copy)) < 0.6 * sys.getsizeof(vars(record))


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="nodes"):
        replace(Session(flow="f", node="a", language="en"), nodes="b")  # type: ignore[call-arg]
