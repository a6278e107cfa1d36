"""Callers who need more time, and call again."""

from __future__ import annotations

from acd.setup import AcdSetup, QueueSetup
from centre import events
from centre.effects import Ask, CallEnded
from centre.machine import Centre, CentreSetup
from ivr.flow import Choice, Flow, HangUp, Menu
from ivr.logic import Pace
from ivr.messages import EntryEnd

HOUR_MS = 3_600_000
ALICE, BOB = "+380501110001", "+380501110002"
FLOW = Flow(
    id="main",
    digest="main-1",
    start="menu",
    language="en",
    nodes={
        "menu": Menu(
            prompt="menu",
            choices={"1": Choice(next="bye"), "3": Choice(next="slower"), "5": Choice(next="as-others")},
            otherwise="bye",
        ),
        "slower": Pace(times=3, next="menu"),
        "as-others": Pace(times=1, next="menu"),
        "bye": HangUp(),
    },
)


class Callers:
    """Call one after the other and press keys at the menu; ``times`` is how many times as long each first had."""

    def __init__(self, pace_kept_ms: int) -> None:
        acd = AcdSetup(queues=(QueueSetup(id="help"),), agents=())
        setup = CentreSetup(acd=acd, flows={FLOW.digest: FLOW}, entry=FLOW.digest, pace_kept_ms=pace_kept_ms)
        self.centre = Centre(setup)
        self.calls = 0

    def call(self, number: str, at: int, keys: str = "1") -> float:
        self.calls += 1
        call = f"c{self.calls}"
        effects = self.centre.apply(events.CallArrived(call=call, line="test", number=number), at)
        first = asked = next(effect for effect in effects if isinstance(effect, Ask))
        for key in keys:
            entered = events.KeysEntered(call=call, step=asked.step, keys=key, end=EntryEnd.KEYS)
            asked = next((one for one in self.centre.apply(entered, at) if isinstance(one, Ask)), asked)
        assert any(isinstance(one, CallEnded) for one in self.centre.apply(events.CallerHungUp(call=call), at))
        return first.keys.first_key_ms / 6_000


def test_a_caller_who_asked_for_more_time_has_it_from_the_first_menu_of_the_next_call_on() -> None:
    callers = Callers(12 * HOUR_MS)
    assert callers.call(ALICE, 0, keys="31") == 1
    assert callers.call(BOB, HOUR_MS) == 1
    assert callers.call(ALICE, 12 * HOUR_MS) == 3


def test_it_is_kept_for_as_long_as_the_site_says_after_each_call() -> None:
    callers = Callers(12 * HOUR_MS)
    callers.call(ALICE, 0, keys="31")
    assert callers.call(ALICE, 10 * HOUR_MS) == 3
    assert callers.call(ALICE, 22 * HOUR_MS) == 3
    assert callers.call(ALICE, 34 * HOUR_MS + 1) == 1


def test_who_wants_no_more_time_any_longer_is_asked_like_others_the_next_time() -> None:
    callers = Callers(12 * HOUR_MS)
    callers.call(ALICE, 0, keys="31")
    assert callers.call(ALICE, HOUR_MS, keys="51") == 3
    assert callers.call(ALICE, 2 * HOUR_MS) == 1


def test_nothing_is_kept_where_the_site_does_not_say_so_nor_of_callers_without_a_number() -> None:
    forgetful = Callers(0)
    forgetful.call(ALICE, 0, keys="31")
    assert forgetful.call(ALICE, 0) == 1
    callers = Callers(12 * HOUR_MS)
    callers.call("", 0, keys="31")
    assert callers.call("", 1) == 1
