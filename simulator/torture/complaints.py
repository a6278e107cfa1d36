"""What the engine complains of in its log while it is tormented."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulator.torture.engine import Poisoned
from simulator.torture.loop import Killed
from simulator.torture.promises import Broken


@contextmanager
def complaints(fail: Callable[[Broken], None]) -> Iterator[None]:
    """Whatever the engine logs with a traceback is a fault of ours: ``fail`` is told of it."""

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and not _is_expected(record):
                fail(Broken("exception", f"{record.getMessage()}: {record.exc_info[1]!r}"))

    log = logging.getLogger("cti")
    listener, propagate = Listener(logging.ERROR), log.propagate
    log.addHandler(listener)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(listener)
        log.propagate = propagate


def _is_expected(record: logging.LogRecord) -> bool:
    """Whether this is told of our own kill or poison, or of a caller whom a slow network left to the dialplan."""
    error = None if record.exc_info is None else record.exc_info[1]
    return isinstance(error, Killed | Poisoned) or type(error).__name__ == "AgiTimeout"
