"""The journal keeps entries later than usual: what is not wanted any more by then is not done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.effects import Effect, Ring
from centre.events import Event, OfferAccepted
from centre.virtual.call import CallState
from centre.virtual.ports import Sound
from cti.journal import Journal
from cti.service.outgoing import LATE_MS
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time


class Slow:
    """Makes journals keep what is given to them, and say so only when told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.is_slow = True
        append = Journal.append
        slow = self

        def later(journal: Journal, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None]) -> None:
            append(journal, at, event, effects, lambda: slow.waiting.append(kept) if slow.is_slow else kept())

        patch.setattr(Journal, "append", later)

    def says_all_is_kept(self) -> None:
        self.is_slow = False
        while self.waiting:
            self.waiting.pop(0)()


def phase(house: House, call: str) -> Phase | None:
    found = house.service.centre.call(call)
    return None if found is None else found.phase


@in_jumping_time
async def test_no_phone_rings_for_an_offer_that_is_over_by_the_time_its_entry_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(keys="11432")
        await house.until(lambda: caller.asking)
        slow = Slow(monkeypatch)
        caller.press("1")
        await house.until(lambda: phase(house, caller.id) is Phase.OFFERED)
        await house.until(lambda: phase(house, caller.id) is Phase.WAITING)  # nobody answers what does not ring
        assert house.all(Ring) == []
        slow.says_all_is_kept()
        assert house.all(Ring) != []
        assert house.line.phone("olena").offer is None
        assert house.service.centre.acd.agent("olena").state is AgentState.NOT_READY


@in_jumping_time
async def test_what_is_late_and_still_wanted_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(keys="11432")
        await house.until(lambda: caller.asking)
        slow = Slow(monkeypatch)
        caller.press("1")
        offered_at = house.service.now()
        await house.until(lambda: house.service.now() > offered_at + LATE_MS)
        assert phase(house, caller.id) is Phase.OFFERED
        slow.says_all_is_kept()
        house.service.tell(OfferAccepted(agent="olena"))
        assert caller.state is CallState.TALKING


@in_jumping_time
async def test_nobody_speaks_to_a_caller_who_has_hung_up_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path) as house:
        slow = Slow(monkeypatch)
        caller = await house.call()
        hung_up_at = house.service.now()
        caller.hang_up()
        await house.until(lambda: house.service.now() > hung_up_at + LATE_MS)
        slow.says_all_is_kept()
        assert [said.sound for said in caller.transcript] == [Sound.ENDED]
        assert house.ended().outcome is Outcome.LEFT_IN_MENU
