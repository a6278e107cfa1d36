"""The pictures of the documentation: a full centre, held at one moment."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import time

from playwright.async_api import expect

from centre import events
from cti.desk.pages import DeskPages
from cti.floor.pages import FloorPages
from cti.floor.trend import EVERY_MS
from cti.store import Contact
from cti.web.server import serve_features
from cti.web.settings import WebSettings
from tests.browser.conftest import NewPage, Screenshot
from tests.browser.people import Agent
from tests.browser.rehearsal import Rehearsal
from tests.unit.web.demo import NoPasswords

A_DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NATALIA = {
    "name": "Natalia Hrytsenko",
    "tier": "gold",
    "language": "uk",
    "since": "2014",
    "note": "Prefers to be called by first name",
}


@asynccontextmanager
async def _served(centre: Rehearsal, floor: FloorPages) -> AsyncIterator[str]:
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        runner = await serve_features(centre, NoPasswords(), listener, WebSettings(), [DeskPages(), floor])
        stack.push_async_callback(runner.cleanup)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_busy_morning_has_its_picture_taken(new_page: NewPage, screenshot: Screenshot) -> None:
    centre, floor = Rehearsal(time(14, 10), person="olena"), FloorPages()
    centre.play_to(centre.until - HOUR_MS)
    centre.tell(events.AgentSignedIn(agent="olena"))
    for moment in range(centre.until - HOUR_MS + EVERY_MS, centre.until, EVERY_MS):
        centre.play_to(moment)
        floor.trend.sample(centre)
    centre.contacts = [
        _contact(
            centre,
            days=6,
            agent="maria",
            disposition="solved",
            note="Raised the card's limit until the end of the month.",
        ),
        _contact(
            centre,
            days=41,
            agent="grace",
            disposition="follow-up",
            note="Asked about a card for her son. Sent the form.",
        ),
    ]
    async with _served(centre, floor) as address:
        agent = Agent(await new_page(network_fails=True), address)  # the server goes before the pages do
        await agent.sign_in("olena")
        await agent.presses("r")
        await agent.sees_state("Ready")
        centre.call("+380501110001", ("2", "1", "4821"), NATALIA)
        centre.play_to(centre.until + 14_000)
        await agent.sees_card("offered")
        await expect(agent.page.locator(".history li")).to_have_count(2)
        await screenshot(agent.page, "desk-ringing", documented=True)

        wall = await new_page(size=(1440, 900), network_fails=True)
        await wall.goto(f"{address}/floor")
        await expect(wall.locator(".tile").first).to_be_visible()
        await screenshot(wall, "floor", documented=True)

        dark = await new_page(size=(1920, 1080), scheme="dark", network_fails=True)
        await dark.goto(f"{address}/floor?big")
        await expect(dark.locator(".roster")).to_contain_text("Olena K.")
        await screenshot(dark, "floor-big-screen", documented=True)


def _contact(centre: Rehearsal, *, days: int, agent: str, disposition: str, note: str) -> Contact:
    return Contact(
        call=f"{days} days ago",
        at=centre.now() - days * A_DAY_MS,
        queue="cards",
        agent=agent,
        outcome="answered",
        disposition=disposition,
        note=note,
        talk_ms=180_000,
    )


async def test_a_manager_sees_where_callers_go_and_hang_up(new_page: NewPage, screenshot: Screenshot) -> None:
    centre = Rehearsal(time(12, 0), person="olena")
    centre.play_to(centre.until)
    async with _served(centre, FloorPages()) as address:
        page = await new_page(size=(1440, 1000), language="uk", network_fails=True)
        await page.goto(f"{address}/floor")
        await page.get_by_role("link", name="Меню").click()
        await expect(page.get_by_text("Того дня дзвінків до цього меню не було.")).to_be_visible()
        await page.get_by_label("День").fill("2026-11-23")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("rowheader").first).to_have_text("cards")
        picture = page.get_by_role("region", name="Схема меню")
        await expect(picture.get_by_text("поклали слухавку").first).to_be_visible()
        await picture.focus()
        await page.keyboard.press("End")
        await screenshot(page, "menus-uk")

        english = await new_page(size=(1440, 1000), network_fails=True)
        await english.goto(f"{address}/floor/menus?day=2026-11-23")
        await screenshot(english, "menus", documented=True)
