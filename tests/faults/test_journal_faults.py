"""A journal on a full disk, or of a killed process: whole lines, in order, none of them invented."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from centre.effects import CallChanged
from centre.events import CallArrived, TimePassed
from cti.journal import Journal, JournalFull, read

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


@pytest.mark.parametrize("room", [0, 1, 60], ids=["nothing", "a byte", "half a line"])
def test_a_full_disk_tears_no_line_and_writing_goes_on_when_there_is_room(tmp_path: Path, room: int) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    whole = path.read_bytes()
    with full_disk(path, room):
        for _ in range(3):
            with pytest.raises(JournalFull, match="takes no more: "):
                journal.append(EVENING, CallArrived(call="virtual-1", line="virtual"), [CallChanged(call="virtual-1")])
            assert path.read_bytes() == whole
        assert journal.health()["state"].startswith("not written: ")
        assert journal.health()["lost"] == "3"
    journal.append(EVENING, TimePassed(), [])
    assert journal.health() == {"state": "up", "lost": "3"}
    journal.close()
    assert [entry.seq for entry in read(tmp_path)] == [1, 5]


def test_an_event_that_fits_is_written_though_the_one_before_did_not(tmp_path: Path) -> None:
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    with full_disk(path, 100):
        with pytest.raises(JournalFull):
            journal.append(EVENING, CallArrived(call="virtual-1", line="virtual", name="x" * 200), [])
        journal.append(EVENING, TimePassed(), [])
    journal.close()
    assert [entry.seq for entry in read(tmp_path)] == [1, 3]


@pytest.mark.parametrize("room", [0, 30], ids=["nothing", "half a header"])
def test_a_disk_that_is_full_at_midnight_leaves_a_readable_journal(tmp_path: Path, room: int) -> None:
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    with full_disk(tmp_path / "journal-2026-11-23.jsonl", room):
        for _ in range(2):
            with pytest.raises(JournalFull):
                journal.append(EVENING + 2_000, TimePassed(), [])
            assert [entry.seq for entry in read(tmp_path)] == [1]
    journal.append(EVENING + 2_000, TimePassed(), [])
    journal.close()
    assert [entry.seq for entry in read(tmp_path)] == [1, 4]
    assert [path.name for path in sorted(tmp_path.glob("*.jsonl"))] == [
        "journal-2026-11-22.jsonl",
        "journal-2026-11-23.jsonl",
    ]


def test_no_file_handles_left_at_midnight_is_a_full_journal_and_no_worse(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, site="bank")
    journal.append(EVENING, TimePassed(), [])
    handles = len(os.listdir("/proc/self/fd"))
    for free in range(3):
        with limited(resource.RLIMIT_NOFILE, handles - 1 + free), contextlib.suppress(JournalFull):
            journal.append(EVENING + 2_000, TimePassed(), [])
    journal.append(EVENING + 2_000, TimePassed(), [])
    assert 1 <= journal.lost <= 3
    assert len(os.listdir("/proc/self/fd")) <= handles + 2
    journal.close()
    seqs = [entry.seq for entry in read(tmp_path)]
    assert seqs[0] == 1
    assert seqs[-1] == 5
    assert len(seqs) == 5 - journal.lost


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
        seqs = [entry.seq for entry in read(tmp_path)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert seqs[-1] >= appended[-1]

    journal = Journal.open(tmp_path, site="bank")
    assert journal.seq == seqs[-1] + 1
    journal.append(EVENING, TimePassed(), [])
    journal.close()
    assert [entry.seq for entry in read(tmp_path)] == [*seqs, seqs[-1] + 1]
