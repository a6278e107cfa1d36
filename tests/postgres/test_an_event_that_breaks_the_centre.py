"""A fault of ours in the core, with the journal in PostgreSQL: the centre is put right from memory, whatever is under
way at the server, and what leaves has been committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from centre import machine
from centre.effects import Effect
from centre.events import AgentNotReady, CallArrived, Event
from centre.machine import Centre
from centre.state import State
from config.loader import load_site
from cti.journal.rows import Rows
from tests.asterisk.engine import BANK
from tests.postgres.engines import until
from tests.postgres.server import PostgresServer
from tests.postgres.sides import side
from tests.property.snapshots.alike import difference

LUNCH = AgentNotReady(agent="olena", reason="lunch")


def lunch_breaks_the_centre(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(state: State, _: object) -> list[Effect]:
        state.calls.clear()
        raise ZeroDivisionError("in the middle of it")

    monkeypatch.setitem(machine._HANDLERS, AgentNotReady, breaks_off)


def arrives(number: int) -> Event:
    return CallArrived(call=f"asterisk-{number}", line="asterisk", number="+380501110001")


async def test_it_is_put_right_while_commits_are_under_way_and_nothing_else_leaves(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_waiting(*_: object) -> None:
        raise AssertionError("the service waits for the database")

    site = load_site(BANK)
    lunch_breaks_the_centre(monkeypatch)
    async with side(site, tmp_path / "a", postgres.empty_database()) as one:
        await one.leads()
        heard: list[str] = []
        one.service.subscribe(lambda effect, _: heard.append(getattr(effect, "call", "")))
        with monkeypatch.context() as patch:
            patch.setattr(Rows, "alone", no_waiting)
            for number in range(3):
                one.service.tell(arrives(number))
            one.service.tell(LUNCH)
            one.service.tell(arrives(3))
        assert list(one.service.centre.calls) == [f"asterisk-{number}" for number in range(4)]
        assert one.service.standing().refused == 1
        assert heard == [], "nothing is committed yet"
        await until(lambda: "asterisk-3" in heard)
        assert "asterisk-0" in heard
        replay = Centre(site.centre)
        replay.prepare(site.digest, site.centre)
        for entry in one.pair.journal.since(0):
            replay.apply(entry.event, entry.at)
        assert entry.event == arrives(3)
        assert list(replay.calls) == list(one.service.centre.calls)
        assert difference(replay.acd, one.service.centre.acd) == ""


async def test_it_is_put_right_while_the_database_is_away(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lunch_breaks_the_centre(monkeypatch)
    async with side(load_site(BANK), tmp_path / "a", postgres.empty_database()) as one:
        await one.leads()
        postgres.kill()
        try:
            one.service.tell(arrives(1))
            one.service.tell(LUNCH)
            assert list(one.service.centre.calls) == ["asterisk-1"]
        finally:
            postgres.start()
        await until(lambda: one.pair.journal.mark() is not None)
        last = list(one.pair.journal.since(0))[-1]
        assert last.event == arrives(1)
