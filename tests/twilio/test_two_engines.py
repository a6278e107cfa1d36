"""Two engines, PostgreSQL and Twilio: the one that leads is frozen, the other goes on with its callers, and when the
first wakes up nothing of it reaches them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from centre.effects import Answered, Ask, Queued, Ring
from config.loader import load_site
from config.site import Site
from cti.crm import NoRecords
from cti.lease import Terms
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from cti.twilio.line import TwilioLine
from holdless.cli import DEPOSED
from holdless.pair import Pair, pair_at
from tests.asterisk.kit.ports import free_ports
from tests.engine_process import until
from tests.house import ServiceHouse
from tests.postgres.processes import PATIENCE_S, decided, effects_so_far, engine_process
from tests.postgres.server import PostgresServer
from tests.postgres.sides import side
from tests.twilio.house import PUBLIC
from tests.twilio.standin import player
from tests.twilio.standin.door import at_the_door
from tests.twilio.standin.twilio import StandIn
from tests.twilio.test_the_engine_is_killed import BIN, ONE_MOMENT, asked, last_heard, office_on, repeated, said, waits

LEASE_S = 6
ANNA = "sip:anna@harbour.sip.twilio.com"


@asynccontextmanager
async def second_engine(site: Site, data: Path, address: str) -> AsyncIterator[tuple[ServiceHouse, Pair]]:
    """Another one in this process, which has not begun to stand by."""
    clock = ServiceClock()
    async with pair_at(address, site, data=data, terms=Terms(length_ms=LEASE_S * 1_000), waits=True) as pair:
        store = await Store.open(address)
        line = TwilioLine(site, messages=data / "messages", now=clock.now, may_act=pair.leadership.may_act)
        service = Service(site, lines=[line], journal=pair.journal, store=store, customers=NoRecords(), clock=clock)
        try:
            yield ServiceHouse(service), pair
        finally:
            await service.close()
            await store.close()


async def takes_over(house: ServiceHouse, pair: Pair) -> None:
    """Stands by, leads when the lease has run out, and serves."""
    await pair.take_the_lead(house.service)
    house.service.running.settle()
    await house.service.start()


async def test_an_engine_that_stands_by_says_so_to_twilio(postgres: PostgresServer, tmp_path: Path) -> None:
    address, twilio, (port,) = postgres.empty_database(), StandIn(public_url=PUBLIC), free_ports(1)
    site = office_on(twilio, "http://127.0.0.1:9", port, tmp_path)
    async with side(load_site(site), tmp_path / "leads", address) as leader:
        await leader.leads()
        async with (
            engine_process(site, tmp_path / "data", address, LEASE_S, line="twilio", says=b"Standing by"),
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{port}/twilio/voice") as answer,
        ):
            assert (answer.status, (await answer.text()).splitlines()[0]) == (503, "standby")


@pytest.mark.alone
async def test_callers_are_found_again_and_served_in_order_and_the_former_leader_is_silent(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "SAID_CHARACTERS_PER_S", 500)
    address, twilio, ports = postgres.empty_database(), StandIn(public_url=PUBLIC), free_ports(2)
    twilio.fallback_url, twilio.bins[BIN] = BIN, ONE_MOMENT.replace('length="5"', 'length="1"')
    anna = twilio.phone(ANNA)
    anna.answers_after = 0.2
    async with at_the_door(twilio, *ports) as api:
        first, second = (office_on(twilio, api, port, tmp_path / str(port)) for port in ports)
        async with side(load_site(first), tmp_path / "before", address) as nobody:
            await nobody.leads()
            ServiceHouse(nobody.service).ready("anna")
        async with (
            engine_process(first, tmp_path / "data", address, LEASE_S, line="twilio") as leader,
            second_engine(load_site(second), tmp_path / "other", address) as (house, pair),
        ):
            standing_by = asyncio.create_task(takes_over(house, pair))
            talking = await waits(twilio, "+380501110001")
            await until(lambda: last_heard(talking) == "connected", "a conversation")
            await decided(address, Answered, site="office")
            waiting = [await waits(twilio, f"+38050111000{digit}") for digit in (2, 3)]
            await decided(address, Queued, times=3, site="office")
            chooses = twilio.call_in("+380501110004")
            await asked(chooses)
            await decided(address, Ask, lambda one: chooses.sid in one.call, site="office")
            assert not standing_by.done()
            hook, document = next(one for one in reversed(twilio.documents) if "<Enqueue" in one[1])
            leader.send_signal(signal.SIGSTOP)
            chooses.press("1")
            await until(lambda: "One moment please." in said(chooses), "Twilio's own document")
            async with asyncio.timeout(PATIENCE_S):
                await standing_by
            centre = house.service.centre
            assert [call.record.call for call in centre.waiting_calls("bookings")] == [
                f"twilio-{leg.sid}" for leg in waiting
            ]
            assert await repeated(twilio, hook) == (200, document), "a request that is repeated to the other engine"
            leader.send_signal(signal.SIGCONT)
            talking.hang_up()
            await until(lambda: last_heard(waiting[0]) == "connected", "who has waited longest")
            await asked(chooses)
            chooses.press("1")
            await until(lambda: len(centre.waiting_calls("bookings")) == 2, "one more who waits")
            async with asyncio.timeout(PATIENCE_S):
                _, words = await leader.communicate()
            assert leader.returncode == DEPOSED
            assert b"holdless: out of service: " in words
    rings = [one for one in await effects_so_far(address, "office") if isinstance(one, Ring)]
    assert [one.call for one in rings] == [f"twilio-{leg.sid}" for leg in (talking, waiting[0])]
    assert len(anna.legs) == 2, "each offer rang once"
