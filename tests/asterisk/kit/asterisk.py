"""One Asterisk as an ordinary process on loopback, with the site configuration of dialplans/asterisk.

Everything it writes is under its run directory; several run side by side. It is started from our own dialplan files as
they are shipped, and only what a site would change is written: site/*.conf.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.asterisk.kit.ports import free_port
from tests.asterisk.kit.program import DIALPLAN, AsteriskProgram, KitError, find_asterisk
from tests.asterisk.kit.sounds import write_tone

MUSIC_HZ = 620
"""The tone that stands for music on hold."""
_START_SECONDS = 60
_STOP_SECONDS = 10
_SOCKET_PATH_MAX = 107  # sizeof(sun_path) - 1 on Linux, man 7 unix


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent's phone as Asterisk knows it: endpoint PJSIP/<name>, at sip:<name>@127.0.0.1:<port>."""

    name: str
    port: int


def agents_on_ports(ports: Sequence[int]) -> list[Agent]:
    """a0001, a0002, … each on a port of its own, so that each phone behaves as it likes."""
    return [Agent(f"a{number:04d}", port) for number, port in enumerate(ports, start=1)]


def agents_on_port(count: int, port: int) -> list[Agent]:
    """*count* agents behind one port: one SIPp process answers for all, as a load test wants it."""
    return [Agent(f"a{number:04d}", port) for number in range(1, count + 1)]


