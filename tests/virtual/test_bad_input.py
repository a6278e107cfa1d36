"""Callers and customer records that mean no good, or do none: each call comes to an end that the flow knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from centre import tries
from centre.calls import Outcome
from centre.effects import CallEnded, FetchData, Queued
from centre.events import AgentSignedIn, AgentSignedOut
from config.loader import load_site
from config.site import Site
from cti.floor.view import floor_view
from cti.service import requests
from cti.virtual import VirtualCaller
from cti.web.languages import languages
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

MENUS = Path(__file__).parents[2] / "config" / "examples" / "menus"
OWN_ORDER, OWN_PIN = "123456", "80473951"


@cache
def menus() -> Site:
    return load_site(MENUS)


@pytest.mark.parametrize("keys", ["*#ABCD", "ABCD" * 10, "7" * 1_000, "*" * 1_000, "#" * 50, "1#2*" * 30])
def test_whatever_is_pressed_the_call_comes_to_a_queue_and_its_record_holds_no_more_than_was_asked(
    keys: str, tmp_path: Path
) -> None:
    async def call() -> None:
        async with open_house(bank(), tmp_path) as house:
            caller = await house.call()
            for _ in range(20):
                if house.all(Queued):
                    break
                for key in keys:
                    caller.press(key)
                await asyncio.sleep(15)
            await house.until(lambda: bool(house.all(Queued)))
            caller.hang_up()
            await house.until(lambda: bool(house.all(CallEnded)))
            assert house.ended().outcome is Outcome.ABANDONED
            assert [len(entry.value) for entry in house.ended().entries] in ([], [4])
            assert len(house.ended().nodes) < 30

    in_jumping_time(call)()


class OnePin:
    """A service that knows one order, and one PIN for it."""

    def __init__(self) -> None:
        self.guessed: list[str] = []

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        right = wanted.path.endswith(f"/{OWN_ORDER}") and secrets["pin"] == OWN_PIN
        if not right:
            self.guessed.append(secrets["pin"])
        return {"found": str(right).lower(), "state": "sent", "total": "1.00", "arrives": "2026-11-25"}

    async def close(self) -> None:
        pass


async def guesses(house: House, caller: VirtualCaller, *, knows_an_order: bool) -> None:
    """Goes on guessing another's PIN, from 0000 on, and where three tries are over with their own order in between."""
    guess = 0
    for _ in range(200):
        if house.all(Queued):
            return
        call = house.service.centre.call(caller.id)
        if caller.asking and call is not None:
            own = knows_an_order and guess % 3 == 2
            match call.session.node:
                case "order/number":
                    keys = (OWN_ORDER if own else "654321") + "#"
                case "order/pin":
                    keys, guess = (OWN_PIN if own else f"{guess:04}#"), guess + 1
                case _:
                    keys = "1"
            for key in keys:
                caller.press(key)
        await asyncio.sleep(2)


@pytest.mark.parametrize(("knows_an_order", "most"), [(False, 3), (True, 4)])
def test_a_pin_can_be_guessed_a_few_times_and_the_record_shows_how_often_it_was(
    knows_an_order: bool, most: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service = OnePin()

    async def call() -> None:
        async with open_house(menus(), tmp_path, web_services=service) as house:
            caller = await house.call("+380501110001")
            await guesses(house, caller, knows_an_order=knows_an_order)
            await house.until(lambda: bool(house.all(Queued)))
            caller.hang_up()
            await house.until(lambda: bool(house.all(CallEnded)))
            assert len(service.guessed) == most
            assert house.ended().nodes.count("order/count") == most, (
                "what the counts on the picture's edges are made of"
            )
            assert house.ended().nodes[-1] != "order/ask"

    in_jumping_time(call)()
    kept = "".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()) + caplog.text
    assert OWN_PIN not in kept
    assert '"keys":"0001"' not in kept


