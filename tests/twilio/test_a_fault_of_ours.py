"""The centre breaks off again and again: whoever is at Twilio is served all the same, in the order of their coming."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.effects import Ring, WrapUpClosed
from centre.events import CallArrived, HangUpAsked
from cti.service.poison import TOO_MANY
from tests.house import breaks_off
from tests.twilio.house import ENGLISH_CARDS, on_twilio, open_house, state_of
from tests.virtual.jumping_clock import in_jumping_time

LATE = "+380501110009"


@in_jumping_time
async def test_callers_whose_arrival_is_refused_are_found_in_twilios_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.on_a_break("olena")
        first = [await house.call(ENGLISH_CARDS) for _ in range(2)]
        await house.until(lambda: len(house.service.centre.waiting_calls("cards")) == len(first))
        in_order = [call.record.call for call in house.service.centre.waiting_calls("cards")]
        breaks_off(monkeypatch, CallArrived, lambda event: event.number == LATE)
        late = [house.twilio.call_in(LATE) for _ in range(TOO_MANY)]
        await house.until(lambda: len(house.service.centre.waiting_calls("cards")) == len(first) + len(late))
        assert house.service.standing().first_come
        assert [call.record.call for call in house.service.centre.waiting_calls("cards")][: len(first)] == in_order
        house.ready("olena")
        for number in range(len(first) + len(late)):
            await house.until(lambda: state_of(house, "olena") is AgentState.TALKING)
            house.service.tell(HangUpAsked(agent="olena"))
            await house.until(lambda served=number + 1: len(house.all(WrapUpClosed)) == served)  # type: ignore[misc]
        assert [ring.call for ring in house.all(Ring)][: len(first)] == in_order
        assert len({ring.call for ring in house.all(Ring)}) == len(first) + len(late)
        assert all(caller.over for caller in [*first, *late])
