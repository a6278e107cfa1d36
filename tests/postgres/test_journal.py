"""The journal in PostgreSQL: committed before anything leaves, in order, and closed to who was deposed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from centre.effects import CallChanged
from centre.events import CallArrived, Event, TimePassed
from cti.journal import Entry, ForeignMark, JournalError, Keeping
from cti.journal.port import JournalStatus
from cti.journal.source import InDatabase
from cti.postgres import Session
from tests.asterisk.kit.ports import free_port
from tests.postgres.engines import LONG, PATIENCE_S, SITE, Pair, engine_at, until
from tests.postgres.server import PostgresServer
from tests.proxy import FreezableProxy, freezable_proxy

NOON = 1_795_348_800_000


async def leading(pair: Pair) -> Pair:
    await pair.leads()
    await all_of(pair)
    pair.journal.begin()
    return pair


def append(pair: Pair, number: int, kept: list[int]) -> None:
    """Journals something; its effect is that ``number`` is kept."""
    pair.journal.append(NOON, TimePassed(), [], lambda: kept.append(number))


@asynccontextmanager
async def leading_by_way_of_a_proxy(postgres: PostgresServer) -> AsyncIterator[tuple[Pair, FreezableProxy]]:
    """An engine that leads, and what stands between it and an empty database."""
    postgres.empty_database()
    async with freezable_proxy() as proxy:
        proxy.to = postgres.port
        async with engine_at(postgres.address(proxy.port), "alpha", LONG) as pair:
            yield await leading(pair), proxy


async def all_of(pair: Pair) -> list[Entry]:
    """What the journal holds that this engine has not read yet."""
    found: list[Entry] = []
    while entries := await pair.journal.follow():
        found += entries
    return found


def arrives(number: int, name: str = "") -> Event:
    return CallArrived(call=f"virtual-{number}", line="virtual", name=name)


async def test_entries_come_back_in_order_as_they_were_with_what_was_running(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    kept: list[int] = []
    odd = "\x00 \ud800 \u2028 '; DROP TABLE holdless_journal; -- Олена"
    async with engine_at(address, "alpha", LONG) as pair:
        alpha = await leading(pair)
        alpha.journal.append(NOON, arrives(1, odd), [CallChanged(call="virtual-1")], lambda: kept.append(1))
        assert kept == []
        alpha.journal.append(NOON + 1, TimePassed(), [], lambda: kept.append(2))
        alpha.journal.change_to("c2", {})
        alpha.journal.append(NOON + 2, TimePassed(), [], lambda: kept.append(3))
        await until(lambda: len(kept) == 3)
        assert kept == [1, 2, 3]
    async with engine_at(address, "beta", LONG) as beta:
        entries = await all_of(beta)
        assert [(one.seq, one.at) for one in entries] == [(1, NOON), (2, NOON + 1), (3, NOON + 2)]
        assert entries[0].event == arrives(1, odd)
        assert entries[0].effects == (CallChanged(call="virtual-1"),)
        assert [one.header.configuration for one in entries] == ["c1", "c1", "c2"]


async def test_numbers_go_on_where_the_former_leader_ended(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    for number, me in enumerate(("alpha", "beta", "alpha"), start=1):
        async with engine_at(address, me, LONG) as pair:
            done = asyncio.Event()
            (await leading(pair)).journal.append(NOON + number, TimePassed(), [], done.set)
            await asyncio.wait_for(done.wait(), PATIENCE_S)
    async with engine_at(address, "gamma", LONG) as gamma:
        assert [(one.seq, one.header.opened) for one in await all_of(gamma)] == [(1, 1), (2, 2), (3, 3)]
    assert postgres.run_sql("SELECT string_agg(epoch::text, ' ' ORDER BY seq) FROM holdless_journal") == "1 2 3"


@asynccontextmanager
async def ten_entries(postgres: PostgresServer) -> AsyncIterator[tuple[Pair, Pair]]:
    """An engine that leads and has written ten, a millisecond apart, and one that follows and has read none."""
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as pair, engine_at(address, "beta", LONG) as beta:
        alpha = await leading(pair)
        for number in range(10):
            alpha.journal.append(NOON + number, TimePassed(), [], lambda: None)
        await until(lambda: alpha.journal.mark() is not None)
        yield alpha, beta


async def test_an_engine_reads_from_a_time_on_with_the_header_of_before_and_follows_from_there(
    postgres: PostgresServer,
) -> None:
    async with ten_entries(postgres) as (alpha, beta):
        entries = list(beta.journal.since(NOON + 7))
        assert [one.seq for one in entries] == [8, 9, 10]
        assert entries[0].header.configuration == "c1"
        alpha.journal.append(NOON + 10, TimePassed(), [], lambda: None)
        await until(lambda: alpha.journal.mark() is not None)
        assert [one.seq for one in await all_of(beta)] == [11]
        assert beta.journal.at == NOON + 10
        assert list(beta.journal.since(NOON + 100)) == []


async def test_what_is_left_is_read_where_old_entries_were_deleted_and_their_header_with_them(
    postgres: PostgresServer,
) -> None:
    async with ten_entries(postgres) as (_, beta):
        postgres.run_sql(f"DELETE FROM holdless_journal WHERE at < {NOON + 5}")
        assert [(one.seq, one.header.configuration) for one in await all_of(beta)] == [(n, "") for n in range(6, 11)]
        assert [one.seq for one in beta.journal.since(NOON + 7)] == [8, 9, 10]
        assert [one.seq for one in beta.journal.since(NOON)] == [6, 7, 8, 9, 10]


async def test_a_mark_is_found_again_and_one_of_another_journal_is_not(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as pair, engine_at(address, "beta", LONG) as beta:
        alpha = await leading(pair)
        assert alpha.journal.mark() is None
        alpha.journal.append(NOON, arrives(1, "\ud800"), [], lambda: None)
        assert alpha.journal.mark() is None, "it is not committed yet"
        await until(lambda: alpha.journal.mark() is not None)
        mark = alpha.journal.mark()
        assert mark is not None
        alpha.journal.append(NOON + 1, TimePassed(), [], lambda: None)
        await until(lambda: alpha.journal.mark() is not None)
        assert [one.seq for one in beta.journal.after(mark)] == [2]
        assert beta.journal.mark() == alpha.journal.mark()
        postgres.run_sql("UPDATE holdless_journal SET line = replace(line, 'virtual-1', 'virtual-7')")
        for foreign in (mark, replace(mark, seq=77)):
            with pytest.raises(ForeignMark, match=f"has no entry {foreign.seq}"):
                list(beta.journal.after(foreign))


async def test_what_was_taken_in_while_the_server_restarts_is_committed_once_and_leaves_after_that(
    postgres: PostgresServer,
) -> None:
    address = postgres.empty_database()
    kept: list[int] = []
    async with engine_at(address, "alpha", LONG) as pair:
        alpha = await leading(pair)
        await asyncio.to_thread(postgres.kill)
        for number in range(1_200):
            append(alpha, number, kept)
        await until(lambda: alpha.journal.status().behind == 1_200)
        assert "what is decided waits for it" in alpha.journal.status().trouble
        assert kept == []
        await asyncio.to_thread(postgres.start)
        await until(lambda: len(kept) == 1_200)
        assert kept == list(range(1_200))
        assert alpha.journal.status().trouble == ""
    assert postgres.run_sql("SELECT count(*), min(seq), max(seq) FROM holdless_journal") == "1200|1|1200"


async def test_a_commit_whose_answer_was_lost_is_not_written_twice(postgres: PostgresServer) -> None:
    kept: list[int] = []
    async with leading_by_way_of_a_proxy(postgres) as (alpha, proxy):
        for number in range(200):
            append(alpha, number, kept)
            if number % 20 == 0:
                await asyncio.sleep(0)  # the commit is on its way
                await proxy.cut()
                proxy.mend()
        await until(lambda: len(kept) == 200)
    assert kept == list(range(200))
    async with engine_at(postgres.address(), "beta") as beta:
        assert [one.seq for one in await all_of(beta)] == list(range(1, 201))


async def test_what_a_slow_database_commits_leaves_after_that_and_it_is_said_to_be_slow(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.journal.database.SLOW_S", 0.05)
    kept: list[int] = []
    async with leading_by_way_of_a_proxy(postgres) as (alpha, proxy):
        proxy.delay_s = 0.1
        for number in range(5_000):
            append(alpha, number, kept)
        await until(lambda: alpha.journal.status().trouble != "")
        assert alpha.journal.status().trouble.startswith("the database is slow: a commit takes ")
        assert alpha.journal.status().effects_wait
        assert alpha.journal.status().keeping is Keeping.UP
        await until(lambda: len(kept) == 5_000)
        assert kept == list(range(5_000))
        assert alpha.journal.status().trouble == ""
        assert alpha.leadership.may_act()


async def test_nobody_new_is_taken_in_while_too_much_waits_and_nothing_is_lost(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.journal.database.PENDING_MOST", 100)
    kept: list[int] = []
    async with leading_by_way_of_a_proxy(postgres) as (alpha, proxy):
        proxy.freeze()
        for number in range(101):
            assert alpha.journal.status().keeping is Keeping.UP
            append(alpha, number, kept)
        assert alpha.journal.status().keeping is Keeping.FULL
        assert alpha.journal.status().trouble == "the database does not keep up; what is decided waits for it"
        proxy.thaw()
        await until(lambda: len(kept) == 101)
        assert alpha.journal.status() == JournalStatus()


async def test_what_is_taken_in_while_the_journal_is_locked_leaves_when_it_is_free(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.journal.database.SLOW_S", 0.1)
    kept: list[int] = []
    async with engine_at(postgres.empty_database(), "alpha", LONG) as pair:
        alpha = await leading(pair)
        other = Session(postgres.address(), name="other", answer_s=PATIENCE_S)
        await other.ask("BEGIN")
        await other.ask("LOCK TABLE holdless_journal")
        alpha.journal.append(NOON, arrives(1), [], lambda: kept.append(1))
        await until(lambda: alpha.journal.status().trouble != "")
        assert kept == []
        await other.ask("ROLLBACK")
        await until(lambda: kept == [1])
        assert alpha.journal.status() == JournalStatus()
        other.close()


async def test_what_is_taken_in_while_the_disk_of_the_server_is_full_leaves_when_there_is_room(
    postgres: PostgresServer,
) -> None:
    kept: list[int] = []
    async with engine_at(postgres.empty_database(), "alpha", LONG) as pair:
        alpha = await leading(pair)
        alpha.journal.append(NOON, arrives(0), [], lambda: kept.append(0))
        await until(lambda: kept == [0])
        with postgres.full_disk("holdless_journal", "seq"):
            for number in range(1, 200):
                alpha.journal.append(NOON, arrives(number), [], lambda number=number: kept.append(number))  # type: ignore[misc]
            await until(lambda: "could not extend file" in alpha.journal.status().trouble)
            assert kept == [0]
            assert alpha.leadership.may_act()
        await until(lambda: len(kept) == 200)
    assert postgres.run_sql("SELECT count(*), min(seq), max(seq) FROM holdless_journal") == "200|1|200"


async def test_the_database_refuses_what_a_deposed_engine_writes_and_nothing_of_it_leaves(
    postgres: PostgresServer,
) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as pair, engine_at(address, "beta", LONG) as other:
        alpha = await leading(pair)
        postgres.run_sql("UPDATE holdless_lease SET expires = now() - interval '1 second'")
        beta = await leading(other)
        assert alpha.leadership.may_act()  # its own clock knows of nothing: the database has to say it
        kept: list[str] = []
        alpha.journal.append(NOON, arrives(666), [], lambda: kept.append("alpha"))
        beta.journal.append(NOON, arrives(1), [], lambda: kept.append("beta"))
        assert await asyncio.wait_for(alpha.leadership.lost, PATIENCE_S) == "another engine leads now"
        await until(lambda: "beta" in kept)
        assert kept == ["beta"]
        assert not alpha.leadership.may_act()
    assert postgres.run_sql("SELECT count(*) FROM holdless_journal WHERE line LIKE '%virtual-666%'") == "0"


async def test_what_another_version_wrote_is_refused_with_its_number(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as pair:
        (await leading(pair)).journal.append(NOON, TimePassed(), [], lambda: None)
    postgres.run_sql("UPDATE holdless_journal SET line = replace(line, 'TimePassed', 'TimeTravelled')")
    async with engine_at(address, "beta", LONG) as beta:
        with pytest.raises(JournalError, match=r"entry 1 of the journal in the database: no event is called"):
            await beta.journal.follow()


async def test_whoever_looks_back_reads_it_without_an_engine(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    async with engine_at(address, "alpha", LONG) as pair:
        alpha = await leading(pair)
        for number in range(4):
            alpha.journal.append(NOON + number, arrives(number), [], lambda: None)
    journal = InDatabase(address, SITE)
    assert [(one.seq, one.event) for one in journal.read()] == [(n + 1, arrives(n)) for n in range(4)]
    assert [one.seq for one in journal.read(NOON + 2)] == [3, 4]
    assert list(InDatabase(address, "another site").read()) == []
    assert "***" in str(journal)
    with pytest.raises(JournalError, match="does not answer"):
        list(InDatabase(postgres.address(free_port()), SITE).read())
