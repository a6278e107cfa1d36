"""SIGTERM: stages one after the other. What hangs is cut off, and everything after it is done all the same."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from centre.events import AgentSignedIn, CallArrived
from cti.journal import Journal, JournalError, read
from cti.journal.sync import BackgroundSync
from cti.service.reading import BrokenOff
from cti.store import store
from cti.virtual import VirtualLine
from cti.web import server
from holdless import serve, stopping
from holdless.serve import serve_site
from holdless.stopping import OrderlyStop, Stage, Stopped, beside
from tests.engine_process import until
from tests.virtual.house import bank, open_house
from tests.virtual.jumping_clock import in_jumping_time
from tests.virtual.serving import Serving, options_for, served

WITHIN_S = 100.0
"""So much time that no stage is cut off because the machine has ten other things to do."""


def cut_off(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The stages that were, as the log names them."""
    said = [record.getMessage() for record in caplog.records if "cut off" in record.getMessage()]
    return [one.removeprefix("stopping: ").partition(":")[0] for one in said]


@dataclass
class Told:
    """What was done, in order."""

    done: list[str] = field(default_factory=list)

    def after(self, seconds: float, what: str) -> Callable[[], Awaitable[None]]:
        async def end() -> None:
            await asyncio.sleep(seconds)
            self.done.append(what)

        return end


@in_jumping_time
async def test_stages_come_in_their_order_whatever_was_begun_first() -> None:
    told = Told()
    async with OrderlyStop() as stop:
        for stage in reversed(Stage):
            stop.at(stage, told.after(0.01, stage.name))
    assert told.done == [stage.name for stage in Stage]


def test_all_budgets_together_leave_time_to_cut_off_and_to_end() -> None:
    assert sum(stage.share for stage in Stage) <= 0.9


@pytest.mark.parametrize(
    ("stage", "at_most_s"), [(Stage.PAGES, server.CLOSING_S), (Stage.STORE, serve.RECORDS_S + store.CLOSING_S)]
)
def test_a_stage_has_time_for_all_that_it_may_have_to_wait_for(stage: Stage, at_most_s: float) -> None:
    assert at_most_s < stage.share * stopping.WITHIN_S


@in_jumping_time
async def test_a_stage_that_hangs_is_cut_off_and_the_others_have_all_their_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told, loop = Told(), asyncio.get_running_loop()
    hung = Stage.JOURNAL
    async with OrderlyStop(WITHIN_S) as stop:
        for stage in Stage:
            stop.at(stage, told.after(WITHIN_S * (2 if stage is hung else stage.share * 0.9), stage.name))
        stop.at(hung, told.after(0.1, "what hangs beside nothing"))
        begun = loop.time()
    assert told.done == ["INTAKE", "PAGES", "LINES", "what hangs beside nothing"] + [
        stage.name for stage in (Stage.LEASE, Stage.SNAPSHOT, Stage.STORE, Stage.REST)
    ]
    assert loop.time() - begun < WITHIN_S
    assert cut_off(caplog) == [hung.what]


@in_jumping_time
async def test_what_does_not_even_notice_that_it_is_cut_off_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    free = asyncio.Event()

    async def deaf() -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    async with OrderlyStop(WITHIN_S) as stop:
        stop.at(Stage.LINES, deaf)
        stop.at(Stage.STORE, told.after(0.1, "store"))
    assert told.done == ["store"]
    assert cut_off(caplog) == [Stage.LINES.what]
    free.set()


@in_jumping_time
async def test_a_stage_that_fails_is_told_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()

    def fails() -> None:
        raise OSError("the disk is gone")

    async with OrderlyStop(WITHIN_S) as stop:
        stop.at(Stage.JOURNAL, fails)
        stop.at(Stage.LEASE, told.after(0, "lease"))
    assert told.done == ["lease"]
    assert "the disk is gone" in caplog.text


@in_jumping_time
async def test_a_second_signal_leaves_half_a_second_to_what_hangs_and_to_each_that_follows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told, loop = Told(), asyncio.get_running_loop()
    async with OrderlyStop(WITHIN_S) as stop:
        stop.at(Stage.LINES, told.after(WITHIN_S, "lines"))
        stop.at(Stage.JOURNAL, told.after(0.3, "journal"))
        stop.at(Stage.STORE, told.after(WITHIN_S, "store"))
        stop.at(Stage.REST, told.after(0.3, "rest"))
        stop.ask()
        loop.call_later(1.0, stop.ask)
        begun = loop.time()
    assert told.done == ["journal", "rest"]
    assert cut_off(caplog) == [Stage.LINES.what, Stage.STORE.what]
    assert loop.time() - begun < 4


