"""A manager listens to a caller's message in a real browser."""

from __future__ import annotations

import wave
from pathlib import Path

from playwright.async_api import expect

from centre.calls import CallRecord, Message
from ivr.records import replace
from tests.browser.conftest import NewPage
from tests.browser.live import LiveCentre

SECONDS = 2


async def test_a_message_is_listed_and_played(centre: LiveCentre, new_page: NewPage, tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    with wave.open(str(tmp_path / "messages" / "asterisk-1-m.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(b"\0\1" * 8_000 * SECONDS)
    now = centre.service.now()
    record = CallRecord(
        call="asterisk-1", line="asterisk", number="+380501110001", name="Olha", dialled="100", language="en",
        path=(), entries=(), attributes={}, customer={}, arrived_at=now,
    )  # fmt: skip
    centre.store.record(replace(record, messages=(Message(message="asterisk-1-m", at=now, length_ms=SECONDS * 1000),)))
    await centre.store.flush()

    page = await new_page()
    await page.goto(centre.address)
    await page.get_by_role("link", name="Messages").click()
    row = page.get_by_role("row").filter(has_text="Olha +380501110001")
    await expect(row).to_contain_text("0:02")
    player = row.locator("audio")
    await expect(player).to_have_js_property("duration", SECONDS)
    await player.evaluate("player => { player.muted = true; player.play(); }")
    await expect(player).to_have_js_property("ended", value=True)
    await row.get_by_role("button", name="Mark as heard").click()
    await expect(row).to_contain_text("Supervisor, ")
