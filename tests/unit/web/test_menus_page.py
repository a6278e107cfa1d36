"""The page that shows where callers go in the menus."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from cti.web.settings import SignIn, WebSettings
from ivr.picture import Walk
from tests.unit.web.conftest import Serve, Site
from tests.unit.web.demo import MONDAY_NOON

DAY_MS = 86_400_000
TO_CARDS = ("welcome", "choose-language", "in-english", "main", "card-number", "cards")


def came(site: Site, *nodes: str, days_ago: int = 1, hung_up: bool = False, times: int = 1) -> None:
    assert site.service.ways is not None
    site.service.ways += [(MONDAY_NOON - days_ago * DAY_MS, Walk(nodes=nodes, hung_up=hung_up))] * times


async def shown(site: Site, query: str = "") -> str:
    answer = await site.client.get(f"{site.address}/floor/menus{query}")
    assert answer.status == 200
    return await answer.text()


def cells(page: str) -> list[str]:
    return re.findall(r"<(?:td|th scope=\"row\")>([^<]*)</t[dh]>", page)


async def test_yesterday_is_on_the_picture_and_in_a_table(site: Site) -> None:
    came(site, *TO_CARDS, times=3)
    came(site, *TO_CARDS, hung_up=True)
    came(site, *TO_CARDS[:2], hung_up=True, times=2)
    came(site, *TO_CARDS[:4], days_ago=2, hung_up=True)
    page = await shown(site)
    assert 'value="2026-11-22"' in page
    assert "6 calls came to this menu." in page
    assert cells(page) == ["choose-language", "2", "6", "cards", "1", "4"], "the places where most hang up come first"
    picture = ElementTree.fromstring(page[page.index("<svg xmlns") : page.rindex("</svg>") + 6])
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "2 hung up" in texts
    assert "key 1, otherwise: 4" in texts


async def test_any_day_can_be_chosen_and_nonsense_is_yesterday(site: Site) -> None:
    came(site, *TO_CARDS[:4], days_ago=2, hung_up=True)
    assert "1 call came to this menu." in await shown(site, "?day=2026-11-21")
    for nonsense in ("?day=2026-02-30", "?day=%3Cscript%3E", "?flow=../main", "?day="):
        page = await shown(site, nonsense)
        assert 'value="2026-11-22"' in page
        assert "No calls came to this menu that day." in page
    assert 'value="2026-11-23"' in await shown(site, "?day=2999-01-01"), "tomorrow is not known"


async def test_the_page_speaks_the_visitors_language(site: Site) -> None:
    came(site, *TO_CARDS[:2], hung_up=True, times=2)
    answer = await site.client.get(f"{site.address}/floor/menus", headers={"Accept-Language": "uk"})
    page = await answer.text()
    assert "2 дзвінки" in page
    assert "2 поклали слухавку" in page


async def test_calls_of_an_older_menu_are_said_to_be_so(site: Site) -> None:
    came(site, "welcome", "gone", hung_up=True)
    assert "1 of them came by places that the menu does not have now" in await shown(site)


async def test_without_the_database_the_menu_is_shown_all_the_same(site: Site) -> None:
    site.service.ways = None
    page = await shown(site)
    assert "The database does not answer" in page
    assert "choose-language" in page


@pytest.mark.parametrize("user", ["", "olena"])
async def test_only_the_supervisor_sees_it_where_signing_in_takes_a_password(serve: Serve, user: str) -> None:
    site = await serve(WebSettings(sign_in=SignIn.PASSWORD))
    if user:
        await site.sign_in(user, password="right")
    answer = await site.client.get(f"{site.address}/floor/menus", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/floor/menus")
