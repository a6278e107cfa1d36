"""One call as two people live it: a caller at the phone page, an agent at the desk, both in real browsers."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import NewPage, Screenshot
from tests.browser.live import LiveCentre
from tests.browser.people import Agent, Caller

NATALIA = "+380501110001"


async def natalia_rings(centre: LiveCentre, new_page: NewPage) -> tuple[Agent, Caller]:
    """Olena is ready, and Natalia has walked the menu to card services: the card is at Olena's desk."""
    agent = Agent(await new_page(), centre.address)
    caller = Caller(await new_page(), centre.address)
    await agent.sign_in("olena")
    await agent.go_ready()
    await caller.dials(NATALIA)
    await caller.goes_to_cards()
    await agent.sees_card("offered")
    return agent, caller


async def test_the_card_shows_who_calls_and_why_while_the_phone_still_rings(
    centre: LiveCentre, new_page: NewPage, screenshot: Screenshot
) -> None:
    agent, caller = await natalia_rings(centre, new_page)
    card = agent.page.get_by_role("article", name="Call card")
    await expect(card.get_by_role("heading", name="Natalia Hrytsenko")).to_be_visible()
    await expect(card).to_contain_text("+380 50 111 0001")
    await expect(card.locator(".path li")).to_have_text(["English", "Card services"])
    await expect(card.locator(".entries").first).to_contain_text("Last four digits of the card")
    await expect(card.locator(".entries").first).to_contain_text("4821")
    await expect(card.locator(".badges")).to_contain_text("Known customer")
    await expect(card.locator(".badges")).to_contain_text("Gold")
    await expect(card.locator(".waited")).to_contain_text("Waiting for")
    await expect(agent.page.get_by_role("alert").first).to_contain_text("Incoming call from Natalia Hrytsenko")
    await expect(agent.page).to_have_title("☎ Natalia Hrytsenko")
    await screenshot(agent.page, "desk-first-ring")
    await screenshot(caller.page, "phone", documented=True)

    call = next(iter(centre.service.centre.calls.values()))
    assert call.phase == "offered"


async def test_a_note_written_in_wrap_up_is_there_on_the_next_call(centre: LiveCentre, new_page: NewPage) -> None:
    agent, caller = await natalia_rings(centre, new_page)

    await agent.presses("a")
    await agent.sees_card("talking")
    await caller.hears("Olena Kovalenko is on the line.")
    await agent.presses("h")
    await agent.sees_card("hold")
    await caller.is_told("held")
    await agent.presses("h")
    await agent.sees_card("talking")
    await caller.is_told("talking")
    await agent.presses("x")
    await agent.sees_card("wrap-up")
    await caller.hears("The agent hung up.")

    await agent.presses("2")
    await agent.writes_note("Wants a second card. Ask about “the limit”.")
    await agent.presses("Control+Enter")
    await agent.sees_state("Ready")

    await caller.dials(NATALIA)
    await caller.goes_to_cards()
    await agent.sees_card("offered")
    history = agent.page.locator(".history li")
    await expect(history).to_have_count(1)
    await expect(history).to_contain_text("Card services")
    await expect(history).to_contain_text("Needs follow-up")
    await expect(history).to_contain_text("Wants a second card. Ask about “the limit”.")


async def test_a_note_outlives_a_reload_and_shows_in_the_agents_other_tab(
    centre: LiveCentre, new_page: NewPage
) -> None:
    agent, _caller = await natalia_rings(centre, new_page)
    await agent.presses("a")
    await agent.sees_card("talking")

    await agent.presses("3")
    await agent.writes_note("half a thou")
    await agent.page.reload()
    await agent.sees_card("talking")
    await expect(agent.page.locator("textarea")).to_have_value("half a thou")

    other = Agent(await new_page(agent.page.context), centre.address)
    await other.page.goto(f"{centre.address}/desk")
    await other.sees_card("talking")
    await expect(other.page.locator("textarea")).to_have_value("half a thou")
    await expect(other.page.get_by_role("button", name="Complaint 3")).to_have_attribute("aria-pressed", "true")
    await other.writes_note("ght")
    await expect(agent.page.locator("textarea")).to_have_value("half a thought")
    await other.presses("x")
    await agent.sees_card("wrap-up")


async def test_a_caller_who_hangs_up_while_it_rings_is_gone_from_the_desk(
    centre: LiveCentre, new_page: NewPage
) -> None:
    agent, caller = await natalia_rings(centre, new_page)
    await caller.page.keyboard.press("x")
    await agent.sees_state("Ready")
    await expect(agent.page.locator(".card")).to_have_count(0)
    await expect(agent.page).to_have_title("Desk · Holdless")


async def test_a_declined_call_waits_on_and_the_agent_stays_ready(centre: LiveCentre, new_page: NewPage) -> None:
    agent, caller = await natalia_rings(centre, new_page)
    await agent.presses("d")
    await agent.sees_state("Ready")
    await caller.is_told("waiting")
    await expect(agent.page.locator(".my-queues")).to_contain_text("1 caller waiting")


async def test_what_is_chosen_during_a_call_comes_after_it(centre: LiveCentre, new_page: NewPage) -> None:
    agent, caller = await natalia_rings(centre, new_page)
    await agent.presses("a")
    await agent.sees_card("talking")
    await agent.page.get_by_role("button", name="Lunch").click()
    await expect(agent.page.locator(".wishes")).to_contain_text("After this call: Lunch")
    await agent.sees_state("Talking")
    await caller.page.keyboard.press("x")
    await agent.sees_card("wrap-up")
    await agent.presses("Control+Enter")
    await agent.sees_state("Not ready")
    await expect(agent.page.locator(".state-now .reason")).to_have_text("Lunch")


async def test_what_a_caller_is_called_is_shown_as_text_whatever_it_is(centre: LiveCentre, new_page: NewPage) -> None:
    agent = Agent(await new_page(), centre.address)
    caller = Caller(await new_page(), centre.address)
    await agent.sign_in("olena")
    await agent.go_ready()
    for name in (
        "<script>document.title='taken'</script>",
        '"><img src=x onerror="document.title=\'taken\'">',
        "Олена «Їжак» О'Ґрейді",
    ):
        await caller.dials("", name)
        await caller.goes_to_cards()
        await agent.sees_card("offered")
        await expect(agent.page.locator(".caller")).to_have_text(name)
        await expect(agent.page.locator(".number")).to_have_text("Number withheld")
        await expect(agent.page).to_have_title(f"☎ {name}")
        await caller.page.keyboard.press("x")
        await agent.sees_state("Ready")
    assert await agent.page.locator(".card script, .card img").count() == 0
