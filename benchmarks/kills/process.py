"""The engine as a process that is killed, stopped and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from simulator.torture.plan import Moment

PATIENCE_S = 90.0


class EngineError(Exception):
    """The engine did not do what was expected of it; the text says where its log is."""


@dataclass(slots=True)
class Engine:
    """One site's, in one process after the other."""

    site: Path
    data: Path
    log: Path
    line: str = "asterisk"
    journal: str = ""
    """The address of a PostgreSQL database; empty: files."""
    begun: float = 0.0
    """When the last start began, Unix seconds."""
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Begins it, and waits until it serves."""
        await self.begin()
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while b"Serving" not in (said := await self.process.stdout.readline()):
                if not said:
                    raise EngineError(f"the engine did not start; see {self.log}")

    async def begin(self) -> None:
        """Begins it."""
        journal = ["--journal", self.journal] if self.journal else []
        self.begun = time.time()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.kills.engine", "serve", str(self.site), "--line", self.line),
                *("--port", "0", "--data", str(self.data), *journal),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                # Python keeps what it has compiled, as pip does when it installs.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
            )

    def die_at(self, moment: Moment, times: int) -> None:
        """It kills itself when it reaches this moment so often from now on."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{moment.value};{times}\n".encode())

    def send(self, what: signal.Signals) -> None:
        """A signal."""
        assert self.process is not None
        self.process.send_signal(what)

    async def ended(self) -> int:
        """Waits until the process has ended; its exit code."""
        assert self.process is not None
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.returncode is None

    async def close(self) -> None:
        """Ends it, in good order if it can."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.process.communicate()
        except TimeoutError:
            self.process.kill()
            await self.process.communicate()
