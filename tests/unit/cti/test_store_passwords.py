"""Passwords and sign-ins in the store: whom they let in, at which site, and how they are kept."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from cti.store import Session, Store
from cti.store.database import Database
from tests.stores import closing
from tests.unit.cti.older import of_version
from tests.unit.cti.recorded import LATER


async def test_a_password_opens_for_its_user_only(address: str) -> None:
    store = await Store.open(address)
    await store.set_password("olena", "Correct horse 9")
    assert await store.check_password("olena", "Correct horse 9")
    assert not await store.check_password("olena", "correct horse 9")
    assert not await store.check_password("olena", "")
    assert not await store.check_password("olena", "x" * 100_000)
    assert not await store.check_password("taras", "Correct horse 9")
    assert not await store.check_password("taras", "nobody has this password")
    await store.set_password("olena", "another one entirely")
    assert not await store.check_password("olena", "Correct horse 9")
    assert await store.check_password("olena", "another one entirely")
    await store.close()


async def test_a_new_password_ends_the_sign_ins_with_the_old_one_until_they_are_forgotten(address: str) -> None:
    async with closing(await Store.open(address)) as store:
        signed_in = {name: Session(user=name, since=1_000, by_password=True) for name in ("olena", "taras")}
        await store.change_sign_ins(signed_in, since=0)
        assert await store.ended_sign_ins() == set()
        await store.set_password("olena", "Correct horse 9")
        assert await store.sign_ins(since=0) == {"taras": signed_in["taras"]}
        assert await store.ended_sign_ins() == {"olena"}
        await store.change_sign_ins({"olena": None}, since=0)
        assert await store.ended_sign_ins() == set()


async def test_a_sign_in_of_before_a_new_password_is_over_however_late_the_database_hears_of_it(address: str) -> None:
    async with closing(await Store.open(address)) as store:
        await store.set_password("olena", "Correct horse 9")
        before, his, after = (
            Session(user=user, since=since, by_password=True)
            for user, since in (("olena", 1_000), ("taras", 1_000), ("olena", LATER))
        )
        await store.change_sign_ins({"before": before, "his": his, "after": after}, since=0)
        assert await store.sign_ins(since=0) == {"his": his, "after": after}
        assert await store.ended_sign_ins() == {"before"}


async def test_two_sites_in_one_database_share_neither_passwords_nor_sign_ins(address: str) -> None:
    async with (
        closing(await Store.open(address, site="bank")) as bank,
        closing(await Store.open(address, site="clinic")) as clinic,
    ):
        await bank.set_password("olena", "Correct horse 9")
        assert not await clinic.check_password("olena", "Correct horse 9")
        signed_in = {"1": Session(user="olena", since=LATER, by_password=True)}
        await bank.change_sign_ins(signed_in, since=0)
        assert await clinic.sign_ins(since=0) == {}
        await clinic.set_password("olena", "another one entirely")
        assert await bank.check_password("olena", "Correct horse 9")
        await bank.change_sign_ins(signed_in, since=0)
        assert await bank.sign_ins(since=0) == signed_in
        assert await bank.ended_sign_ins() == await clinic.ended_sign_ins() == set()


async def test_passwords_of_before_sites_were_kept_apart_count_until_there_is_a_new_one_at_the_site(
    address: str,
) -> None:
    async with of_version("0008", address) as connection:
        row = {"user": "olena", "hash": PasswordHasher().hash("Correct horse 9")}
        await connection.execute(text('INSERT INTO passwords ("user", hash) VALUES (:user, :hash)'), row)
    async with (
        closing(await Store.open(address, site="bank")) as bank,
        closing(await Store.open(address, site="clinic")) as clinic,
    ):
        assert await clinic.check_password("olena", "Correct horse 9")
        await bank.set_password("olena", "another one entirely")
        assert not await bank.check_password("olena", "Correct horse 9")
        assert await clinic.check_password("olena", "Correct horse 9")


async def test_a_password_is_the_same_however_the_keyboard_composes_it(address: str) -> None:
    store = await Store.open(address)
    await store.set_password("olena", "пароль-й-1")
    assert await store.check_password("olena", "пароль-и\u0306-1")
    await store.close()


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
async def test_a_password_too_short_or_too_long_is_refused(address: str, password: str) -> None:
    store = await Store.open(address)
    with pytest.raises(ValueError, match=rf"from 8 to 256 characters; this one has {len(password)}"):
        await store.set_password("olena", password)
    await store.close()


async def test_passwords_are_kept_as_argon2id_and_brought_up_to_date_at_sign_in(address: str) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("Correct horse 9")
    store = await Store.open(address)
    await store.set_password("olena", "Correct horse 9")
    database = await Database.open(address)

    async def kept() -> str:
        async with database.reading.connect() as connection:
            return str(await connection.scalar(text("SELECT hash FROM passwords")))

    today = await kept()
    assert today.startswith("$argon2id$")
    async with database.writing.begin() as connection:
        await connection.execute(text("UPDATE passwords SET hash = :weak"), {"weak": weak})
    assert await store.check_password("olena", "Correct horse 9")
    assert (await kept()).split("$")[:4] == today.split("$")[:4]
    await database.close()
    await store.close()


async def test_many_sign_ins_at_once_leave_the_loop_free(address: str) -> None:
    store = await Store.open(address)
    await store.set_password("olena", "Correct horse 9")
    checks = asyncio.gather(*(store.check_password("olena", "Correct horse 9") for _ in range(8)))
    turns = 0
    while not checks.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert all(await checks)
    assert turns > 20
    await store.close()
