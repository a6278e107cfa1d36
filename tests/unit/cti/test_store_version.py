"""A restart asks only whether the database has seen the last migration: which one that is must be said right."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from cti.store.version import NEWEST, has_the_newest

MIGRATIONS = Path(__file__).parents[3] / "cti" / "store" / "migrations"


def test_the_newest_migration_is_the_last_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


@pytest.mark.parametrize(
    ("seen", "is_newest"),
    [(None, False), ([], False), (["0001"], False), ([NEWEST], True), (["9999"], False), ([NEWEST, "9999"], False)],
    ids=["no tables at all", "begun", "an older version", "this version", "a newer version", "two at a time"],
)
def test_only_a_database_with_the_tables_of_this_version_has_the_newest(
    seen: list[str] | None, is_newest: bool
) -> None:
    with create_engine("sqlite://").connect() as connection:
        if seen is not None:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            for revision in seen:
                connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
        assert has_the_newest(connection) is is_newest
