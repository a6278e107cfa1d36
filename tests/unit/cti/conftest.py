"""What the tests of the store have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.server import PostgresServer
from tests.unit.cti.recorded import file_in


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new database is, of each kind."""
    if request.param == "sqlite":
        return file_in(tmp_path)
    server = request.getfixturevalue("postgres")
    assert isinstance(server, PostgresServer)
    return server.empty_database()
