"""The desk's page and its socket."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from aiohttp import web

from acd.effects import AgentChanged, AgentState
from acd.events import OfferFailure
from centre import events
from centre.calls import CallRecord
from centre.effects import CallChanged, Effect
from cti.desk.messages import Refused, to_event
from cti.desk.view import desk_view, queues_served
from cti.web.languages import Language
from cti.web.pages import Pages
from cti.web.reasons import DESK_CLOSED
from cti.web.service import Contact, PlaysAgents, Service, played_agents
from cti.web.sign_in import to_sign_in
from cti.web.streams import State, Stream

SHORTEST_GAP_S = 0.05
QUEUES_EVERY_S = 1.0


class DeskPages:
    """/desk. Every open page of an agent shows the same; each effect wakes only the desks that it is about."""

    name = "desk"

    def __init__(self) -> None:
        self._desks: dict[str, Desk] = {}
        self._pages: Pages | None = None
        self._unsubscribe: Callable[[], object] | None = None
        self._ticker: asyncio.Task[None] | None = None

    def routes(self, pages: Pages) -> Iterable[web.RouteDef]:
        """The page and its socket."""
        self._pages = pages
        self._unsubscribe = pages.service.subscribe(self._heard)

        async def show(request: web.Request) -> web.StreamResponse:
            session = pages.visitor(request).session
            if session is None or session.user not in pages.service.site.agents:
                raise to_sign_in("/desk")
            return pages.page(request, "desk/desk.html")

        async def talk(request: web.Request) -> web.StreamResponse:
            visitor = pages.visitor(request)
            if visitor.session is None or visitor.session.user not in pages.service.site.agents:
                raise web.HTTPForbidden
            return await self._desk(visitor.session.user, pages).serve(request, visitor.language)

        return [web.get("/desk", show), web.get("/desk/socket", talk)]

    async def start(self, pages: Pages) -> None:
        """Begins to look at the queues, and waits for the desks of those who were at work before a restart."""
        played = played_agents(pages.service)
        for agent in pages.service.centre.acd.agents():
            if agent.state is not AgentState.LOGGED_OUT and agent.id not in played:
                self._desk(agent.id, pages).leave_later()
        self._ticker = asyncio.create_task(self._tick(), name="desk queues")

    async def close(self) -> None:
        """Ends what runs beside the sockets."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        for desk in self._desks.values():
            desk.close()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    def _desk(self, agent: str, pages: Pages) -> Desk:
        if agent not in self._desks:
            self._desks[agent] = Desk(agent, pages)
        return self._desks[agent]

    def _heard(self, effect: Effect, _at: int) -> None:
        match effect:
            case AgentChanged(agent=agent):
                self._wake(agent)
                if effect.state is AgentState.LOGGED_OUT and agent in self._desks:
                    self._desks[agent].signed_out()
            case CallChanged(call=call):
                living = self._pages.service.centre.call(call) if self._pages is not None else None
                if living is not None:
                    for agent in _who_has(living.record):
                        self._wake(agent)
            case _:
                pass

    def _wake(self, agent: str) -> None:
        if agent in self._desks:
            self._desks[agent].wake()

    async def _tick(self) -> None:
        """Queues change without the agent doing anything: desks look again every second, and say what is new. All else
        (the site's words after a change of its files, the day) may wait a little longer."""
        for second in itertools.count():
            await asyncio.sleep(QUEUES_EVERY_S)
            for desk in self._desks.values():
                desk.look_again(at_all=second % 5 == 0)


def _who_has(record: CallRecord) -> Iterable[str]:
    """The agents who see the card of a call: whose phone rings for it, or who answered it."""
    if record.agent is not None:
        return (record.agent,)
    return [offer.agent for offer in record.offers if not offer.how]


