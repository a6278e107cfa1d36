"""An engine that another may have taken over from: nothing that it still wants reaches Twilio, or a caller there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from centre.effects import Ring
from cti.twilio.webhooks import Webhook
from tests.twilio.house import on_twilio, open_house
from tests.virtual.jumping_clock import in_jumping_time


class Lead:
    """Whether the engine under test leads."""

    def __init__(self) -> None:
        self.leads = True

    def may_act(self) -> bool:
        return self.leads


@in_jumping_time
async def test_nothing_is_asked_of_twilio_and_no_caller_is_told_anything(tmp_path: Path) -> None:
    lead = Lead()
    async with open_house(on_twilio("bank", tmp_path), tmp_path, troubles=True, may_act=lead.may_act) as house:
        waiting = await house.call("12")
        await house.until(lambda: waiting.heard and waiting.heard[-1].what == "music")
        in_menu = await house.call()
        await house.until(lambda: in_menu.listening)
        asked, answered = len(house.twilio.requests), len(house.twilio.answers)
        lead.leads = False
        house.ready("iryna")
        await house.until(lambda: house.all(Ring))
        in_menu.press("1")
        await asyncio.sleep(10)
        assert house.twilio.requests[asked:] == []
        assert {status for _, status in house.twilio.answers[answered:]} == {503}
        assert waiting.heard[-1].what == "music"


@in_jumping_time
async def test_a_document_that_was_begun_before_is_not_given_after(tmp_path: Path) -> None:
    lead = Lead()
    async with open_house(on_twilio("bank", tmp_path), tmp_path, troubles=True, may_act=lead.may_act) as house:
        take = house.twilio.take
        assert take is not None

        async def frozen_meanwhile(hook: Webhook) -> tuple[int, str]:
            answering = asyncio.ensure_future(take(hook))
            await asyncio.sleep(0)
            lead.leads = False
            return await answering

        house.twilio.take = frozen_meanwhile
        caller = house.twilio.call_in()
        await house.until(lambda: caller.over)
        assert {heard.what for heard in caller.heard} == {"ended"}
        assert {status for _, status in house.twilio.answers} == {503}
