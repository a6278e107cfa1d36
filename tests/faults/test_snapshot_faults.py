"""Snapshots that are damaged, foreign or could not be written: never gone on from, never in the way."""

import asyncio
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from acd.setup import AcdSetup, AgentSetup, QueueSetup
from centre.events import AgentReady, AgentSignedIn
from centre.machine import Centre, CentreSetup
from cti.journal import Journal, JournalError, Mark
from cti.snapshots import Forked, Kept, NotKept, Snapshot, Snapshots, decode, encode
from ivr.expressions import Kind, Variable, evaluate, parse
from ivr.flow import Flow, HangUp
from ivr.logic import Branch, Case
from tests.faults.test_journal_faults import limited

NOON = 1_795_348_800_000
_TEXT = {"name": Variable("name", Kind.TEXT)}
_CASES = (
    Case(when=parse('last(name, 2) == "x" or not (length(name) > -1 + 2)', _TEXT), next="bye"),
    Case(when=parse('starts(name, "a") and text(number(name, 0)) == "5"', _TEXT), next="bye"),
    Case(when=parse("{{ name | upcase }}", _TEXT), next="bye"),
)
FLOW = Flow(
    id="main",
    digest="main-1",
    start="branch",
    language="en",
    nodes={"branch": Branch(cases=_CASES, otherwise="bye"), "bye": HangUp(prompt="bye")},
)


def a_centre() -> Centre:
    acd = AcdSetup(queues=(QueueSetup(id="cards"),), agents=(AgentSetup(id="anna"),))
    return Centre(CentreSetup(acd=acd, flows={FLOW.digest: FLOW}, entry=FLOW.digest))


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Journal, Snapshots]:
    """A journal of two events, with a snapshot after each."""
    journal, snapshots, centre = Journal.open(tmp_path, site="bank"), Snapshots(tmp_path, "bank"), a_centre()
    for event in (AgentSignedIn(agent="anna"), AgentReady(agent="anna")):
        journal.append(NOON, event, centre.apply(event, NOON))
        snapshots.write(snapshot_of(centre, journal))
    journal.close()
    return journal, snapshots


def snapshot_of(centre: Centre, journal: Journal) -> Snapshot:
    mark = journal.mark()
    assert mark is not None
    return Snapshot(mark=mark, configuration="c0ffee", kept=Kept(centre=centre, prompts={}))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("snapshot*"))


def newest(journal: Journal, snapshots: Snapshots) -> int | None:
    """The number of the entry after which the newest usable snapshot was taken."""
    found = snapshots.newest(journal.after)
    if found is None:
        return None
    snapshot, entries = found
    assert [entry.seq for entry in entries] == list(range(snapshot.mark.seq + 1, 3))
    return snapshot.mark.seq


def test_conditions_of_menus_are_worked_out_as_before_by_a_centre_that_is_read_back() -> None:
    again = decode(encode(Kept(centre=a_centre(), prompts={}))).centre
    assert repr(again.setup.flows) == repr(a_centre().setup.flows)
    for name in ("", "x", "ax", "a5", "5"):
        for mine, yours in zip(_CASES, again.setup.flows[FLOW.digest].nodes["branch"].cases, strict=True):  # type: ignore[union-attr]
            assert evaluated(mine, name) == evaluated(yours, name)


def evaluated(case: Case, name: str) -> object:
    return evaluate(case.when, {"name": name})


def test_a_snapshot_that_is_damaged_at_any_byte_is_set_aside_for_the_one_before(
    tmp_path: Path, kept: tuple[Journal, Snapshots]
) -> None:
    path = tmp_path / "snapshot-000000000002"
    whole = path.read_bytes()
    for at in range(0, len(whole), 29):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert newest(*kept) == 1, f"byte {at} changed"
        path.write_bytes(whole[:at])
        assert newest(*kept) == 1, f"cut at byte {at}"
        assert not path.exists()
    path.write_bytes(whole)
    assert newest(*kept) == 2


def of_another_site(_: Path, snapshots: Snapshots) -> Snapshots:
    return Snapshots(snapshots._folder, "clinic")


def of_another_version(folder: Path, snapshots: Snapshots) -> Snapshots:
    return Snapshots(folder, "bank", code="older")


def with_another_journal(folder: Path, snapshots: Snapshots) -> Snapshots:
    next(folder.glob("*.jsonl")).unlink()
    journal = Journal.open(folder, site="bank")
    for agent in ("berta", "clara"):
        journal.append(NOON, AgentSignedIn(agent=agent), [])
    journal.close()
    return snapshots


def with_a_shorter_journal(folder: Path, snapshots: Snapshots) -> Snapshots:
    path = next(folder.glob("*.jsonl"))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    return snapshots