def test_a_process_that_hangs_altogether_is_ended(tmp_path: Path) -> None:
    script = (
        "import asyncio, threading; from holdless.stopping import *\n"
        "async def main():\n"
        "    async with OrderlyStop(0.5, exit_after) as stop:\n"
        "        stop.at(Stage.JOURNAL, threading.Event().wait)\n"  # not even the event loop comes round any more
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "threading.py" in done.stderr, "where it hung"


LONG_START = """
import asyncio, sys, time
from holdless.stopping import OrderlyStop, exit_after

async def main():
    async with OrderlyStop(float(sys.argv[1]), exit_after) as stop:
        print("busy", flush=True)
        while not stop.is_asked():  # the event loop does not come round
            time.sleep(0.01)
        if sys.argv[2] == "deaf":
            while True:
                time.sleep(0.01)
        await stop.unless_asked(asyncio.sleep(1_000))

asyncio.run(main())
"""


@pytest.mark.parametrize(("within_s", "kind", "error"), [(60, "hears", "Stopped"), (0.5, "deaf", "Timeout")])
def test_a_signal_is_heard_while_the_loop_does_one_long_thing(within_s: float, kind: str, error: str) -> None:
    command = [sys.executable, "-c", LONG_START, str(within_s), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "busy\n"
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert error in said


def remove(folder: Path, names: str) -> None:
    for path in folder.glob(names):
        path.unlink()


@in_jumping_time
async def test_a_long_journal_is_read_no_further_once_a_stop_is_asked_for(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        await house.call(keys="1")
    remove(tmp_path, "snapshot-*")
    asked = iter([False, False, True])
    async with open_house(bank(), tmp_path, start=False) as again:
        with pytest.raises(BrokenOff):
            again.service.running.recall(lambda: next(asked))
    assert not list(asked)


async def test_a_start_that_is_to_stop_leaves_everything_for_the_next(tmp_path: Path) -> None:
    stop = OrderlyStop(WITHIN_S)
    stop.ask()
    await serve_site(bank(), options_for(tmp_path), stop)
    assert not stop.serving
    assert _opens(tmp_path)


async def test_pages_that_are_not_there_yet_hold_up_no_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = OrderlyStop(WITHIN_S)

    async def never_there(*_: object) -> None:
        stop.ask()
        await asyncio.Event().wait()

    monkeypatch.setattr(serve, "start_pages", never_there)
    async with asyncio.timeout(60):
        await serve_site(bank(), options_for(tmp_path), stop)
    assert not stop.serving
    assert _opens(tmp_path)


@in_jumping_time
async def test_a_line_that_is_starting_when_a_stop_is_asked_for_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path, start=False) as house:
        closed: list[str] = []
        stop = OrderlyStop()

        async def begins(_: object) -> None:
            stop.ask()
            await asyncio.Event().wait()

        async def closes() -> None:
            closed.append("line")

        monkeypatch.setattr(house.line, "start", begins)
        monkeypatch.setattr(house.line, "close", closes)
        with pytest.raises(Stopped):
            await stop.unless_asked(house.service.start())
        assert closed == ["line"]


@in_jumping_time
async def test_who_calls_while_the_engine_stops_is_left_to_the_line_and_who_is_there_is_served_on(
    tmp_path: Path,
) -> None:
    async with open_house(bank(), tmp_path) as house:
        known = await house.call(keys="1")
        house.service.take_no_more()
        late = await house.call(number="+380501110009")
        await house.until(lambda: late.state == "ended")
        await house.until(lambda: known.asking)
        known.press("2")
        await house.until(lambda: known.state == "waiting")
    arrived = [entry.event for entry in read(tmp_path) if isinstance(entry.event, CallArrived)]
    assert [one.number for one in arrived] == ["+380501110003"]


@in_jumping_time
async def test_a_line_that_does_not_end_keeps_no_other_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house(bank(), tmp_path) as house:
        stuck = VirtualLine(bank(), seed=2)
        monkeypatch.setattr(stuck, "close", asyncio.Event().wait)
        house.service._started = (stuck, house.line)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await house.service.let_go()
        assert house.line.health()["state"] == "down"
        house.service.tell(AgentSignedIn(agent="olena"))
    assert not any(isinstance(entry.event, AgentSignedIn) for entry in read(tmp_path))


# The real thing, put together as `holdless serve` does it.


@pytest.fixture
async def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serving]:
    """The bank on the virtual line."""
    async with served(tmp_path, monkeypatch, WITHIN_S) as centre:
        yield centre


async def test_a_signal_ends_it_with_everything_kept(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    call = await serving.a_call_ends()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(60):
        await serving.task
    assert cut_off(caplog) == []
    assert await serving.records() == [call]
    assert list(serving.folder.glob("snapshot-*"))
    Journal.open(serving.folder, site="bank").close()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", serving.port))


async def test_who_loads_the_files_again_while_it_stops_ends_nothing(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await serving.a_call_ends()
    closes = VirtualLine.close

    async def told_meanwhile(line: VirtualLine) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await closes(line)

    monkeypatch.setattr(VirtualLine, "close", told_meanwhile)
    await serving.has_stopped()
    assert await serving.records() == [call]


HANGS_UP = """
import asyncio, os, signal
from holdless.reload import hearing_hangups
from holdless.stopping import outlive_hangups

async def main():
    with hearing_hangups() as asked:
        os.kill(os.getpid(), signal.SIGHUP)
        await asked.wait()

outlive_hangups()
os.kill(os.getpid(), signal.SIGHUP)
asyncio.run(main())
os.kill(os.getpid(), signal.SIGHUP)
"""


def test_a_hangup_signal_ends_a_process_neither_before_it_serves_nor_after() -> None:
    assert subprocess.run([sys.executable, "-c", HANGS_UP], timeout=60, check=False).returncode == 0


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """What a thread can wait for until the test is over."""
    over = threading.Event()
    yield over
    over.set()


async def test_a_journal_that_never_reaches_the_disk_costs_neither_snapshot_nor_records(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, hanging: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    call = await serving.a_call_ends()
    monkeypatch.setattr(Stage.JOURNAL, "share", 0.002)
    syncs = BackgroundSync._sync_and_close

    def hangs(sync: BackgroundSync, fd: int) -> None:
        hanging.wait()
        syncs(sync, fd)

    monkeypatch.setattr(BackgroundSync, "_sync_and_close", hangs)
    await serving.has_stopped()
    assert cut_off(caplog) == [Stage.JOURNAL.what]
    assert await serving.records() == [call]
    with pytest.raises(JournalError):
        Journal.open(serving.folder, site="bank")  # its lock is the hanging thread's, until the process is gone
    hanging.set()
    await until(lambda: _opens(serving.folder), "the lock")


async def test_a_line_that_never_ends_costs_neither_journal_nor_records(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    call = await serving.a_call_ends()
    monkeypatch.setattr(Stage.LINES, "share", 0.002)
    monkeypatch.setattr(VirtualLine, "close", lambda _: asyncio.Event().wait())
    await serving.has_stopped()
    assert cut_off(caplog) == [Stage.LINES.what]
    assert await serving.records() == [call]
    Journal.open(serving.folder, site="bank").close()


def _opens(folder: Path) -> bool:
    try:
        Journal.open(folder, site="bank").close()
    except JournalError:
        return False
    return True


@asynccontextmanager
async def browser_that_says_no_word(port: int) -> AsyncIterator[None]:
    """It opens the floor's socket, and neither reads nor closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = (
        "GET /floor/socket HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    writer.write("\r\n".join([*lines, "", ""]).encode())
    assert b"101" in await reader.readline()
    try:
        yield
    finally:
        writer.close()


async def test_browsers_that_answer_nothing_are_cut_off_at_once_and_together(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as browsers:
        for _ in range(4):
            await browsers.enter_async_context(browser_that_says_no_word(serving.port))
        await serving.has_stopped()
    assert cut_off(caplog) == []


def _wait(hanging: threading.Event) -> None:
    hanging.wait()


async def test_work_beside_the_loop_tells_its_fault_and_is_left_behind_when_cut_off(hanging: threading.Event) -> None:
    def fails() -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        await beside(fails)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await beside(partial(_wait, hanging))
    hanging.set()
