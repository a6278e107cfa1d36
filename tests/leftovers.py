"""What a test leaves behind: tasks, threads and open files that were not there before it.

After an integration test there is what there was before it. A leak in our own code shows here first: an engine runs
for months, and a task or a socket that is left behind by each call or browser ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DEADLINE_S = 20.0
"""A thread that was told to end, or a socket whose peer has gone, takes its time on a busy machine."""
_OF_THE_LOOP = "asyncio_"
"""The threads of an event loop's own pool, which end with the loop."""
LIVES_WITH_THE_LOOP = "of the test's own world: "
"""How the name of a task begins that plays somebody outside, such as a caller, and ends with the test's loop."""
_OF_THE_KIT = "/holdless-test-ports-"
"""The locks of ports (tests.asterisk.kit.ports), which are kept as long as this process lives."""


@dataclass(frozen=True)
class There:
    """What there is at one instant."""

    tasks: frozenset[asyncio.Task[Any]]
    threads: frozenset[threading.Thread]
    files: frozenset[tuple[int, str]]
    """Each with its descriptor, as a number can be used again."""

    def besides(self, before: There) -> There:
        """What was not there before."""
        return There(self.tasks - before.tasks, self.threads - before.threads, self.files - before.files)

    def in_words(self) -> list[str]:
        """Empty, if there is nothing."""
        return [
            *(f"task {task.get_name()}: {task.get_coro()}" for task in self.tasks),
            *(f"thread {thread.name}" for thread in self.threads),
            *(f"file {number}: {_described(number, target)}" for number, target in self.files),
        ]


NOTHING = There(frozenset(), frozenset(), frozenset())


def there_is() -> There:
    """Now, seen from a task, which is not counted itself."""
    return There(
        tasks=frozenset(
            task
            for task in asyncio.all_tasks()
            if task is not asyncio.current_task() and not task.get_name().startswith(LIVES_WITH_THE_LOOP)
        ),
        threads=frozenset(one for one in threading.enumerate() if not one.name.startswith(_OF_THE_LOOP)),
        files=frozenset(_files()),
    )


async def nothing_but(before: There) -> None:
    """Fails if there is anything left in the end that was not there before; waits for it to go."""
    until = time.monotonic() + DEADLINE_S
    while (found := there_is().besides(before)) != NOTHING:
        if time.monotonic() > until:
            raise AssertionError("left behind: " + "; ".join(found.in_words()))
        await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    """Fails a test that leaves anything behind. For the conftest.py of a folder; being autouse, it comes before the
    test's own fixtures and ends after them."""
    before = there_is()
    yield
    await nothing_but(before)


def _files() -> list[tuple[int, str]]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the descriptor of this very listing is closed by now
            found.append((int(name), str(Path(f"/proc/self/fd/{name}").readlink())))
    return [one for one in found if _OF_THE_KIT not in one[1]]


def _described(number: int, target: str) -> str:
    """For a socket, its two ends as well."""
    if not target.startswith("socket:"):
        return target
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as one:
        target += f" {one.getsockname()}"
        target += f" to {one.getpeername()}"
    return target
