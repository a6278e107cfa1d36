"""Webhooks that come twice, news in another order than they happened, requests that fail, engines that die."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acd.effects import AgentState, OfferEnded
from centre.calls import Outcome, Phase
from centre.effects import CallEnded, Ring, WrapUpClosed
from centre.events import HangUpAsked, HoldAsked, OfferDeclined, RetrieveAsked, WrapUpFinished
from cti.journal import Journal, JournalStatus, Keeping
from cti.service.ports import LineError
from tests.twilio.house import PUBLIC, House, on_twilio, open_house
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time

ENGLISH_CARDS = "114321"
OLENA = "sip:olena@phones.example.com"
DOCS = Path(__file__).parents[2] / "docs"
(ONE_MOMENT,) = re.findall(r"<Response>.*</Response>", (DOCS / "twilio.md").read_text(encoding="utf-8"))
"""The document that the documentation has a site keep at Twilio."""
CARDS = ("olena", "maria", "james")


def in_time(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs what a parametrised test does in jumping time."""
    in_jumping_time(test)()


def is_connected(leg: Leg) -> bool:
    return bool(leg.heard) and leg.heard[-1].what == "connected"


def state_of(house: House, agent: str) -> AgentState:
    return house.service.centre.acd.agent(agent).state


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

    in_time(day)


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

    in_time(call)


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


