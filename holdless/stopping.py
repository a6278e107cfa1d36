"""The orderly stop: stages one after the other, each with a time of its own.

A stage that takes longer is cut off, said so in the log, and the next one comes all the same: a disk that hangs keeps
no lease, and a browser that is asleep no callers. The first SIGTERM or SIGINT asks for it, a second one hurries it, and
a process that is not gone by the end of all budgets is ended whatever it waits for. The time is counted from the
signal, also where the event loop does one long thing and comes to it late.
"""

from __future__ import annotations

import asyncio
import faulthandler
import inspect
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from enum import Enum
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

_log = logging.getLogger(__name__)

WITHIN_S = 30.0
"""From the signal to the end of the process at most."""
HURRIED_S = 0.5
"""What is left to each stage after a second signal."""
_CUT_S = 0.2
"""How long what was cut off may take to notice."""

T = TypeVar("T")

End = Callable[[], Awaitable[object] | None]
"""Ends something."""


class Stage(Enum):
    """What happens, in this order, and which share of the time it may take.

    Callers come first: when they have been let go, what they did is on the disk and the lease is free, another engine
    can go on with them. The rest concerns this engine alone.
    """

    INTAKE = ("new calls are left to the lines", 0.02)
    PAGES = ("browsers are told to come back", 0.13)
    LINES = ("the lines let go of their calls", 0.16)
    JOURNAL = ("the journal is brought to the disk", 0.13)
    LEASE = ("the lease is given back", 0.07)
    SNAPSHOT = ("the centre is kept for the next start", 0.10)
    STORE = ("the database gets the records of calls", 0.24)
    REST = ("connections to other systems are closed", 0.03)

    def __init__(self, what: str, share: float) -> None:
        self.what = what
        self.share = share
        """Of all the time there is. What is missing to 1 is for cutting off, and for the end of the process."""


class Stopped(Exception):
    """What was under way was broken off: somebody wants an end."""


class OrderlyStop:
    """Everything that is to be ended, each at its stage. Used on one event loop, as an asynchronous context."""

    def __init__(self, within_s: float = WITHIN_S, at_the_latest: Callable[[float], object] | None = None) -> None:
        """``within_s``: the time for all of it, seconds. ``at_the_latest``: called with it when the stop begins."""
        self.asked = asyncio.Event()
        """Set once somebody wants an end."""
        self.serving = False
        """Whether there is anything to tell of: a start that failed says so in one line."""
        self._hurry = asyncio.Event()
        self._signalled = False
        self._former: dict[signal.Signals, Any] = {}
        """What the signals did before."""
        self._within_s = within_s
        self._at_the_latest = at_the_latest
        self._ends: dict[Stage, list[End]] = {stage: [] for stage in Stage}

    def at(self, stage: Stage, end: End) -> None:
        """Lets ``end`` happen at this stage, beside what else does."""
        self._ends[stage].append(end)

    def ask(self) -> None:
        """Once: let it end. Again: hurry."""
        if self.asked.is_set():
            self._hurry.set()
            return
        self.asked.set()
        self._begin_to_count()

    def is_asked(self) -> bool:
        """Whether somebody wants an end. Known at once, also while the event loop does one long thing."""
        return self._signalled or self.asked.is_set()

    async def unless_asked(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` returns. Raises :class:`Stopped`, with ``work`` broken off, once somebody wants an end."""
        working, asked = asyncio.create_task(work), asyncio.create_task(self.asked.wait())
        try:
            await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise Stopped
            return working.result()
        finally:
            for task in (working, asked):
                task.cancel()
            await asyncio.gather(working, asked, return_exceptions=True)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()

        def hear(_number: int, _frame: FrameType | None) -> None:
            # Not by loop.add_signal_handler: this comes in between whatever the main thread does, that one when the
            # loop comes round.
            self._signalled = True
            self._begin_to_count()
            loop.call_soon_threadsafe(self.ask)

        for name in (signal.SIGINT, signal.SIGTERM):
            self._former[name] = signal.signal(name, hear)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._begin_to_count()
        try:
            for stage in Stage:
                await self._run(stage, self._ends[stage])
        finally:
            for name, former in self._former.items():
                signal.signal(name, former)

    def _begin_to_count(self) -> None:
        at_the_latest, self._at_the_latest = self._at_the_latest, None
        if at_the_latest is not None:
            at_the_latest(self._within_s)

    async def _run(self, stage: Stage, ends: Collection[End]) -> None:
        if not ends:
            return
        begun = asyncio.get_running_loop().time()
        tasks = {asyncio.create_task(_ended(end), name=f"stop: {stage.name.lower()}") for end in ends}
        await self._done(tasks, stage.share * self._within_s)
        late = {task for task in tasks if not task.done()}
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_CUT_S)
        took_s = asyncio.get_running_loop().time() - begun
        for task in tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                _log.error("stopping: %s: failed", stage.what, exc_info=error)
        if late:
            _log.error("stopping: %s: cut off after %.1f s", stage.what, took_s)
        elif self.serving:
            _log.info("stopping: %s: %.2f s", stage.what, took_s)

    async def _done(self, tasks: set[asyncio.Task[None]], budget_s: float) -> None:
        """Waits for all of ``tasks``, as long as they may take."""
        end = asyncio.get_running_loop().time() + budget_s
        hurry = asyncio.create_task(self._hurry.wait())
        try:
            while left := {task for task in tasks if not task.done()}:
                if self._hurry.is_set():
                    await asyncio.wait(left, timeout=min(HURRIED_S, budget_s))
                    return
                left_s = end - asyncio.get_running_loop().time()
                done, _ = await asyncio.wait({*left, hurry}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    return
        finally:
            hurry.cancel()


async def beside(work: Callable[[], None]) -> None:
    """Does ``work``, which blocks, in a thread that nobody waits for at the end of the process: a disk that hangs must
    not keep it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(tell, error)
        except RuntimeError:
            _log.error("done too late, after everything else: %s", error or "no error")

    threading.Thread(target=run, name="stop", daemon=True).start()
    await done


def exit_after(seconds: float) -> None:
    """Ends the process with exit code 1 just before so many seconds are over, if it is still there by then, and says
    where each thread was: one that hangs in the operating system, or a loop that never comes round, can be cut off in
    no other way. It needs no lock of Python's, which what hangs may hold."""
    faulthandler.dump_traceback_later(0.98 * seconds, exit=True)


def outlive_hangups() -> None:
    """From now on a SIGHUP waits for who listens to it (:func:`holdless.reload.hearing_hangups`), and afterwards does
    nothing. By default it ends the process, also one that only begins to load, or has closed everything but itself."""
    signal.signal(signal.SIGHUP, _deaf)
    # The operating system keeps it: one signal of a kind, however many come.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def _deaf(_number: int, _frame: FrameType | None) -> None:
    """A function of Python's, and not SIG_IGN, which the processes that this one begins would inherit."""


async def _ended(end: End) -> None:
    ending = end()
    if inspect.isawaitable(ending):
        await ending
