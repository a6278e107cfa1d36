"""Where callers go in the menus, and where they hang up: a day's calls on the picture of a flow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date

from aiohttp import web
from markupsafe import Markup

from cti.store import StoreError
from cti.web.day import bounds, chosen_day
from cti.web.languages import Language
from cti.web.pages import Pages
from cti.web.sign_in import to_sign_in
from ivr.flow import Flow
from ivr.hours import wall_clock
from ivr.picture import Counts, Layout, Wording, arranged, counted, drawn

PLACES_MOST = 20
"""Nodes of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node where callers hung up."""

    node: str
    came: int
    left: int


class MenusPage:
    """GET /floor/menus?flow=main&day=2026-11-22. What is not there, or cannot be read, is the entry, and yesterday."""

    def __init__(self) -> None:
        self._layouts: dict[str, Layout] = {}
        """By the digest of the flow: working one out takes long."""

    async def show(self, pages: Pages, request: web.Request) -> web.StreamResponse:
        """The page."""
        visitor = pages.visitor(request)
        if not pages.may_see_the_floor(visitor):
            raise to_sign_in("/floor/menus")
        site = pages.service.site
        flows = {flow.id: flow for flow in site.flows.values()}
        flow = flows.get(request.query.get("flow", ""), site.entry_flow)
        today = wall_clock(pages.service.now(), site.time_zone).date()
        day = chosen_day(request.query.get("day", ""), today)
        counts = await _counts(pages, flow, day)
        layout = await self._layout(flow, frozenset(site.flows))
        svg = await asyncio.to_thread(drawn, flow, counts, _wording(visitor.language), layout=layout)
        return pages.page(
            request,
            "floor/menus.html",
            flows=sorted(flows),
            flow=flow.id,
            day=day.isoformat(),
            today=today.isoformat(),
            counts=counts,
            places=_places(counts) if counts is not None else [],
            # Made by our own code, which escapes what it puts in; jinja would escape it as a whole.
            picture=Markup(svg),  # noqa: S704
        )

    async def _layout(self, flow: Flow, current: frozenset[str]) -> Layout:
        """Where everything goes, worked out once, and not on the loop that serves calls."""
        if flow.digest not in self._layouts:
            worked_out = await asyncio.to_thread(arranged, flow)
            kept = {digest: layout for digest, layout in self._layouts.items() if digest in current}
            self._layouts = {**kept, flow.digest: worked_out}
        return self._layouts[flow.digest]


async def _counts(pages: Pages, flow: Flow, day: date) -> Counts | None:
    """None where the database does not answer."""
    try:
        walks = await pages.service.walks(flow.id, *bounds(day, pages.service.site.time_zone))
    except StoreError:
        return None
    return counted(flow, walks)


def _places(counts: Counts) -> list[Place]:
    found = [Place(node=node, came=counts.came[node], left=left) for node, left in counts.left.items()]
    return sorted(found, key=lambda place: (-place.left, place.node))[:PLACES_MOST]


def _wording(language: Language) -> Wording:
    return Wording(
        came=lambda count: language.texts("{count} call", "{count} calls", count),
        left=lambda count: language.texts("{count} hung up", "{count} hung up", count),
    )
