"""The store on a real SQLite file and on a real PostgreSQL: what was recorded is there, as it was."""

import asyncio
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from argon2 import PasswordHasher
from sqlalchemy import Connection, text

from centre.calls import CallRecord, Message, OfferRecord, Outcome
from cti.crm import normalise
from cti.store import Contact, Session, Store, StoreError
from cti.store.database import Database
from cti.store.migrating import Migrations
from cti.store.schema import calls, metadata, offers
from ivr.messages import Entry, MenuStep, Score
from ivr.picture import Walk
from ivr.records import replace
from ivr.scale import Scale
from tests.postgres.server import PostgresServer
from tests.stores import closing

pytestmark = pytest.mark.usefixtures("histories_are_waited_for")

NOON = 1_795_348_800_000


def file_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'centre.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new database is, of each kind."""
    if request.param == "sqlite":
        return file_in(tmp_path)
    server = request.getfixturevalue("postgres")
    assert isinstance(server, PostgresServer)
    return server.empty_database()


def ended(call: str = "virtual-1", *, number: str = "+380501110001", at: int = NOON) -> CallRecord:
    """A call as it is when the caller has hung up."""
    return CallRecord(
        call=call,
        line="virtual",
        number=number,
        name="Олена О'Коннор",
        dialled="100",
        language="uk",
        path=(MenuStep(node="main", key="1", label={"en": "Cards", "uk": "Картки"}),),
        entries=(Entry(name="card", value="••••", label={"en": "Card"}),),
        attributes={"vip": "yes"},
        customer={"name": "Natalia", "tier": "gold"},
        arrived_at=at,
        queue="cards",
        queued_at=at + 9_000,
        offers=(
            OfferRecord(
                offer="o-1",
                agent="taras",
                offered_at=at + 9_001,
                ringing_at=at + 9_050,
                ended_at=at + 29_001,
                how="no-answer",
            ),
            OfferRecord(offer="o-2", agent="olena", offered_at=at + 29_001, ended_at=at + 31_000, how="answered"),
        ),
        answered_at=at + 31_000,
        agent="olena",
        ended_at=at + 91_000,
        outcome=Outcome.ANSWERED,
        ended_by="caller",
        talk_ms=60_000,
        hold_ms=0,
    )


def wrapped_up(record: CallRecord, note: str = "card blocked") -> CallRecord:
    return replace(record, wrap_up_ms=4_000, disposition="blocked", note=note)


async def test_a_call_comes_back_as_it_was_recorded(address: str) -> None:
    store = await Store.open(address)
    bare = replace(
        ended("virtual-2", at=NOON + 1),
        queue=None,
        queued_at=None,
        offers=(),
        answered_at=None,
        agent=None,
        ended_at=None,
        outcome=None,
        path=(),
        entries=(),
        customer={},
    )
    store.record(ended())
    store.record(bare)
    assert await store.flush()
    assert await store.calls(NOON, NOON + 2) == [bare, ended()]
    await store.close()


async def test_the_wrap_up_completes_the_record_whether_it_comes_at_once_or_late(address: str) -> None:
    store = await Store.open(address)
    store.record(ended("virtual-1"))
    store.record(wrapped_up(ended("virtual-1")))
    store.record(ended("virtual-2"))
    await store.flush()
    fewer_offers = replace(ended("virtual-2"), offers=ended().offers[1:])
    store.record(wrapped_up(fewer_offers))
    await store.flush()
    assert await store.calls(NOON, NOON + 1) == [wrapped_up(fewer_offers), wrapped_up(ended("virtual-1"))]
    await store.close()


async def test_a_record_of_before_the_wrap_up_that_comes_late_from_another_engine_changes_nothing(address: str) -> None:
    frozen, leads = await Store.open(address), await Store.open(address)
    leads.record(wrapped_up(ended()))
    assert await leads.flush()
    frozen.record(replace(ended(), offers=()))
    frozen.record(ended("virtual-2"))
    assert await frozen.flush()
    assert await leads.calls(NOON, NOON + 1) == [ended("virtual-2"), wrapped_up(ended())]
    await frozen.close()
    await leads.close()


async def test_what_was_recorded_is_there_after_a_restart(address: str) -> None:
    store = await Store.open(address)
    store.record(ended())
    await store.close()
    store = await Store.open(address)
    assert await store.calls(0, NOON * 2) == [ended()]
    await store.close()


