"""The journal as a file: what is appended is there, in order, whatever comes between."""

import time
from pathlib import Path

import pytest

from centre.effects import CallChanged, HangUp
from centre.events import CallArrived, CallerHungUp, ConfigurationChanged, TimePassed
from cti.journal import Journal, JournalError, JournalStatus, Mark, read

EVENING = 1_795_391_999_000
"""2026-11-22 23:59:59 UTC."""


def open_journal(folder: Path, configuration: str = "c0ffee") -> Journal:
    return Journal.open(folder, site="bank", configuration=configuration)


def write(folder: Path, *times: int) -> None:
    journal = open_journal(folder)
    for at in times:
        journal.append(at, TimePassed(), [])
    journal.close()


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    arrived = CallArrived(call="virtual-1", line="virtual", number="+380501110001")
    journal.append(EVENING, arrived, [CallChanged(call="virtual-1"), HangUp(call="virtual-1")])
    journal.append(EVENING + 5, CallerHungUp(call="virtual-1"), [])
    journal.close()

    first, second = read(tmp_path)
    assert (first.seq, first.at, first.event) == (1, EVENING, arrived)
    assert first.effects == (CallChanged(call="virtual-1"), HangUp(call="virtual-1"))
    assert (second.seq, second.at, second.event, second.effects) == (
        2,
        EVENING + 5,
        CallerHungUp(call="virtual-1"),
        (),
    )
    assert (first.header.site, first.header.configuration, first.header.opened) == ("bank", "c0ffee", 1)


def test_an_entry_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    for count in range(1, 4):
        journal.append(EVENING, TimePassed(), [])
        assert len(list(read(tmp_path))) == count
    journal.close()


def test_each_utc_day_has_its_file_and_its_header(tmp_path: Path) -> None:
    write(tmp_path, EVENING, EVENING + 2_000)
    names = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert names == ["journal-2026-11-22.jsonl", "journal-2026-11-23.jsonl"]
    assert all((tmp_path / name).read_text().startswith('{"journal":1,"site":"bank"') for name in names)
    assert [(entry.seq, entry.at) for entry in read(tmp_path)] == [(1, EVENING), (2, EVENING + 2_000)]


def test_a_clock_that_was_set_back_over_midnight_keeps_the_order(tmp_path: Path) -> None:
    write(tmp_path, EVENING + 2_000, EVENING)
    write(tmp_path, EVENING)
    assert [entry.seq for entry in read(tmp_path)] == [1, 2, 3]
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["journal-2026-11-23.jsonl"]


def test_numbers_go_on_over_restarts_and_each_start_says_what_it_ran(tmp_path: Path) -> None:
    write(tmp_path, EVENING, EVENING)
    journal = open_journal(tmp_path, configuration="decade")
    journal.append(EVENING, TimePassed(), [])
    journal.close()
    entries = list(read(tmp_path))
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.header.configuration for entry in entries] == ["c0ffee", "c0ffee", "decade"]
    assert [entry.header.opened for entry in entries] == [1, 1, 3]


def test_reading_since_a_time_leaves_out_what_was_before(tmp_path: Path) -> None:
    write(tmp_path, EVENING, EVENING + 1, EVENING + 2_000, EVENING + 2_001)
    assert [entry.seq for entry in read(tmp_path, since=EVENING + 1)] == [2, 3, 4]
    assert [entry.seq for entry in read(tmp_path, since=EVENING + 2_001)] == [4]
    assert list(read(tmp_path, since=EVENING + 3 * 86_400_000)) == []


def test_days_before_since_are_not_even_opened(tmp_path: Path) -> None:
    write(tmp_path, EVENING, EVENING + 2_000)
    (tmp_path / "journal-2026-11-22.jsonl").write_bytes(b"not a journal\n")
    assert [entry.seq for entry in read(tmp_path, since=EVENING + 2_000)] == [2]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    others = ["notes.txt", "journal-2026-99-99.jsonl", "journal-2026-11-22.jsonl.bak", "journal.jsonl"]
    for name in others:
        (tmp_path / name).write_text("mine")
    write(tmp_path, EVENING)
    assert [entry.seq for entry in read(tmp_path)] == [1]
    assert all((tmp_path / name).read_text() == "mine" for name in others)


