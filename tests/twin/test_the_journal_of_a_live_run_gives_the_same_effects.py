"""What the live service decided, the machine decides again from the journal alone, event for event."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from centre import events
from centre.effects import Effect, Ring
from centre.machine import Centre
from centre.virtual.call import CallState
from cti.journal import Entry, read
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

ROOT = Path(__file__).parents[2]
PLAYED = ("taras", "maria", "james", "petro", "sofia", "daniel", "kateryna", "mykola", "grace")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """An hour and a half of the example bank, live, with two people at their desks among played agents."""
    folder = tmp_path_factory.mktemp("live")

    @in_jumping_time
    async def live() -> None:
        async with open_house(bank(calls_per_hour=260, played=PLAYED), folder, seed=3) as house:
            house.ready("olena", "iryna")
            at_their_desks = asyncio.gather(work(house, "olena"), work(house, "iryna"))
            for _ in range(20):
                caller = await house.call(name="Тетяна <b>\n", keys="114321")
                await asyncio.sleep(120)
                if caller.state is CallState.WAITING:
                    caller.hang_up()
                await asyncio.sleep(120)
            at_their_desks.cancel()
            await asyncio.gather(at_their_desks, return_exceptions=True)

    live()
    return list(read(folder))


async def work(house: House, agent: str) -> None:
    """Takes every other call at the desk, with hold, note and a longer wrap-up, and declines the rest."""
    tell, taken = house.service.tell, 0
    for _ in range(1_000):
        rings = [ring for ring in house.all(Ring) if ring.agent == agent]
        if len(rings) == taken:
            await asyncio.sleep(1)
            continue
        taken = len(rings)
        if taken % 3 == 0:
            tell(events.OfferDeclined(agent=agent))
            continue
        tell(events.OfferAccepted(agent=agent))
        await asyncio.sleep(20)
        tell(events.HoldAsked(agent=agent))
        await asyncio.sleep(15)
        tell(events.RetrieveAsked(agent=agent))
        tell(events.CallNoted(agent=agent, note="half a no"))
        await asyncio.sleep(40)
        tell(events.AgentNotReady(agent=agent, reason="lunch"))
        tell(events.HangUpAsked(agent=agent))
        tell(events.WrapUpExtended(agent=agent, extra_ms=20_000))
        await asyncio.sleep(35)
        tell(events.WrapUpFinished(agent=agent, disposition="solved", note="a whole note"))
        await asyncio.sleep(30)
        tell(events.AgentReady(agent=agent))


def replayed(entries: Iterable[Entry]) -> list[tuple[Effect, ...]]:
    centre = Centre(bank().centre)
    return [tuple(centre.apply(entry.event, entry.at)) for entry in entries]


def test_a_fresh_centre_gives_the_same_effects_event_for_event(journal: list[Entry]) -> None:
    for entry, effects in zip(journal, replayed(journal), strict=True):
        assert effects == entry.effects, f"entry {entry.seq}: {entry.event}"


def test_the_run_was_worth_replaying(journal: list[Entry]) -> None:
    arrived = sum(isinstance(entry.event, events.CallArrived) for entry in journal)
    assert arrived > 300
    told = {type(entry.event) for entry in journal}
    assert told >= {
        events.LineSynchronised,
        events.PromptEnded,
        events.KeysEntered,
        events.CallerHungUp,
        events.OfferRinging,
        events.OfferAnswered,
        events.OfferFailed,
        events.ConversationEnded,
        events.CallHeld,
        events.CallRetrieved,
        events.OfferDeclined,
        events.CallNoted,
        events.WrapUpExtended,
        events.CustomerFound,
        events.TimePassed,
    }


def test_a_journal_that_misses_one_event_gives_itself_away(journal: list[Entry]) -> None:
    ready = next(index for index, entry in enumerate(journal) if isinstance(entry.event, events.AgentReady))
    without = journal[:ready] + journal[ready + 1 :]
    assert replayed(without) != [entry.effects for entry in without]


def test_the_machine_needs_no_file_no_network_no_process_and_no_luck(journal: list[Entry]) -> None:
    site = bank()
    asked = pickle.dumps((site.centre, [site.time_zone.key], [(entry.event, entry.at) for entry in journal]))
    # Another order of every set and another process: the effects must not depend on either.
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.twin.pure_replay"],
        input=asked,
        capture_output=True,
        cwd=ROOT,
        env=environment,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [tuple(effects) for effects in pickle.loads(done.stdout)] == [entry.effects for entry in journal]