async def test_calls_are_found_by_time_queue_and_agent(address: str) -> None:
    store = await Store.open(address)
    early, late = ended("virtual-1"), replace(ended("virtual-2", at=NOON + 1_000), queue="loans", agent="iryna")
    store.record(early)
    store.record(late)
    await store.flush()
    assert await store.calls(NOON, NOON + 1_001) == [late, early]
    assert await store.calls(NOON, NOON + 1_000) == [early]
    assert await store.calls(NOON + 1, NOON + 1_001) == [late]
    assert await store.calls(0, NOON * 2, queue="loans") == [late]
    assert await store.calls(0, NOON * 2, agent="olena") == [early]
    assert await store.calls(0, NOON * 2, queue="cards", agent="iryna") == []
    assert await store.calls(0, NOON * 2, limit=1) == [late]
    await store.close()


async def test_the_ways_through_a_menu_are_found_by_menu_and_day(address: str) -> None:
    store = await Store.open(address)
    nodes = ("welcome", "cards")
    store.record(replace(ended("a"), flow="main", nodes=nodes))
    store.record(replace(ended("b", at=NOON + 1), flow="main", nodes=nodes, outcome=Outcome.ABANDONED))
    store.record(replace(ended("c", at=NOON + 2), flow="main", nodes=nodes))
    store.record(replace(ended("d"), flow="evening", nodes=("closed",)))
    assert await store.flush()
    found = await store.walks("main", NOON, NOON + 2)
    assert sorted(found, key=lambda walk: walk.hung_up) == [
        Walk(nodes=nodes, hung_up=False),
        Walk(nodes=nodes, hung_up=True),
    ]
    await store.close()


async def test_the_next_call_sees_the_last_contacts_newest_first(address: str) -> None:
    store = await Store.open(address)
    for number in range(8):
        store.record(wrapped_up(ended(f"virtual-{number}", at=NOON + number), note=f"note {number}"))
    store.record(ended("virtual-x", number="+380501110002"))
    await store.flush()
    contacts = await store.history("+380501110001", limit=3)
    assert contacts[0] == Contact(
        call="virtual-7",
        at=NOON + 7,
        queue="cards",
        agent="olena",
        outcome="answered",
        disposition="blocked",
        note="note 7",
        talk_ms=60_000,
    )
    assert [contact.note for contact in contacts] == ["note 7", "note 6", "note 5"]
    assert len(await store.history("+380501110001")) == 5
    await store.close()


async def test_a_contact_is_in_the_history_before_it_is_in_the_database(address: str) -> None:
    store = await Store.open(address)
    store.record(ended("virtual-1"))
    await store.flush()
    store.record(wrapped_up(ended("virtual-1"), note="just now"))
    store.record(ended("virtual-2", at=NOON + 1))
    assert [(contact.call, contact.note) for contact in await store.history("+380501110001")] == [
        ("virtual-2", ""),
        ("virtual-1", "just now"),
    ]
    await store.close()


async def test_a_caller_is_the_same_caller_however_the_number_came(address: str) -> None:
    store = await Store.open(address, identify=lambda number: normalise(number, "UA"))
    store.record(ended(number="0501110001"))
    assert len(await store.history("+380501110001")) == 1
    await store.flush()
    assert len(await store.history("sip:380501110001@10.0.0.1")) == 1
    await store.close()


async def test_callers_who_withhold_their_number_do_not_share_a_history(address: str) -> None:
    store = await Store.open(address, identify=lambda number: normalise(number, "UA"))
    for call, number in (("virtual-1", ""), ("virtual-2", "anonymous")):
        store.record(ended(call, number=number))
    assert await store.history("") == []
    assert await store.history("anonymous") == []
    await store.flush()
    assert await store.history("") == []
    assert await store.history("anonymous") == []
    await store.close()


@pytest.mark.parametrize(
    "typed", ["'; DROP TABLE calls; --", '"', "<script>", "a\r\nb", "%s %(x)s ?", "Олена 🙂", "x" * 100_000]
)
async def test_whatever_is_typed_is_kept_as_text(address: str, typed: str) -> None:
    store = await Store.open(address)
    record = replace(ended(number=typed), name=typed, note=typed, attributes={typed: typed}, disposition=typed)
    store.record(record)
    await store.flush()
    assert await store.calls(NOON, NOON + 1) == [record]
    assert [contact.note for contact in await store.history(typed)] == [typed]
    await store.close()


async def test_half_characters_and_zero_bytes_are_shown_as_missing_and_lose_no_call(address: str) -> None:
    store = await Store.open(address)
    store.record(replace(ended("virtual-\ud800"), name="a\0b", attributes={"\udfff": "\0"}))
    await store.flush()
    (record,) = await store.calls(NOON, NOON + 1)
    assert (record.call, record.name, record.attributes) == ("virtual-\ufffd", "a\ufffdb", {"\ufffd": "\ufffd"})
    await store.close()


