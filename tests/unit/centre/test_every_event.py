"""What an event or effect does is looked up by its class, and where that is missing the core breaks off. So none is
missing, and none is a kind of another one, for which nothing would be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import pytest

import acd.effects
import acd.engine
import acd.events
import centre.effects
import centre.events
import centre.machine
import centre.routing

UNIONS = (acd.events.Event, acd.effects.Effect, centre.events.Event, centre.effects.Effect)


@pytest.mark.parametrize(
    ("kinds", "looked_up_in"),
    [
        (acd.events.Event, acd.engine._HANDLERS),
        (acd.effects.Effect, centre.routing._FOLLOWS),
        (centre.events.Event, centre.machine._HANDLERS),
    ],
    ids=["told to the core", "wanted by the core", "told to the centre"],
)
def test_there_is_something_to_do_for_each(kinds: object, looked_up_in: Mapping[type, object]) -> None:
    assert set(get_args(kinds)) == looked_up_in.keys()


def test_none_is_a_kind_of_another() -> None:
    for kind in (kind for union in UNIONS for kind in get_args(union)):
        assert not kind.__subclasses__(), kind
