"""Brings the tables of a database up to date."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select

from cti.store.schema import metadata
from cti.store.trouble import StoreBusy, StoreError

_MIGRATING = 4_827_263_041
"""The number of PostgreSQL's advisory lock for the one who brings the tables up to date."""


class Migrations:
    """What this version of Holdless makes of the database called ``name``."""

    def __init__(self, name: str) -> None:
        self._name = name

    def are_done(self, connection: Connection) -> bool:
        """Whether the database has seen all of them. Raises :class:`StoreError` for one that is not ours, or that a
        newer version has changed."""
        seen = set(MigrationContext.configure(connection).get_current_heads())
        if seen - {revision.revision for revision in self._script.walk_revisions()}:
            raise StoreError(
                f"cannot open {self._name}: a newer Holdless has changed it; run that version, or restore a backup "
                "from before"
            )
        if not seen and (foreign := set(inspect(connection).get_table_names()) & set(metadata.tables)):
            raise StoreError(
                f"cannot open {self._name}: it holds tables of something else ({', '.join(sorted(foreign))}); "
                "name another"
            )
        return seen == set(self._script.get_heads())

    def run(self, connection: Connection, up_to: str = "head") -> None:
        """Runs those that the database has not seen, while nobody else does. The transaction of ``connection`` holds
        SQLite's write lock. Raises :class:`StoreBusy` where another program runs them, and what :meth:`are_done`
        raises."""
        if connection.dialect.name == "postgresql" and not connection.scalar(
            select(func.pg_try_advisory_xact_lock(_MIGRATING))
        ):
            raise StoreBusy(f"cannot open {self._name}: another program brings its tables up to date; try again")
        if not self.are_done(connection):
            self._config.attributes["connection"] = connection
            command.upgrade(self._config, up_to)

    @cached_property
    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        return config

    @cached_property
    def _script(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self._config)