class Desk:
    """One agent's desk, on however many pages."""

    def __init__(self, agent: str, pages: Pages) -> None:
        self.agent = agent
        self._pages = pages
        self._service: Service = pages.service
        self._streams: dict[str, Stream] = {}
        """By language."""
        self._is_taken = False
        self._history_of = ""
        self._history: Sequence[Contact] | None = None
        self._lookup: asyncio.Task[None] | None = None
        self._left: asyncio.TimerHandle | None = None
        """Set when the last page went; None while one is open."""
        self._unheard: asyncio.TimerHandle | None = None
        """Set when a call rings that nobody hears."""

    async def serve(self, request: web.Request, language: Language) -> web.StreamResponse:
        """One more page of this desk, until it goes. Opening one is coming to work."""
        self._stays()
        self._come_to_work()
        socket = self._pages.socket(self._stream(language), partial(self._hear, language), SHORTEST_GAP_S)
        try:
            return await self._pages.serve_socket(request, socket)
        finally:
            if not self._is_open:
                self.leave_later()

    def wake(self) -> None:
        """Something about the agent, the call or the queues changed."""
        self._look_up_history()
        self._rings_unheard()
        for stream in self._streams.values():
            stream.touch()

    def look_again(self, *, at_all: bool) -> None:
        """Whether anything has changed; without ``at_all``, in the queues, which are shown between calls only."""
        if self._is_open and (at_all or self._service.centre.acd.agent(self.agent).call is None):
            self.wake()

    def signed_out(self) -> None:
        """The agent is gone: every page of theirs says so and ends."""
        if self._is_taken:
            self._is_taken = False
            for line in self._service.lines.values():
                if isinstance(line, PlaysAgents):
                    line.give_back(self.agent)
        self._pages.sessions.close_all_of(self.agent)
        for stream in self._streams.values():
            stream.finish()

    @property
    def _is_open(self) -> bool:
        """Whether any page of it is."""
        return any(stream.readers for stream in self._streams.values())

    def _stream(self, language: Language) -> Stream:
        if language.code not in self._streams:
            self._streams[language.code] = Stream(partial(self._state, language))
        return self._streams[language.code]

    def _state(self, language: Language) -> State:
        """What a page shows."""
        if self._service.centre.acd.agent(self.agent).state is AgentState.LOGGED_OUT:
            return {"type": "signed_out"}
        self._look_up_history()
        return desk_view(
            self._service,
            self.agent,
            language,
            queues=queues_served(self._service.site, self.agent),
            history=self._history,
            now=self._service.now(),
        )

    def _hear(self, language: Language, text: str) -> str | None:
        """A wish of the agent's; returns why not, if not."""
        view = self._service.centre.acd.agent(self.agent)
        try:
            self._service.tell(to_event(text, view, self._service.site, language))
        except Refused as refused:
            return str(refused)
        return None

    def close(self) -> None:
        """Ends what runs beside the sockets."""
        self._stays()
        if self._lookup is not None:
            self._lookup.cancel()

    def _stays(self) -> None:
        """Nothing is done any more about the agent's being away."""
        for timer in (self._left, self._unheard):
            if timer is not None:
                timer.cancel()
        self._left = self._unheard = None

    def _come_to_work(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            for line in self._service.lines.values():
                if isinstance(line, PlaysAgents):
                    line.take_over(self.agent)
        if self._service.centre.acd.agent(self.agent).state is AgentState.LOGGED_OUT:
            self._service.tell(events.AgentSignedIn(agent=self.agent))

    def leave_later(self) -> None:
        """No page of this desk is open: if that lasts, the agent is not there."""
        self._stays()
        self._left = asyncio.get_running_loop().call_later(self._pages.settings.desk_grace_ms / 1000, self._leave)
        self._rings_unheard()

    def _rings_unheard(self) -> None:
        """If a call rings here and nowhere else, and no page opens soon, the caller shall not wait for nobody."""
        if self._left is not None and self._unheard is None and self._rings_here():
            grace_s = self._pages.settings.ring_grace_ms / 1000
            self._unheard = asyncio.get_running_loop().call_later(grace_s, self._pass_on)

    def _rings_here(self) -> bool:
        view = self._service.centre.acd.agent(self.agent)
        call = self._service.centre.call(view.call or "") if view.state is AgentState.OFFERED else None
        line = self._service.lines.get(call.record.line) if call is not None else None
        return line is not None and line.capabilities.picks_up

    def _pass_on(self) -> None:
        """The call goes back to its place in the queue, for the next agent. Nothing more rings at this desk."""
        self._unheard = None
        if self._rings_here():
            self._leave()
            self._service.tell(events.OfferDeclined(agent=self.agent, why=OfferFailure.UNREACHABLE))

    def _leave(self) -> None:
        """Nobody has sat at this desk for a while: no more calls ring here unheard."""
        if self.agent not in self._service.site.agents:
            return
        view = self._service.centre.acd.agent(self.agent)
        if view.state not in {AgentState.LOGGED_OUT, AgentState.NOT_READY} and view.next_state is None:
            self._service.tell(events.AgentNotReady(agent=self.agent, reason=DESK_CLOSED))

    def _look_up_history(self) -> None:
        """Fetches the caller's last contacts once a call; whoever waits for them gets the card without, first."""
        call_id = self._service.centre.acd.agent(self.agent).call or ""
        if call_id == self._history_of or not self._is_open:
            return
        self._history_of = call_id
        if self._lookup is not None:
            self._lookup.cancel()
        call = self._service.centre.call(call_id)
        number = call.record.number if call is not None else ""
        self._history = None if number else []
        if number:
            self._lookup = asyncio.create_task(self._fetch_history(call_id, number), name=f"history for {self.agent}")

    async def _fetch_history(self, call_id: str, number: str) -> None:
        found = await self._service.history(number)
        if call_id == self._history_of:
            self._history = found
            self.wake()
