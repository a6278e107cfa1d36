"""The live service calls back on the virtual line, and goes on doing so after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from pathlib import Path

from centre.calls import Outcome, Phase
from centre.effects import CallEnded, DialCustomer
from centre.virtual.call import CallState
from config.loader import load_site
from config.site import Site, Virtual
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

IVAN = "+380501110003"


@cache
def site(*, calls_per_hour: float = 0, played: tuple[str, ...] = ()) -> Site:
    example = load_site(Path(__file__).parents[2] / "config" / "examples" / "callback")
    virtual = Virtual(calls_per_hour=calls_per_hour, played=played)
    return replace(example, virtual=virtual, customers=bank().customers)


async def asks_back(house: House) -> str:
    """Ivan calls for orders, accepts to be called back as soon as possible, and hears good-bye."""
    caller = await house.call(IVAN, keys="211")
    await house.until(lambda: caller.state is CallState.ENDED)
    return f"{caller.id}-back"


@in_jumping_time
async def test_an_hour_of_callers_who_accept_loses_nobody(tmp_path: Path) -> None:
    async with open_house(site(calls_per_hour=60, played=("ann", "bob")), tmp_path) as house:
        await asyncio.sleep(3_600)
        books = house.service.centre.conservation()
        assert books.callbacks > 3
        assert books.arrived + books.callbacks == books.ended + sum(books.inside.values())
        records = [ended.record for ended in house.all(CallEnded)]
        assert {record.outcome for record in records} >= {Outcome.ANSWERED, Outcome.CALLBACK}
        called_back = [record for record in records if record.asked_by and record.outcome is Outcome.ANSWERED]
        assert called_back
        assert all(record.attempts[-1].how == "answered" for record in called_back)


@in_jumping_time
async def test_a_customer_whom_nobody_plays_does_not_answer_and_the_agent_is_free_again(tmp_path: Path) -> None:
    async with open_house(site(), tmp_path) as house:
        house.ready("ann")
        back = await asks_back(house)
        await house.until(lambda: bool(house.all(DialCustomer)))
        assert house.service.centre.acd.agent("ann").call == back
        await asyncio.sleep(31)
        assert house.service.centre.acd.agent("ann").call is None
        assert house.service.centre.calls[back].phase is Phase.CALLBACK


@in_jumping_time
async def test_a_callback_outlives_the_process_and_is_dialled_by_the_next_one(tmp_path: Path) -> None:
    async with open_house(site(), tmp_path) as house:
        back = await asks_back(house)
        assert [call.record.call for call in house.service.centre.callbacks("orders")] == [back]
    async with open_house(site(), tmp_path) as house:
        assert house.service.centre.calls[back].phase is Phase.CALLBACK
        house.ready("ann")
        await house.until(lambda: bool(house.all(DialCustomer)))
        assert house.all(DialCustomer)[0].number == IVAN
