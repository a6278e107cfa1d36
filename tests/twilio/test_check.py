"""“holdless twilio check”: what it finds, and that it says what to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cti.twilio.check import findings
from tests.twilio.house import PUBLIC, on_twilio, open_house
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time


async def found(tmp_path: Path, twilio: StandIn, *, served: bool = True) -> list[str]:
    site = on_twilio("bank", tmp_path)
    if not served:
        (tmp_path / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
        return [one async for one in findings(site, twilio.http)]
    async with open_house(site, tmp_path, twilio):
        return [one async for one in findings(site, twilio.http)]


@in_jumping_time
async def test_where_all_is_set_up_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert await found(tmp_path, StandIn(public_url=PUBLIC)) == []


@in_jumping_time
async def test_without_an_engine_nothing_answers_at_the_public_address(tmp_path: Path) -> None:
    (finding,) = await found(tmp_path, StandIn(public_url=PUBLIC), served=False)
    assert "nothing answers at https://calls.example.com/twilio" in finding
    assert "holdless serve --line twilio" in finding


def _another_number(twilio: StandIn) -> None:
    twilio.number = "+15550109999"


def _another_address(twilio: StandIn) -> None:
    twilio.voice_url = "https://demo.twilio.com/welcome/voice/"


def _no_status(twilio: StandIn) -> None:
    twilio.status_url = ""


def _no_fallback(twilio: StandIn) -> None:
    twilio.fallback_url = ""


def _suspended(twilio: StandIn) -> None:
    twilio.account_status = "suspended"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_another_number, ["+15550100200", "caller_id"]),
        (_another_address, ["A call comes in", "https://demo.twilio.com", f"write {PUBLIC}/voice"]),
        (_no_status, ["Call status changes", f"write {PUBLIC}/status"]),
        (_no_fallback, ["Primary handler fails", f"write {PUBLIC}/fallback"]),
        (_suspended, ["suspended"]),
    ],
)
def test_what_is_not_set_up_is_named_with_what_to_write(
    tmp_path: Path, spoil: Callable[[StandIn], None], words: list[str]
) -> None:
    async def check() -> None:
        twilio = StandIn(public_url=PUBLIC)
        spoil(twilio)
        (finding,) = await found(tmp_path, twilio)
        assert [word for word in words if word not in finding] == []

    in_jumping_time(check)()


@in_jumping_time
async def test_a_wrong_token_is_told_apart_from_a_wrong_address(tmp_path: Path) -> None:
    twilio = StandIn(public_url=PUBLIC)
    site = on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio):
        (tmp_path / "twilio.secret").write_text(f"{twilio.account}\nanother\n", encoding="utf-8")
        told = [one async for one in findings(site, twilio.http)]
    assert len(told) == 2
    assert "copy both from the Console" in told[0]
    assert "does not take requests there for Twilio's" in told[1]


@in_jumping_time
async def test_a_site_without_twilio_is_told_so(tmp_path: Path) -> None:
    site = replace(on_twilio("bank", tmp_path), twilio=None)
    (finding,) = [one async for one in findings(site)]
    assert "add a section “twilio”" in finding
