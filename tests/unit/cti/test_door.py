"""Who is let in while nothing can be promised to anybody new."""

from __future__ import annotations

from centre.events import CallAdopted, CallArrived, CallerHungUp, LineSynchronised, TimePassed
from cti.service.door import Door


def adopted(call: str, line: str = "asterisk") -> CallAdopted:
    return CallAdopted(call=call, line=line, number="", name="", arrived_at=1_000)


def test_whoever_is_new_stays_outside_and_whoever_is_known_does_not() -> None:
    door = Door()
    assert door.closed_to(CallArrived(call="new", line="asterisk"), {"known"})
    assert not door.closed_to(CallArrived(call="known", line="asterisk"), {"known"})
    assert door.closed_to(adopted("new"), {"known"})
    assert not door.closed_to(adopted("known"), {"known"})
    assert not door.closed_to(TimePassed(), {"known"})
    assert (door.turned_away, door.outside) == (1, 1)


def test_who_waits_outside_comes_in_once_in_the_order_of_coming() -> None:
    door = Door()
    for call in ("a", "b", "c", "a"):
        assert door.closed_to(adopted(call), ())
    assert door.opened() == [adopted("a"), adopted("b"), adopted("c")]
    assert door.opened() == []


def test_who_leaves_while_the_door_is_closed_does_not_come_in() -> None:
    door = Door()
    for call in ("stays", "hangs up", "is gone"):
        assert door.closed_to(adopted(call), ())
    assert door.closed_to(adopted("elsewhere", line="twilio"), ())
    door.heard(CallerHungUp(call="hangs up"))
    door.heard(LineSynchronised(line="asterisk", calls=("stays",)))
    assert door.opened() == [adopted("stays"), adopted("elsewhere", line="twilio")]
