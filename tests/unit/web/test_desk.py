"""What an agent's desk shows, and what it lets the agent do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from centre import events
from centre.capabilities import CAPABILITIES
from centre.line_kind import LineKind
from config.loader import load_site
from cti.desk.view import desk_view, number_for_people, queues_served
from cti.web.languages import languages
from cti.web.settings import WebSettings
from tests.engine_process import until
from tests.unit.web.conftest import Serve, Site, Socket
from tests.unit.web.demo import BANK, DemoService, PastContact

ENGLISH = languages()["en"]
NATALIA = "+380501110001"
TO_CARDS = ("1", "1", "4821")
KNOWN = {"name": "Natalia Hrytsenko", "tier": "gold", "language": "uk", "since": "2014", "note": "First name, please"}


def _desk(service: DemoService, agent: str = "olena", language: str = "en") -> dict[str, Any]:
    queues = queues_served(service.site, agent)
    return dict(desk_view(service, agent, languages()[language], queues=queues, history=[], now=service.now()))


@pytest.fixture
def ringing() -> DemoService:
    """Olena's phone rings: Natalia, with her card's digits, after a wait of 12 s."""
    service = DemoService()
    service.call("1", NATALIA, TO_CARDS, customer=KNOWN)
    service.pass_time(12_000)
    service.sign_in("olena")
    return service


async def ready_at_the_desk(site: Site) -> Socket:
    """Olena's desk: she has signed in and wants calls."""
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    await desk.say(type="ready")
    await desk.state("ready")
    return desk


async def two_tabs_of_a_talk(site: Site) -> tuple[Socket, Socket]:
    """Olena talks to Natalia, with her desk open twice."""
    site.service.sign_in("olena")
    await site.sign_in("olena")
    one, other = await site.desk(), await site.desk()
    site.service.call("1", NATALIA, TO_CARDS)
    site.service.tell(events.OfferAccepted(agent="olena"))
    await one.state("talking")
    await other.state("talking")
    return one, other


def test_the_card_says_who_calls_and_why_and_how_long_they_waited(ringing: DemoService) -> None:
    call = _desk(ringing)["call"]
    assert call["phase"] == "offered"
    assert call["name"] == "Natalia Hrytsenko"
    assert call["number_for_people"] == "+380 50 111 0001"
    assert call["is_known"] is True
    assert call["customer"]["tier"] == "gold"
    assert call["customer"]["note"] == "First name, please"
    assert call["customer"]["more"] == [{"label": "since", "value": "2014"}]
    assert call["path"] == ["English", "Card services"]
    assert call["entries"] == [{"label": "Last four digits of the card", "value": "4821"}]
    assert call["queue_title"] == "Card services"
    assert call["language_name"] == "English"
    assert ringing.now() - call["queued_at"] == 12_000
    assert call["ring_until"] == ringing.now() + 20_000


def test_the_card_speaks_the_language_of_its_reader(ringing: DemoService) -> None:
    desk = _desk(ringing, language="uk")
    assert desk["call"]["queue_title"] == "Обслуговування карток"
    assert desk["call"]["path"] == ["Англійська", "Картки"]
    assert desk["reasons"][0] == {"code": "break", "title": "Перерва"}


def test_a_caller_without_number_and_record_is_unknown() -> None:
    service = DemoService()
    service.sign_in("olena")
    service.call("1", "", TO_CARDS, name="Somebody")
    call = _desk(service)["call"]
    assert (call["number"], call["name"], call["is_known"]) == ("", "Somebody", False)


def test_other_agents_see_nothing_of_the_call(ringing: DemoService) -> None:
    ringing.tell(events.AgentSignedIn(agent="taras"))
    assert _desk(ringing, "taras")["call"] is None


def test_a_call_that_rang_elsewhere_before_says_so(ringing: DemoService) -> None:
    ringing.tell(events.OfferDeclined(agent="olena"))
    ringing.sign_in("maria")
    assert _desk(ringing, "maria")["call"]["offers_before"] == 1


def test_waiting_is_over_when_the_agent_answers(ringing: DemoService) -> None:
    ringing.pass_time(3_000)
    ringing.tell(events.OfferAccepted(agent="olena"))
    ringing.pass_time(60_000)
    call = _desk(ringing)["call"]
    assert call["answered_at"] - call["queued_at"] == 15_000
    assert call["ring_until"] is None


