"""A flow that looks its caller up and asks a web service, on the whole live service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from centre.calls import CallRecord, Phase
from centre.effects import FetchData
from config.loader import load_site
from config.site import Site
from cti.service.ports import DipFailed
from cti.virtual import VirtualCaller
from tests.virtual.house import House, open_house
from tests.virtual.jumping_clock import in_jumping_time

MENUS = Path(__file__).parents[2] / "config" / "examples" / "menus"
PIN = "80473951"
SENT = {"found": "true", "state": "sent", "total": "21.02", "arrives": "2026-11-25"}


@cache
def menus() -> Site:
    return load_site(MENUS)


class Orders:
    """Stands for the shop's web service; keeps what it was asked."""

    def __init__(self, *answers: Mapping[str, str] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        self.asked.append((f"{wanted.service}{wanted.path}", {**(wanted.json or {}), **secrets}))
        await asyncio.sleep(0.4)
        answer = self.answers.pop(0)
        if answer is None:
            raise DipFailed("deadline")
        return answer

    async def close(self) -> None:
        pass


def files_with(text: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def record(house: House) -> CallRecord:
    (call,) = house.service.centre.calls.values()
    return call.record


async def asks_for_the_order(house: House) -> VirtualCaller:
    caller = await house.call("+380501110001", keys="11")
    for keys in ("123456#", PIN):
        for key in keys:
            await house.until(lambda: caller.asking)
            caller.press(key)
    return caller


@in_jumping_time
async def test_a_secret_reaches_the_web_service_and_nothing_else(tmp_path: Path) -> None:
    orders = Orders(SENT)
    async with open_house(menus(), tmp_path, web_services=orders) as house:
        caller = await asks_for_the_order(house)
        await house.until(lambda: bool(orders.asked))
        assert orders.asked == [
            (
                "orders/orders/123456",
                {"caller": "+380501110001", "pin": PIN},
            )
        ]
        assert PIN not in repr(house.effects)
        assert {entry.name: entry.value for entry in record(house).entries} == {"order": "123456", "pin": "•" * 8}
        await house.until(lambda: not orders.answers)
        caller.hang_up()
        await house.until(lambda: not house.service.centre.calls)
    assert files_with(PIN, tmp_path) == []
    assert files_with("123456", tmp_path), "what is no secret is in the journal"


@in_jumping_time
async def test_what_the_web_service_answers_is_read_to_the_caller(tmp_path: Path) -> None:
    async with open_house(menus(), tmp_path, web_services=Orders(SENT)) as house:
        caller = await asks_for_the_order(house)
        await house.until(lambda: any("on its way" in line.text for line in caller.transcript))
        assert [line.text for line in caller.transcript if "on its way" in line.text] == [
            "Your order for twenty one hryvnias two kopiykas is on its way. Expect it on November twenty fifth."
        ]
        caller.hang_up()


@in_jumping_time
async def test_a_dip_that_fails_and_a_caller_who_is_known_go_their_ways(tmp_path: Path) -> None:
    orders = Orders(None)
    async with open_house(menus(), tmp_path, web_services=orders) as house:
        house.ready("daniel", "olena")
        await asks_for_the_order(house)
        await house.until(lambda: record(house).queue == "orders")
        assert record(house).attributes == {"tier": "gold"}


@in_jumping_time
async def test_a_caller_who_hangs_up_while_a_web_service_is_asked_is_gone(tmp_path: Path) -> None:
    orders = Orders(SENT)
    async with open_house(menus(), tmp_path, web_services=orders) as house:
        caller = await asks_for_the_order(house)
        await house.until(lambda: bool(orders.asked))
        assert house.service.centre.conservation().inside[Phase.MENU] == 1
        caller.hang_up()
        await house.until(lambda: not orders.answers)
        assert house.service.centre.calls == {}
        assert house.ended().ended_by == "caller"


@in_jumping_time
async def test_keys_pressed_before_the_question_are_not_lost(tmp_path: Path) -> None:
    async with open_house(menus(), tmp_path) as house:
        caller = house.line.place_call("+380501110002", "")
        for key in "12":  # English, a complaint: all of it while the welcome is spoken
            caller.press(key)
        await house.until(lambda: record(house).queue == "complaints", within_s=20)
        assert [(step.node, step.key) for step in record(house).path] == [("language", "1"), ("main", "2")]
