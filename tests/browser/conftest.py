"""A real Chromium, and a watch over every page it opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from tests.browser.live import LiveCentre, live_centre
from tests.leftovers import nothing_left

__all__ = ["nothing_left"]
"""What is from elsewhere: every test here leaves behind what it found."""

OUTPUT = Path(__file__).parents[1] / "output"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
UPDATE = "HOLDLESS_UPDATE_SCREENSHOTS"
"""Set in the environment, the documented screenshots also become those of docs/images/."""

PATIENCE_MS = 30_000
"""For whatever is expected of a page: prompts are read at a reader's pace, and machines are busy."""
expect.set_options(timeout=PATIENCE_MS)

NewPage = Callable[..., Awaitable[Page]]
Screenshot = Callable[..., Awaitable[None]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium. Its absence is a failure: the pages are part of what is tested."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("the browser tests need Chromium; install it:  apt-get install chromium  (or run make test)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[LiveCentre]:
    """The quiet bank, live."""
    async with live_centre(tmp_path) as centre:
        yield centre


@pytest.fixture
async def new_page(browser: Browser) -> AsyncIterator[NewPage]:
    """Opens a page in a browser context of its own (another person's computer), or in a given one (another tab).

    A test fails if any page wrote an error to its console (a violation of the content security policy is one), threw,
    or asked for something that was not there. With ``network_fails`` it may say that its socket failed.
    """
    complaints: list[str] = []

    def watch(page: Page, network_fails: bool) -> None:
        def heard(message: ConsoleMessage) -> None:
            about_network = message.text.startswith("WebSocket") or "net::ERR_" in message.text
            if message.type in {"error", "warning"} and not (network_fails and about_network):
                complaints.append(f"console {message.type}: {message.text}")

        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))

    async with AsyncExitStack() as stack:

        async def new(
            context: BrowserContext | None = None,
            *,
            language: str = "en",
            size: tuple[int, int] = (1280, 800),
            scheme: str = "light",
            network_fails: bool = False,
        ) -> Page:
            if context is None:
                context = await browser.new_context(
                    locale=language,
                    viewport={"width": size[0], "height": size[1]},
                    color_scheme="dark" if scheme == "dark" else "light",
                    reduced_motion="reduce",
                )
                stack.push_async_callback(context.close)
            page = await context.new_page()
            watch(page, network_fails)
            return page

        yield new
    assert complaints == []


@pytest.fixture
def screenshot() -> Screenshot:
    """Keeps a picture of a page in tests/output/; a ``documented`` one, when it is asked for, also in docs/images/."""

    async def take(page: Page, name: str, *, documented: bool = False) -> None:
        OUTPUT.mkdir(exist_ok=True)
        await page.screenshot(path=OUTPUT / f"{name}.png")
        if documented and os.environ.get(UPDATE):
            IMAGES.mkdir(parents=True, exist_ok=True)
            shutil.copy(OUTPUT / f"{name}.png", IMAGES / f"{name}.png")

    return take
