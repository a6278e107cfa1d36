"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres.server import PostgresServer

# Time limits on single examples say how busy the machine is, not whether the code is right. The same examples every
# time: whether a change is good must not hang on what is drawn today. “make explore” draws new ones, and more.
settings.register_profile(
    "same", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, derandomize=True
)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HOLDLESS_EXAMPLES", "same"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this run; whoever wants one takes a database of their own in it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def histories_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine as busy as one that tests, any history of a caller may take longer than a card would wait for it."""
    monkeypatch.setattr("cti.store.store.HISTORY_S", 20.0)
