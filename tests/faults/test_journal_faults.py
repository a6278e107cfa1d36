"""A journal on a full disk, or of a killed process: whole lines, in order, none of them invented."""

import contextlib
import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from centre.effects import CallChanged
from centre.events import CallArrived, TimePassed
from cti.journal import Journal, JournalStatus, Keeping, read
from cti.journal.sync import BackgroundSync

ROOT = Path(__file__).parents[2]
EVENING = 1_795_391_999_000
"""2026-11-22 23:59:59 UTC."""

WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from centre.events import CallArrived
from cti.journal import Journal

journal = Journal.open(Path(sys.argv[1]), site="bank")
while True:
    journal.append(1_795_391_999_000, CallArrived(call=f"virtual-{journal.seq}", line="virtual", name="x" * 500), [])
    print(journal.seq - 1, flush=True)
"""


@contextlib.contextmanager
def limited(which: int, most: int) -> Iterator[None]:
    """The kernel gives this process no more than ``most`` of something."""
    former = resource.getrlimit(which)
    resource.setrlimit(which, (most, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(which, former)


def full_disk(path: Path, room: int) -> contextlib.AbstractContextManager[None]:
    """``room`` bytes are left for the file at ``path``: an append writes that many and no more, as on a full disk."""
    return limited(resource.RLIMIT_FSIZE, (path.stat().st_size if path.exists() else 0) + room)


def seqs(folder: Path) -> list[int]:
    return [entry.seq for entry in read(folder)]


@pytest.mark.parametrize("room", [0, 1, 60], ids=["nothing", "a byte", "half a line"])
def test_a_full_disk_tears_no_line_and_what_it_did_not_take_is_written_when_there_is_room(
    tmp_path: Path, room: int
) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    whole = path.read_bytes()
    sent: list[int] = []
    arrived = CallArrived(call="virtual-1", line="virtual")
    with full_disk(path, room):
        for count in range(3):
            journal.append(EVENING, arrived, [CallChanged(call="virtual-1")], partial(sent.append, count))
            assert path.read_bytes() == whole
        journal.retry()
        status = journal.status()
        assert (status.keeping, status.behind, status.lost) == (Keeping.BEHIND, 3, 0)
        assert status.trouble.startswith("not written: ")
        assert journal.mark() is None
    assert sent == [0, 1, 2]
    journal.retry()
    assert journal.status() == JournalStatus()
    journal.append(EVENING, TimePassed(), [])
    journal.close()
    assert seqs(tmp_path) == [1, 2, 3, 4, 5]


def test_an_event_that_would_fit_waits_behind_one_that_does_not(tmp_path: Path) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    with full_disk(path, 100):
        journal.append(EVENING, CallArrived(call="virtual-1", line="virtual", name="x" * 200), [])
        journal.append(EVENING, TimePassed(), [])
        assert seqs(tmp_path) == [1]
    journal.close()
    assert seqs(tmp_path) == [1, 2, 3]


def test_what_fits_neither_on_the_disk_nor_in_memory_leaves_one_gap(tmp_path: Path) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank", spool_bytes=400)
    journal.append(EVENING, TimePassed(), [])
    sent: list[int] = []
    with full_disk(path, 0):
        journal.append(EVENING, TimePassed(), [])
        journal.append(EVENING, CallArrived(call="virtual-1", line="virtual", name="x" * 400), [])
        journal.append(EVENING, TimePassed(), [], partial(sent.append, 4))
        status = journal.status()
        assert (status.keeping, status.behind, status.lost) == (Keeping.FULL, 1, 2)
    assert sent == [4]
    journal.append(EVENING, TimePassed(), [])
    assert journal.status() == JournalStatus(lost=2)
    journal.close()
    assert seqs(tmp_path) == [1, 2, 5]


def test_more_than_is_written_in_one_go_is_written_in_several(tmp_path: Path) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    with full_disk(path, 0):
        for _ in range(5):
            journal.append(EVENING, CallArrived(call="virtual-1", line="virtual", name="x" * 700_000), [])
    journal.retry()
    assert journal.status().keeping is Keeping.BEHIND
    journal.close()
    assert seqs(tmp_path) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("room", [0, 30], ids=["nothing", "half a header"])
def test_a_disk_that_is_full_at_midnight_leaves_a_readable_journal(tmp_path: Path, room: int) -> None:
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    with full_disk(tmp_path / "journal-2026-11-23.jsonl", room):
        for _ in range(2):
            journal.append(EVENING + 2_000, TimePassed(), [])
            assert seqs(tmp_path) == [1]
    journal.append(EVENING + 2_000, TimePassed(), [])
    journal.close()
    assert seqs(tmp_path) == [1, 2, 3, 4]
    assert [path.name for path in sorted(tmp_path.glob("*.jsonl"))] == [
        "journal-2026-11-22.jsonl",
        "journal-2026-11-23.jsonl",
    ]


def test_entries_that_wait_over_midnight_come_into_the_file_of_their_day(tmp_path: Path) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    with full_disk(path, 0):
        journal.append(EVENING, TimePassed(), [])
        journal.change_to("decade", {})
        journal.append(EVENING + 2_000, TimePassed(), [])
    journal.close()
    assert [(entry.seq, entry.header.configuration) for entry in read(tmp_path)] == [(1, ""), (2, ""), (3, "decade")]
    assert [entry.seq for entry in read(tmp_path, since=EVENING + 2_000)] == [3]
    assert path.read_bytes().count(b"\n") == 3


def test_no_file_handles_left_at_midnight_is_a_full_disk_and_no_worse(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, site="bank", sync_ms=3_600_000)  # nothing is closed but what append closes
    journal.append(EVENING, TimePassed(), [])
    handles = handles_in(tmp_path)
    for free in range(2):  # the new file takes one for itself and one for its folder
        with few_handles(free):
            journal.append(EVENING + 2_000, TimePassed(), [])
            assert journal.status().keeping is Keeping.BEHIND
        assert handles_in(tmp_path) == handles
    journal.append(EVENING + 2_000, TimePassed(), [])
    assert journal.status() == JournalStatus()
    assert handles_in(tmp_path) == handles + 2
    journal.close()
    assert handles_in(tmp_path) == 0
    assert seqs(tmp_path) == [1, 2, 3, 4]


def test_the_disk_is_kept_up_to_date_again_once_there_are_file_handles(tmp_path: Path) -> None:
    file = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    folder = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 500)  # once closed, it gives no number below the limit free
    sync = BackgroundSync(interval_ms=1)
    with few_handles(0):
        sync.watch(file, folder)
        eventually(lambda: sync.failure == os.strerror(errno.EMFILE))
    eventually(lambda: sync.failure == "")
    sync.close()


@contextlib.contextmanager
def few_handles(most: int) -> Iterator[None]:
    """This process can open ``most`` more files: the limit is of their numbers, of which the lowest is taken first."""
    free = [os.dup(0) for _ in range(most + 1)]
    for one in free:
        os.close(one)
    with limited(resource.RLIMIT_NOFILE, free[-1]):
        yield


def handles_in(folder: Path) -> int:
    """How many files of ``folder`` (itself among them) this process has open; other threads open others."""
    found = 0
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += handle.readlink().is_relative_to(folder)
    return found


def eventually(happened: Callable[[], bool]) -> None:
    """Waits until something happened in another thread."""
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_killed_process_loses_nothing_that_append_had_taken(tmp_path: Path) -> None:
    for kill_after in (1, 40, 700):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITES_UNTIL_KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        appended = [int(child.stdout.readline()) for _ in range(kill_after)]
        child.send_signal(signal.SIGKILL)
        appended += [int(line) for line in child.stdout.read().splitlines() if line]
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        kept = seqs(tmp_path)
        assert kept == list(range(1, len(kept) + 1))
        assert kept[-1] >= appended[-1]

    journal = Journal.open(tmp_path, site="bank")
    assert journal.seq == kept[-1] + 1
    journal.append(EVENING, TimePassed(), [])
    journal.close()
    assert seqs(tmp_path) == [*kept, kept[-1] + 1]
