"""A webhook that comes twice, the second time to another engine: it is told the same, and moves nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from centre.effects import CallEnded, SendReply
from config.site import Site
from cti.twilio.answers import name_of
from cti.twilio.webhooks import Webhook
from tests.twilio.house import PUBLIC, House, on_twilio, open_house
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time


async def answered(house: House, hook: Webhook) -> str:
    status, document = await house.line.take(hook)
    assert status == 200
    return document


async def before(site: Site, folder: Path, twilio: StandIn, keys: str, verb: str) -> tuple[Webhook, str]:
    """Somebody calls and presses these keys; then the engine ends. The last request that *verb* was the answer to."""
    async with open_house(site, folder, twilio) as house:
        caller = await house.call(keys)
        await house.until(lambda: caller.listening or (caller.heard and caller.heard[-1].what == "music"))
        return next((hook, document) for hook, document in reversed(twilio.documents) if f"<{verb}" in document)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("lists_fail", [False, True])
@pytest.mark.parametrize(("keys", "verb"), [("", "Gather"), ("11", "Gather"), ("114321", "Enqueue")])
def test_the_next_engine_tells_the_same_and_nobody_moves(
    tmp_path: Path, keys: str, verb: str, lists_fail: bool
) -> None:
    async def day() -> None:
        twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
        hook, document = await before(site, tmp_path, twilio, keys, verb)
        twilio.lists_fail = lists_fail  # the caller is unknown to the line then, until the webhook comes
        asked = len(twilio.requests)
        async with open_house(site, tmp_path, twilio, troubles=True) as house:
            (call,) = house.service.centre.calls.values()
            where = (call.session.node, call.session.step, call.phase)
            assert await answered(house, hook) == document
            assert await answered(house, hook) == document
            await asyncio.sleep(3)
            assert (call.session.node, call.session.step, call.phase) == where
            assert len(house.all(SendReply)) == 1
            assert len(twilio.requests) == asked, "nor is the caller told to ask anew"

    in_jumping_time(day)()


@in_jumping_time
async def test_an_engine_after_the_next_one_tells_it_too_and_takes_who_has_gone_on_meanwhile_back_to_where_they_are(
    tmp_path: Path,
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    hook, document = await before(site, tmp_path, twilio, "", "Gather")
    async with open_house(site, tmp_path, twilio) as house:
        (caller,) = twilio.legs.values()
        await house.press(caller, "11")
        await house.until(lambda: caller.listening)
    async with open_house(site, tmp_path, twilio) as house:
        assert await answered(house, hook) == document
        question, asked = caller.answers_to, len(caller.heard)
        await house.until(lambda: len(caller.heard) > asked and caller.listening)
        assert caller.answers_to == question
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))


@in_jumping_time
async def test_a_pin_is_in_no_file_and_its_request_is_answered_as_before_all_the_same(tmp_path: Path) -> None:
    twilio, site, pin = StandIn(public_url=PUBLIC), on_twilio("menus", tmp_path), "73519462"
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call("111234#")
        await house.press(caller, pin)
        await house.until(lambda: any(pin.encode() in hook.body for hook, _ in twilio.documents))
        hook, document = next(one for one in twilio.documents if pin.encode() in one[0].body)
    files = everything_in(tmp_path)
    assert b"SendReply" in files
    assert pin.encode() not in files
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert await answered(house, hook) == document


def test_what_stood_in_a_request_is_not_found_out_by_trying_from_how_it_is_named() -> None:
    hook = Webhook(method="POST", target="/twilio/calls/twilio-CA1/keys/4", headers={}, body=b"Digits=4321")
    assert name_of(hook, "a token") == name_of(hook, "a token")
    assert name_of(hook, "a token") != name_of(hook, "another token")
