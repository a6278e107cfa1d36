"""A line that breaks on an order: the other effects of the event are carried out, and the call goes on."""

from __future__ import annotations

import logging
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from acd.effects import OfferEnded
from centre.calls import CallRecord
from centre.effects import Ask, CallEnded, Order, Queued, Ring, Speak
from centre.events import CallArrived
from cti.store import Store
from tests.faults.test_journal_faults import limited
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

ENGLISH_CARDS = "114321"


def breaks_on(house: House, is_broken: Callable[[Order], bool]) -> None:
    """From now on the line raises on such orders, as no line should."""
    carry_out = house.line.carry_out

    def broken(order: Order) -> None:
        if is_broken(order):
            raise RuntimeError("a fault of ours")
        carry_out(order)

    house.line.carry_out = broken  # type: ignore[method-assign]


@in_jumping_time
async def test_an_agent_who_cannot_be_rung_is_unreachable_and_the_caller_gets_the_next_one(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena", "maria")
        breaks_on(house, lambda order: isinstance(order, Ring) and order.agent == "olena")
        caller = await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: any(ring.agent == "maria" for ring in house.all(Ring)))
        assert [(ended.agent, ended.how) for ended in house.all(OfferEnded)] == [("olena", "unreachable")]
        assert "failed" in house.service.health()["orders"]["state"]
        caller.hang_up()


@in_jumping_time
async def test_a_question_that_cannot_be_asked_counts_as_not_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(bank(), tmp_path) as house:
        breaks_on(house, lambda order: isinstance(order, Speak | Ask))
        await house.call()
        await house.until(lambda: bool(house.all(Queued) or house.all(CallEnded)))
        assert 1 < len(house.all(Ask)) < 20, "each attempt once"
        assert any("Ask could not be carried out" in record.getMessage() for record in caplog.records)


@in_jumping_time
async def test_a_caller_who_cannot_be_turned_away_harms_nobody(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path, spool_bytes=2_000) as house:

        def broken(call: str) -> None:
            raise RuntimeError(f"a fault of ours at {call}")

        house.line.turn_away = broken  # type: ignore[method-assign]
        with limited(resource.RLIMIT_FSIZE, 100):
            while house.service.standing().takes_new_calls:
                house.ready("olena")
            house.service.tell(CallArrived(call="virtual-new", line="virtual"))
            assert house.service.standing().turned_away == 1
            assert house.service.centre.calls == {}
            assert "failed" in house.service.health()["orders"]["state"]


@in_jumping_time
async def test_what_fails_beside_the_calls_is_logged_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path) as house:

        def broken(_: Store, record: CallRecord) -> None:
            raise RuntimeError(f"a fault of ours at {record.call}")

        monkeypatch.setattr(Store, "record", broken)
        caller = await house.call()
        caller.hang_up()
        await house.until(lambda: bool(house.all(CallEnded)))
        assert any(record.levelno == logging.ERROR for record in caplog.records)
        (await house.call(keys=ENGLISH_CARDS)).hang_up()
        await house.until(lambda: len(house.all(CallEnded)) == 2)
