"""Snapshots without stopping the service: a child process has the memory of this instant and all the time it needs."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time

from cti.snapshots.files import Snapshot, Snapshots

_log = logging.getLogger(__name__)

DEADLINE_S = 60.0
"""A child that takes longer is ended: something is wrong with the disk."""
FINISH_S = 5.0
"""How long the end of the service waits for the last one: large centres take less than one second."""
_OUR_FAULT = 255
"""What the child ends with where it was none of the operating system's errors, all of which are less."""
_LOOK_S = 0.01
_NICE = 10


class Forked:
    """Takes one snapshot at a time. Used by one thread; the child does nothing but write, whatever other threads of
    this process were in the middle of."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._child: int | None = None
        self._since = 0.0
        self.failed = 0
        """How many children in a row wrote nothing."""

    def take(self, snapshot: Snapshot) -> None:
        """Begins to keep the centre as it is now, unless one is still being kept. What it costs the caller is the
        fork: the kernel copies the page table, some 10 µs a megabyte in use."""
        if self.is_busy():
            return
        # A signal must not reach the child while it still has our handlers: they would tell the parent's event loop.
        former = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            child = os.fork()
            if child == 0:
                self._write_and_exit(snapshot)
        except OSError as error:
            _log.warning("no snapshot: %s", error.strerror)
            self.failed += 1
            return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
        self._child, self._since = child, time.monotonic()

    def is_busy(self) -> bool:
        """Whether a child still writes."""
        if self._child is None:
            return False
        done, status = os.waitpid(self._child, os.WNOHANG)
        if done:
            self._child = None
            self._note(status)
            return False
        if time.monotonic() - self._since > DEADLINE_S:
            os.kill(self._child, signal.SIGKILL)
        return True

    async def finish(self, budget_s: float = FINISH_S) -> None:
        """Waits for the child that still writes, if any, and ends it when ``budget_s`` seconds were not enough."""
        until = time.monotonic() + budget_s
        while self.is_busy():
            if time.monotonic() > until and self._child is not None:
                os.kill(self._child, signal.SIGKILL)
            await asyncio.sleep(_LOOK_S)

    def _note(self, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            self.failed = 0
            return
        self.failed += 1
        why = f"ended by signal {-code}" if code < 0 else os.strerror(code)
        if code == _OUR_FAULT:
            why = "by a fault of Holdless, please report this"
        _log.warning("no snapshot was kept (%s): a restart reads the journal from the one before", why)

    def _write_and_exit(self, snapshot: Snapshot) -> None:
        """In the child. It ends with 0, the number of an operating system's error, or :data:`_OUR_FAULT`."""
        code = _OUR_FAULT
        try:
            gc.disable()
            # What is open is the parent's: the lock of the journal and the ports must be free the instant it is gone.
            os.closerange(0, os.sysconf("SC_OPEN_MAX"))
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.nice(_NICE)
            self._snapshots.write(snapshot)
            code = 0
        except OSError as error:
            code = error.errno or _OUR_FAULT
        finally:
            os._exit(code)