@in_jumping_time
async def test_callers_wait_on_while_no_engine_is_there_and_are_served_in_their_order(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        first, second = await house.call(ENGLISH_CARDS), await house.call(ENGLISH_CARDS, "+380501110004")
        await house.until(lambda: second.heard[-1].what == "music")
        since = [call.record.queued_at for call in house.service.centre.waiting_calls("cards")]
    await asyncio.sleep(5)
    requests = len(twilio.requests)
    async with open_house(site, tmp_path, twilio) as house:
        waiting = house.service.centre.waiting_calls("cards")
        assert [call.record.call for call in waiting] == [f"twilio-{first.sid}", f"twilio-{second.sid}"]
        assert [call.record.queued_at for call in waiting] == since
        assert len(twilio.requests) == requests  # nobody's music was touched
        house.ready("olena")
        await house.until(lambda: is_connected(first))
        second.hang_up()
        await house.until(lambda: house.all(CallEnded))


@in_jumping_time
async def test_a_phone_that_is_answered_while_no_engine_is_there_connects_the_two(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.phone(OLENA).answers_after = 10
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.conference is not None)
    await asyncio.sleep(12)
    assert is_connected(caller)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert state_of(house, "olena") is AgentState.TALKING
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().outcome is Outcome.ANSWERED
        assert house.ended().agent == "olena"


@in_jumping_time
async def test_an_offer_that_the_engine_gave_up_before_it_died_was_answered_all_the_same(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.phone(OLENA).answers_after = 10
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.conference is not None)
        twilio.faults = ["503"] * 100  # from now on Twilio does nothing that it is told
        house.service.tell(OfferDeclined(agent="olena"))
    twilio.faults = []
    await asyncio.sleep(12)
    assert is_connected(caller)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert state_of(house, "olena") is AgentState.TALKING
        assert house.service.centre.conservation().inside[Phase.WAITING] == 0


@in_jumping_time
async def test_an_agent_who_hung_up_while_no_engine_was_there_is_free_again(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
        twilio.bins[twilio.fallback_url] = ONE_MOMENT
    twilio.phone(OLENA).legs[0].hang_up()
    await asyncio.sleep(20)
    assert not caller.over
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        await house.until(lambda: caller.over)
        assert state_of(house, "olena") is AgentState.WRAP_UP
        assert house.service.centre.conservation().inside[Phase.TALKING] == 0


@in_jumping_time
async def test_an_agent_who_hangs_up_on_a_caller_of_the_time_before_this_engine_ends_the_call(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
    async with open_house(site, tmp_path, twilio) as house:
        twilio.phone(OLENA).legs[0].hang_up()
        await house.until(lambda: caller.over)
        assert state_of(house, "olena") is AgentState.WRAP_UP


@in_jumping_time
async def test_a_caller_in_the_menu_goes_on_where_they_were(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call("11")
        await house.until(lambda: caller.listening)
    async with open_house(site, tmp_path, twilio) as house:
        await house.press(caller, "4321")
        await house.until(lambda: caller.queue == "bank.cards")
        assert [entry.value for entry in house.service.centre.waiting_calls("cards")[0].record.entries] == ["4321"]


@in_jumping_time
async def test_who_presses_a_key_while_no_engine_is_there_hears_the_bin_of_the_documentation_and_is_asked_again(
    tmp_path: Path,
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.fallback_url = "https://handler.twilio.com/twiml/EH1"
    twilio.bins[twilio.fallback_url] = ONE_MOMENT
    assert site.twilio is not None
    site = replace(site, twilio=replace(site.twilio, fallback_url=twilio.fallback_url))
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call("11")
        await house.until(lambda: caller.listening)
    for key in "4321":
        caller.press(key)
    await asyncio.sleep(20)
    assert [heard.text for heard in caller.heard if heard.what == "said"][-1] == "One moment please."
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        await house.until(lambda: caller.listening)
        await house.press(caller, "4321")
        await house.until(lambda: caller.queue == "bank.cards")
        (call,) = house.service.centre.waiting_calls("cards")
        assert [entry.value for entry in call.record.entries] == ["4321"]
        assert [step.node for step in call.record.path] == ["choose-language", "main"]


@in_jumping_time
async def test_who_calls_while_the_engine_takes_nobody_in_hears_the_bin_of_the_documentation_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.fallback_url = "https://handler.twilio.com/twiml/EH1"
    twilio.bins[twilio.fallback_url] = ONE_MOMENT
    assert site.twilio is not None
    site = replace(site, twilio=replace(site.twilio, fallback_url=twilio.fallback_url))
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "status", lambda _: JournalStatus(keeping=Keeping.FULL, trouble="no room"))
            caller = await house.call()
            await asyncio.sleep(20)
            assert [heard.text for heard in caller.heard if heard.what == "said"][-1] == "One moment please."
            assert house.service.standing().turned_away > 1
            assert house.service.centre.calls == {}
            assert not caller.over
        await house.press(caller, ENGLISH_CARDS[:2])
        assert len(house.service.centre.calls) == 1


@in_jumping_time
async def test_who_is_asked_something_while_waiting_waits_on_with_music_when_the_engine_dies(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("waiting", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call()
        await house.until(lambda: caller.asked)  # nobody is at work: nine leads to the voicemail
        (call,) = house.service.centre.waiting_calls("help")
        since = call.record.queued_at
    async with open_house(site, tmp_path, twilio) as house:
        await house.until(lambda: caller.heard[-1].what == "music")
        (call,) = house.service.centre.waiting_calls("help")
        assert call.record.queued_at == since
        house.ready("ann")
        await house.until(lambda: is_connected(caller))


@in_jumping_time
async def test_a_phone_that_rings_cuts_off_what_a_waiting_caller_is_asked(tmp_path: Path) -> None:
    async with open_house(on_twilio("waiting", tmp_path), tmp_path) as house:
        house.twilio.phone("sip:ann@phones.example.com").answers_after = 3
        caller = await house.call()
        await house.until(lambda: caller.asked)
        house.ready("ann")
        await house.until(lambda: is_connected(caller) and state_of(house, "ann") is AgentState.TALKING)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().outcome is Outcome.ANSWERED


@in_jumping_time
async def test_a_caller_who_hung_up_while_no_engine_was_there_is_gone(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.queue)
    caller.hang_up()
    await asyncio.sleep(3)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert house.service.centre.calls == {}
        assert house.service.centre.conservation().ended == 1


@pytest.mark.parametrize(("number", "known"), [("+380501110003", "+380501110003"), ("+266696687", "")])
def test_without_a_journal_who_waits_at_twilio_waits_on_in_the_same_queue(
    tmp_path: Path, number: str, known: str
) -> None:
    async def day() -> None:
        twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
        async with open_house(site, tmp_path, twilio) as house:
            caller = await house.call(ENGLISH_CARDS, number)
            await house.until(lambda: caller.heard[-1].what == "music")
        lost = tmp_path / "another"
        lost.mkdir()
        async with open_house(on_twilio("bank", lost), lost, twilio) as house:
            (call,) = house.service.centre.waiting_calls("cards")
            assert call.record.number == known
            assert house.service.centre.conservation().inside[Phase.WAITING] == 1

    in_time(day)


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
        second = await house.call(ENGLISH_CARDS, "+380501110004")
        await house.until(lambda: second.heard[-1].what == "music")
        twilio.lists_fail = False
        await house.until(lambda: house.service.health()["twilio"]["state"] == "up")
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
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.conference is not None)
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
