"""The server that the other tests stand on."""

from __future__ import annotations

import os

from tests.postgres.server import PostgresServer


def test_it_keeps_what_was_committed_when_it_is_killed(postgres: PostgresServer) -> None:
    postgres.empty_database()
    assert postgres.run_sql("SHOW fsync") == "on"
    postgres.run_sql("CREATE TABLE kept AS SELECT 1 AS one")
    postgres.kill()
    postgres.start()
    assert postgres.run_sql("SELECT one FROM kept") == "1"


def test_each_test_finds_it_empty(postgres: PostgresServer) -> None:
    postgres.empty_database()
    postgres.run_sql("CREATE TABLE calls (call text)")
    postgres.empty_database()
    assert postgres.run_sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"


def test_nothing_of_it_is_left_behind() -> None:
    with PostgresServer() as server:
        pid = server.run_sql("SELECT pg_backend_pid()")
        assert server.run_sql("SHOW data_directory") == str(server.folder / "data")
    assert not server.folder.exists()
    assert not os.path.exists(f"/proc/{pid}")
