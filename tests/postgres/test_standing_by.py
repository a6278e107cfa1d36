"""An engine that stands by: it knows what the leader knows, and says so to whoever asks."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import astuple

from acd.effects import AgentState
from centre.effects import Effect
from centre.events import AgentReady, AgentSignedIn, CallArrived, CallerHungUp, Event
from centre.machine import Centre
from config.loader import load_site
from config.site import Site
from cti.journal import JournalError
from holdless.leads import AnotherLeads
from tests.asterisk.engine import BANK
from tests.postgres.engines import PATIENCE_S, SHORT, until
from tests.postgres.server import PostgresServer
from tests.postgres.sides import side


@pytest.fixture
def site() -> Site:
    return load_site(BANK)


async def answer_of(listener: socket.socket) -> tuple[int, str]:
    port = listener.getsockname()[1]
    async with aiohttp.ClientSession() as browser, browser.get(f"http://127.0.0.1:{port}/desk") as answer:
        return answer.status, await answer.text()


async def test_it_knows_every_call_before_it_leads_and_goes_on_with_them(
    site: Site, postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.empty_database()
    async with side(site, tmp_path / "a", address) as first, side(site, tmp_path / "b", address) as second:
        await first.leads()
        waiting = asyncio.create_task(second.leads())
        first.service.tell(CallArrived(call="asterisk-1", line="asterisk", number="+380501110001"))
        await until(lambda: second.service.centre.call("asterisk-1") is not None)
        assert not waiting.done()
        await first.pair.leadership.close()
        await asyncio.wait_for(waiting, PATIENCE_S)
        known, led = (one.service.centre.calls["asterisk-1"] for one in (second, first))
        assert astuple(known) == astuple(led)


async def test_a_call_that_ended_just_before_the_leader_was_killed_is_in_the_database_all_the_same(
    site: Site, postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.empty_database()
    elsewhere = f"sqlite:///{tmp_path / 'lost.db'}"
    async with (
        side(site, tmp_path / "a", address, store_at=elsewhere) as first,
        side(site, tmp_path / "b", address) as second,
    ):
        await first.leads()
        waiting = asyncio.create_task(second.leads())
        first.service.tell(CallArrived(call="asterisk-1", line="asterisk", number="+380501110001"))
        await until(lambda: second.service.centre.call("asterisk-1") is not None)
        first.service.tell(CallerHungUp(call="asterisk-1"))
        await until(lambda: second.service.centre.call("asterisk-1") is None)
        await first.pair.leadership.close()
        await asyncio.wait_for(waiting, PATIENCE_S)
        for _ in range(int(PATIENCE_S / 0.1)):
            if contacts := await second.service.history("+380501110001"):
                break
            await asyncio.sleep(0.1)
        assert [contact.call for contact in contacts] == ["asterisk-1"]


async def test_an_entry_that_breaks_the_follower_is_left_out_and_it_goes_on_following(
    site: Site, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres.empty_database()
    apply = Centre.apply
    async with side(site, tmp_path / "a", address) as first, side(site, tmp_path / "b", address) as second:

        def breaks_off(centre: Centre, event: Event, at: int) -> list[Effect]:
            if isinstance(event, AgentReady) and centre is not first.service.centre:
                raise ZeroDivisionError("another version")
            return apply(centre, event, at)

        await first.leads()
        waiting = asyncio.create_task(second.leads())
        first.service.tell(AgentSignedIn(agent="olena"))
        await until(lambda: second.service.centre.acd.agent("olena").state is AgentState.NOT_READY)
        monkeypatch.setattr(Centre, "apply", breaks_off)
        first.service.tell(AgentReady(agent="olena"))
        first.service.tell(CallArrived(call="asterisk-1", line="asterisk", number="+380501110001"))
        await until(lambda: second.service.centre.call("asterisk-1") is not None)
        assert second.service.centre.acd.agent("olena").state is AgentState.NOT_READY
        await first.pair.leadership.close()
        await asyncio.wait_for(waiting, PATIENCE_S)
        assert second.service.centre.call("asterisk-1") is not None


async def test_whoever_asks_is_told_that_it_stands_by_and_who_leads(
    site: Site, postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.empty_database()
    async with side(site, tmp_path / "a", address) as first, side(site, tmp_path / "b", address) as second:
        await first.leads()
        waiting = asyncio.create_task(second.leads())
        for _ in range(int(PATIENCE_S / 0.05)):
            status, said = await answer_of(second.listener)
            if "leads" in said:
                break
            await asyncio.sleep(0.05)
        assert (status, said.splitlines()[0]) == (503, "standby")
        assert said.splitlines()[1].endswith(" leads")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_who_was_not_told_to_stand_by_is_refused_where_another_leads(
    site: Site, postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.empty_database()
    async with (
        side(site, tmp_path / "a", address) as first,
        side(site, tmp_path / "b", address, waits=False) as second,
    ):
        await first.leads()
        with pytest.raises(AnotherLeads, match=r"process \d+ leads this site; .* --standby"):
            await second.leads()


async def test_two_sites_in_one_database_have_leaders_of_their_own(
    site: Site, postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.empty_database()
    other = replace(site, id="other")
    async with side(site, tmp_path / "a", address) as first, side(other, tmp_path / "b", address) as second:
        await first.leads()
        await second.leads()
        assert first.pair.leadership.may_act()
        assert second.pair.leadership.may_act()


async def test_one_data_folder_is_for_one_engine(site: Site, postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.empty_database()
    async with side(site, tmp_path / "a", address):
        with pytest.raises(JournalError, match="give this one a data folder of its own"):
            async with side(site, tmp_path / "a", address):
                pass


async def test_an_engine_that_cannot_reach_the_database_any_more_decides_nothing_that_leaves_it(
    site: Site, postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.empty_database()
    async with side(site, tmp_path / "a", address, terms=SHORT) as first:
        await first.leads()
        heard: list[object] = []
        first.service.subscribe(lambda effect, at: heard.append(effect))
        await asyncio.to_thread(postgres.kill)
        try:
            first.service.tell(CallArrived(call="asterisk-1", line="asterisk"))
            assert first.service.centre.call("asterisk-1") is not None
            why = await asyncio.wait_for(asyncio.shield(first.pair.leadership.lost), PATIENCE_S)
            assert why == "the lease could not be renewed in time"
            assert heard == []
        finally:
            await asyncio.to_thread(postgres.start)
