"""The lease on a real PostgreSQL: one holder, its number grows, and nothing stale is written."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from cti.lease import Row, Terms
from cti.postgres import Away, BadAddress, Session
from tests.asterisk.kit.ports import free_port
from tests.postgres.engines import LONG, PATIENCE_S, engine_at, until
from tests.postgres.server import PostgresServer
from tests.proxy import freezable_proxy

ROOT = Path(__file__).parents[2]


async def test_the_first_who_asks_leads_and_the_second_hears_who_does(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as alpha, engine_at(address, "beta", LONG) as beta:
        await alpha.leads()
        leader = await beta.leadership.try_to_lead()
        assert leader is not None
        assert (leader.holder, leader.name, leader.epoch) == ("alpha", "alpha.example", 1)
        assert 0 < leader.left_ms <= LONG.length_ms
        assert alpha.leadership.may_act()
        assert not beta.leadership.may_act()


async def test_of_many_who_ask_at_once_one_leads(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with (
        engine_at(address, "a", LONG) as a,
        engine_at(address, "b", LONG) as b,
        engine_at(address, "c", LONG) as c,
    ):
        for _ in range(10):
            await asyncio.gather(*(one.leadership.try_to_lead() for one in (a, b, c)), return_exceptions=True)
            leading = sum(one.leadership.may_act() for one in (a, b, c))
            assert leading <= 1
            if leading:
                return
        raise AssertionError("nobody leads")


async def test_a_lease_that_is_released_is_free_at_once_under_a_higher_number(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha") as alpha:
        await alpha.leads()
    async with engine_at(address, "beta") as beta:
        await beta.leads()
        assert beta.leadership.epoch == 2


async def test_the_next_process_of_the_same_engine_need_not_wait(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", Terms()) as former, engine_at(address, "alpha", LONG) as next_process:
        await former.leads()
        await next_process.leads()
        assert next_process.leadership.epoch == 2
        assert await asyncio.wait_for(former.leadership.lost, PATIENCE_S) == "another engine leads now"


async def test_a_lease_is_renewed_in_the_background(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", Terms()) as alpha:
        await alpha.leads()
        expires = postgres.run_sql("SELECT expires FROM holdless_lease")
        await until(lambda: postgres.run_sql("SELECT expires FROM holdless_lease") > expires)
        assert alpha.leadership.may_act()


async def test_who_is_cut_off_from_the_database_stops_before_another_leads(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with freezable_proxy() as proxy:
        proxy.to = postgres.port
        async with engine_at(postgres.address(proxy.port), "alpha") as alpha, engine_at(address, "beta") as beta:
            await alpha.leads()
            proxy.freeze()
            await beta.leads()
            assert not alpha.leadership.may_act()
            assert await asyncio.wait_for(alpha.leadership.lost, PATIENCE_S) == "the lease could not be renewed in time"
            proxy.thaw()


async def test_a_restart_of_the_database_within_the_lease_costs_nobody_the_lead(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as alpha:
        await alpha.leads()
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        async with engine_at(address, "beta") as beta:
            leader = await beta.leadership.try_to_lead()
            assert isinstance(leader, Row)
            assert leader.holder == "alpha"
        assert alpha.leadership.may_act()


LEADS_UNTIL_KILLED = """
import asyncio, sys
from tests.postgres.engines import engine_at

async def main():
    async with engine_at(sys.argv[1], "alpha") as alpha:
        await alpha.leads()
        acted, frozen = 0, False
        print("leads", flush=True)
        while not alpha.leadership.lost.done():
            before = asyncio.get_running_loop().time()
            await asyncio.sleep(0.01)
            frozen = frozen or asyncio.get_running_loop().time() - before > 1.0
            acted += frozen and alpha.leadership.may_act()
        print("acted", acted, alpha.leadership.lost.result(), flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_when_the_leader_is_killed_or_frozen_another_leads_within_the_lease(
    postgres: PostgresServer, how: signal.Signals
) -> None:
    address = postgres.empty_database()
    leader = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LEADS_UNTIL_KILLED, address), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert leader.stdout is not None
        assert await leader.stdout.readline() == b"leads\n"
        async with engine_at(address, "beta") as beta:
            leader.send_signal(how)
            await beta.leads()
            assert beta.leadership.epoch == 2
            if how is signal.SIGSTOP:
                leader.send_signal(signal.SIGCONT)
                said = await leader.stdout.readline()
                assert said.startswith(b"acted 0 "), said
            assert beta.leadership.may_act()
    finally:
        if leader.returncode is None:
            leader.kill()
        await leader.wait()


async def test_a_frozen_transaction_of_the_former_leader_holds_up_nobody(postgres: PostgresServer) -> None:
    """A client that is stopped between two packets of a statement keeps its locks; the one who takes over ends it."""
    address = postgres.empty_database()
    async with engine_at(address, "alpha") as alpha, engine_at(address, "beta") as beta:
        await alpha.leads()
        await alpha.leadership.close()
        stuck = Session(address, name="holdless alpha", answer_s=PATIENCE_S)
        await stuck.ask("SELECT 1")
        assert stuck._connection is not None
        await stuck._connection.execute("BEGIN")
        await stuck._connection.execute("SELECT 1 FROM holdless_lease FOR KEY SHARE")
        await beta.leads()
        assert beta.leadership.epoch == 2
        stuck.close()


async def test_a_server_that_is_not_there_is_said_in_one_line(postgres: PostgresServer) -> None:
    with pytest.raises(Away, match=r"Connect call failed|refused"):
        await Session(postgres.address(free_port()), name="x", answer_s=1.0).ask("SELECT 1")
    with pytest.raises(BadAddress, match="write postgresql://user@host/database"):
        Session("sqlite:///centre.db", name="x", answer_s=1.0)