def test_average_handling_time_counts_whole_calls_only(ringing: DemoService) -> None:
    assert _desk(ringing)["day"] == {"handled": 0, "missed": 0, "aht_ms": None}
    ringing.tell(events.OfferAccepted(agent="olena"))
    ringing.pass_time(90_000)
    ringing.tell(events.HangUpAsked(agent="olena"))
    ringing.pass_time(10_000)
    ringing.tell(events.WrapUpFinished(agent="olena"))
    assert _desk(ringing)["day"] == {"handled": 1, "missed": 0, "aht_ms": 100_000}
    ringing.call("2", NATALIA, TO_CARDS)
    ringing.tell(events.OfferAccepted(agent="olena"))
    ringing.pass_time(500_000)
    assert _desk(ringing)["day"]["aht_ms"] == 100_000


def test_between_calls_the_desk_shows_the_queues_one_serves() -> None:
    service = DemoService()
    service.tell(events.AgentSignedIn(agent="sofia"))
    service.call("1", NATALIA, ("1", "2"))
    queues = {queue["id"]: queue for queue in _desk(service, "sofia")["queues"]}
    assert set(queues) == {"loans"}
    assert queues["loans"]["waiting"] == 1
    assert queues["loans"]["longest_since"] == service.now()


def test_history_is_told_in_titles_even_of_what_is_no_longer_set_up() -> None:
    service = DemoService()
    contacts = [
        PastContact(at=5, queue="cards", agent="olena", outcome="answered", disposition="solved", note="n"),
        PastContact(at=4, queue="gone", agent="left", outcome="lost", disposition="old-code", note=""),
        PastContact(at=3, queue=None, agent=None, outcome="left-in-menu", disposition="", note=""),
    ]
    first, second, third = desk_view(service, "olena", ENGLISH, queues=[], history=contacts, now=service.now())[
        "history"
    ]
    assert (first["queue_title"], first["agent_name"]) == ("Card services", "Olena Kovalenko")
    assert first["disposition_title"] == "Solved"
    assert (second["queue_title"], second["agent_name"], second["disposition_title"]) == ("gone", "left", "old-code")
    assert (third["queue_title"], third["agent_name"]) == ("", "")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+380501110001", "+380 50 111 0001"),
        ("0501110001", "0501110001"),
        ("", ""),
        ("sip:x@y", "sip:x@y"),
        ("+1", "+1"),
    ],
)
def test_numbers_are_spaced_where_their_country_is_known(number: str, shown: str) -> None:
    assert number_for_people(number) == shown


async def test_a_call_from_ring_to_wrap_up_by_way_of_the_socket(site: Site) -> None:
    desk = await ready_at_the_desk(site)
    site.service.call("1", NATALIA, TO_CARDS)
    call = (await desk.state("offered"))["call"]["id"]
    await desk.say(type="accept")
    assert (await desk.state("talking"))["call"]["can"] == {"pick_up": True, "hold": True}
    await desk.say(type="hold")
    await desk.state("hold")
    await desk.say(type="retrieve")
    await desk.state("talking")
    await desk.say(type="note", call=call, disposition="solved", note="so far")
    assert (await desk.until(lambda state: bool(state["call"]["note"])))["call"]["note"] == "so far"
    await desk.say(type="not_ready", reason="lunch")
    assert (await desk.until(lambda state: state["agent"]["next"]))["agent"]["next"]["reason_title"] == "Lunch"
    await desk.say(type="hang_up")
    until = (await desk.state("wrap-up"))["agent"]["until"]
    await desk.say(type="extend_wrap_up")
    assert (await desk.until(lambda state: state["agent"]["until"] != until))["agent"]["until"] == until + 30_000
    await desk.say(type="wrap_up_done", call=call, disposition="complaint", note="all of it")
    assert (await desk.state("not-ready"))["agent"]["reason"] == "lunch"
    assert desk.refused == []


