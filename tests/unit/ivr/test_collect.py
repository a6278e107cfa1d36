"""The keypad's state machine, by the table in its docstring."""

from __future__ import annotations

import pytest

from ivr.collect import Collector, Phase, begin, key, prompt_ended, timer, typed_ahead
from ivr.keys import KeyRules
from ivr.messages import Entered, EntryEnd
from ivr.records import replace

ONE = KeyRules()
PIN = KeyRules(least=4, most=4, sensitive=True)
UP_TO_SIX = KeyRules(least=2, most=6, first_key_ms=5_000, next_key_ms=2_000)
IN_TEN_SECONDS = KeyRules(least=2, most=6, first_key_ms=5_000, next_key_ms=4_000, all_keys_ms=10_000)
DEAF = KeyRules(least=2, most=4, barge_in=False)


def pressed(state: Collector, keys: str, at: int, gap: int = 100) -> Collector:
    for number, one in enumerate(keys):
        state = key(state, one, at + number * gap)
    return state


def test_the_key_that_interrupts_the_prompt_is_the_first_key() -> None:
    state = key(begin(UP_TO_SIX, 0, prompt_playing=True), "4", 700)
    assert state.stop_prompt
    assert (state.phase, state.keys, state.deadline) == (Phase.WAITING_NEXT, "4", 2_700)
    assert not key(state, "2", 800).stop_prompt


def test_one_key_is_an_entry_at_once_where_one_is_the_most() -> None:
    state = key(begin(ONE, 0, prompt_playing=True), "7", 10)
    assert state.done
    assert state.deadline is None
    assert state.entered(3) == Entered(step=3, keys="7", end=EntryEnd.KEYS)


def test_the_first_key_is_waited_for_from_the_end_of_the_prompt() -> None:
    state = begin(UP_TO_SIX, 0, prompt_playing=True)
    assert state.deadline is None
    state = prompt_ended(state, 9_000)
    assert (state.phase, state.deadline) == (Phase.WAITING_FIRST, 14_000)
    assert timer(state, 13_999) == state
    assert timer(state, 14_000).entered(1) == Entered(step=1, keys="", end=EntryEnd.NO_INPUT)


def test_without_a_prompt_the_first_key_is_waited_for_at_once() -> None:
    assert begin(UP_TO_SIX, 50, prompt_playing=False).deadline == 5_050


def test_silence_after_enough_keys_makes_the_entry() -> None:
    state = pressed(begin(UP_TO_SIX, 0, prompt_playing=False), "123", 100)
    assert timer(state, 2_300).entered(1) == Entered(step=1, keys="123", end=EntryEnd.KEYS)


def test_silence_after_too_few_keys_leaves_the_entry_incomplete() -> None:
    state = pressed(begin(UP_TO_SIX, 0, prompt_playing=False), "1", 100)
    assert timer(state, 2_100).entered(1) == Entered(step=1, keys="1", end=EntryEnd.INCOMPLETE)


def test_the_terminator_ends_the_entry_and_is_not_part_of_it() -> None:
    state = pressed(begin(UP_TO_SIX, 0, prompt_playing=False), "123#", 100)
    assert state.entered(1) == Entered(step=1, keys="123", end=EntryEnd.KEYS)


@pytest.mark.parametrize(("keys", "kept"), [("#", ""), ("1#", "1")])
def test_the_terminator_before_enough_keys_leaves_the_entry_incomplete(keys: str, kept: str) -> None:
    state = pressed(begin(UP_TO_SIX, 0, prompt_playing=True), keys, 100)
    assert state.entered(1) == Entered(step=1, keys=kept, end=EntryEnd.INCOMPLETE)


def test_the_terminator_right_after_the_least_keys_makes_the_entry() -> None:
    state = pressed(begin(UP_TO_SIX, 0, prompt_playing=False), "12#", 100)
    assert state.entered(1) == Entered(step=1, keys="12", end=EntryEnd.KEYS)


def test_a_key_that_is_no_terminator_here_is_an_ordinary_key() -> None:
    rules = KeyRules(least=1, most=3, terminator="*")
    state = pressed(begin(rules, 0, prompt_playing=False), "#1*", 0)
    assert state.entered(1) == Entered(step=1, keys="#1", end=EntryEnd.KEYS)


def test_without_barge_in_keys_wait_until_the_prompt_is_over() -> None:
    state = pressed(begin(DEAF, 0, prompt_playing=True), "12", 100)
    assert (state.phase, state.stop_prompt, state.deadline) == (Phase.PROMPTING, False, None)
    state = prompt_ended(state, 9_000)
    assert (state.phase, state.keys, state.deadline) == (Phase.WAITING_NEXT, "12", 12_000)
    assert pressed(state, "34", 9_100).entered(1).keys == "1234"


def test_without_barge_in_a_whole_entry_typed_ahead_is_made_when_the_prompt_is_over() -> None:
    state = pressed(begin(DEAF, 0, prompt_playing=True), "123456", 100)
    assert not state.done
    state = prompt_ended(state, 9_000)
    assert state.entered(1) == Entered(step=1, keys="1234", end=EntryEnd.KEYS)


