"""The page that shows what callers said of their conversations."""

from __future__ import annotations

import re

import pytest

from cti.web.settings import SignIn, WebSettings
from ivr.messages import Score
from ivr.scale import Scale
from tests.unit.web.conftest import Serve, Site
from tests.unit.web.demo import MONDAY_NOON

DAY_MS = 86_400_000


def said(site: Site, scale: Scale, *scores: int, queue: str = "cards", days_ago: int = 1) -> None:
    assert site.service.said is not None
    for score in scores:
        answer = Score(name=scale.value, scale=scale, score=score)
        site.service.said.append((MONDAY_NOON - days_ago * DAY_MS, queue, answer))


async def shown(site: Site, query: str = "", language: str = "en") -> str:
    headers = {"Accept-Language": language}
    answer = await site.client.get(f"{site.address}/floor/surveys{query}", headers=headers)
    assert answer.status == 200
    return await answer.text()


def cells(page: str) -> list[str]:
    return re.findall(r"<(?:td|th scope=\"row\")>([^<]*)</t[dh]>", page)


async def test_yesterdays_answers_stand_by_queue_with_how_many_there_were(site: Site) -> None:
    said(site, Scale.CSAT, 5, 4, 4)
    said(site, Scale.NPS, 10, 9, 9, 8, 7, 6, 0)
    said(site, Scale.NPS, 1, queue="loans")
    said(site, Scale.CSAT, 1, days_ago=2)
    page = await shown(site)
    assert cells(page) == ["Card services", "4.33", "3", "+14", "7", "Loans", "", "0", "−100", "1"]
    assert "the share of 9 and 10 less the share of 0 to 6" in page


async def test_any_day_can_be_chosen_and_a_queue_that_is_gone_is_named_all_the_same(site: Site) -> None:
    said(site, Scale.CSAT, 2, days_ago=3, queue="mortgages")
    assert cells(await shown(site, "?day=2026-11-20")) == ["mortgages", "2.00", "1", "", "0"]
    assert "Nobody who called that day has answered a question." in await shown(site, "?day=%3Cscript%3E")


async def test_figures_are_written_as_in_the_visitors_language(site: Site) -> None:
    said(site, Scale.CSAT, 5, 4, 4)
    assert "4,33" in await shown(site, language="uk")


async def test_without_the_database_the_page_says_so(site: Site) -> None:
    site.service.said = None
    assert "The database does not answer." in await shown(site)


@pytest.mark.parametrize("user", ["", "olena"])
async def test_only_the_supervisor_sees_it_where_signing_in_takes_a_password(serve: Serve, user: str) -> None:
    site = await serve(WebSettings(sign_in=SignIn.PASSWORD))
    if user:
        await site.sign_in(user, password="right")
    answer = await site.client.get(f"{site.address}/floor/surveys", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/floor/surveys")
