"""What callers said of their conversations on a day, by queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aiohttp import web
from babel.numbers import format_decimal

from centre.surveys import SurveyCounters, csat_average, net_promoter_score
from cti.store import StoreError
from cti.web.day import bounds, chosen_day
from cti.web.languages import Language
from cti.web.pages import Pages
from cti.web.sign_in import to_sign_in
from ivr.hours import wall_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One row of the table; a figure without answers is empty."""

    queue: str
    csat: str
    csat_answers: int
    nps: str
    nps_answers: int


class SurveysPage:
    """GET /floor/surveys?day=2026-11-22. What cannot be read is yesterday."""

    async def show(self, pages: Pages, request: web.Request) -> web.StreamResponse:
        """The page."""
        visitor = pages.visitor(request)
        if not pages.may_see_the_floor(visitor):
            raise to_sign_in("/floor/surveys")
        today = wall_clock(pages.service.now(), pages.service.site.time_zone).date()
        day = chosen_day(request.query.get("day", ""), today)
        return pages.page(
            request,
            "floor/surveys.html",
            day=day.isoformat(),
            today=today.isoformat(),
            rows=await _rows(pages, day, visitor.language),
        )


async def _rows(pages: Pages, day: date, language: Language) -> list[Said] | None:
    """By queue, in the site's order, then those of queues that are gone; None where the database does not answer."""
    site = pages.service.site
    try:
        scores = await pages.service.scores(*bounds(day, site.time_zone))
    except StoreError:
        return None
    counters: dict[str, SurveyCounters] = {queue.id: SurveyCounters() for queue in site.acd.queues}
    for queue, score in scores:
        counters.setdefault(queue, SurveyCounters()).count(score)
    titles = {queue: language.pick(text.title) for queue, text in site.queues.items()}
    return [
        _said(titles.get(queue, queue), counted, language)
        for queue, counted in counters.items()
        if counted.csat or counted.nps
    ]


def _said(queue: str, counters: SurveyCounters, language: Language) -> Said:
    csat, nps = csat_average(counters), net_promoter_score(counters)
    return Said(
        queue=queue,
        csat="" if csat is None else format_decimal(csat, "0.00", locale=language.code),
        csat_answers=counters.csat,
        nps="" if nps is None else format_decimal(nps, "+0;\u22120", locale=language.code),
        nps_answers=counters.nps,
    )