def test_without_barge_in_a_terminator_typed_ahead_ends_the_entry_when_the_prompt_is_over() -> None:
    state = key(begin(DEAF, 0, prompt_playing=True), "#", 100)
    assert prompt_ended(state, 9_000).entered(1) == Entered(step=1, keys="", end=EntryEnd.INCOMPLETE)


def test_without_barge_in_nothing_typed_ahead_starts_the_wait_for_the_first_key() -> None:
    assert prompt_ended(begin(DEAF, 0, prompt_playing=True), 9_000).phase is Phase.WAITING_FIRST


def test_the_time_for_the_whole_entry_runs_from_the_end_of_the_prompt_and_no_key_moves_it() -> None:
    state = prompt_ended(begin(IN_TEN_SECONDS, 0, prompt_playing=True), 1_000)
    assert (state.deadline, state.closes_at) == (6_000, 11_000)
    state = pressed(state, "12", 5_000, gap=3_000)
    assert (state.deadline, state.closes_at) == (11_000, 11_000)
    assert key(state, "3", 10_999).keys == "123"
    assert key(state, "3", 11_000).entered(1) == Entered(step=1, keys="12", end=EntryEnd.KEYS)


def test_too_few_keys_when_the_time_for_the_whole_entry_is_over_leave_it_incomplete() -> None:
    state = key(begin(replace(IN_TEN_SECONDS, next_key_ms=20_000), 0, prompt_playing=False), "1", 4_000)
    assert timer(state, 9_999) == state
    assert timer(state, 10_000).entered(1) == Entered(step=1, keys="1", end=EntryEnd.INCOMPLETE)


def test_a_key_that_interrupts_the_prompt_begins_the_time_for_the_whole_entry() -> None:
    assert key(begin(IN_TEN_SECONDS, 0, prompt_playing=True), "1", 700).closes_at == 10_700


def test_keys_typed_ahead_leave_the_whole_time_for_the_entry_after_the_prompt() -> None:
    state = key(begin(replace(IN_TEN_SECONDS, barge_in=False), 0, prompt_playing=True), "1", 700)
    assert (state.deadline, state.closes_at) == (None, None)
    state = prompt_ended(state, 9_000)
    assert (state.deadline, state.closes_at) == (13_000, 19_000)


def test_a_key_at_the_deadline_is_late_even_if_the_timer_was_not_told() -> None:
    state = pressed(begin(UP_TO_SIX, 0, prompt_playing=False), "12", 0)
    assert state.deadline is not None
    assert key(state, "3", state.deadline).entered(1).keys == "12"
    assert key(state, "3", state.deadline - 1).keys == "123"


def test_after_the_end_nothing_changes_the_entry() -> None:
    done = key(begin(ONE, 0, prompt_playing=True), "7", 10)
    for after in (key(done, "8", 20), prompt_ended(done, 20), timer(done, 99_999)):
        assert after.done
        assert after.entered(1) == done.entered(1)


def test_a_prompt_that_ends_after_it_was_interrupted_changes_nothing() -> None:
    state = key(begin(UP_TO_SIX, 0, prompt_playing=True), "4", 700)
    assert prompt_ended(state, 705).deadline == state.deadline


@pytest.mark.parametrize("noise", ["", "x", "f", "12", "\n", "١"])
def test_what_is_no_key_of_a_telephone_is_not_heard(noise: str) -> None:
    state = begin(UP_TO_SIX, 0, prompt_playing=False)
    assert key(state, noise, 10) == state


def test_the_fourth_column_of_the_keypad_counts_as_keys() -> None:
    assert key(begin(ONE, 0, prompt_playing=True), "D", 10).entered(1).keys == "D"


def test_a_sensitive_entry_leaves_as_dots_and_is_not_shown() -> None:
    state = pressed(begin(PIN, 0, prompt_playing=True), "98*7", 0)
    assert state.entered(1).keys == "••*•"
    assert "98" not in repr(state)


@pytest.mark.parametrize(("least", "most"), [(2, 1), (-1, 1), (0, 0)])
def test_rules_that_no_entry_can_meet_are_refused(least: int, most: int) -> None:
    with pytest.raises(ValueError, match="cannot be made"):
        KeyRules(least=least, most=most)


def test_a_key_that_works_everywhere_makes_the_entry_at_once_as_the_first_key_only() -> None:
    rules = KeyRules(least=4, most=8, terminator="#", at_once="*")
    assert key(begin(rules, 0, prompt_playing=True), "*", 10).entered(1) == Entered(step=1, keys="*", end=EntryEnd.KEYS)
    assert not pressed(begin(rules, 0, prompt_playing=True), "1*", 10).done


def test_keys_typed_ahead_answer_this_question_and_the_rest_are_for_the_next() -> None:
    state, left = typed_ahead(begin(PIN, 0, prompt_playing=True), "12347", 50)
    assert (state.done, state.stop_prompt, left) == (True, True, "7")
    assert state.entered(1).keys == "••••"
    state, left = typed_ahead(begin(DEAF, 0, prompt_playing=True), "12347", 50)
    assert (state.done, state.stop_prompt, left) == (False, False, "7")
    assert prompt_ended(state, 900).entered(1).keys == "1234"
