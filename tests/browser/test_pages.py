"""What every page promises: languages, keyboard, connection, a picture for the README."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import NewPage, Screenshot
from tests.browser.live import LiveCentre
from tests.browser.people import Agent, Caller


async def test_the_first_page_says_what_runs_and_leads_to_everything(
    centre: LiveCentre, new_page: NewPage, screenshot: Screenshot
) -> None:
    page = await new_page()
    await page.goto(centre.address)
    await expect(page.get_by_role("heading", level=1)).to_have_text("First Meadow Bank")
    await expect(page.locator(".facts")).to_contain_text("12 agents")
    await expect(page.get_by_role("row").filter(has_text="Line “virtual”")).to_contain_text("works")
    for name, path in (("Place a call", "/phone"), ("The agent’s desk", "/sign-in"), ("The floor", "/floor")):
        await page.goto(centre.address)
        await page.locator(".door").filter(has_text=name).click()
        assert path in page.url
    await page.goto(centre.address)
    await screenshot(page, "home", documented=True)


@pytest.mark.parametrize(
    ("language", "desk", "floor"),
    [("ru-RU", "Не готов", "Очереди"), ("uk", "Не готовий", "Черги"), ("de", "Not ready", "Queues")],
)
async def test_pages_speak_the_language_of_the_browser(
    centre: LiveCentre, new_page: NewPage, language: str, desk: str, floor: str
) -> None:
    page = await new_page(language=language)
    await page.goto(f"{centre.address}/desk")
    await page.locator("button[value=olena]").click()
    await expect(page.locator(".state-now .word")).to_have_text(desk)
    await page.goto(f"{centre.address}/floor")
    await expect(page.locator("#queues")).to_have_text(floor)


async def test_the_language_can_be_switched_and_stays_switched(centre: LiveCentre, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{centre.address}/phone")
    await page.locator("#language-menu summary").click()
    await page.get_by_role("button", name="Українська").click()
    await expect(page.get_by_role("button", name="Подзвонити")).to_be_visible()
    assert page.url == f"{centre.address}/phone"
    await page.goto(centre.address)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Перший Луговий банк")


async def test_plurals_in_the_browser_follow_the_language(centre: LiveCentre, new_page: NewPage) -> None:
    page = await new_page(language="ru")
    await page.goto(f"{centre.address}/floor")
    await expect(page.locator(".tile").last).to_be_visible()
    words = await page.evaluate(
        """async () => {
            const page = document.querySelector("script[type=module]").src;
            const i18n = await import(page.replace("floor/js/main.js", "web/js/i18n.js"));
            return [1, 2, 5, 11, 21, 104].map((count) => i18n.n("{count} key pressed", "{count} keys pressed", count));
        }"""
    )
    assert words == [
        "нажата 1 клавиша",
        "нажаты 2 клавиши",
        "нажато 5 клавиш",
        "нажато 11 клавиш",
        "нажата 21 клавиша",
        "нажаты 104 клавиши",
    ]


async def test_a_call_is_placed_and_taken_by_keyboard_alone(centre: LiveCentre, new_page: NewPage) -> None:
    desk, phone = await new_page(), await new_page()
    await desk.goto(f"{centre.address}/desk")
    await _tab_to(desk, "button[value=olena]")
    await desk.keyboard.press("Enter")
    await expect(desk.locator(".state-now .word")).to_have_text("Not ready")
    await desk.keyboard.press("r")
    await expect(desk.locator(".state-now .word")).to_have_text("Ready")

    await phone.goto(f"{centre.address}/phone")
    await expect(phone.locator(".dialling")).to_be_visible()
    await _tab_to(phone, "input[type=tel]")
    await phone.keyboard.press("Control+a")
    await phone.keyboard.type("+380501110003")
    await phone.keyboard.press("Enter")
    caller = Caller(phone, centre.address)
    await caller.goes_to_cards()
    await Agent(desk, centre.address).sees_card("offered")
    await desk.keyboard.press("a")
    await Agent(desk, centre.address).sees_card("talking")
    await phone.keyboard.press("x")
    await Agent(desk, centre.address).sees_card("wrap-up")


async def test_the_first_tab_stop_skips_to_the_content(centre: LiveCentre, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{centre.address}/floor")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_the_question_mark_lists_the_keys_and_they_can_be_switched_off(
    centre: LiveCentre, new_page: NewPage
) -> None:
    agent = Agent(await new_page(), centre.address)
    await agent.sign_in("olena")
    await agent.presses("?")
    overlay = agent.page.get_by_role("dialog", name="Keyboard")
    await expect(overlay).to_contain_text("Accept the call")
    await overlay.get_by_label("Single keys act as shortcuts").uncheck()
    await agent.presses("Escape")
    await expect(overlay).to_have_count(0)
    await agent.presses("r")
    await agent.presses("?")
    await expect(overlay).to_be_visible()
    await agent.sees_state("Not ready")
    await overlay.get_by_label("Single keys act as shortcuts").check()
    await agent.presses("Escape")
    await expect(overlay).to_have_count(0)
    await agent.presses("r")
    await agent.sees_state("Ready")


async def test_signing_out_ends_every_tab_of_the_agent(centre: LiveCentre, new_page: NewPage) -> None:
    agent = Agent(await new_page(), centre.address)
    await agent.sign_in("olena")
    other = await new_page(agent.page.context)
    await other.goto(f"{centre.address}/desk")
    await expect(other.locator(".state-now")).to_be_visible()
    await agent.page.get_by_role("button", name="Sign out").click()
    for page in (agent.page, other):
        await expect(page.get_by_role("heading", name="Who sits at this desk?")).to_be_visible()
    assert centre.service.centre.acd.agent("olena").state == "logged-out"


async def test_a_supervisor_puts_a_waiting_call_into_another_queue_and_takes_it_out(
    centre: LiveCentre, new_page: NewPage
) -> None:
    floor, phone = await new_page(), await new_page()
    caller = Caller(phone, centre.address)
    await caller.dials("+380501110002")
    await caller.goes_to_cards()
    await floor.goto(f"{centre.address}/floor")
    rows = floor.locator("section.queues").first.get_by_role("row")
    await rows.filter(has_text="Card services").get_by_role("button").click()
    dialog = floor.get_by_role("dialog")
    await dialog.get_by_label("Where to").select_option(label="Technical help")
    await dialog.get_by_role("button", name="Take out").click()
    await expect(dialog).to_contain_text("Nobody waits.")
    await floor.keyboard.press("Escape")
    technical = rows.filter(has_text="Technical help").get_by_role("button")
    await expect(technical).to_have_text("1")
    await technical.click()
    await dialog.get_by_role("button", name="Take out").click()
    await expect(dialog).to_contain_text("taken out: 1")
    await expect(phone.locator(".conversation")).to_contain_text("We are sorry")


async def test_the_floor_shows_a_call_as_it_goes_through(centre: LiveCentre, new_page: NewPage) -> None:
    floor, desk, phone = await new_page(), await new_page(), await new_page()
    agent, caller = Agent(desk, centre.address), Caller(phone, centre.address)
    await floor.goto(f"{centre.address}/floor")
    waiting = floor.locator(".tile").filter(has_text="Callers waiting").locator(".value")
    await expect(waiting).to_have_text("0")
    await expect(floor.locator(".counts")).to_contain_text("Signed out 12")
    await caller.dials("+380501110002")
    await caller.goes_to_cards()
    await expect(waiting).to_have_text("1")
    await expect(floor.locator(".tile").first).to_contain_text("A queue without agents")
    row = floor.locator("section.queues").first.get_by_role("row").filter(has_text="Card services")
    await expect(row.locator("td").nth(1)).to_have_text("0:01")

    await agent.sign_in("olena")
    await agent.presses("r")
    await agent.sees_card("offered")
    olena = floor.locator(".roster li").filter(has_text="Olena Kovalenko")
    await expect(olena).to_have_attribute("data-state", "offered")
    await agent.presses("a")
    await expect(olena).to_have_attribute("data-state", "talking")
    await expect(olena).to_contain_text("Card services")
    await expect(waiting).to_have_text("0")
    await expect(floor.locator(".tile").filter(has_text="Answered today").locator(".value")).to_have_text("1")
    await phone.keyboard.press("x")
    await expect(olena).to_have_attribute("data-state", "wrap-up")


async def test_every_service_level_has_its_name_and_its_meaning(centre: LiveCentre, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{centre.address}/floor")
    chooser = page.get_by_label("Definition of service level")
    await expect(chooser.locator("option")).to_have_count(4)
    await page.get_by_role("button", name="What does this mean?").click()
    meaning = page.get_by_role("dialog", name="What the service levels mean")
    await expect(meaning).to_contain_text("answered in time ÷ (answered + abandoned − short abandons)")
    await page.keyboard.press("Escape")
    await chooser.select_option("abandons-ignored")
    await expect(page.locator(".tile").filter(has_text="Service level today")).to_contain_text("Abandons ignored")
    await page.reload()
    await expect(chooser).to_have_value("abandons-ignored")


async def test_the_big_screen_shows_first_names_only(centre: LiveCentre, new_page: NewPage) -> None:
    agent = Agent(await new_page(), centre.address)
    await agent.sign_in("olena")
    page = await new_page(size=(1920, 1080))
    await page.goto(f"{centre.address}/floor")
    await expect(page.locator(".roster")).to_contain_text("Olena Kovalenko")
    await page.keyboard.press("b")
    await expect(page.locator(".roster")).to_contain_text("Olena K.")
    await expect(page.locator(".roster")).not_to_contain_text("Kovalenko")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
async def test_nothing_sticks_out_of_a_small_screen(centre: LiveCentre, new_page: NewPage, language: str) -> None:
    page = await new_page(language=language)
    for path in ("/", "/phone", "/floor", "/sign-in", "/desk"):
        await page.goto(f"{centre.address}{path}")
        if path == "/desk":
            await page.locator("button[value=olena]").click()
            await expect(page.locator(".me")).to_be_visible()
        await expect(page.locator("main .panel, main .person").first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 1280, path
        sticking_out = await page.evaluate(
            """() => [...document.querySelectorAll("main *")]
                .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "auto")
                .map((one) => one.className)"""
        )
        assert sticking_out == [], path


async def _tab_to(page: Page, selector: str) -> None:
    """Presses Tab until ``selector`` has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never comes to {selector}")