@pytest.mark.parametrize(
    "torn",
    [b'{"seq":3,"at":17', b"{", b"\x00" * 5_000, b'{"seq":3,"at":1}', b"half\nof\x00a\nline", b"x" * 200_000],
    ids=["half an entry", "one byte", "a block of zeros", "no line end", "bad lines", "long"],
)
def test_a_torn_end_is_cut_off_and_reported(tmp_path: Path, torn: bytes) -> None:
    write(tmp_path, EVENING, EVENING)
    path = tmp_path / "journal-2026-11-22.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + torn)

    journal = open_journal(tmp_path)
    assert journal.cut_bytes == len(torn)
    assert path.read_bytes() == whole
    journal.append(EVENING, TimePassed(), [])
    journal.close()
    assert [entry.seq for entry in read(tmp_path)] == [1, 2, 3]


def test_a_file_torn_at_any_byte_opens_and_goes_on(tmp_path: Path) -> None:
    write(tmp_path, EVENING, EVENING, EVENING)
    path = tmp_path / "journal-2026-11-22.jsonl"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        kept = [entry.seq for entry in read(tmp_path)]
        write(tmp_path, EVENING)
        assert [entry.seq for entry in read(tmp_path)] == [*kept, len(kept) + 1], f"cut at byte {length}"


def test_a_line_that_is_still_being_written_is_not_given(tmp_path: Path) -> None:
    write(tmp_path, EVENING, EVENING)
    path = tmp_path / "journal-2026-11-22.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert [entry.seq for entry in read(tmp_path)] == [1]


def test_a_file_without_any_whole_line_takes_its_number_from_the_day_before(tmp_path: Path) -> None:
    write(tmp_path, EVENING)
    (tmp_path / "journal-2026-11-23.jsonl").write_bytes(b'{"journal":1,"si')
    write(tmp_path, EVENING + 2_000)
    assert [entry.seq for entry in read(tmp_path)] == [1, 2]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"junk\n", "not a line of JSON"),
        (b'{"seq":2,"at":1,"event":{"type":"Flew"},"effects":[]}\n', "no event is called “Flew”"),
        (
            b'{"seq":2,"at":1,"event":{"type":"TimePassed"},"effects":[{"type":"Offer"}]}\n',
            "no effect is called “Offer”",
        ),
        (b'{"seq":"two","at":1,"event":{"type":"TimePassed"},"effects":[]}\n', "no whole number under “seq”"),
        (b'{"seq":2,"at":1,"event":{"type":"TimePassed"}}\n', "an entry without effects"),
        (b'{"journal":2}\n', "written in format 2"),
        (b'{"journal":1}\n', "without site and configuration"),
    ],
)
def test_a_line_that_makes_no_sense_is_named_by_file_and_number(tmp_path: Path, line: bytes, complaint: str) -> None:
    write(tmp_path, EVENING)
    path = tmp_path / "journal-2026-11-22.jsonl"
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(JournalError, match=f"journal-2026-11-22.jsonl:3: .*{complaint}"):
        list(read(tmp_path))


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    write(tmp_path, EVENING)
    path = tmp_path / "journal-2026-11-22.jsonl"
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    with pytest.raises(JournalError, match=r"22\.jsonl:1: the file does not begin with a header"):
        list(read(tmp_path))


