"""A caller's keys, of which Asterisk tells twice, once or late: each counts once, in its order."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.asterisk.keypad import Hearing, Keypad
from ivr.collect import TYPED_AHEAD_MOST
from tests.virtual.jumping_clock import in_jumping_time


class Stop:
    """Counts how often a command was to be stopped."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self) -> None:
        self.sent += 1


EVENT_FIRST, COMMAND_FIRST, BETWEEN_COMMANDS, KEPT_BACK = "event first", "command first", "between", "kept back"
WAYS = st.sampled_from([EVENT_FIRST, COMMAND_FIRST, BETWEEN_COMMANDS, KEPT_BACK])


@given(st.lists(st.tuples(st.sampled_from("0123456789*#"), WAYS), max_size=TYPED_AHEAD_MOST))
def test_no_key_is_lost_and_none_counts_twice(pressed: list[tuple[str, str]]) -> None:
    async def all_pressed() -> str:
        pad, kept_back = Keypad(), list[str]()
        for key, way in pressed:
            for one in kept_back if way != KEPT_BACK else ():  # it came before this key, for the command now
                pad.begin()
                await pad.end(one)
            kept_back = kept_back if way == KEPT_BACK else []
            if way == COMMAND_FIRST:
                pad.begin()
                over = asyncio.ensure_future(pad.end(key))
                await asyncio.sleep(0.04)
                pad.told(key)
                await over
                continue
            pad.told(key)
            if way == EVENT_FIRST:
                pad.begin()
                await pad.end(key)
            elif way == KEPT_BACK:
                kept_back.append(key)
        return pad.pressed

    kept: list[str] = []

    async def run() -> None:
        kept.append(await all_pressed())

    in_jumping_time(run)()
    assert kept == ["".join(key for key, _ in pressed)]


@given(st.text("0123456789*#", max_size=20))
def test_where_no_event_tells_of_keys_commands_are_believed_and_late_events_change_nothing(keys: str) -> None:
    async def run() -> None:
        pad = Keypad(Hearing(tells=False))
        for key in keys:
            pad.begin()
            await pad.end(key)
        assert pad.pressed == keys
        for key in keys:
            pad.told(key)
        assert pad.pressed == keys

    in_jumping_time(run)()


def test_a_key_from_before_the_command_stops_it_and_one_that_ends_it_does_not() -> None:
    async def run() -> None:
        pad, stop = Keypad(), Stop()
        pad.begin(stop)
        pad.told("1")
        assert not await pad.end("1")
        await asyncio.sleep(1)
        assert stop.sent == 0
        pad.begin(stop)
        pad.told("2")
        await asyncio.sleep(1)
        assert stop.sent == 1
        assert await pad.end(None), "and whoever was stopped is told so"
        assert pad.pressed == "12"

    in_jumping_time(run)()


def test_what_ends_a_message_is_not_typed_ahead_and_what_follows_is() -> None:
    async def run() -> None:
        pad = Keypad()
        pad.begin()
        for key in "7#1":
            pad.told(key)
        await pad.end("#")
        pad.drop_through("#")
        assert pad.pressed == "1"

    in_jumping_time(run)()


def test_missing_events_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        hearing = Hearing()
        for pad in (Keypad(hearing), Keypad(hearing)):
            pad.begin()
            await pad.end("5")
            assert pad.pressed == "5"

    in_jumping_time(run)()
    (record,) = caplog.records
    assert (record.levelno, "dtmf" in record.getMessage()) == (logging.WARNING, True)
