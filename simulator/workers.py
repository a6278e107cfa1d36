"""Who does long work: this process alone, several processes of this machine, or a Dask cluster.

Whoever does it, results come in the order of the work, so that no answer depends on who was faster.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

from simulator.playable import SimulationError

T = TypeVar("T")
R = TypeVar("R")

_DASK_SECONDS = 10
"""So long a scheduler may take to answer."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Any executor of :mod:`concurrent.futures`, and how much it does at once."""

    executor: Executor
    count: int


class _DeafProcess(SpawnProcess):
    """Leaves interrupts to its parent, from its first moment on: Ctrl-C goes to all processes of a terminal, and those
    that are still importing would each show where."""

    def start(self) -> None:
        """What is blocked here at the time stays blocked in the new process; here it is only put off."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Deaf(SpawnContext):
    Process = _DeafProcess


@contextmanager
def hired(processes: int, dask: str | None = None) -> Iterator[Workers | None]:
    """So many processes of this machine, or the Dask cluster whose scheduler is at the address ``dask``; None: this
    process will do. Raises :class:`SimulationError` where the cluster cannot work."""
    if dask is not None:
        with _cluster(dask) as workers:
            yield workers
    elif processes > 1:
        # Not forked: a progress bar runs in a thread, and a forked process would inherit half of it.
        with ProcessPoolExecutor(processes, _Deaf()) as pool:
            yield Workers(pool, processes)
    else:
        yield None


def in_order(workers: Workers | None, work: Callable[[T], R], items: Iterable[T]) -> Generator[R]:
    """What ``work`` makes of each item, in their order. Some are worked on ahead: those not asked for any more are
    cancelled when the iterator is closed."""
    if workers is None:
        yield from map(work, items)
        return
    left = iter(items)
    ahead: deque[Future[R]] = deque()

    def send_next() -> None:
        for item in left:
            ahead.append(workers.executor.submit(work, item))
            return

    try:
        for _ in range(2 * workers.count):
            send_next()
        while ahead:
            result = ahead.popleft().result()
            send_next()
            yield result
    finally:
        for future in ahead:
            future.cancel()


def _has_holdless() -> Callable[[], bool]:
    """A question to a Dask worker. It travels as code, not by name, which a worker without Holdless would not know."""
    return lambda: __import__("importlib.util").util.find_spec("simulator") is not None


@contextmanager
def _cluster(address: str) -> Iterator[Workers]:
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise SimulationError("Dask is not installed; pip install “holdless[dask]”, or leave --dask out") from error
    try:
        client: Any = Client(address, timeout=_DASK_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise SimulationError(
            f"no Dask scheduler answers at {address}; start one (dask scheduler), and give the address that it prints"
        ) from error
    with client:
        cores = sum(client.ncores().values())
        if not cores:
            raise SimulationError(f"the Dask cluster at {address} has no workers; start one: dask worker {address}")
        if not all(client.run(_has_holdless()).values()):
            raise SimulationError(f"not all Dask workers at {address} have Holdless; install the same version there")
        yield Workers(client.get_executor(), cores)