async def test_a_record_that_no_database_takes_is_counted_and_holds_up_no_other(address: str) -> None:
    store = await Store.open(address)
    store.record(ended("virtual-1"))
    store.record(ended("virtual-2", at=2**70))
    store.record(ended("virtual-3"))
    assert await store.flush()
    assert {record.call for record in await store.calls(0, NOON + 1)} == {"virtual-1", "virtual-3"}
    assert store.health() == {"state": "up", "refused": "1"}
    await store.close()


async def test_thousands_of_calls_recorded_at_once_all_arrive(address: str) -> None:
    store = await Store.open(address)
    for number in range(3_000):
        store.record(ended(f"virtual-{number}", at=NOON + number))
    assert store.health()["waiting"] == "3000"
    assert await store.flush(90)
    found = await store.calls(0, NOON * 2, limit=10_000)
    assert [record.call for record in found] == [f"virtual-{number}" for number in reversed(range(3_000))]
    assert store.health() == {"state": "up"}
    await store.close()


def test_every_field_of_a_record_has_a_column() -> None:
    assert {*CallRecord.__struct_fields__} == {*calls.c.keys()} - {"caller"} | {"offers"}
    assert {*OfferRecord.__struct_fields__} == {*offers.c.keys()} - {"call", "position"}


async def test_the_migrations_make_the_tables_that_the_code_expects(address: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    database = await Database.open(address)
    async with database.reading.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_deleted_call_takes_its_offers_with_it(address: str) -> None:
    store = await Store.open(address)
    store.record(ended())
    await store.close()
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.execute(calls.delete())
    async with database.reading.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM offers")) == 0
    await database.close()


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


async def test_two_sites_in_one_database_share_neither_passwords_nor_sign_ins(address: str) -> None:
    async with (
        closing(await Store.open(address, site="bank")) as bank,
        closing(await Store.open(address, site="clinic")) as clinic,
    ):
        await bank.set_password("olena", "Correct horse 9")
        assert not await clinic.check_password("olena", "Correct horse 9")
        signed_in = {"1": Session(user="olena", since=1_000, by_password=True)}
        await bank.change_sign_ins(signed_in, since=0)
        assert await clinic.sign_ins(since=0) == {}
        await clinic.set_password("olena", "another one entirely")
        assert await bank.check_password("olena", "Correct horse 9")
        assert await bank.sign_ins(since=0) == signed_in
        assert await bank.ended_sign_ins() == await clinic.ended_sign_ins() == set()


async def test_passwords_of_before_sites_were_kept_apart_count_until_there_is_a_new_one_at_the_site(
    address: str,
) -> None:
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
        await connection.run_sync(Migrations("").run, "0008")
        row = {"user": "olena", "hash": PasswordHasher().hash("Correct horse 9")}
        await connection.execute(text('INSERT INTO passwords ("user", hash) VALUES (:user, :hash)'), row)
    await database.close()
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


async def test_a_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "банк 100% #1"
    folder.mkdir()
    store = await Store.open(f"sqlite:///{folder}/centre.db".replace("%", "%25"))
    store.record(ended())
    await store.close()
    assert (folder / "centre.db").exists()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("centre.db", r"its address is no URL; write for example sqlite:///centre\.db"),
        ("sqlite://", r"in memory: it would forget; name a file"),
        ("sqlite:///:memory:", r"in memory: it would forget; name a file"),
        ("sqlite:///{0}/absent/centre.db", r"there is no folder .*absent; make it, or name another"),
        ("sqlite:///{0}", r"it is a folder; name a file in it"),
        ("sqlite:////proc/centre.db", r"/proc/centre\.db: unable to open database file; make its folder one"),
        ("sqlite+pysqlite:///{0}/centre.db", r"requires an async driver"),
        ("nonsense://127.0.0.1/centre", r"install the driver, or name it in the address"),
        ("postgresql+nonsense://u:secret@127.0.0.1/centre", r"u:\*\*\*@127.* install the driver"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_one_line_that_says_what_to_do(
    tmp_path: Path, wrong: str, complaint: str
) -> None:
    with pytest.raises(StoreError, match=complaint) as refused:
        await Store.open(wrong.format(tmp_path))
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_the_files_of_a_new_database_are_their_owners_alone(tmp_path: Path) -> None:
    store = await Store.open(file_in(tmp_path))
    store.record(ended())
    await store.flush()
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
    await store.close()
    assert modes["centre.db"] == 0o600
    assert set(modes.values()) == {0o600}


async def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "centre.db"
    path.write_bytes(b"These are my holiday photographs.\n" * 100)
    with pytest.raises(StoreError, match=r"file is not a database; it is something else: move it away"):
        await Store.open(file_in(tmp_path))
    assert path.read_bytes() == b"These are my holiday photographs.\n" * 100


async def test_a_database_of_a_newer_version_is_refused_untouched(address: str) -> None:
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(StoreError, match="a newer Holdless has changed it; run that version"):
        await Store.open(address)


async def test_a_database_of_something_else_is_refused_untouched(address: str) -> None:
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    await database.close()
    with pytest.raises(
        StoreError, match=r"it holds tables of something else \(calls, heard, offers, passwords, sign_ins\)"
    ):
        await Store.open(address)


async def test_what_callers_said_is_found_by_the_day_and_with_the_queue(address: str) -> None:
    store = await Store.open(address)
    how, likely = (Score(name="how", scale=Scale.CSAT, score=4), Score(name="likely", scale=Scale.NPS, score=10))
    store.record(replace(ended("virtual-1"), scores=(how, likely)))
    store.record(replace(ended("virtual-2", at=NOON + 1), scores=(how,), queue=None))
    store.record(ended("virtual-3", at=NOON + 2))
    store.record(replace(ended("virtual-4", at=NOON + 3), scores=(likely,)))
    assert await store.flush()
    assert sorted(await store.scores(NOON, NOON + 3), key=str) == [("", how), ("cards", how), ("cards", likely)]
    (record,) = await store.calls(NOON, NOON + 1)
    assert record.scores == (how, likely)
    await store.close()


async def test_messages_of_callers_are_found_newest_first_and_only_those_of_the_time_asked_for(address: str) -> None:
    def with_message(call: str, at: int, *messages: str) -> CallRecord:
        left = tuple(Message(message=one, at=at + 5_000, length_ms=3_000) for one in messages)
        return replace(ended(call, at=at), messages=left)

    store = await Store.open(address)
    try:
        for record in (
            with_message("a-1", NOON, "a-1-m1"),
            ended("a-2", at=NOON + 1_000),
            with_message("a-3", NOON + 2_000, "a-3-m1"),
            with_message("a-4", NOON - 1, "a-4-m1"),
        ):
            store.record(record)
        await store.flush()
        found = await store.messages(NOON, 10)
        assert [one.message for one in found] == ["a-3-m1", "a-1-m1"]
        assert (found[0].at, found[0].length_ms, found[0].queue) == (NOON + 7_000, 3_000, "cards")
        assert (found[0].number, found[0].name) == ("+380501110001", "Олена О'Коннор")
        assert [one.message for one in await store.messages(NOON, 1)] == ["a-3-m1"]
    finally:
        await store.close()


async def test_recorded_conversations_are_found_newest_first_with_who_talked(address: str) -> None:
    store = await Store.open(address)
    try:
        for call, at, recording in (("a-1", NOON, "a-1-c"), ("a-2", NOON + 1, ""), ("a-3", NOON + 2, "a-3-c")):
            store.record(replace(ended(call, at=at), recording=recording, answered_at=at + 9, hold_ms=1_000))
        store.record(replace(ended("a-4", at=NOON - 1), recording="a-4-c", answered_at=NOON))
        await store.flush()
        first, second = await store.conversations(NOON, 10)
        assert (first.recording, second.recording) == ("a-3-c", "a-1-c")
        assert (first.at, first.queue, first.agent) == (NOON + 11, "cards", ended("a-3").agent)
        assert first.length_ms == ended("a-3").talk_ms + 1_000
        assert [one.recording for one in await store.conversations(NOON, 1)] == ["a-3-c"]
    finally:
        await store.close()


async def test_a_message_stays_marked_as_heard_by_who_heard_it_first(address: str) -> None:
    store = await Store.open(address)
    try:
        left = (Message(message="a-1-m1", at=NOON, length_ms=3_000),)
        store.record(replace(ended("a-1"), messages=left))
        await store.flush()
        assert [(one.heard_at, one.heard_by) for one in await store.messages(NOON, 10)] == [(None, "")]
        await store.mark_heard("a-1-m1", "supervisor", NOON + 1)
        await store.mark_heard("a-1-m1", "olena", NOON + 2)
        assert [(one.heard_at, one.heard_by) for one in await store.messages(NOON, 10)] == [(NOON + 1, "supervisor")]
    finally:
        await store.close()