async def guesses_in_a_call(house: House, number: str, order: str) -> None:
    """One call that tries PINs for an order until it is given to an agent, and hangs up."""
    before = len(house.all(Queued))
    caller = await house.call(number)
    for _ in range(60):
        if len(house.all(Queued)) > before:
            break
        call = house.service.centre.call(caller.id)
        if caller.asking and call is not None:
            keys = {"order/number": order + "#", "order/pin": "0000#"}.get(call.session.node, "1")
            for key in keys:
                caller.press(key)
        await asyncio.sleep(2)
    caller.hang_up()
    await house.until(lambda: not house.service.centre.calls)


def test_who_calls_again_or_from_another_number_gains_no_tries_not_even_by_a_restart(tmp_path: Path) -> None:
    service = OnePin()

    async def calls() -> None:
        async with open_house(menus(), tmp_path, web_services=service) as house:
            for _ in range(3):
                await guesses_in_a_call(house, "+380501110001", "654321")
            assert len(service.guessed) == 5, "by caller"
            for number in range(4):
                await guesses_in_a_call(house, f"+38050222000{number}", "0654321" if number % 2 else "654*321")
            assert len(service.guessed) == 10, "by order, however it is keyed in"
        async with open_house(menus(), tmp_path, web_services=service) as house:
            await guesses_in_a_call(house, "+380501110001", "123456")
            await guesses_in_a_call(house, "+380503330001", "654321")
            assert len(service.guessed) == 10, "an engine that comes back goes on counting"
            await guesses_in_a_call(house, "+380503330001", "123456")
            assert len(service.guessed) > 10, "others may try"

    in_jumping_time(calls)()


def test_a_limit_that_is_flooded_closes_no_other_and_floor_log_and_health_name_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = OnePin()
    monkeypatch.setattr(tries, "TRIES_MOST", 2 * 4)

    def troubles(house: House) -> list[str]:
        return list(floor_view(house.service, languages()["en"], house.service.now())["troubles"])

    async def calls() -> None:
        async with open_house(menus(), tmp_path, web_services=service) as house:
            house.service.tell(AgentSignedIn(agent="olena"))
            full = "order-state/caller-limit"
            state = house.service.centre._state.tries
            for number in range(4):
                assert state.allow(full, str(number), most=5, within_ms=60_000, now=house.service.now())
            house.service.tell(AgentSignedOut(agent="olena"))
            assert house.service.health()["limits"] == {"state": f"full: {full}"}
            assert troubles(house) == [
                f"A limit of the menu has all the tries in hand that it can count, and lets nobody try: {full}"
            ]
            assert not house.service.standing().is_well
            assert house.service.standing().takes_new_calls
            assert f"the limit {full} lets nobody try" in caplog.text
            await guesses_in_a_call(house, "+380501110001", "654321")
            assert service.guessed == []
            now = house.service.now()
            assert state.allow("order-state/order-limit", "654321", most=10, within_ms=1, now=now), "the other is open"
            await asyncio.sleep(60)
            await guesses_in_a_call(house, "+380501110001", "654321")
            assert len(service.guessed) == 3
            assert (troubles(house), house.service.health()["limits"]) == ([], {"state": "up"})
            assert f"the limit {full} counts again" in caplog.text

    in_jumping_time(calls)()


class NoUse:
    """Customer records that never answer, or break."""

    def __init__(self, how: str) -> None:
        self._how = how

    async def find(self, number: str) -> Mapping[str, str] | None:
        if self._how == "slowly":
            await asyncio.sleep(3_600)
        raise OSError("the disk is gone")


@pytest.mark.parametrize("how", ["slowly", "wrongly"])
def test_customer_records_that_answer_slowly_or_wrongly_hold_up_nobody(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.virtual.house.CsvRecords", lambda *_: NoUse(how))

    async def call() -> None:
        async with open_house(menus(), tmp_path) as house:
            before = house.service.now()
            caller = await house.call("+380501110001")
            await house.until(lambda: caller.asking)
            assert house.service.now() - before < 30_000
            (living,) = house.service.centre.calls.values()
            assert living.record.nodes[:3] == ("welcome", "who", "language"), "by the edge for no answer"
            assert living.record.customer == {}
            caller.hang_up()

    in_jumping_time(call)()
    assert requests.CUSTOMER_DEADLINE_S < 1