async def test_a_wish_for_after_the_call_shows_at_once_though_nothing_else_happens(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.desk.pages.QUEUES_EVERY_S", 600.0)
    site = await serve()
    one, other = await two_tabs_of_a_talk(site)
    await one.say(type="not_ready", reason="lunch")
    for desk in (one, other):
        assert (await desk.until(lambda state: state["agent"]["next"]))["agent"]["next"]["reason_title"] == "Lunch"


async def test_what_cannot_be_now_is_refused_in_words_and_changes_nothing(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    told = list(site.service.told)
    for message, why in (
        ({"type": "accept"}, "There is no call to accept any more."),
        ({"type": "decline"}, "There is no call to decline any more."),
        ({"type": "hold"}, "There is nobody to put on hold."),
        ({"type": "retrieve"}, "There is nobody on hold."),
        ({"type": "hang_up"}, "The call is over already."),
        ({"type": "extend_wrap_up"}, "This call is closed already."),
        ({"type": "wrap_up_done", "call": "x", "disposition": "", "note": ""}, "This call is closed already."),
        ({"type": "not_ready", "reason": "no such reason"}, "There is no such reason."),
    ):
        await desk.say(**message)
        assert await desk.refusal() == why
    assert site.service.told == told


async def test_a_note_for_the_last_call_never_lands_on_the_next_one(site: Site) -> None:
    site.service.sign_in("olena")
    await site.sign_in("olena")
    desk = await site.desk()
    site.service.call("1", NATALIA, TO_CARDS)
    site.service.tell(events.OfferAccepted(agent="olena"))
    await desk.state("talking")
    await desk.say(type="note", call="another", disposition="", note="not for this one")
    assert await desk.refusal() == "This call is closed already."
    await desk.say(type="note", call="demo-1", disposition="invented", note="")
    assert await desk.refusal() == "There is no such result."


async def test_the_card_pops_before_the_history_is_there(site: Site) -> None:
    site.service.contacts[NATALIA] = [
        PastContact(at=1, queue="cards", agent="maria", outcome="answered", disposition="solved", note="before")
    ]
    answer = asyncio.Event()
    known = site.service.history

    async def slow(number: str, limit: int = 5) -> Any:
        await answer.wait()
        return await known(number, limit)

    site.service.history = slow  # type: ignore[method-assign]
    site.service.sign_in("olena")
    await site.sign_in("olena")
    desk = await site.desk()
    site.service.call("1", NATALIA, TO_CARDS)
    assert (await desk.state("offered"))["history"] is None
    answer.set()
    assert (await desk.until(lambda state: bool(state["history"])))["history"][0]["note"] == "before"


async def test_refusals_come_in_the_language_of_the_reader(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.socket("/desk/socket", **{"Accept-Language": "ru"})
    await desk.state("not-ready")
    await desk.say(type="accept")
    assert await desk.refusal() == "Принимать уже нечего."


async def test_opening_the_desk_is_coming_to_work_and_every_tab_shows_the_same(site: Site) -> None:
    await site.sign_in("olena")
    one, other = await site.desk(), await site.desk()
    assert [event for event in site.service.told if isinstance(event, events.AgentSignedIn)] == [
        events.AgentSignedIn(agent="olena")
    ]
    await one.say(type="ready")
    await one.state("ready")
    await other.state("ready")


async def test_signing_out_during_a_call_comes_after_it_and_ends_every_tab(site: Site) -> None:
    one, other = await two_tabs_of_a_talk(site)
    await one.say(type="sign_out")
    await one.until(lambda state: bool(state["agent"]["next"]))
    await one.say(type="hang_up")
    await one.state("wrap-up")
    await one.say(type="wrap_up_done", call="demo-1", disposition="", note="")
    for desk in (one, other):
        await desk.until(lambda message: message["type"] == "signed_out")
    answer = await site.client.get(f"{site.address}/desk", allow_redirects=False)
    assert answer.status == 303


async def test_a_ready_agent_whose_desk_is_gone_for_long_gets_no_more_calls(serve: Serve) -> None:
    site = await serve(WebSettings(desk_grace_ms=50))
    desk = await ready_at_the_desk(site)
    await desk.socket.close()
    async with asyncio.timeout(5):
        while site.service.centre.acd.agent("olena").state == "ready":  # noqa: ASYNC110 (nothing tells a test of it)
            await asyncio.sleep(0.01)
    desk = await site.desk()
    assert (await desk.state("not-ready"))["agent"]["reason_title"] == "Desk closed"


async def test_an_agent_whom_a_restart_left_ready_and_who_does_not_come_back_gets_no_calls(serve: Serve) -> None:
    service = DemoService()
    service.sign_in("olena")
    await serve(WebSettings(desk_grace_ms=50), service)
    async with asyncio.timeout(5):
        while service.centre.acd.agent("olena").state == "ready":  # noqa: ASYNC110 (nothing tells a test of it)
            await asyncio.sleep(0.01)
    assert service.centre.acd.agent("olena").reason == "desk-closed"


async def test_a_reload_within_the_grace_leaves_the_agent_ready(serve: Serve) -> None:
    site = await serve(WebSettings(desk_grace_ms=1_500))
    desk = await ready_at_the_desk(site)
    await desk.socket.close()
    again = await site.desk()
    await again.state("ready")
    await asyncio.sleep(1.8)
    assert site.service.centre.acd.agent("olena").state == "ready"


async def test_a_call_that_rings_at_a_desk_that_is_gone_keeps_its_place_and_goes_to_the_next_agent(
    serve: Serve,
) -> None:
    site = await serve(WebSettings(ring_grace_ms=50))
    desk = await ready_at_the_desk(site)
    site.service.call("first", NATALIA, TO_CARDS)
    site.service.pass_time(1_000)
    site.service.call("second", "", TO_CARDS)
    assert (await desk.state("offered"))["call"]["id"] == "demo-first"
    await desk.socket.close()
    acd = site.service.centre.acd
    await until(lambda: acd.agent("olena").state == "not-ready", "the end of the ring")
    assert acd.agent("olena").reason == "desk-closed"
    assert [call.record.call for call in site.service.centre.waiting_calls("cards")] == ["demo-first", "demo-second"]
    site.service.sign_in("maria")
    assert acd.agent("maria").call == "demo-first"
    back = site.service.centre.call("demo-first")
    assert back is not None
    assert back.record.queued_at == site.service.now() - 1_000


async def test_a_desk_that_is_opened_again_while_it_rings_still_rings(serve: Serve) -> None:
    site = await serve(WebSettings(ring_grace_ms=1_000))
    desk = await ready_at_the_desk(site)
    site.service.call("first", NATALIA, TO_CARDS)
    await desk.state("offered")
    await desk.socket.close()
    again = await site.desk()
    await again.state("offered")
    await asyncio.sleep(1.2)
    assert site.service.centre.acd.agent("olena").state == "offered"
    await again.say(type="accept")
    await again.state("talking")


async def test_a_phone_of_its_own_goes_on_ringing_without_a_desk(serve: Serve) -> None:
    service = DemoService()
    service.line.capabilities = CAPABILITIES[LineKind.ASTERISK]
    site = await serve(WebSettings(ring_grace_ms=10), service)
    desk = await ready_at_the_desk(site)
    service.call("first", NATALIA, TO_CARDS)
    await desk.state("offered")
    await desk.socket.close()
    await asyncio.sleep(0.3)
    assert service.centre.acd.agent("olena").state == "offered"


async def test_a_machine_that_plays_the_agent_steps_aside_for_the_person(site: Site) -> None:
    asked: list[str] = []
    site.service.line.take_over = lambda agent: asked.append(f"take over {agent}")  # type: ignore[attr-defined]
    site.service.line.give_back = lambda agent: asked.append(f"give back {agent}")  # type: ignore[attr-defined]
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    assert asked == ["take over olena"]
    await desk.say(type="sign_out")
    await desk.until(lambda message: message["type"] == "signed_out")
    site.service.tell(events.AgentSignedIn(agent="olena"))
    site.service.tell(events.AgentSignedOut(agent="olena"))
    assert asked == ["take over olena", "give back olena"]


def test_the_card_says_that_a_customer_is_to_be_called_back_and_how_often_that_was_tried() -> None:
    service = DemoService(load_site(BANK.parent / "callback"))
    service.call("1", NATALIA, ("2", "1", "1"))
    service.tell(events.CallerHungUp(call="demo-1"))
    service.sign_in("ann")
    service.tell(events.CustomerFailed(call="demo-1-back", why=events.DialFailure.BUSY))
    service.pass_time(300_000)
    call = _desk(service, "ann")["call"]
    assert (call["id"], call["number"], call["queue_title"]) == ("demo-1-back", NATALIA, "Orders")
    assert call["callback"] == {"is_there": False, "attempt": 2, "booked_at": None}
    assert call["offers_before"] == 0, "Ann is not told of her own telephone"
    service.tell(events.CustomerAnswered(call="demo-1-back"))
    assert _desk(service, "ann")["call"]["callback"]["is_there"] is True


def test_a_call_that_came_in_is_no_call_back(ringing: DemoService) -> None:
    assert _desk(ringing)["call"]["callback"] is None
