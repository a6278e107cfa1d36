"""The two that are compared on one Asterisk: our engine over AMI and FastAGI, and Asterisk's own app_queue.

A caller's way is the same up to the point of comparison, the exchange's 200 OK: the dialplan
answers and queues the call. For app_queue no manager client is logged in (that would only cost it); for the engine
app_queue is not loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from typing import Protocol

from benchmarks.asterisk_engine import READY
from tests.asterisk.kit.asterisk import Asterisk, agents_on_port
from tests.asterisk.kit.program import KitError

_ENGINE_STARTS_S = 30
_ENGINE_ENDS_S = 15
_ENGINE, _APP_QUEUE = "7001", "7002"
_REPOSITORY = Path(__file__).resolve().parents[1]

# Answered first, and at once: Answer() without i waits up to half a second for the caller's first audio. Everything of
# ours comes after it, the caller's number that is read out of the header too; for app_queue that comes before it.
_EXTENSIONS = f"""
[holdless-in](+)
exten => {_ENGINE},1,Answer(,i)
 same => n,Gosub(holdless-arrive,s,1(${{EXTEN}}))
exten => {_APP_QUEUE},1,Set(CC_FROM=${{PJSIP_HEADER(read,From)}})
 same => n,Set(CALLERID(num)=${{FILTER(0-9,${{CUT(CC_FROM,@,1)}})}})
 same => n,Answer(,i)
 same => n,Queue(bench)
 same => n,Hangup()
"""

# retry=1 is the shortest app_queue takes; the other settings are those that let it be quickest.
_QUEUES = """
[general]
persistentmembers = no
autofill = yes

[bench]
strategy = rrmemory
musicclass = default
ringinuse = no
timeout = 20
retry = 1
wrapuptime = 0
joinempty = yes
leavewhenempty = no
announce-frequency = 0
"""

_SITE = """
name: {{en: Benchmark}}
time_zone: Etc/UTC
languages: [en]
entry: main
misses_allowed: 100
queues:
  bench: {{title: {{en: Benchmark}}, ring: {ring_s} s, wrap_up: 0 s}}
agents:
{agents}
asterisk:
  ami: {{host: 127.0.0.1, port: {ami_port}, user: holdless, secret_file: asterisk.secret}}
  fastagi: {{host: 127.0.0.1, port: {agi_port}}}
"""

_FLOW = """
start: wait
language: en
nodes:
  wait: {do: queue, queue: bench, otherwise: goodbye}
  goodbye: {do: hangup}
"""


class Side(Protocol):
    """One of the two."""

    @property
    def name(self) -> str:
        """As the tables call it."""

    @property
    def extension(self) -> str:
        """What callers dial."""

    @contextmanager
    def ready(self, folder: Path, agents: int) -> Iterator[int | None]:
        """Serves calls with the first *agents* agents, all ready; the pid of its process, if it has its own."""


class Engine:
    """Our engine, started anew for each measurement."""

    name = "Holdless"
    extension = _ENGINE

    def __init__(self, asterisk: Asterisk) -> None:
        self._asterisk = asterisk

    @contextmanager
    def ready(self, folder: Path, agents: int) -> Iterator[int | None]:
        """See :class:`Side`."""
        site = folder / "site"
        write_site(site, self._asterisk, agents)
        with (folder / "engine.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.asterisk_engine", str(site), str(folder / "data")],
                cwd=_REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            started, _, _ = select([process.stdout], [], [], _ENGINE_STARTS_S)
            if not started or process.stdout.readline().decode().strip() != READY:
                raise KitError(f"the engine did not start: {(folder / 'engine.log').read_text()[-3000:]}")
            yield process.pid
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_ENGINE_ENDS_S)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


class AppQueue:
    """Asterisk's own queue, loaded for each measurement with the members it needs."""

    name = "app_queue"
    extension = _APP_QUEUE

    def __init__(self, asterisk: Asterisk) -> None:
        self._asterisk = asterisk

    @contextmanager
    def ready(self, folder: Path, agents: int) -> Iterator[int | None]:
        """See :class:`Side`."""
        del folder
        members = [f"member => PJSIP/{agent.name}" for agent in self._asterisk.agents[:agents]]
        settings = self._asterisk.run_dir / "etc" / "queues.conf"
        settings.write_text("\n".join([_QUEUES, *members, ""]))
        self._asterisk.cli("module load app_queue.so")
        try:
            listed = self._asterisk.cli("queue show bench").count("PJSIP/")
            if listed != agents:
                raise KitError(f"app_queue has {listed} members instead of {agents}: {self._asterisk.log[-2000:]}")
            yield None
        finally:
            self._asterisk.cli("module unload app_queue.so")


def write_site(site: Path, asterisk: Asterisk, agents: int, *, ami_port: int = 0, ring_s: int = 20) -> None:
    """A site with one queue for everybody and the first *agents* of this Asterisk (*ami_port*: by way of that port)."""
    (site / "flows").mkdir(parents=True)
    (site / "flows" / "main.yaml").write_text(_FLOW)
    (site / "prompts.yaml").write_text("{}\n")
    (site / "asterisk.secret").write_text(asterisk.ami_secret + "\n")
    people = "\n".join(f"  {agent.name}: {{name: Agent {agent.name}}}" for agent in asterisk.agents[:agents])
    settings = _SITE.format(
        agents=people, ami_port=ami_port or asterisk.ami_port, agi_port=asterisk.agi_port, ring_s=ring_s
    )
    (site / "site.yaml").write_text(settings)


def exchange(folder: Path, agents: int, phones_port: int) -> Asterisk:
    """An Asterisk, not yet started, that knows the phones, all on one port, and both ways into a queue."""
    return Asterisk(folder / "asterisk", agents_on_port(agents, phones_port), extra={"extensions": _EXTENSIONS})


def cpu_seconds(pid: int) -> float:
    """Processor time the process has used, all threads, user and system (man 5 proc: utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
