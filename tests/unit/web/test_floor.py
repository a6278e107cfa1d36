"""What the floor shows."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from centre import events
from config.loader import load_site
from cti.floor import pages
from cti.floor.messages import to_event
from cti.floor.trend import KEPT, Trend
from cti.floor.view import floor_view
from cti.journal import JournalStatus, Keeping
from cti.service.standing import Standing
from cti.store import StoreStatus
from cti.web.day import midnight
from cti.web.languages import languages
from tests.unit.web.conftest import Serve, Site
from tests.unit.web.demo import BANK, DemoService

TO_CARDS = ("1", "1", "4821")


def _queue(service: DemoService, queue: str) -> dict[str, Any]:
    floor = floor_view(service, languages()["en"], service.now())
    return dict(next(one for one in floor["queues"] if one["id"] == queue))


def test_a_waiting_call_is_in_its_queue_with_its_wait() -> None:
    service = DemoService()
    service.call("1", "+380501110001", TO_CARDS)
    began = service.now()
    service.pass_time(25_000)
    cards = _queue(service, "cards")
    assert (cards["waiting"], cards["ringing"], cards["longest_since"]) == (1, 0, began)
    assert (cards["staffed"], cards["ready"]) == (0, 0)
    assert (cards["target"], cards["threshold_ms"]) == (0.8, 20_000)


def test_callers_of_a_queue_that_is_no_longer_in_the_configuration_are_shown_until_they_are_served() -> None:
    service = DemoService()
    service.call("1", "+380501110001", TO_CARDS)
    rules = service.site.acd
    service.site = replace(
        service.site,
        acd=replace(rules, queues=tuple(queue for queue in rules.queues if queue.id != "cards")),
        queues={id_: text for id_, text in service.site.queues.items() if id_ != "cards"},
    )
    service.centre.prepare("without cards", service.site.centre)
    service.tell(events.ConfigurationChanged(configuration="without cards"))
    cards = _queue(service, "cards")
    assert (cards["title"], cards["target"], cards["waiting"]) == ("cards", None, 1)
    assert [call["id"] for call in cards["calls"]] == ["demo-1"]
    service.sign_in("olena")
    assert _queue(service, "cards")["ringing"] == 1
    service.tell(events.OfferAccepted(agent="olena"))
    assert "cards" not in [queue["id"] for queue in floor_view(service, languages()["en"], service.now())["queues"]]


def test_each_service_level_counts_those_who_give_up_in_its_own_way() -> None:
    service = DemoService()
    service.call("short", "", TO_CARDS)
    service.pass_time(4_000)
    service.tell(events.CallerHungUp(call="demo-short"))
    service.call("within", "", TO_CARDS)
    service.pass_time(10_000)
    service.tell(events.CallerHungUp(call="demo-within"))
    service.call("late", "", TO_CARDS)
    service.pass_time(60_000)
    service.tell(events.CallerHungUp(call="demo-late"))
    service.sign_in("olena")
    service.call("answered", "", TO_CARDS)
    service.tell(events.OfferAccepted(agent="olena"))
    today = _queue(service, "cards")["today"]
    assert (today["queued"], today["answered"], today["abandoned"], today["short_abandoned"]) == (4, 1, 3, 1)
    assert today["service_levels"] == {
        "abandons-ignored": 1.0,
        "abandons-negative": 1 / 4,
        "abandons-positive": 3 / 4,
        "short-abandons-excluded": 1 / 3,
    }


def test_what_nothing_is_known_of_is_no_number() -> None:
    today = _queue(DemoService(), "loans")["today"]
    assert today["asa_ms"] is None
    assert set(today["service_levels"].values()) == {None}


def test_agents_are_shown_with_what_they_do_and_for_how_long() -> None:
    service = DemoService()
    service.tell(events.AgentSignedIn(agent="olena"))
    service.tell(events.AgentNotReady(agent="olena", reason="lunch"))
    began = service.now()
    service.pass_time(60_000)
    floor = floor_view(service, languages()["uk"], service.now())
    olena = next(agent for agent in floor["agents"] if agent["id"] == "olena")
    assert (olena["state"], olena["reason_title"], olena["since"]) == ("not-ready", "Обід", began)


def test_no_caller_is_named_on_the_floor() -> None:
    service = DemoService()
    service.sign_in("olena")
    service.call("1", "+380501110001", TO_CARDS, name="Natalia Hrytsenko", customer={"name": "Natalia Hrytsenko"})
    floor = str(floor_view(service, languages()["en"], service.now()))
    assert "Natalia" not in floor
    assert "0501110001" not in floor


def test_the_trend_keeps_an_hour_and_no_more() -> None:
    service, trend = DemoService(), Trend()
    for _ in range(KEPT + 50):
        trend.sample(service)
        service.clock += 10_000
    view = trend.view()
    assert len(view["at"]) == len(view["waiting"]) == len(view["ready"]) == KEPT
    assert view["at"][-1] - view["at"][0] == 3_600_000


@pytest.mark.parametrize(
    ("now", "zone", "begins"),
    [
        ("2026-11-22T21:59:00", "Europe/Kyiv", "2026-11-21T22:00:00"),
        ("2026-11-22T22:00:00", "Europe/Kyiv", "2026-11-22T22:00:00"),
        ("2026-03-29T12:00:00", "Europe/Kyiv", "2026-03-28T22:00:00"),
        ("2026-10-25T12:00:00", "Europe/Kyiv", "2026-10-24T21:00:00"),
    ],
)
def test_today_begins_at_the_centres_midnight_whatever_the_clocks_do(now: str, zone: str, begins: str) -> None:
    def ms(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)

    assert midnight(ms(now), ZoneInfo(zone)) == ms(begins)


async def test_the_floor_is_told_what_happens_at_most_twice_a_second(site: Site) -> None:
    floor = await site.socket("/floor/socket")
    await floor.until(lambda message: message["type"] == "floor")
    began = asyncio.get_running_loop().time()
    heard = 0

    def done(message: dict[str, Any]) -> bool:
        nonlocal heard
        heard += 1
        return bool(message["queues"][0]["waiting"] == 40)

    waiting = asyncio.create_task(floor.until(done))
    for call in range(40):
        site.service.call(str(call), "", TO_CARDS)
        await asyncio.sleep(0.03)
    await waiting
    assert heard <= 2 * (asyncio.get_running_loop().time() - began) + 1


async def test_a_trouble_of_which_no_effect_tells_is_said_without_waiting_for_the_next_sample(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "EVERY_MS", 3_600_000)
    site = await serve()
    floor = await site.socket("/floor/socket")
    await floor.until(lambda message: message["troubles"] == [])
    site.service.stands = Standing(journal=JournalStatus(trouble="no room"), store=StoreStatus())
    await floor.until(lambda message: len(message["troubles"]) == 1)


def test_a_line_that_is_out_of_reach_is_named_in_the_readers_language() -> None:
    service = DemoService()
    service.stands = replace(service.stands, unreached=("asterisk", "twilio"))
    for code in ("en", "ru", "uk"):
        first, second = floor_view(service, languages()[code], service.now())["troubles"]
        assert "asterisk" in first
        assert "twilio" in second


async def test_a_supervisor_takes_a_call_out_of_its_queue(site: Site) -> None:
    site.service.call("1", "+380501110001", TO_CARDS)
    floor = await site.socket("/floor/socket")
    state = await floor.until(lambda message: message["type"] == "floor")
    (waiting,) = state["queues"][0]["calls"]
    await floor.say(type="withdraw", call=waiting["id"], queue="loans")
    state = await floor.until(lambda message: message["queues"][1]["waiting"] == 1)
    assert state["queues"][1]["calls"][0] == waiting, "with the time it has waited"
    await floor.say(type="withdraw", call=waiting["id"])
    state = await floor.until(lambda message: message["queues"][1]["waiting"] == 0)
    assert state["queues"][1]["today"]["exits"] == {"withdrawn": 1}
    assert [event.by for event in site.service.told if isinstance(event, events.CallWithdrawn)] == ["supervisor"] * 2


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"type": "ready"}, "The floor did not understand this. Please reload the page."),
        ({"type": "withdraw", "call": "nobody"}, "This call does not wait any more."),
        ({"type": "withdraw", "call": "demo-1", "queue": "nowhere"}, "There is no such queue."),
    ],
)
async def test_what_the_floor_cannot_do_is_refused_with_the_reason(
    site: Site, message: dict[str, str], why: str
) -> None:
    site.service.call("1", "+380501110001", TO_CARDS)
    floor = await site.socket("/floor/socket")
    await floor.say(**message)
    assert await floor.refusal() == why


async def test_health_is_told_as_data_and_honestly(site: Site) -> None:
    answer = await (await site.client.get(f"{site.address}/healthz")).json()
    assert answer["state"] == "up"
    site.service.words["store"] = {"state": "away: no such file"}
    answer = await (await site.client.get(f"{site.address}/healthz")).json()
    assert answer["state"] == "impaired"
    page = await (await site.client.get(f"{site.address}/")).text()
    assert "away: no such file" in page


@pytest.mark.parametrize("what", ["line", "journal"])
async def test_a_service_that_nobody_new_gets_through_to_says_so_by_the_status_too(site: Site, what: str) -> None:
    if what == "line":
        site.service.words["demo"] = {"state": "connecting"}
    else:
        full = JournalStatus(keeping=Keeping.FULL, trouble="no space", behind=9, lost=1)
        site.service.stands = Standing(journal=full, store=StoreStatus())
    answer = await site.client.get(f"{site.address}/healthz")
    assert answer.status == 503
    assert (await answer.json())["state"] == "down"


def test_who_is_to_be_called_back_is_shown_and_can_be_taken_out() -> None:
    service = DemoService(load_site(BANK.parent / "callback"))
    service.call("1", "+380501110003", ("2", "1", "3"))
    service.tell(events.CallerHungUp(call="demo-1"))
    orders = _queue(service, "orders")
    assert (orders["waiting"], orders["callbacks"]) == (0, 1)
    (booked,) = orders["calls"]
    assert (booked["id"], booked["callback"]) == ("demo-1-back", True)
    taken_out = to_event(json.dumps({"type": "withdraw", "call": booked["id"]}), "mara", service, languages()["en"])
    service.tell(taken_out)
    assert _queue(service, "orders")["calls"] == []


def test_what_is_not_kept_is_said_in_the_readers_language() -> None:
    service = DemoService()
    away = Standing(journal=JournalStatus(trouble="no room"), store=StoreStatus(trouble="locked"))
    service.stands = away
    for code in ("en", "ru", "uk"):
        assert len(floor_view(service, languages()[code], service.now())["troubles"]) == 2
    service.stands = replace(away, journal=JournalStatus(keeping=Keeping.FULL, trouble="no room"))
    first, _ = floor_view(service, languages()["en"], service.now())["troubles"]
    assert "new callers are not taken in" in first
    slow = JournalStatus(trouble="slow", effects_wait=True)
    service.stands = replace(away, journal=slow, store=StoreStatus(trouble="slow", slow=True))
    assert floor_view(service, languages()["en"], service.now())["troubles"] == [
        "The journal's database is slow or away: what is decided waits for it.",
        "The database is slow: ended calls wait for it in memory.",
    ]