@dataclass(slots=True)
class Asterisk:
    """Use as a context manager, or `start` and `stop`. Ports and secret are chosen anew for each instance."""

    run_dir: Path
    agents: Sequence[Agent] = ()
    agi_port: int = 0
    """Where the engine's FastAGI server listens or will listen; 0 chooses a free port that nobody listens on yet."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Text to put at the end of site/<name>.conf, by name: {"extensions": "...", "modules": "load = app_queue.so"}."""
    globals: Mapping[str, str] = field(default_factory=dict)
    """Dialplan globals, as a site would set them."""
    sip_port: int = 0
    ami_port: int = 0
    program: AsteriskProgram = field(default_factory=find_asterisk)
    ami_user: str = "holdless"
    ami_secret: str = field(default_factory=lambda: secrets.token_hex(12))
    """The engine's account, with the least rights, as shipped. `observer`, same secret, may see and do everything."""
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.sip_port = self.sip_port or free_port()
        self.ami_port = self.ami_port or free_port()
        self.agi_port = self.agi_port or free_port()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of the running Asterisk."""
        if self._process is None:
            raise KitError("this Asterisk is not running")
        return self._process.pid

    @property
    def log(self) -> str:
        """Its notices, warnings and errors so far."""
        file = self.run_dir / "log" / "messages.log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def sounds_dir(self) -> Path:
        """Its sounds/: a subdirectory made here is played by its name."""
        return self.run_dir / "data" / "sounds"

    def start(self) -> None:
        """Write the configuration, start, and wait until every module runs. KitError when that fails."""
        self._write_configuration()
        self._start_process()

    def restart(self) -> None:
        """Start again after `stop` or `kill`, with the same ports and configuration."""
        self._start_process()

    def stop(self) -> None:
        """End every call and the process; nothing is left running."""
        if self._process is None:
            return
        try:
            self.cli("core stop now", check=False)
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, no BYE to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def cli(self, command: str, *, check: bool = True) -> str:
        """Asterisk's answer to a console command. KitError when it cannot be reached."""
        done = subprocess.run(
            [*self._command, "-rx", command], capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
        if check and done.returncode != 0:
            raise KitError(f"Asterisk does not take the command {command!r}: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def is_running(self) -> bool:
        """Whether it was started and neither stopped nor killed since."""
        return self._process is not None

    def channels(self) -> list[str]:
        """The names of all channels there are now."""
        lines = self.cli("core show channels concise").splitlines()
        return [line.split("!", 1)[0] for line in lines if "!" in line]

    @property
    def _command(self) -> list[str]:
        return [str(self.program.command), "-C", str(self.run_dir / "etc" / "asterisk.conf")]

    def _start_process(self) -> None:
        if self._process is not None:
            raise KitError("this Asterisk is running already")
        shutil.rmtree(self.run_dir / "log", ignore_errors=True)  # what an earlier start complained of
        (self.run_dir / "log").mkdir()
        with (self.run_dir / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [*self._command, "-f"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={
                    **os.environ,
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                },  # python3 of AGI scripts
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        until = time.monotonic() + _START_SECONDS
        while "fully booted" not in self.cli("core waitfullybooted", check=False):
            if self._process.poll() is not None:
                console = (self.run_dir / "console.log").read_text(errors="replace")
                raise KitError(f"Asterisk ended while starting: {console[-2000:]}\n{self.log[-2000:]}")
            if time.monotonic() > until:
                raise KitError(f"Asterisk was not ready after {_START_SECONDS} s: {self.log[-2000:]}")
            time.sleep(0.02)
        # Asterisk starts without SIP or AMI when a port is taken, and a client would talk to whoever holds it.
        complaints = [line for line in self.log.splitlines() if "ERROR" in line or "in use" in line]
        if complaints:
            raise KitError("Asterisk started with errors:\n" + "\n".join(complaints))

    def _write_configuration(self) -> None:
        etc = self.run_dir / "etc"
        if len(str(self.run_dir / "run" / "asterisk.ctl")) > _SOCKET_PATH_MAX:
            raise KitError(f"{self.run_dir} is too long a path for Asterisk's control socket")
        shutil.copytree(DIALPLAN, etc, ignore=shutil.ignore_patterns("agi-bin", "*.md"))
        for name in ("data", "var", "db", "keys", "spool", "run", "log", "cache"):
            (self.run_dir / name).mkdir()
        self._write_data()
        directories = {
            "astetcdir": etc,
            "astmoddir": self.program.modules,
            "astvarlibdir": self.run_dir / "var",
            "astdbdir": self.run_dir / "db",
            "astkeydir": self.run_dir / "keys",
            "astdatadir": self.run_dir / "data",
            "astagidir": DIALPLAN / "agi-bin",
            "astspooldir": self.run_dir / "spool",
            "astrundir": self.run_dir / "run",
            "astlogdir": self.run_dir / "log",
            "astcachedir": self.run_dir / "cache",
        }
        conf = etc / "asterisk.conf"
        lines = [f"{name} => {path}" for name, path in directories.items()]
        conf.write_text("\n".join(["[directories]", *lines, "", conf.read_text()]))
        for name, text in self._site().items():
            (etc / "site" / f"{name}.conf").write_text(text + "\n" + self.extra.get(name, "") + "\n")
        for name in self.extra.keys() - self._site().keys():
            (etc / "site" / f"{name}.conf").write_text(self.extra[name] + "\n")

    def _write_data(self) -> None:
        data = self.run_dir / "data"
        (data / "documentation").symlink_to(self.program.data / "documentation")
        (data / "moh").mkdir()
        write_tone(data / "moh" / "tone.wav", hz=MUSIC_HZ, seconds=20)
        (data / "sounds").mkdir()
        for language in ("en", "ru"):
            # Debian's own link sounds/en goes through /etc/alternatives, which an unpacked tree has not.
            found = sorted((self.program.data / "sounds").glob(f"{language}_*")) or [
                self.program.data / "sounds" / language
            ]
            (data / "sounds" / language).symlink_to(found[0])

    def _site(self) -> dict[str, str]:
        values = {"CC_AGI": f"agi://127.0.0.1:{self.agi_port}/call", **self.globals}
        return {
            "extensions": "\n".join(["[globals](+)", *(f"{name} = {value}" for name, value in values.items())]),
            "manager": "\n".join(
                [
                    "[general](+)",
                    f"port = {self.ami_port}",
                    f"[{self.ami_user}](holdless-account)",
                    f"secret = {self.ami_secret}",
                    "[observer]",
                    f"secret = {self.ami_secret}",
                    "read = all",
                    "write = all",
                ]
            ),
            "pjsip": "\n".join(
                [
                    f"[udp](+)\nbind = 127.0.0.1:{self.sip_port}",
                    "[callers](holdless-trunk)",
                    "[callers]\ntype = identify\nendpoint = callers\nmatch = 127.0.0.1",
                    *(
                        f"[{agent.name}](holdless-phone)\naors = {agent.name}\n"
                        f"[{agent.name}]\ntype = aor\ncontact = sip:{agent.name}@127.0.0.1:{agent.port}"
                        for agent in self.agents
                    ),
                ]
            ),
        }
