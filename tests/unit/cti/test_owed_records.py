"""What a start writes of calls that ended before it: again and again until journal and database are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest

from centre.calls import CallRecord
from centre.effects import CallEnded
from centre.events import TimePassed
from cti.journal import Entry, Header, JournalAway, JournalError
from cti.service import owed
from cti.service.owed import RECORDED_AGAIN_MS, WAITING_MOST, OwedRecords
from cti.store import StoreStatus
from cti.store.trouble import StoreAway
from tests.faults.troubled_store import ended

NOW = 100 * RECORDED_AGAIN_MS
LATELY = NOW - RECORDED_AGAIN_MS


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed, "_AGAIN_S", 0.001)
    monkeypatch.setattr(owed, "_PAUSE_S", 0.0)


class InMemory:
    """A journal in which a call ended at each of some times, and the database of them."""

    def __init__(self, times: Sequence[int] = (), *, newest: int | None = None) -> None:
        self.times = times
        self.known = newest
        self.journal_fails: list[Exception] = []
        self.store_fails: list[Exception] = []
        self.behind: list[int] = []
        """The next times that it is asked."""
        self.recorded: list[int] = []

    def since(self, at: int) -> Iterator[Entry]:
        header = Header(site="bank", configuration="", opened=1)
        for seq, time in enumerate(self.times):
            if self.journal_fails:
                raise self.journal_fails.pop(0)
            if time >= at:
                effects = (CallEnded(record=ended(time)),)
                yield Entry(seq=seq, at=time, event=TimePassed(), effects=effects, header=header)

    async def newest(self, _: int) -> int | None:
        if self.store_fails:
            raise self.store_fails.pop(0)
        return self.known

    def status(self) -> StoreStatus:
        return StoreStatus(behind=self.behind.pop(0) if self.behind else 0)

    def record(self, call: CallRecord) -> None:
        self.recorded.append(call.arrived_at)

    async def writes_again(self) -> list[int]:
        await OwedRecords(cast(Any, self), cast(Any, self)).record((), NOW)
        return sorted(set(self.recorded))


async def test_what_ended_lately_is_written_whatever_the_database_has() -> None:
    assert await InMemory([LATELY - 10, LATELY + 1, NOW, NOW + 1], newest=LATELY - 5).writes_again() == [
        LATELY + 1,
        NOW,
    ]


async def test_of_before_what_the_database_lacks_is_written() -> None:
    assert await InMemory([5, 10, 20], newest=10).writes_again() == [10, 20]
    assert await InMemory([5, 10, 20]).writes_again() == [5, 10, 20]


@pytest.mark.parametrize("fails", [JournalAway, StoreAway])
async def test_what_is_away_is_asked_again(fails: Callable[[str], Exception]) -> None:
    there = InMemory([5, NOW])
    failures = [fails("it restarts") for _ in range(3)]
    if fails is JournalAway:
        there.journal_fails = failures
    else:
        there.store_fails = failures
    assert await there.writes_again() == [5, NOW]
    assert failures == []


async def test_a_journal_that_cannot_be_read_is_told_of_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    broken = InMemory([NOW])
    broken.journal_fails = [JournalError("journal-2026-11-23.jsonl:7: no JSON")]
    assert await broken.writes_again() == []
    assert [record.message.partition(": ")[2] for record in caplog.records] == ["journal-2026-11-23.jsonl:7: no JSON"]


async def test_a_database_that_has_much_to_write_is_given_time() -> None:
    busy = InMemory([NOW])
    busy.behind = [WAITING_MOST + 1] * 5
    assert await busy.writes_again() == [NOW]
    assert busy.behind == []
