"""Timers fall due in order, and cancelled ones leave nothing behind."""

from __future__ import annotations

import pickle

from acd.timers import Due, Timer, Timers


def timer(whom: str) -> Timer:
    return Timer(Due.MAX_WAIT, whom)


def test_timers_fall_due_in_time_and_at_one_instant_in_the_order_they_were_set() -> None:
    timers = Timers()
    for whom, due in (("c", 20), ("a", 10), ("b", 10), ("d", 30)):
        timers.set(due, timer(whom))
    assert timers.next_due() == 10
    fallen = []
    while (found := timers.pop(20)) is not None:
        fallen.append(found.whom)
    assert fallen == ["a", "b", "c"]
    assert timers.next_due() == 30


def test_a_cancelled_timer_never_falls_due_and_may_be_cancelled_again() -> None:
    timers = Timers()
    first = timers.set(10, timer("a"))
    timers.set(20, timer("b"))
    timers.cancel(first)
    timers.cancel(first)
    timers.cancel(None)
    assert timers.next_due() == 20
    assert timers.pop(15) is None
    assert timers.pop(20) == timer("b")
    assert timers.next_due() is None


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers()
    timers.set(10**6, timer("keep"))
    for number in range(10_000):
        timers.cancel(timers.set(10**9 + number, timer("gone")))
    assert len(pickle.dumps(timers)) < 5_000
    assert timers.pop(10**9) == timer("keep")


def test_timers_that_are_put_off_fall_due_then_in_the_order_they_were_set() -> None:
    timers = Timers()
    numbers = [timers.set(due, timer(whom)) for whom, due in (("b", 20), ("a", 10), ("c", 21))]
    timers.put_off(20, 600)
    assert timers.pop(599) == timer("c")
    timers.cancel(numbers[1])
    assert [timers.pop(600), timers.pop(600)] == [timer("b"), None]
