"""One Asterisk for all tests of a worker that are content with the shipped configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.asterisk.kit.asterisk import Asterisk, agents_on_ports
from tests.asterisk.kit.operator import Operator, operator
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.program import KitError

AGENTS = 8


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """A running Asterisk with the agents a0001 to a0008, each with a port of its own; no engine listens."""
    directory = tmp_path_factory.mktemp("asterisk")
    with Asterisk(directory / "a", agents_on_ports(free_ports(AGENTS))) as running:
        yield running


@pytest.fixture
async def hand(asterisk: Asterisk) -> AsyncIterator[Operator]:
    """Somebody who moves calls by hand; after the test nobody may be left on the exchange."""
    async with operator(asterisk) as one:
        yield one
        try:
            await one.nobody_left()
        except KitError:
            asterisk.cli("channel request hangup all")  # the next test shall not suffer for this one
            raise