def test_two_engines_cannot_write_one_journal(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    with pytest.raises(JournalError, match=r"another Holdless \(process \d+\)"):
        open_journal(tmp_path)
    journal.close()
    write(tmp_path, EVENING)


def test_a_folder_that_cannot_be_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"cannot keep a journal in .*file/data: Not a directory"):
        open_journal(tmp_path / "file" / "data")
    with pytest.raises(JournalError, match=r"cannot read the journal in .*absent"):
        list(read(tmp_path / "absent"))


def test_a_journal_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write(tmp_path, EVENING)
    assert (tmp_path / "journal-2026-11-22.jsonl").stat().st_mode & 0o077 == 0


def test_a_deleted_file_is_noticed_and_begun_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal.open(tmp_path, site="bank", configuration="c0ffee", sync_ms=5)
    path = tmp_path / "journal-2026-11-22.jsonl"
    journal.append(EVENING, TimePassed(), [])
    path.unlink()
    for _ in range(2_000):
        journal.append(EVENING, TimePassed(), [])
        if path.exists():
            break
        time.sleep(0.005)
    last = journal.seq - 1
    journal.close()
    assert [entry.seq for entry in read(tmp_path)] == [last]
    assert "the journal's file was deleted" in caplog.text


def test_a_healthy_journal_says_so(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append(EVENING, TimePassed(), [])
    assert journal.status() == JournalStatus()
    journal.close()


def test_a_configuration_that_changes_under_way_stands_before_the_next_entry(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append(1_000, TimePassed(), [])
    journal.change_to("decade", {"site.yaml": "languages: [uk]  # мова\n"})
    journal.append(2_000, ConfigurationChanged(configuration="decade"), [])
    journal.append(3_000, TimePassed(), [])
    journal.close()
    entries = list(read(tmp_path))
    assert [entry.header.configuration for entry in entries] == ["c0ffee", "decade", "decade"]
    assert [entry.header.sources for entry in entries] == [{}, *[{"site.yaml": "languages: [uk]  # мова\n"}] * 2]
    assert [entry.seq for entry in entries] == [1, 2, 3]


def test_reading_goes_on_after_any_mark_without_a_look_at_what_was_before(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    marks = [Mark(seq=0, where="")]
    for at in (EVENING, EVENING, EVENING + 2_000, EVENING + 2_000):
        if at == EVENING + 2_000:
            journal.change_to(f"decade {journal.seq}", {})
        journal.append(at, TimePassed(), [])
        mark = journal.mark()
        assert mark is not None
        marks.append(mark)
    whole = list(read(tmp_path))
    for mark in marks:
        assert list(journal.after(mark)) == whole[mark.seq :]
    (tmp_path / "journal-2026-11-22.jsonl").write_bytes(b"junk\n")
    assert list(journal.after(marks[3])) == whole[3:]
    with pytest.raises(JournalError, match=r"22\.jsonl has another entry than 2 where that should be"):
        list(journal.after(marks[2]))
    journal.close()


def test_a_mark_of_another_journal_is_not_found(tmp_path: Path) -> None:
    one, other = open_journal(tmp_path / "one"), open_journal(tmp_path / "other")
    one.append(EVENING, TimePassed(), [])
    other.append(EVENING + 2_000, TimePassed(), [])
    mark = one.mark()
    assert mark is not None
    for foreign in (mark, Mark(seq=1, where="elsewhere"), Mark(seq=1, where='{"file":"journal.lock"}')):
        with pytest.raises(JournalError, match="has no entry 1 where it should be"):
            list(other.after(foreign))
    one.close()
    other.close()


def test_damage_after_a_mark_is_named_by_its_line(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append(EVENING, TimePassed(), [])
    mark = journal.mark()
    assert mark is not None
    journal.append(EVENING, TimePassed(), [])
    journal.append(EVENING, TimePassed(), [])
    path = tmp_path / "journal-2026-11-22.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"junk\n", *lines[3:]]))
    with pytest.raises(
        JournalError, match=r"22\.jsonl:3: not a line of JSON .*; nothing is guessed at: put the file back"
    ):
        list(journal.after(mark))
    journal.close()
