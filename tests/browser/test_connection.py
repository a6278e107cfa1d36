"""What a page does when the network, the clock or the server is not as it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from centre import events
from cti.web.settings import WebSettings
from tests.browser.conftest import NewPage
from tests.browser.live import LiveCentre, live_centre
from tests.browser.people import Agent
from tests.proxy import freezable_proxy


async def test_a_frozen_network_is_told_to_the_agent_and_a_thawed_one_shows_the_truth(
    tmp_path: Path, new_page: NewPage
) -> None:
    async with freezable_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        async with live_centre(tmp_path, settings=WebSettings(origins=(address,))) as centre:
            proxy.to = centre.port
            agent = Agent(await new_page(network_fails=True), address)
            await agent.sign_in("olena")
            health = agent.page.locator(".health")
            await expect(health).to_have_text("Connected")

            proxy.freeze()
            await expect(health).to_have_text("Disconnected")
            await expect(agent.page.locator(".stale")).to_contain_text("what you see may be out of date")
            centre.service.tell(events.AgentNotReady(agent="olena", reason="training"))
            await agent.presses("r")
            await expect(agent.page.locator(".notice")).to_contain_text("Not connected.")

            proxy.thaw()
            await expect(health).to_have_text("Connected")
            await expect(agent.page.locator(".stale")).to_have_count(0)
            await expect(agent.page.locator(".state-now .reason")).to_have_text("Training")
            await agent.go_ready()


def received(page: Page) -> list[dict[str, Any]]:
    """What the page's sockets get from now on, in order."""
    messages: list[dict[str, Any]] = []

    def heard(payload: str | bytes) -> None:
        messages.append(json.loads(payload))

    page.on("websocket", lambda socket: socket.on("framereceived", heard))
    return messages


async def test_a_desk_on_a_flapping_network_gets_what_it_missed_and_shows_the_truth(
    tmp_path: Path, new_page: NewPage
) -> None:
    async with freezable_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        async with live_centre(tmp_path, settings=WebSettings(origins=(address,))) as centre:
            proxy.to = centre.port
            agent = Agent(await new_page(network_fails=True), address)
            messages = received(agent.page)
            await agent.sign_in("olena")
            health = agent.page.locator(".health")
            for reason, words in (("training", "Training"), ("break", "Break"), ("training", "Training")):
                await expect(health).to_have_text("Connected")
                await proxy.cut()
                centre.service.tell(events.AgentNotReady(agent="olena", reason=reason))
                await expect(health).not_to_have_text("Connected")
                proxy.mend()
                await expect(agent.page.locator(".state-now .reason")).to_have_text(words)
            await agent.go_ready()
    kinds = [message["type"] for message in messages]
    assert kinds.count("snapshot") == 1
    numbers = [message["number"] for message in messages if message["type"] == "change"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({message["stream"] for message in messages if "stream" in message}) == 1


async def test_a_tab_that_hangs_slows_no_other_and_shows_the_truth_when_it_is_back(
    centre: LiveCentre, new_page: NewPage
) -> None:
    quick, hung = Agent(await new_page(), centre.address), Agent(await new_page(), centre.address)
    await quick.sign_in("olena")
    await hung.sign_in("olena")
    await hung.page.evaluate(
        "() => { setTimeout(() => { const end = performance.now() + 3000; while (performance.now() < end); }) }"
    )
    await quick.go_ready()
    for reason, words in (("training", "Training"), ("break", "Break"), ("training", "Training")):
        centre.service.tell(events.AgentNotReady(agent="olena", reason=reason))
        await expect(quick.page.locator(".state-now .reason")).to_have_text(words)
    await expect(hung.page.locator(".state-now .reason")).to_have_text("Training")
    await quick.page.reload()
    await expect(quick.page.locator(".state-now .reason")).to_have_text("Training")


async def test_a_desk_finds_its_server_and_its_sign_in_again_after_a_restart(tmp_path: Path, new_page: NewPage) -> None:
    async with freezable_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        settings = WebSettings(origins=(address,))
        agent = Agent(await new_page(network_fails=True), address)
        async with live_centre(tmp_path, settings=settings) as centre:
            proxy.to = centre.port
            await agent.sign_in("olena")
            await agent.go_ready()
        await expect(agent.page.locator(".health")).not_to_have_text("Connected")
        async with live_centre(tmp_path, settings=settings) as centre:
            proxy.to = centre.port
            await expect(agent.page.locator(".health")).to_have_text("Connected")
            await agent.sees_state("Not ready")
            await agent.go_ready()


async def test_a_desk_whose_sign_in_is_gone_leads_to_signing_in(tmp_path: Path, new_page: NewPage) -> None:
    async with freezable_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        settings = WebSettings(origins=(address,))
        agent = Agent(await new_page(network_fails=True), address)
        async with live_centre(tmp_path, settings=settings) as centre:
            proxy.to = centre.port
            await agent.sign_in("olena")
        (tmp_path / "another").mkdir()
        async with live_centre(tmp_path / "another", settings=settings) as centre:
            proxy.to = centre.port
            heading = agent.page.get_by_role("heading", name="Who sits at this desk?")
            await expect(heading).to_be_visible()


async def test_a_browser_with_a_wrong_clock_shows_right_timers(centre: LiveCentre, new_page: NewPage) -> None:
    page = await new_page()
    await page.add_init_script("const right = Date.now; Date.now = () => right() + 3_600_000;")
    agent = Agent(page, centre.address)
    await agent.sign_in("olena")
    clock = page.locator(".state-now .clock")
    await expect(clock).to_have_text("0:02")


async def test_an_agent_set_not_ready_elsewhere_sees_it_at_once(centre: LiveCentre, new_page: NewPage) -> None:
    agent = Agent(await new_page(), centre.address)
    await agent.sign_in("olena")
    await agent.go_ready()
    centre.service.tell(events.AgentNotReady(agent="olena", reason="training"))
    await agent.sees_state("Not ready")
    await expect(agent.page.locator(".state-now .reason")).to_have_text("Training")
