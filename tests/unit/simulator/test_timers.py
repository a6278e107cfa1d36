"""Timers in simulated time."""

from __future__ import annotations

import weakref

from simulator.timers import SimpyTimers


class Call:
    """What a timer may be about."""

    def ends(self) -> None:
        """Its time has come."""


def test_a_cancelled_timer_does_not_happen_and_lets_go_of_what_it_was_about() -> None:
    timers, happened = SimpyTimers(start=0), list[str]()
    call = Call()
    cancelled, about = timers.after(10, call.ends), weakref.ref(call)
    timers.after(20, lambda: happened.append("the other"))
    del call
    assert about() is not None
    cancelled.cancel()
    assert about() is None
    timers.environment.run()
    assert happened == ["the other"]
    assert timers.now() == 20
