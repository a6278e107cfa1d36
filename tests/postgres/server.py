"""A PostgreSQL server of the tests' own: a new cluster in a temporary folder, on a free port of loopback."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.asterisk.kit.ports import free_port

START_S = 60.0
"""How long a start may take on a machine that is out of breath, recovery after a crash included."""
USER = "holdless"
_WAL_SEGMENT = 1024 * 1024
"""The least there is, so that a file can be too large for the server and the write-ahead log is not."""
_INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian puts each version; its programs are not on PATH."""

_PSQL_OPTIONS = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")


class ServerError(Exception):
    """The server is missing or did not start; the text says what to do."""


class PostgresServer:
    """A running server. Nothing of it outlives the ``with`` block."""

    def __init__(self) -> None:
        # Not below pytest's own folder: that is closed to other users, and PostgreSQL will not run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="holdless-pg-"))
        self.port = free_port()
        self._programs = find_programs()
        self._password = secrets.token_urlsafe(12)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def address(self, port: int | None = None) -> str:
        """The URL of the database; ``port``: of something that stands between."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{port or self.port}/postgres"

    def empty_database(self) -> str:
        """The URL of the one database, which every test has to itself: whoever was connected is cut off, whatever was
        in it is gone. A new database for each would take ten times as long."""
        self.run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        self.run_sql("SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return self.address()

    def run_sql(self, statement: str) -> str:
        """Runs a statement by psql and returns what it prints, columns parted by “|”."""
        command: list[str | Path] = [self._programs / "psql", *_PSQL_OPTIONS, f"--command={statement}", self.address()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)
        if done.returncode != 0:
            raise ServerError(f"{statement}: {done.stderr}")
        return done.stdout.strip()

    def start(self) -> None:
        """Starts the server and waits until it takes connections."""
        assert self._process is None, "this server runs already"
        with (self.folder / "log").open("ab") as log:
            said_before = log.tell()
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_somebody(),
            )
        until = time.monotonic() + START_S
        # By its log, not by its port: on that another server might answer.
        while "ready to accept connections" not in self.log[said_before:]:
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise ServerError(f"PostgreSQL did not start:\n{self.log[-3000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """An orderly stop that does not wait for those who are connected (“fast”)."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """The server ends as if the power had failed (“immediate”): the next start recovers from its log."""
        self._end(signal.SIGQUIT)

    @contextmanager
    def full_disk(self, table: str, key: str) -> Iterator[None]:
        """In here the server finds no room for more rows in ``table``, which has at least one.

        Its file is filled up to the size that the kernel lets the server's processes write to; ``key``: the column of
        its primary key, a number or a text, by which the rows that fill it differ. They are gone afterwards.
        """
        filler = f"""INSERT INTO {table} SELECT (jsonb_populate_record(
            (SELECT one FROM {table} AS one LIMIT 1), jsonb_build_object('{key}', (-number)::text)
        )).* FROM generate_series("""
        filled = 0
        while int(self.run_sql(f"SELECT pg_relation_size('{table}')")) < _WAL_SEGMENT:
            self.run_sql(f"{filler}{filled + 1}, {filled + 1_000}) AS number")
            filled += 1_000
        self._limit_files(_WAL_SEGMENT)
        try:
            yield
        finally:
            self._limit_files(None)
            self.run_sql(f"DELETE FROM {table} WHERE {key}::text LIKE '-%'")

    def _limit_files(self, size: int | None) -> None:
        """Those who are connected, and will be, write files of so many bytes at most."""
        assert self._process is not None
        backends = self.run_sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'").split()
        for pid in (self._process.pid, *backends):
            limit = f"--fsize={'unlimited' if size is None else size}:"
            # A backend may have ended meanwhile. By the server's user: root in a container may not.
            subprocess.run(["prlimit", f"--pid={pid}", limit], check=False, capture_output=True, **self._as_somebody())

    @property
    def log(self) -> str:
        """What the server has said so far."""
        return (self.folder / "log").read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServerError(f"PostgreSQL did not stop within {START_S} s:\n{self.log[-3000:]}") from None

    def _make_cluster(self) -> None:
        password = self.folder / "password"
        password.write_text(self._password)
        if (owner := _somebody()) is not None:
            for path in (self.folder, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        done = subprocess.run(
            [
                self._programs / "initdb",
                *("--pgdata", self.folder / "data", "--username", USER, "--pwfile", password),
                f"--wal-segsize={_WAL_SEGMENT // 1024 // 1024}",
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
            **self._as_somebody(),
        )
        if done.returncode != 0:
            raise ServerError(f"initdb failed:\n{done.stdout}{done.stderr}")
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": "on",
            "shared_buffers": "16MB",
            "max_connections": "60",
            # Containers may have next to no /dev/shm.
            "dynamic_shared_memory_type": "mmap",
            "autovacuum": "off",
            "log_checkpoints": "off",
        }
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _as_somebody(self) -> dict[str, Any]:
        """How a program is started here, which root may not run."""
        how: dict[str, Any] = {"cwd": self.folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}}
        if (somebody := _somebody()) is not None:
            how |= {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}
        return how

    def _remove(self) -> None:
        try:
            self.kill()
        finally:
            shutil.rmtree(self.folder)


def find_programs() -> Path:
    """The folder of initdb and postgres. ServerError when they are not installed."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    versions = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise ServerError("PostgreSQL is not here. Install Debian's package postgresql, or run: tools/test-packages.sh")
    return versions[-1].parent


def _somebody() -> pwd.struct_passwd | None:
    """Who runs the server when root runs the tests; None: whoever runs them."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("there is neither a user “postgres” nor “nobody”, and PostgreSQL will not run as root")