@pytest.mark.parametrize(
    ("foreign", "why"),
    [
        (of_another_site, "it is of the site “bank”"),
        (of_another_version, "another version of Holdless wrote it"),
        (with_another_journal, "has another entry than 2 where that should be"),
        (with_a_shorter_journal, "has another entry than 2 where that should be"),
    ],
)
def test_a_snapshot_of_something_else_is_set_aside_with_a_word(
    tmp_path: Path,
    kept: tuple[Journal, Snapshots],
    caplog: pytest.LogCaptureFixture,
    foreign: Callable[[Path, Snapshots], Snapshots],
    why: str,
) -> None:
    journal, snapshots = kept
    assert newest(journal, foreign(tmp_path, snapshots)) is None
    assert why in caplog.text
    assert names(tmp_path) == ["snapshot.set-aside"]


def test_a_power_cut_that_took_the_end_of_the_journal_leaves_the_snapshot_before(
    tmp_path: Path, kept: tuple[Journal, Snapshots]
) -> None:
    path = next(tmp_path.glob("*.jsonl"))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    journal, snapshots = kept
    found = snapshots.newest(journal.after)
    assert found is not None
    assert found[0].mark.seq == 1
    assert list(found[1]) == []


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("builtins", "eval"),
        ("os", "system"),
        ("acd.requirement", "parse"),
        ("acd.inside", "pickle.Unpickler"),
        ("centre.routing", "partial"),
        ("ivr.nowhere", "Flow"),
    ],
)
def test_a_snapshot_calls_nothing_but_the_classes_of_a_centre(module: str, function: str) -> None:
    texts = (bytes([0x8C, len(text)]) + text.encode() for text in (module, function, "never"))
    where, what, argument = texts
    payload = b"\x80\x04" + where + what + b"\x93" + argument + b"\x85R."  # look it up, and call it
    with pytest.raises(NotKept, match=r"has no place in a snapshot|No module named"):
        decode(payload)


async def test_a_child_takes_the_snapshot_of_the_instant(tmp_path: Path) -> None:
    journal, snapshots, centre = Journal.open(tmp_path, site="bank"), Snapshots(tmp_path, "bank"), a_centre()
    forked = Forked(snapshots)
    journal.append(NOON, AgentSignedIn(agent="anna"), centre.apply(AgentSignedIn(agent="anna"), NOON))
    forked.take(snapshot_of(centre, journal))
    journal.append(NOON, AgentReady(agent="anna"), centre.apply(AgentReady(agent="anna"), NOON))
    await forked.finish()
    assert forked.failed == 0
    found = snapshots.newest(journal.after)
    assert found is not None
    snapshot, entries = found
    assert snapshot.kept.centre.acd.agent("anna") != centre.acd.agent("anna")
    for entry in entries:
        snapshot.kept.centre.apply(entry.event, entry.at)
    assert snapshot.kept.centre.acd.agent("anna") == centre.acd.agent("anna")
    journal.close()


async def test_a_full_disk_keeps_the_snapshots_that_are_there(tmp_path: Path, kept: tuple[Journal, Snapshots]) -> None:
    journal, snapshots = kept
    forked = Forked(snapshots)
    mark = Mark(seq=3, where="")
    with limited(resource.RLIMIT_FSIZE, 100):
        forked.take(Snapshot(mark=mark, configuration="", kept=Kept(centre=a_centre(), prompts={})))
        await forked.finish()
    assert forked.failed == 1
    assert newest(journal, snapshots) == 2
    assert names(tmp_path) == ["snapshot-000000000001", "snapshot-000000000002"]


async def test_a_centre_that_cannot_be_written_down_is_our_fault_and_not_the_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forked = Forked(Snapshots(tmp_path, "bank"))
    monkeypatch.setattr("cti.snapshots.files.encode", lambda _: 1 / 0)
    forked.take(Snapshot(mark=Mark(seq=1, where=""), configuration="", kept=Kept(centre=a_centre(), prompts={})))
    await forked.finish(budget_s=30)
    assert forked.failed == 1
    assert "no snapshot was kept (by a fault of Holdless" in caplog.text


async def test_a_child_that_takes_too_long_is_ended_and_holds_no_lock_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path, site="bank")
    forked = Forked(Snapshots(tmp_path, "bank"))
    monkeypatch.setattr(Snapshots, "write", lambda *_: time.sleep(300))
    forked.take(Snapshot(mark=Mark(seq=1, where=""), configuration="", kept=Kept(centre=a_centre(), prompts={})))
    journal.close()
    until = time.monotonic() + 30
    while True:
        try:
            Journal.open(tmp_path, site="bank").close()
            break
        except JournalError:  # the child has not come so far as to let go of it
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
    assert forked.is_busy()
    await forked.finish(budget_s=0.05)
    assert not forked.is_busy()
    assert forked.failed == 1
