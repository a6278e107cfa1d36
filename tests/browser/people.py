"""People at the pages: an agent at the desk, a caller at the phone. Each has a browser context of their own."""

from __future__ import annotations

from playwright.async_api import Page, expect


class Agent:
    """Somebody at the desk."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address

    async def sign_in(self, agent: str) -> None:
        """Chooses a name; the desk opens."""
        await self.page.goto(f"{self._address}/desk")
        await self.page.locator(f"button[value={agent}]").click()
        await self.sees_state("Not ready")

    async def go_ready(self) -> None:
        """Wants calls."""
        await self.page.get_by_role("button", name="Ready R").click()
        await self.sees_state("Ready")

    async def sees_state(self, words: str) -> None:
        """One's own state is ``words``."""
        await expect(self.page.locator(".state-now .word")).to_have_text(words)

    async def sees_card(self, state: str) -> None:
        """The call card is there, in ``state``."""
        await expect(self.page.locator(f".card[data-state={state}]")).to_be_visible()

    async def presses(self, key: str) -> None:
        """One key, wherever the focus is."""
        await self.page.keyboard.press(key)

    async def writes_note(self, text: str) -> None:
        """Types into the note, by way of its shortcut, and leaves it."""
        await self.presses("o")
        await expect(self.page.locator("textarea")).to_be_focused()
        await self.page.keyboard.type(text)
        await self.page.locator("textarea").blur()


class Caller:
    """Somebody at the phone page, with the keyboard alone."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address

    async def dials(self, number: str, name: str = "") -> None:
        """Opens the page, fills in the form and calls."""
        if not self.page.url.endswith("/phone"):
            await self.page.goto(f"{self._address}/phone")
        await self.page.get_by_label("Your number").fill(number)
        await self.page.get_by_label("Your name, as the network shows it").fill(name)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator(".keypad")).to_be_visible()

    async def answers_question(self, heard: str, keys: str) -> None:
        """Waits for the prompt with ``heard`` in it, then presses ``keys``."""
        await self.hears(heard)
        await expect(self.page.locator(".wanted")).to_have_attribute("data-asking", "true")
        await self.page.keyboard.type(keys, delay=60)

    async def goes_to_cards(self) -> None:
        """English, card services, and the last digits of the card."""
        await self.answers_question("For English", "1")
        await self.answers_question("For cards", "1")
        await self.answers_question("last four digits", "4821")

    async def hears(self, words: str) -> None:
        """``words`` are in what was heard."""
        await expect(self.page.locator(".conversation ol")).to_contain_text(words)

    async def is_told(self, state: str) -> None:
        """The phone shows the state in ``state``."""
        await expect(self.page.locator(f".call-state[data-call={state}]")).to_be_visible()
