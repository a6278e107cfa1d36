"""What the next call of a caller is told of the ones before."""

from __future__ import annotations

import pytest

from cti.crm import normalise
from cti.store import Contact, Store
from ivr.records import replace
from tests.unit.cti.recorded import NOON, ended, wrapped_up

pytestmark = pytest.mark.usefixtures("histories_are_waited_for")


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
