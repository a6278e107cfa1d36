"""A process that stood still reads what has come meanwhile before it runs its timers: two who talk are not parted."""

from __future__ import annotations

import asyncio
from pathlib import Path

from centre.calls import Phase
from centre.effects import Ring
from centre.events import OfferAnswered
from cti.service.standstill import CATCH_UP_S, LOOK_MS, STANDSTILL_MS, Standstill
from tests.virtual.house import bank, open_house
from tests.virtual.jumping_clock import JumpingClock, JumpingLoop, in_jumping_time

GRACE_MS = 3_000
"""How long after the time to ring a line may still say what became of the offer."""


def stands_still(for_ms: int) -> None:
    """The process does nothing at all for so long, here and now."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.selector.now += for_ms / 1000


async def is_held(late_ms: int, *, looked: bool) -> bool:
    """Whether events wait when a timer is so late; if they do, they go on afterwards, once.

    *looked*: the process was seen to run just before the timer was due."""
    clock, gone_on = JumpingClock(), list[bool]()
    standstill = Standstill(clock.now, lambda: gone_on.append(True))
    due = clock.now() + 20_000
    assert not standstill.holds(due)
    if looked:
        await asyncio.sleep((20_000 - LOOK_MS) / 1000)
        assert not standstill.holds(due)
    stands_still(due - clock.now() + late_ms)
    if not standstill.holds(due):
        return False
    await asyncio.sleep(CATCH_UP_S / 2)
    assert standstill.holds(due)
    await asyncio.sleep(CATCH_UP_S)
    assert gone_on == [True]
    assert not standstill.holds(due)
    return True


@in_jumping_time
async def test_a_timer_that_is_hardly_late_is_held_up_where_nobody_was_awake_just_before() -> None:
    assert await is_held(1, looked=False)


@in_jumping_time
async def test_a_timer_that_is_hardly_late_is_not_held_up_where_the_process_ran_just_before() -> None:
    assert not await is_held(STANDSTILL_MS, looked=True)


@in_jumping_time
async def test_a_timer_that_is_very_late_is_held_up_once() -> None:
    assert await is_held(10 * STANDSTILL_MS, looked=True)


@in_jumping_time
async def test_who_was_answered_during_a_standstill_that_ended_just_after_the_time_to_ring_is_not_given_up(
    tmp_path: Path,
) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(keys="114321")
        centre = house.service.centre
        await house.until(lambda: centre.calls[caller.id].phase is Phase.OFFERED)
        (ring,) = house.all(Ring)
        gives_up_at = house.service.now() + ring.ring_ms + GRACE_MS
        await house.until(lambda: abs((centre.next_due() or 0) - gives_up_at) < 100)  # no other timer is before it
        stands_still(gives_up_at - house.service.now() + 50)
        assert centre.calls[caller.id].phase is Phase.OFFERED
        # The answer has come long ago, and is read a few steps of the loop later.
        asyncio.get_running_loop().call_later(0.02, house.service.tell, OfferAnswered(offer=ring.offer))
        await house.until(lambda: centre.calls[caller.id].phase is not Phase.OFFERED)
        assert centre.calls[caller.id].phase is Phase.TALKING
