"""The example site config/examples/twilio, as it stands."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from centre.calls import Outcome
from centre.effects import CallEnded
from centre.line_kind import LineKind
from config.check.menus import check_menus
from config.loader import load_and_warn
from config.site import Site
from tests.twilio.house import EXAMPLES, on_its_own_twilio, open_house
from tests.virtual.jumping_clock import in_jumping_time, real_time


@cache
def example() -> Site:
    site, warnings = load_and_warn(EXAMPLES / "twilio")
    assert warnings == ()
    return site


def test_nothing_in_it_is_less_on_twilio_than_elsewhere() -> None:
    assert check_menus(example(), LineKind.TWILIO) == ()


@in_jumping_time
async def test_a_caller_chooses_ukrainian_and_the_first_of_two_phones_has_the_call(tmp_path: Path) -> None:
    async with open_house(on_its_own_twilio(example(), tmp_path), tmp_path) as house:
        house.twilio.phone("sip:anna@harbour.sip.twilio.com").answers_after = None
        house.twilio.phone("+380501110009").answers_after = 6
        house.ready("anna", "iryna")
        caller = await house.call("21")
        await house.until(lambda: caller.heard[-1].what == "connected")
        assert "Портова контора" not in caller.heard[0].text
        assert caller.heard[2].text == "Щоб забронювати, натисніть один. Щоб залишити повідомлення, натисніть три."
        await house.until(lambda: house.twilio.phone("sip:anna@harbour.sip.twilio.com").legs[0].over)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert (house.ended().agent, house.ended().outcome) == ("iryna", Outcome.ANSWERED)
        recording = tmp_path / "messages" / f"{house.ended().recording}.wav"
        with real_time():
            await house.until(recording.exists)


@in_jumping_time
async def test_who_presses_one_while_waiting_is_called_back(tmp_path: Path) -> None:
    async with open_house(on_its_own_twilio(example(), tmp_path), tmp_path) as house:
        house.on_a_break("anna")
        caller = await house.call("1")
        await house.until(lambda: caller.heard[-1].what == "music")
        await house.press(caller, "1")
        await house.until(lambda: caller.heard[-1].text.startswith("We call you back") or caller.listening)
        await house.press(caller, "1")
        await house.until(lambda: caller.over)
        house.ready("anna")
        customer = house.twilio.phone("+380501110003")
        await house.until(lambda: customer.legs and customer.legs[0].heard)
        await house.until(lambda: customer.legs[0].heard[-1].what == "connected")
        await asyncio.sleep(5)
        customer.legs[0].hang_up()
        await house.until(lambda: len(house.all(CallEnded)) == 2)
        assert house.all(CallEnded)[-1].record.outcome is Outcome.ANSWERED
