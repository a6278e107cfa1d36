"""The keypad machine against an oracle that sees the whole time line at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import collect
from ivr.collect import KEYPAD
from ivr.keys import KeyRules
from ivr.messages import EntryEnd, masked

PROMPT_ENDED = "prompt ended"


@dataclass(frozen=True)
class Happening:
    """A key, or the end of the prompt; before it the driver may have missed the deadline."""

    at: int
    what: str
    timer_is_late: bool


@st.composite
def rules(draw: st.DrawFn) -> KeyRules:
    least = draw(st.integers(1, 4))
    return KeyRules(
        least=least,
        most=draw(st.integers(least, 6)),
        terminator=draw(st.sampled_from(["", "#", "#", "*"])),
        first_key_ms=draw(st.sampled_from([1, 30, 60])),
        next_key_ms=draw(st.sampled_from([1, 10, 30])),
        all_keys_ms=draw(st.sampled_from([None, None, 1, 20, 60])),
        barge_in=draw(st.booleans()),
        sensitive=draw(st.booleans()),
        at_once=draw(st.sampled_from(["", "*", "1#"])),
    )


@st.composite
def happenings(draw: st.DrawFn) -> list[Happening]:
    gaps = draw(st.lists(st.sampled_from([0, 1, 2, 5, 10, 29, 30, 60]), max_size=10))
    what = st.sampled_from(["1", "2", "A", "*", "#", "#", "x", PROMPT_ENDED])
    at, line = 0, []
    for gap in gaps:
        at += gap
        line.append(Happening(at, draw(what), draw(st.booleans())))
    return line


def foretold(rules: KeyRules, line: list[Happening], playing: bool) -> tuple[float, str, EntryEnd] | None:
    """When the entry is made, its keys and its end; None where the prompt never ends.

    Written from the caller's side: first when the prompt falls silent, then the keys as if all had been typed from
    that moment on.
    """
    typed = [(index, one.at, one.what) for index, one in enumerate(line) if one.what in KEYPAD]
    silent_at, silent_index = 0, -1
    if playing:
        ends = [(index, one.at) for index, one in enumerate(line) if one.what == PROMPT_ENDED]
        if rules.barge_in:
            ends += [(index, at) for index, at, _ in typed]
        if not ends:
            return None
        silent_index, silent_at = min(ends)
    closes_at = math.inf if rules.all_keys_ms is None else silent_at + rules.all_keys_ms
    deadline = min(silent_at + rules.first_key_ms, closes_at)
    if any(index < silent_index for index, _, _ in typed):
        deadline = min(silent_at + rules.next_key_ms, closes_at)
    keys = ""
    for index, at, pressed in typed:
        if index > silent_index and at >= deadline:
            break
        heard_at = max(at, silent_at)
        if pressed == rules.terminator:
            return heard_at, keys, EntryEnd.KEYS if len(keys) >= rules.least else EntryEnd.INCOMPLETE
        keys += pressed
        if len(keys) == rules.most or keys in tuple(rules.at_once):
            return heard_at, keys, EntryEnd.KEYS
        deadline = min(heard_at + rules.next_key_ms, closes_at)
    if not keys:
        return deadline, "", EntryEnd.NO_INPUT
    return deadline, keys, EntryEnd.KEYS if len(keys) >= rules.least else EntryEnd.INCOMPLETE


def played(rules: KeyRules, line: list[Happening], playing: bool) -> tuple[int, str, EntryEnd] | None:
    """The same by the machine, as a driver runs it."""
    state = collect.begin(rules, 0, prompt_playing=playing)
    speaking = playing
    finished_at: int | None = None
    for one in line:
        due = state.deadline
        if due is not None and one.at >= due:
            finished_at = due
            if not one.timer_is_late:
                state = collect.timer(state, due)
        else:
            assert collect.timer(state, one.at) == state
        if one.what == PROMPT_ENDED:
            state = collect.prompt_ended(state, one.at)
            speaking = False
        else:
            state = collect.key(state, one.what, one.at)
            assert not (state.stop_prompt and not speaking), "a silent prompt cannot be stopped"
            speaking = speaking and not state.stop_prompt
        if finished_at is None and state.done:
            finished_at = one.at
        assert not state.done or not speaking, "the entry is made while the prompt is still speaking"
        assert (state.deadline is None) == (state.done or speaking)
    if state.deadline is not None:
        finished_at = state.deadline
        state = collect.timer(state, state.deadline)
    if not state.done:
        return None
    assert finished_at is not None
    entered = state.entered(1)
    keys = state.keys
    assert entered.keys == (masked(keys) if rules.sensitive else keys)
    return finished_at, keys, entered.end


@settings(max_examples=1_000)
@given(rules(), happenings(), st.booleans())
def test_the_machine_makes_the_entry_that_the_whole_time_line_foretells(
    rules: KeyRules, line: list[Happening], playing: bool
) -> None:
    assert played(rules, line, playing) == foretold(rules, line, playing)


@given(rules(), happenings(), st.booleans())
def test_an_entry_lasts_no_longer_from_the_end_of_its_prompt_than_its_rules_allow(
    rules: KeyRules, line: list[Happening], playing: bool
) -> None:
    made = played(rules, line, playing)
    silent = [one.at for one in line if one.what == PROMPT_ENDED or (rules.barge_in and one.what in KEYPAD)]
    if made is not None:
        assert made[0] <= (min(silent) if playing else 0) + rules.longest_ms


@given(rules(), st.text(alphabet="12*#", max_size=8), st.booleans())
def test_keys_typed_ahead_are_those_that_the_whole_time_line_would_have_taken(
    rules: KeyRules, keys: str, playing: bool
) -> None:
    begun = collect.begin(rules, 0, prompt_playing=playing)
    state, left = collect.typed_ahead(begun, keys, 0)
    taken = keys[: len(keys) - len(left)]
    one_by_one = begun
    for pressed in taken:
        assert one_by_one.end is None, "a key was taken by an entry that was made"
        one_by_one = collect.key(one_by_one, pressed, 0)
    assert state == replace(one_by_one, stop_prompt=playing and rules.barge_in and bool(taken))
    assert not left or state.end is not None, "keys are left only where the entry is made"
