"""Addresses of databases: what is none is known before anything is begun, and no password of one is shown."""

from __future__ import annotations

import pytest

from cti.postgres import BadAddress, Session, shown
from cti.store import StoreError
from cti.store.address import require_url

GOOD = [
    "sqlite:///centre.db",
    "sqlite+aiosqlite:////var/lib/holdless/a:b@c.db",
    "postgresql://centre",
    "postgresql://me:se/cr:et@[::1]:5432/centre?ssl=require",
    "postgresql+asyncpg:///centre?host=/run/postgresql",
]
NONE = ["postgresql://me:secret@127.0.0.1:port/centre", "postgresql://me:secret@127.0.0.1:/centre"]


@pytest.mark.parametrize("address", GOOD)
def test_what_may_be_the_address_of_a_database_is_let_through(address: str) -> None:
    require_url(address)


@pytest.mark.parametrize("address", [*NONE, "centre.db", ""])
def test_what_nobody_could_open_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(StoreError, match="is no URL; write for example") as refused:
        require_url(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", [*NONE, "centre", "sqlite:///centre.db"])
def test_a_journal_is_at_the_address_of_a_postgresql_database(address: str) -> None:
    with pytest.raises(BadAddress, match="write postgresql://user@host/database") as refused:
        Session(address, name="test", answer_s=1)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["postgresql://me:secret@127.0.0.1/centre", "postgresql://me@127.0.0.1/centre?password=secret"]
)
def test_an_address_is_shown_without_its_password(address: str) -> None:
    assert "127.0.0.1/centre" in shown(address)
    assert "secret" not in shown(address)
