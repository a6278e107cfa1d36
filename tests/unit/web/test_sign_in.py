"""Signing in by password, and what slows down guessing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from cti.store import Session, StoreError
from cti.web import sessions as web_sessions
from cti.web.sessions import LIFETIME_MS, Sessions, digest_of
from cti.web.settings import SignIn, WebSettings
from cti.web.throttle import LONGEST_PAUSE_MS, MOST_KEYS, Throttle
from tests.engine_process import until
from tests.unit.web.conftest import Serve
from tests.unit.web.demo import DemoService, NoPasswords

BY_PASSWORD = WebSettings(sign_in=SignIn.PASSWORD)


async def test_the_right_password_opens_the_desk_and_the_wrong_one_does_not(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    refused = await site.sign_in("olena", password="wrong")
    assert refused.status == 403
    assert "Name and password do not match." in await refused.text()
    assert (await site.sign_in("olena", password="right-olena")).headers["Location"] == "/desk"


async def test_an_unknown_name_reads_like_a_wrong_password(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    refused = await site.sign_in("nobody", password="right-nobody")
    assert "Name and password do not match." in await refused.text()


async def test_the_floor_is_the_supervisors(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    await site.sign_in("olena", password="right-olena")
    answer = await site.client.get(f"{site.address}/floor", allow_redirects=False)
    assert answer.headers["Location"] == "/sign-in?next=/floor"
    await site.sign_in("supervisor", password="right-supervisor")
    assert (await site.client.get(f"{site.address}/floor", allow_redirects=False)).status == 200


async def test_many_wrong_passwords_make_the_next_try_wait_and_time_ends_the_wait(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    for _ in range(5):
        await site.sign_in("olena", password="wrong")
    waits = await site.sign_in("olena", password="right-olena")
    assert waits.status == 403
    assert "Too many tries." in await waits.text()
    site.service.clock += LONGEST_PAUSE_MS
    assert (await site.sign_in("olena", password="right-olena")).status == 303


async def test_guesses_that_come_all_at_once_are_no_free_tries(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    checked, go_on = 0, asyncio.Event()

    async def slowly(self: NoPasswords, user: str, password: str) -> bool:
        nonlocal checked
        checked += 1
        await go_on.wait()
        return False

    monkeypatch.setattr(NoPasswords, "check_password", slowly)
    site = await serve(BY_PASSWORD)
    page = await (await site.client.get(f"{site.address}/sign-in")).text()
    token = page.partition('name="token" value="')[2].partition('"')[0]

    async def guess(number: int) -> int:
        form = {"user": "olena", "token": token, "password": f"guess {number}"}
        headers = {"Origin": site.address}
        return (await site.client.post(f"{site.address}/sign-in", data=form, headers=headers)).status

    guesses = [asyncio.create_task(guess(number)) for number in range(12)]
    await until(lambda: checked + sum(task.done() for task in guesses) == 12, "all guesses")
    go_on.set()
    assert await asyncio.gather(*guesses) == [403] * 12
    assert checked == 5


async def test_machines_play_agents_only_on_a_line_that_can(serve: Serve) -> None:
    site = await serve()
    page = await (await site.client.get(f"{site.address}/sign-in")).text()
    assert "Played by the machine" not in page
    site.service.line.take_over = site.service.line.give_back = lambda agent: None  # type: ignore[attr-defined]
    page = await (await site.client.get(f"{site.address}/sign-in")).text()
    assert "Played by the machine" in page


async def test_nobody_learns_from_the_form_who_works_here(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    page = await (await site.client.get(f"{site.address}/sign-in")).text()
    assert "Olena" not in page
    assert "olena" not in page


async def test_a_store_that_is_away_is_told_in_words(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(self: NoPasswords, user: str, password: str) -> bool:
        raise StoreError("away")

    monkeypatch.setattr(NoPasswords, "check_password", away)
    site = await serve(BY_PASSWORD)
    for _ in range(10):  # and none of these is a guess
        answer = await site.sign_in("olena", password="right-olena")
        assert answer.status == 403
        assert "Passwords cannot be checked at the moment." in await answer.text()


async def test_a_sign_in_is_of_before_its_password_was_checked_for_another_may_be_set_meanwhile(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, database = DemoService(), Database()
    before = service.clock

    async def slowly(self: NoPasswords, user: str, password: str) -> bool:
        service.clock += 1_000
        return True

    monkeypatch.setattr(NoPasswords, "check_password", slowly)
    site = await serve(BY_PASSWORD, service, Sessions(database, by_password=True))
    await site.sign_in("olena", password="right-olena")
    assert [one.since for one in database.rows.values()] == [before]


async def test_signing_out_ends_the_sockets_of_that_sign_in(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    await site.sign_in("supervisor", password="right-supervisor")
    floor = await site.socket("/floor/socket")
    await floor.until(lambda message: message["type"] == "floor")
    await site.client.post(f"{site.address}/sign-out", headers={"Origin": site.address})
    with pytest.raises((TypeError, aiohttp.WSMessageTypeError)):
        await floor.until(lambda _: False)


async def test_a_password_longer_than_any_is_refused_unread(serve: Serve) -> None:
    site = await serve(BY_PASSWORD)
    assert (await site.sign_in("olena", password="x" * 10_000)).status == 403


async def test_signing_out_makes_the_ticket_worthless(serve: Serve) -> None:
    site = await serve()
    await site.sign_in("olena")
    ticket = next(cookie.value for cookie in site.client.cookie_jar if cookie.key == "holdless")
    await site.client.post(f"{site.address}/sign-out", headers={"Origin": site.address})
    answer = await site.client.get(
        f"{site.address}/desk", headers={"Cookie": f"holdless={ticket}"}, allow_redirects=False
    )
    assert answer.status == 303


@dataclass
class Database:
    """Keeps sign-ins, unless it is away."""

    rows: dict[str, Session] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    is_away: bool = False
    answers: asyncio.Event | None = None
    """Until this is set it says nothing of who is signed in; None: it does at once."""

    async def sign_ins(self, since: int) -> Mapping[str, Session]:
        self._demand()
        if self.answers is not None:
            await self.answers.wait()
        return {key: one for key, one in self.rows.items() if one.since > since}

    async def ended_sign_ins(self) -> frozenset[str]:
        self._demand()
        return frozenset(self.ended)

    async def change_sign_ins(self, changes: Mapping[str, Session | None], since: int) -> None:
        self._demand()
        await asyncio.sleep(0)
        self.rows = {key: one for key, one in self.rows.items() if key not in changes and one.since > since}
        self.rows |= {key: one for key, one in changes.items() if one is not None}

    def _demand(self) -> None:
        if self.is_away:
            raise StoreError("the database does not answer")


async def another_process(database: Database, now: int = 2_000) -> Sessions:
    sessions = Sessions(database)
    await sessions.load(now)
    return sessions


async def test_a_sign_in_outlives_the_process_and_the_database_gives_no_ticket_away() -> None:
    database = Database()
    sessions = await another_process(database)
    ticket = sessions.open("olena", now=1_000)
    await sessions.end()
    found = (await another_process(database)).find(ticket, now=2_000)
    assert found == Session(user="olena", since=1_000, by_password=False)
    assert ticket not in str(database.rows)


async def test_who_has_signed_out_is_not_signed_in_at_another_process() -> None:
    database = Database()
    sessions = await another_process(database)
    hers, other, his = (sessions.open(user, now=1_000) for user in ("olena", "olena", "taras"))
    sessions.close(hers)
    await sessions.end()
    second = await another_process(database)
    assert [second.find(ticket, now=2_000) is None for ticket in (hers, other, his)] == [True, False, False]
    second.close_all_of("olena")
    await second.end()
    third = await another_process(database)
    assert [third.find(ticket, now=2_000) is None for ticket in (hers, other, his)] == [True, True, False]


async def test_who_signs_out_while_sign_ins_could_not_be_read_is_not_signed_in_later() -> None:
    database = Database()
    sessions = await another_process(database)
    hers = sessions.open("olena", now=1_000)
    await sessions.end()
    database.is_away = True
    second = await another_process(database)
    database.is_away = False
    second.close(hers)
    await second.end()
    assert (await another_process(database)).find(hers, now=2_000) is None


@asynccontextmanager
async def watched(sessions: Sessions, ended: list[str]) -> AsyncIterator[None]:
    async def tell(digests: Collection[str]) -> None:
        ended.extend(digests)

    watching = asyncio.create_task(sessions.watch(tell))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await sessions.end()


async def test_a_new_password_ends_sign_ins_in_a_process_that_runs_once_the_database_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_sessions, "LOOK_EVERY_S", 0.01)
    database, ended = Database(), list[str]()
    sessions = await another_process(database)
    hers, his = (sessions.open(user, now=1_000) for user in ("olena", "taras"))
    await sessions.kept()
    async with watched(sessions, ended):
        database.is_away = True
        database.ended.add(digest_of(hers))
        await asyncio.sleep(0.05)
        assert sessions.find(hers, now=2_000) is not None
        database.is_away = False
        await until(lambda: ended, "the end of a sign-in")
        assert ended == [digest_of(hers)]
        assert sessions.find(hers, now=2_000) is None
        assert sessions.find(his, now=2_000) is not None


async def test_sign_ins_that_could_not_be_read_at_the_start_count_once_they_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_sessions, "LOOK_EVERY_S", 0.01)
    database = Database()
    first = await another_process(database)
    hers, his = (first.open(user, now=1_000) for user in ("olena", "taras"))
    await first.end()
    database.is_away = True
    second = await another_process(database)
    async with watched(second, []):
        second.close(his)
        assert second.find(hers, now=2_000) is None
        database.is_away = False
        await until(lambda: second.find(hers, now=2_000), "the sign-in of before")
        assert second.find(his, now=2_000) is None


async def test_pages_do_not_wait_for_a_database_that_says_nothing_and_take_over_sign_ins_once_it_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(web_sessions, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(web_sessions, "LOADED_WITHIN_S", 0.01)
    database = Database()
    first = await another_process(database)
    hers = first.open("olena", now=1_000)
    await first.end()
    database.answers = asyncio.Event()
    async with asyncio.timeout(20):
        second = await another_process(database)
    assert "has not answered within 0.01 s" in caplog.text
    async with watched(second, []):
        database.answers.set()
        await until(lambda: second.find(hers, now=2_000), "the sign-in of before")


@pytest.mark.parametrize("by_password", [False, True])
async def test_a_sign_in_of_one_way_is_none_where_people_sign_in_in_another(by_password: bool) -> None:
    database = Database()
    before = Sessions(database, by_password=by_password)
    ticket = before.open("supervisor", now=1_000)
    await before.end()
    after = Sessions(database, by_password=not by_password)
    await after.load(2_000)
    assert after.find(ticket, now=2_000) is None


async def test_a_sign_in_that_ends_elsewhere_ends_its_sockets_and_no_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_sessions, "LOOK_EVERY_S", 0.01)
    database = Database()
    site = await serve(BY_PASSWORD, sessions=Sessions(database, by_password=True))
    await site.sign_in("supervisor", password="right-supervisor")
    floor = await site.socket("/floor/socket")
    await floor.until(lambda message: message["type"] == "floor")
    database.ended |= database.rows.keys()
    with pytest.raises((TypeError, aiohttp.WSMessageTypeError)):
        await floor.until(lambda _: False)
    answer = await site.client.get(f"{site.address}/floor", allow_redirects=False)
    assert answer.headers["Location"] == "/sign-in?next=/floor"


async def test_a_sign_in_that_is_too_old_is_not_taken_over_and_goes_from_the_database() -> None:
    database = Database()
    sessions = await another_process(database)
    ticket = sessions.open("olena", now=1_000)
    await sessions.end()
    later = await another_process(database, 1_000 + LIFETIME_MS)
    assert later.find(ticket, now=2_000) is None
    later.open("taras", now=1_000 + LIFETIME_MS)
    await later.end()
    assert [one.user for one in database.rows.values()] == ["taras"]


async def test_a_database_that_is_away_keeps_nobody_out_and_hears_of_it_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(web_sessions, "AGAIN_S", 0.01)
    database = Database(is_away=True)
    sessions = await another_process(database)
    ticket = sessions.open("olena", now=1_000)
    await sessions.kept(0.05)
    assert sessions.find(ticket, now=2_000) is not None
    database.is_away = False
    await sessions.kept(30)
    assert [one.user for one in database.rows.values()] == ["olena"]
    assert caplog.text.count("trying again") == 1
    database.is_away = True
    assert (await another_process(database)).find(ticket, now=2_000) is None  # and nothing breaks


def test_a_sign_in_ends_after_its_lifetime_and_not_before() -> None:
    sessions = Sessions()
    ticket = sessions.open("olena", now=0)
    assert sessions.find(ticket, now=LIFETIME_MS - 1) is not None
    assert sessions.find(ticket, now=LIFETIME_MS) is None


def test_sign_ins_take_a_bounded_place() -> None:
    sessions = Sessions(most=20)
    first = sessions.open("olena", now=0)
    for _ in range(20):
        last = sessions.open("olena", now=0)
    assert sessions.find(first, now=0) is None
    assert sessions.find(last, now=0) is not None


def test_closing_all_of_somebody_leaves_the_others() -> None:
    sessions = Sessions()
    hers, his = sessions.open("olena", now=0), sessions.open("taras", now=0)
    sessions.close_all_of("olena")
    assert sessions.find(hers, now=1) is None
    assert sessions.find(his, now=1) is not None


def test_the_pause_doubles_and_is_never_longer_than_half_a_minute() -> None:
    throttle = Throttle(free_tries=5)
    pauses = []
    for _ in range(13):
        throttle.failed(0, "olena")
        pauses.append(throttle.pause_ms(0, "olena"))
    assert pauses[:4] == [0] * 4
    assert pauses[4:7] == [1_000, 2_000, 4_000]
    assert pauses[-1] == LONGEST_PAUSE_MS


def test_a_success_forgives_and_keys_take_a_bounded_place() -> None:
    throttle = Throttle(free_tries=5)
    for _ in range(5):
        throttle.failed(0, "olena")
    throttle.succeeded("olena")
    assert throttle.pause_ms(0, "olena") == 0
    for _ in range(5):
        throttle.failed(0, "first")
    for other in range(MOST_KEYS):
        throttle.failed(0, f"other {other}")
    assert throttle.pause_ms(0, "first") == 0
