"""A store that is still to be opened: nothing that is recorded meanwhile is lost, and nobody waits for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from centre.calls import CallRecord
from cti.store import AwaitedStore, StoreError
from tests.stores import closing

NOON = 1_795_348_800_000
CALL = CallRecord(
    call="virtual-1",
    line="virtual",
    number=" 100 ",
    name="",
    dialled="",
    language="en",
    path=(),
    entries=(),
    attributes={},
    customer={},
    arrived_at=NOON,
)


async def test_what_was_recorded_before_it_was_open_is_in_the_database_afterwards(tmp_path: Path) -> None:
    awaited = AwaitedStore(str.strip)
    awaited.record(CALL)
    assert awaited.status().behind == 1
    async with closing(await awaited.open(f"sqlite:///{tmp_path / 'centre.db'}", site="bank")) as store:
        assert await store.flush(30.0)
        assert await store.calls(NOON, NOON + 1) == [CALL]
        assert [contact.call for contact in await awaited.history("100")] == [CALL.call]
        assert (awaited.status().trouble, awaited.status().behind) == ("", 0)


async def test_until_it_is_open_it_says_so_and_keeps_nobody_waiting() -> None:
    awaited = AwaitedStore(str.strip)
    assert await awaited.history("100") == []
    assert awaited.health()["state"] == awaited.status().trouble == "it is being opened"
    with pytest.raises(StoreError, match="try again in a moment"):
        await awaited.walks("main", NOON, NOON + 1)
    with pytest.raises(StoreError, match="try again in a moment"):
        await awaited.scores(NOON, NOON + 1)


async def test_an_address_that_is_wrong_is_refused_also_with_records_waiting(tmp_path: Path) -> None:
    awaited = AwaitedStore(str.strip)
    awaited.record(CALL)
    with pytest.raises(StoreError, match="there is no folder"):
        await awaited.open(f"sqlite:///{tmp_path / 'no' / 'centre.db'}", site="bank")
    assert awaited.status().behind == 1
