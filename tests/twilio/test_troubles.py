"""Webhooks that come twice, news in another order than they happened, requests that fail, lists that cannot be had."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from acd.effects import AgentState, OfferEnded
from centre.calls import Outcome
from centre.effects import CallEnded, Ring, WrapUpClosed
from centre.events import HangUpAsked, HoldAsked, RetrieveAsked, WrapUpFinished
from cti.service.ports import LineError
from tests.twilio.house import (
    CARDS,
    ENGLISH_CARDS,
    OLENA,
    PUBLIC,
    House,
    is_connected,
    on_the_way_to_olena,
    on_twilio,
    open_house,
    state_of,
)
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time


async def a_call_from_beginning_to_end(house: House) -> None:
    """A caller talks to Olena, who hangs up and is done."""
    house.ready("olena")
    caller = await house.call(ENGLISH_CARDS)
    await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
    await asyncio.sleep(30)
    house.service.tell(HangUpAsked(agent="olena"))
    await house.until(lambda: house.all(CallEnded))
    house.service.tell(WrapUpFinished(agent="olena", disposition="solved"))
    await house.until(lambda: house.all(WrapUpClosed))
    assert len(house.all(Ring)) == 1
    assert house.ended().outcome is Outcome.ANSWERED
    assert [entry.value for entry in house.ended().entries] == ["4321"]
    assert len(house.twilio.phone(OLENA).legs) == 1
    assert state_of(house, "olena") is AgentState.READY


@in_jumping_time
async def test_every_webhook_comes_twice_and_moves_nothing_the_second_time(tmp_path: Path) -> None:
    twilio = StandIn(public_url=PUBLIC)
    twilio.repeats = True
    async with open_house(on_twilio("bank", tmp_path), tmp_path, twilio) as house:
        await a_call_from_beginning_to_end(house)


@pytest.mark.parametrize("seed", range(6))
def test_news_come_in_any_order_and_no_call_is_stuck(tmp_path: Path, seed: int) -> None:
    async def day() -> None:
        twilio = StandIn(public_url=PUBLIC, seed=seed)
        twilio.unordered = True
        async with open_house(on_twilio("bank", tmp_path), tmp_path, twilio) as house:
            house.ready(*CARDS)
            house.twilio.phone(OLENA).answers_after = None
            callers = [await house.call(ENGLISH_CARDS, f"+38050111000{number}") for number in range(4)]
            await house.until(lambda: sum(map(is_connected, callers)) >= 2)
            await asyncio.sleep(20)
            for caller in callers:
                caller.hang_up()
            await house.until(lambda: len(house.all(CallEnded)) == 4)
            await asyncio.sleep(200)
            inside = house.service.centre.conservation().inside
            assert sum(inside.values()) == 0
            talked = [one.record for one in house.all(CallEnded) if one.record.outcome is Outcome.ANSWERED]
            assert len(talked) >= 2
            assert twilio.conferences == {}
            assert all(leg.over for leg in twilio.legs.values())

    in_jumping_time(day)()


@pytest.mark.parametrize(
    "faults", [["429", "429"], ["503"], ["done 503"], ["silent"], ["503", "429", "done 503"], ["done 503"] * 2]
)
def test_a_phone_is_rung_once_whatever_becomes_of_the_requests(tmp_path: Path, faults: list[str]) -> None:
    async def call() -> None:
        twilio = StandIn(public_url=PUBLIC)
        async with open_house(on_twilio("bank", tmp_path), tmp_path, twilio) as house:
            twilio.faults = list(faults)
            house.ready("olena")
            twilio.phone(OLENA).answers_after = 15
            caller = await house.call(ENGLISH_CARDS)
            await house.until(lambda: is_connected(caller))
            assert len(twilio.phone(OLENA).legs) == 1

    in_jumping_time(call)()


@in_jumping_time
async def test_a_phone_that_rings_though_twilio_never_confirmed_it_is_let_ring(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        rest = house.twilio.rest

        async def done_and_unsaid(method: str, url: str, body: str, auth: tuple[str, str] | None) -> tuple[int, bytes]:
            answer = await rest(method, url, body, auth)
            return (503, b"") if "/Conferences" in url else answer

        house.twilio.rest = done_and_unsaid  # type: ignore[method-assign]
        house.twilio.phone(OLENA).answers_after = 9
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
        assert len(house.all(Ring)) == 1
        # What the conference is called nobody has said: it is found by the name that we gave it.
        house.twilio.rest = rest  # type: ignore[method-assign]
        house.service.tell(HoldAsked(agent="olena"))
        await house.until(lambda: state_of(house, "olena") is AgentState.HOLD)
        assert caller.heard[-1].what == "music"
        house.service.tell(RetrieveAsked(agent="olena"))
        await house.until(lambda: state_of(house, "olena") is AgentState.TALKING)


@in_jumping_time
async def test_twilio_refuses_to_ring_and_the_agent_counts_as_unreachable(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.twilio.number = "+15550100999"  # the caller_id is none of the account's any more
        house.ready("olena")
        await house.call(ENGLISH_CARDS)
        await house.until(lambda: house.all(OfferEnded))
        assert house.all(OfferEnded)[0].how == "unreachable"


@in_jumping_time
async def test_an_end_that_nobody_tells_of_is_found_in_twilios_list(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.queue)
        caller.news_to = ""
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().outcome is Outcome.ABANDONED


@in_jumping_time
async def test_a_leg_that_is_missing_from_the_list_once_may_be_younger_than_the_list(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
        calls = house.twilio.legs
        house.twilio.legs = {sid: leg for sid, leg in calls.items() if leg is caller}
        await asyncio.sleep(65)
        house.twilio.legs = calls
        await asyncio.sleep(300)
        assert state_of(house, "olena") is AgentState.TALKING
        house.twilio.legs = {sid: leg for sid, leg in calls.items() if leg is caller}
        await asyncio.sleep(130)
        house.twilio.legs = calls
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().ended_by == "agent"


@in_jumping_time
async def test_twilio_does_not_answer_for_a_while_and_the_caller_is_moved_when_it_does(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.heard[-1].what == "music")
        house.twilio.phone(OLENA).answers_after = 9
        house.twilio.faults = ["503"] * 7  # of the two first requests all tries but one
        house.ready("olena")
        await house.until(lambda: is_connected(caller))
        assert len(house.twilio.phone(OLENA).legs) == 1


@in_jumping_time
async def test_an_address_that_fails_brings_the_caller_to_the_fallback_and_on(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path, troubles=True) as house:
        take = house.twilio.take
        failed: list[str] = []

        async def once_broken(hook: Any) -> tuple[int, str]:
            assert take is not None
            if "/keys/" in hook.target and not failed:
                failed.append(hook.target)
                return 500, ""
            return await take(hook)

        house.twilio.take = once_broken
        caller = await house.call("1")
        await house.until(lambda: failed)
        await house.press(caller, "114321")  # is asked again, and goes on
        await house.until(lambda: caller.queue == "bank.cards")


async def documents_of_failures(house: House, leg: Leg, every_s: float) -> list[str]:
    """What a caller is told by the fallback address who comes there five times."""
    told: list[str] = []
    for number in range(5):
        await asyncio.sleep(every_s)
        params = {"CallSid": leg.sid, "CallStatus": "in-progress", "ErrorUrl": f"{PUBLIC}/{number}"}
        told.append(await house.twilio.webhook(f"{PUBLIC}/fallback", params))
    return told


@in_jumping_time
async def test_who_goes_round_from_failure_to_failure_is_let_go_and_who_meets_one_now_and_then_stays(
    tmp_path: Path,
) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.heard[-1].what == "music")
        now_and_then = await documents_of_failures(house, caller, 90)
        assert all("<Enqueue" in one for one in now_and_then)
        round_and_round = await documents_of_failures(house, caller, 1)
        assert ["<Hangup" in one for one in round_and_round] == [False, False, True, True, True]


# The engine dies, and another one takes over.


@pytest.mark.parametrize(
    ("number", "known"),
    [("+380501110003", ("+380501110003", "JOHN")), ("+266696687", ("", "")), ("anonymous", ("", ""))],
)
def test_who_withholds_the_number_has_no_name_either(tmp_path: Path, number: str, known: tuple[str, str]) -> None:
    async def day() -> None:
        async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
            said = {"CallSid": "CA" + "1" * 32, "From": number, "CallerName": "JOHN", "CallStatus": "ringing"}
            await house.twilio.webhook(f"{PUBLIC}/voice", said)
            (call,) = house.service.centre.calls.values()
            assert (call.record.number, call.record.name) == known

    in_jumping_time(day)()


@in_jumping_time
async def test_calls_of_others_who_share_the_account_are_left_alone(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        theirs, ours = await house.call("1"), await house.call(ENGLISH_CARDS, "+380501110004")
        await house.until(lambda: theirs.listening and ours.heard[-1].what == "music")
    twilio.voice_url = "https://another.example.com/voice"  # as if the number had never been ours, nor who called it
    lost = tmp_path / "another"
    lost.mkdir()
    requests = len(twilio.requests)
    async with open_house(on_twilio("bank", lost), lost, twilio) as house:
        assert [call.record.call for call in house.service.centre.calls.values()] == [f"twilio-{ours.sid}"]
        await asyncio.sleep(3)
        assert len(twilio.requests) == requests
        assert not theirs.over


@in_jumping_time
async def test_an_engine_starts_and_answers_calls_while_twilios_lists_cannot_be_had_and_finds_the_others_later(
    tmp_path: Path,
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        first, gone = await house.call(ENGLISH_CARDS), await house.call(ENGLISH_CARDS, "+380501110009")
        await house.until(lambda: gone.heard[-1].what == "music")
        since = [call.record.queued_at for call in house.service.centre.waiting_calls("cards")]
    gone.news_to = ""
    gone.hang_up()
    twilio.lists_fail = True
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert house.service.health()["twilio"]["state"] == "connecting"
        assert "503" in house.service.health()["twilio"]["trouble"]
        assert house.service.standing().unreached == ("twilio",)
        second = await house.call(ENGLISH_CARDS, "+380501110004")
        await house.until(lambda: second.heard[-1].what == "music")
        twilio.lists_fail = False
        await house.until(lambda: house.service.health()["twilio"]["state"] == "up")
        assert house.service.standing().unreached == ()
        waiting = house.service.centre.waiting_calls("cards")
        assert [call.record.call for call in waiting] == [f"twilio-{first.sid}", f"twilio-{second.sid}"]
        assert waiting[0].record.queued_at == since[0]
        house.ready("olena")
        await house.until(lambda: is_connected(first))


@in_jumping_time
async def test_a_phone_that_is_answered_while_twilios_lists_cannot_be_had_is_not_hung_up(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.phone(OLENA).answers_after = 10
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await on_the_way_to_olena(house)
    twilio.lists_fail = True
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        await house.until(lambda: is_connected(caller))
        await asyncio.sleep(20)
        twilio.lists_fail = False
        await house.until(lambda: state_of(house, "olena") is AgentState.TALKING)
        assert is_connected(caller)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().agent == "olena"


@in_jumping_time
async def test_a_wrong_token_is_refused_at_the_start_with_what_to_do(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.token, right = "another", twilio.token
    with pytest.raises(LineError, match="refuses the account"):
        async with open_house(site, tmp_path, _with(twilio, right)):
            pass


def _with(twilio: StandIn, token: str) -> StandIn:
    """The stand-in, whose token the site believes to be this one."""
    other = StandIn(public_url=PUBLIC)
    other.http, other.account, other.token = twilio.http, twilio.account, token
    return other
