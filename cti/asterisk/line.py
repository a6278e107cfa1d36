"""Asterisk as a line: the centre's orders become manager actions and FastAGI commands, its events the centre's.

A caller is never in the engine's hands alone. Menus are spoken over FastAGI with the dialplan to fall back on; waiting,
ringing and talking happen in the dialplan, and the engine only moves the call (AMI Redirect). So the engine may die at
any instant, and a new one finds every caller where the dialplan keeps them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from centre import events
from centre.capabilities import CAPABILITIES
from centre.effects import (
    Ask,
    CallOutside,
    DialCustomer,
    EndConversation,
    HangUp,
    Hold,
    Order,
    PickUp,
    Retrieve,
    Ring,
    Speak,
    StopDialling,
    StopRinging,
    TakeMessage,
    Wait,
)
from centre.line_kind import LineKind
from config.site import Asterisk, Site
from cti.asterisk import dialplan
from cti.asterisk.agi import AgiServer, AgiSession
from cti.asterisk.ami import AmiError, AmiEvent, AmiLink, AmiRefused
from cti.asterisk.callbacks import Callbacks
from cti.asterisk.calling_back import CallingBack
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.asterisk.manager import Manager
from cti.asterisk.menu import Menu
from cti.asterisk.moves import Moves, place_of
from cti.asterisk.phones import Phones
from cti.asterisk.ringing import Ringing
from cti.asterisk.takeover import COMES_WITHIN_S, announce, with_an_engine
from cti.asterisk.talks import Talks
from cti.recordings import Recordings
from cti.secret_files import secret_lines
from cti.service.ports import LineError, MayAct, Tell, always

_log = logging.getLogger(__name__)

_HEARD_OF_WITHIN_S = 2.0
"""By then the exchange has told where a caller who went out of the menu is."""


class AsteriskLine:
    """See the module. One Asterisk, driven by one engine."""

    id = "asterisk"
    capabilities = CAPABILITIES[LineKind.ASTERISK]

    def __init__(
        self,
        site: Site,
        *,
        recordings: Path,
        now: Callable[[], int],
        may_act: MayAct = always,
        announced: bool = False,
    ) -> None:
        """*recordings*: the folder of callers' messages. *now*: the service's clock, Unix milliseconds. *may_act*:
        asked before whatever is sent to Asterisk. *announced*: the dialplan is told where this engine listens, as
        there are several."""
        if site.asterisk is None:
            raise LineError(f"{site.folder / 'site.yaml'} says nothing of an Asterisk; add a section “asterisk”")
        self._site = site
        self._settings: Asterisk = site.asterisk
        self._recordings = Recordings(recordings)
        self._may_act, self._announced = may_act, announced
        self._phones = Phones(_agents_by_phone(site), self._is_ours)
        self._exchange = Exchange(self.id, self._recordings.length_ms, self._phones.agent_of)
        self._manager = Manager()
        self._moves = Moves(self._manager)
        self._ringing = Ringing(
            site,
            self._exchange,
            self._manager,
            self._moves,
            self._told,
            self._let_callback_go,
        )
        self._talks = Talks(self._exchange, self._manager, self._moves, self._told)
        self._callbacks = Callbacks(self._exchange)
        self._calling_back = CallingBack(
            site, self._callbacks, self._manager.act, self._told, self._ringing.until_free, self._manager.run
        )
        self._places: dict[str, dialplan.WaitingPlace] = {}
        """Customers who are dialled first, and wait like any caller once they answer."""
        self._menu = Menu(site, self._exchange, self._recordings, now, self._manager.stop_playing)
        self._synchronised = asyncio.Event()
        self._tell: Tell = _nobody
        self._agi: AgiServer | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self, tell: Tell) -> None:
        """Connects to Asterisk; LineError with one line that says what is wrong and how to mend it."""
        ami, agi = self._settings.ami, self._settings.fastagi
        secret, *_ = secret_lines(ami.secret_file, "the password of Asterisk's manager account, one line")
        self._menu.require_recordings()
        _prepare(self._recordings)
        self._tell = tell
        self._agi = AgiServer(agi.host, agi.port, self._serve_caller, may_act=self._may_act)
        link = self._manager.link = AmiLink(
            ami.host,
            ami.port,
            ami.user,
            secret,
            on_up=self._synchronise,
            on_down=self._link_is_down,
            may_act=self._may_act,
        )
        try:
            await self._agi.start()
            await link.start()
        except OSError as error:
            await self.close()
            raise LineError(
                f"cannot listen for Asterisk's menus on {agi.host} port {agi.port}: {error.strerror}; end the program "
                "that has this port, or choose another in site.yaml (asterisk, fastagi) and in the dialplan (CC_AGI)"
            ) from error
        except AmiError as error:
            await self.close()
            raise LineError(str(error)) from error
        self._reader = asyncio.create_task(self._read(link), name="asterisk events")

    def reconfigure(self, site: Site) -> None:
        """Phones and prompts as ``site`` says. LineError for another Asterisk: that takes a new start."""
        if site.asterisk != self._settings:
            raise LineError(
                f"{site.folder / 'site.yaml'} speaks of another Asterisk; start the engine again for that (waiting and "
                "talking callers stay)"
            )
        self._menu.reconfigure(site)
        self._calling_back.reconfigure(site)
        phones, before = _agents_by_phone(site), _agents_by_phone(self._site)
        self._ringing.reconfigure(site)
        self._site = site
        if phones != before:
            self._phones.reconfigure(phones)
            link = self._manager.link
            if link is not None and link.up:
                self._manager.run(self._look_at_phones(link))

    async def close(self) -> None:
        """Lets go of Asterisk. Waiting and talking callers stay; a caller in a menu goes on to the waiting place."""
        if self._manager.link is not None:
            await self._manager.link.close()
        if self._agi is not None:
            await self._agi.close()
        await self._manager.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def turn_away(self, call: str) -> None:
        """Lets go of a caller in a menu: the dialplan says so to the caller, and plays music."""
        known = self._exchange.calls.get(call)
        if known is not None and known.in_menu:
            known.menu.put_nowait(None)

    def look_again(self) -> None:
        """Connects to Asterisk anew: what the list of channels means is told whenever the link comes up."""
        if self._manager.link is not None:
            self._manager.link.renew("what Asterisk told was lost; its calls are looked at anew")

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at a sensitive question, while the call is there."""
        known = self._exchange.calls.get(call)
        return None if known is None else known.secrets.get(step)

    def health(self) -> Mapping[str, str]:
        """Whether the link to Asterisk is up, and how many calls are there."""
        link = self._manager.link
        if link is None:
            return {"state": "down"}
        words = {"state": "up" if link.up else "connecting", "calls": str(len(self._exchange.calls))}
        return words if link.up else {**words, "trouble": link.trouble}

    def carry_out(self, order: Order) -> None:
        """Begins to do what the centre wants of a call; an order for a call that is gone does nothing."""
        call = self._exchange.calls.get(order.call)
        if isinstance(order, StopRinging) and self._ringing.several.stop(order):
            return
        if call is None:
            self._call_back(order)
            return
        match order:
            case Speak() | Ask() | TakeMessage() | CallOutside():
                self._moves.into_menu(call, order)
            case Wait():
                self._moves.let_wait(call, order)
            case Ring():
                self._ringing.ring(call, order)
            case StopRinging():
                self._ringing.stop(call, order)
            case Hold():
                self._manager.run(self._talks.hold(call))
            case Retrieve():
                self._manager.run(self._talks.retrieve(call, order))
            case EndConversation():
                self._talks.end_conversation(call)
            case HangUp():
                self._talks.hang_up(call, order)
            case PickUp():
                pass  # a desk telephone is answered by hand: see ``capabilities``

    def _call_back(self, order: Order) -> None:
        """Nobody is on the line: all that can be done is to dial."""
        match order:
            case Ring(before_customer=True):
                self._manager.run(self._calling_back.ring_agent(order))
            case StopRinging():
                self._manager.run(self._calling_back.stop_ringing(order))
            case DialCustomer():
                self._places[order.call] = place_of(order)
                self._manager.run(self._calling_back.dial_customer(order))
            case StopDialling():
                self._places.pop(order.call, None)
                self._manager.run(self._calling_back.stop_dialling(order))
            case _:
                pass  # about a call that is gone

    def _let_callback_go(self, phone: str) -> None:
        self._calling_back.let_go(phone)

    async def _read(self, link: AmiLink) -> None:
        async for event in link.events:
            self._ringing.news.set()
            try:
                for one in (
                    *self._phones.hear(event),
                    *self._exchange.hear(event),
                    *self._callbacks.hear(event),
                    *self._ringing.several.hear(event),
                ):
                    self._told(one)
                while self._exchange.left_alone:
                    self._manager.run(self._manager.end(self._exchange.left_alone.pop()))
            except Exception:
                _log.exception("could not take in the event %s", event.name)

    def _told(self, event: events.Event) -> None:
        self._tell(event)
        if isinstance(event, events.CustomerAnswered | events.CustomerFailed):
            place, call = self._places.pop(event.call, None), self._exchange.calls.get(event.call)
            if place is not None and call is not None and not call.talking:
                self._manager.run(self._manager.set(call.channel, dialplan.DATA, place.to_text()))
        if isinstance(event, events.ConversationEnded):
            call = self._exchange.calls.get(event.call)
            if call is not None and call.held and not (call.served and call.comes_back):
                # The agent hung up on a held caller, who would otherwise listen to music for ever.
                self._manager.run(self._manager.end(call.channel))

    def _link_is_down(self, _why: str) -> None:
        self._exchange.tells_keys(False)
        link = self._manager.link
        assert link is not None
        self._manager.run(self._ringing.give_back_unsent(lambda: link.up))

    def _is_ours(self, phone: str) -> bool:
        return self._ringing.uses(phone) or self._callbacks.uses(phone)

    async def _synchronise(self, link: AmiLink) -> None:
        if self._announced:
            await announce(link, self._settings.fastagi)
        known = frozenset(self._exchange.calls) | self._ringing.several.legs.sent | self._callbacks.channels
        known |= self._exchange.offers
        life = await _life_of(link)
        channels = await link.collect("CoreShowChannels")
        self._exchange.ended_before(channels, link.events.unread())
        for event in self._found(channels, known, life):
            self._told(event)
        for call in list(self._exchange.calls.values()):
            self._ringing.resend(call)
        self._synchronised.set()
        if self._announced:
            self._manager.run(self._fetch_from_another(link, with_an_engine(channels)))
        self._manager.run(self._look_at_phones(link))

    def _found(self, channels: list[AmiEvent], asked_with: frozenset[str], life: str) -> list[events.Event]:
        """What the list of all channels means to the centre. *asked_with*: what was known when it was asked for.
        *life*: which one of the exchange it is."""
        legs = self._ringing.several.legs.offers
        found = [
            *self._exchange.synchronise(channels, asked_with, life),
            *self._callbacks.synchronise(channels, asked_with),
            *self._ringing.several.synchronise(channels, asked_with),
        ]
        offers = legs | self._exchange.offers | self._ringing.several.legs.offers
        offers |= {event.offer for event in found if isinstance(event, events.ConversationFound | events.OfferFailed)}
        # First, as the orders that the rest leads to are for offers that are not among these.
        return [events.OffersFound(line=self.id, offers=tuple(sorted(offers))), *found]

    async def _fetch_from_another(self, link: AmiLink, before: Collection[str]) -> None:
        """Callers who were and still are in a menu, and do not come to us, are with the engine that led before."""
        await asyncio.sleep(COMES_WITHIN_S)
        still = with_an_engine(await link.collect("CoreShowChannels")).intersection(before)
        for call in list(self._exchange.calls.values()):
            if call.channel in still and not (call.in_menu or call.fetched or call.talking) and call.offer is None:
                self._manager.run(self._moves.move(call, dialplan.MENU))

    async def _look_at_phones(self, link: AmiLink) -> None:
        self._phones.asked()
        for event in self._phones.synchronise(await link.collect("DeviceStateList")):
            self._tell(event)

    async def _serve_caller(self, session: AgiSession) -> None:
        await self._synchronised.wait()  # what the exchange has to tell of the time before comes first
        call = await self._menu.serve(session, self._tell)
        if call is not None:
            self._manager.run(self._see_whether_there(call))

    async def _see_whether_there(self, call: LineCall) -> None:
        """A caller who went out of the menu while the link was down, and came to its end before the list of channels
        was asked for, is in no list and no event: a session that was late to begin is all that was ever heard."""
        await asyncio.sleep(_HEARD_OF_WITHIN_S)
        if self._exchange.calls.get(call.id) is not call or call.in_menu or call.talking or call.offer is not None:
            return
        try:
            await self._manager.act("Getvar", {"Channel": call.channel, "Variable": dialplan.ID})
        except AmiRefused:
            if self._exchange.calls.get(call.id) is call:
                self._exchange.forget(call)
                self._tell(events.CallerHungUp(call=call.id))


async def _life_of(link: AmiLink) -> str:
    """When this Asterisk was started, in its own words; empty where it does not say."""
    try:
        status = (await link.action("CoreStatus")).headers
    except AmiRefused as error:
        _log.warning("whoever hung up while no engine was there is recorded as lost: %s", error)
        return ""
    return " ".join(filter(None, (status.get(name, "") for name in ("CoreStartupDate", "CoreStartupTime"))))


def _agents_by_phone(site: Site) -> dict[str, str]:
    return {agent.phone: name for name, agent in site.agents.items()}


def _prepare(recordings: Recordings) -> None:
    try:
        recordings.prepare()
    except OSError as error:
        raise LineError(
            f"cannot make the folder for callers' messages, {error.filename}: {error.strerror}; "
            "choose another data folder"
        ) from error


def _nobody(event: events.Event) -> None:
    raise AssertionError(f"{event} before the line was started")
