"""The disk is full, for journal and database alike: calls go on, the floor says so, and all is caught up with."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

from acd.effects import AgentState
from centre.calls import CallRecord, Phase
from centre.events import HangUpAsked, OfferAccepted, WrapUpFinished
from centre.virtual.call import CallState
from cti.floor.view import floor_view
from cti.journal import Keeping, read
from cti.web.languages import languages
from tests.faults.test_journal_faults import limited
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time, real_time
from tests.virtual.test_a_restart import wait_for_snapshots

ENGLISH_LOANS = "12"


def troubles(house: House) -> list[str]:
    service = house.service
    return list(floor_view(service, languages()["en"], service.now())["troubles"])


async def a_call_is_answered(house: House) -> CallRecord:
    """From beginning to end of wrap-up."""
    before = len(house.service.centre.calls)
    caller = await house.call(keys=ENGLISH_LOANS)
    await house.until(lambda: any(call.phase is Phase.OFFERED for call in house.service.centre.calls.values()))
    agent = next(one.id for one in house.service.centre.acd.agents() if one.state is AgentState.OFFERED)
    house.service.tell(OfferAccepted(agent=agent))
    assert caller.state is CallState.TALKING
    house.service.tell(HangUpAsked(agent=agent))
    house.service.tell(WrapUpFinished(agent=agent))
    await house.until(lambda: len(house.service.centre.calls) == before)
    return house.wrapped_up()


@in_jumping_time
async def test_a_call_is_served_from_beginning_to_end_on_a_full_disk_and_kept_afterwards(tmp_path: Path) -> None:
    site = bank()
    async with open_house(site, tmp_path) as house:
        house.ready(*site.agents)
        assert troubles(house) == []
        with limited(resource.RLIMIT_FSIZE, 100):
            record = await a_call_is_answered(house)
            standing = house.service.standing()
            assert standing.journal.keeping is Keeping.BEHIND
            assert standing.journal.behind > 10
            assert standing.takes_new_calls
            assert not standing.is_well
            with real_time():  # the database has a thread of its own, which knows of no other time
                await house.until(lambda: house.service.standing().store.trouble != "")
            assert troubles(house) == [
                "The journal cannot be written: what happens is kept in memory only.",
                "The database is away: ended calls are kept in memory until it is back.",
            ]
        with real_time():
            await house.until(lambda: house.service.standing().is_well and not house.service.standing().store.behind)
        assert troubles(house) == []
        assert house.service.standing().journal.lost == 0
    numbers = [entry.seq for entry in read(tmp_path)]
    assert numbers == list(range(1, len(numbers) + 1))
    with closing(sqlite3.connect(tmp_path / "holdless.db")) as database:
        assert database.execute("SELECT call FROM calls").fetchall() == [(record.call,)]


@in_jumping_time
async def test_nobody_new_is_taken_in_while_events_are_lost_and_whoever_is_there_is_served(tmp_path: Path) -> None:
    site = bank()
    async with open_house(site, tmp_path, spool_bytes=2_000) as house:
        house.ready(*site.agents)
        known = await house.call(keys="1")
        with limited(resource.RLIMIT_FSIZE, 100):
            while house.service.standing().takes_new_calls:
                house.ready(*site.agents)
            refused = await house.call()
            assert refused.state is CallState.ENDED
            assert house.service.standing().turned_away == 1
            assert list(house.service.centre.calls) == [known.id]
            await house.until(lambda: known.asking)
            known.press("2")
            await house.until(lambda: any(call.phase is Phase.OFFERED for call in house.service.centre.calls.values()))
            assert troubles(house)[0] == (
                "The journal cannot be written, and memory is full of it: new callers are not taken in."
            )
            assert house.service.health()["journal"]["turned away"] == "1"
        await house.until(lambda: house.service.standing().takes_new_calls)
        lost = house.service.standing().journal.lost
        assert lost > 0
        taken_in = await house.call(keys="1")
        assert taken_in.id in house.service.centre.calls
        # What is replayed over a gap is not the truth: the first thing after it is a snapshot.
        wait_for_snapshots(tmp_path)
    numbers = [entry.seq for entry in read(tmp_path)]
    assert numbers[-1] - len(numbers) == lost
