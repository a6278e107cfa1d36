"""One Asterisk for all tests of a worker that are content with the shipped configuration."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.asterisk.kit.asterisk import Asterisk, agents_on_ports
from tests.asterisk.kit.operator import DEADLINE_MS, Operator, operator
from tests.asterisk.kit.ports import free_ports
from tests.leftovers import nothing_left

__all__ = ["nothing_left"]
"""What is from elsewhere: every test here leaves behind what it found, tasks, threads and files too."""

AGENTS = 8


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """A running Asterisk with the agents a0001 to a0008, each with a port of its own; no engine listens."""
    directory = tmp_path_factory.mktemp("asterisk")
    with Asterisk(directory / "a", agents_on_ports(free_ports(AGENTS))) as running:
        yield running


@pytest.fixture(autouse=True)
async def nobody_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """No test leaves a channel on the exchange it used: the next test's engine would find the caller there, and serve
    them."""
    yield
    for exchange in request.node.funcargs.values():
        if isinstance(exchange, Asterisk) and exchange.is_running:
            until = time.monotonic() + DEADLINE_MS / 1000
            while left := await asyncio.to_thread(exchange.channels):
                if time.monotonic() > until:
                    exchange.cli("channel request hangup all")  # the next test shall not suffer for this one
                    raise AssertionError(f"channels are left on the exchange: {left}")
                await asyncio.sleep(0.05)


@pytest.fixture
async def hand(asterisk: Asterisk) -> AsyncIterator[Operator]:
    """Somebody who moves calls by hand."""
    async with operator(asterisk) as one:
        yield one
