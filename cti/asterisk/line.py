"""Asterisk as a line: the centre's orders become manager actions and FastAGI commands, its events the centre's.

A caller is never in the engine's hands alone. Menus are spoken over FastAGI with the dialplan to fall back on; waiting,
ringing and talking happen in the dialplan, and the engine only moves the call (AMI Redirect). So the engine may die at
any instant, and a new one finds every caller where the dialplan keeps them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from typing import Any

from acd.events import OfferFailure
from acd.setup import QueueSetup
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
from cti.asterisk.ami import AmiError, AmiEvent, AmiLink, AmiLost, AmiRefused, AmiReply, AmiTimeout, AmiValue
from cti.asterisk.callbacks import Callbacks
from cti.asterisk.calling_back import CallingBack
from cti.asterisk.exchange import Exchange, LineCall
from cti.asterisk.menu import Menu
from cti.asterisk.phone_legs import PhoneLeg
from cti.asterisk.phones import Phones
from cti.asterisk.several_phones import SeveralPhones
from cti.asterisk.takeover import COMES_WITHIN_S, announce, with_an_engine
from cti.recordings import Recordings
from cti.secret_files import secret_lines
from cti.service.background import Background
from cti.service.ports import LineError, MayAct, Tell, always

_log = logging.getLogger(__name__)

_RESTS_WITHIN_S = 2.0
"""How long the few steps from one resting place to the next may take on an exchange that is out of breath."""
_TAKEN_BACK_WITHIN_S = 1.0
"""How long the centre's word on what was found after a resync may take, its journal included."""
_HEARD_OF_WITHIN_S = 2.0
"""By then the exchange has told where a caller who went out of the menu is."""
_FREE_WITHIN_S = 2.0
"""How long the exchange may take to let go of a phone that it was told to ring no more."""


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
        self._site, self._queues = site, _queues(site)
        self._settings: Asterisk = site.asterisk
        self._recordings = Recordings(recordings)
        self._may_act, self._announced = may_act, announced
        self._phones = Phones(_agents_by_phone(site), self._is_ours)
        self._exchange = Exchange(self.id, self._recordings.length_ms, self._phones.agent_of)
        self._callbacks = Callbacks(self._exchange)
        self._calling_back = CallingBack(site, self._callbacks, self._act, self._told)
        self._places: dict[str, dialplan.WaitingPlace] = {}
        """Customers who are dialled first, and wait like any caller once they answer."""
        self._several = SeveralPhones(
            self._exchange, self._act, self._to_the_music, self._told, self._run, self._until_free
        )
        self._menu = Menu(site, self._exchange, self._recordings, now, self._stop_playing)
        self._background = Background()
        self._synchronised = asyncio.Event()
        self._news = asyncio.Event()
        """Set whenever the exchange has told anything."""
        self._tell: Tell = _nobody
        self._link: AmiLink | None = None
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
        self._link = AmiLink(
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
            await self._link.start()
        except OSError as error:
            await self.close()
            raise LineError(
                f"cannot listen for Asterisk's menus on {agi.host} port {agi.port}: {error.strerror}; end the program "
                "that has this port, or choose another in site.yaml (asterisk, fastagi) and in the dialplan (CC_AGI)"
            ) from error
        except AmiError as error:
            await self.close()
            raise LineError(str(error)) from error
        self._reader = asyncio.create_task(self._read(self._link), name="asterisk events")

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
        # Who waits in a queue that is gone is rung for by its old rules.
        self._site, self._queues = site, {**self._queues, **_queues(site)}
        if phones != before:
            self._phones.reconfigure(phones)
            if self._link is not None and self._link.up:
                self._run(self._look_at_phones(self._link))

    async def close(self) -> None:
        """Lets go of Asterisk. Waiting and talking callers stay; a caller in a menu goes on to the waiting place."""
        if self._link is not None:
            await self._link.close()
        if self._agi is not None:
            await self._agi.close()
        await self._background.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def turn_away(self, call: str) -> None:
        """Lets go of a caller in a menu: the dialplan says so to the caller, and plays music."""
        known = self._exchange.calls.get(call)
        if known is not None and known.in_menu:
            known.menu.put_nowait(None)

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at a sensitive question, while the call is there."""
        known = self._exchange.calls.get(call)
        return None if known is None else known.secrets.get(step)

    def health(self) -> Mapping[str, str]:
        """Whether the link to Asterisk is up, and how many calls are there."""
        link = self._link
        if link is None:
            return {"state": "down"}
        words = {"state": "up" if link.up else "connecting", "calls": str(len(self._exchange.calls))}
        return words if link.up else {**words, "trouble": link.trouble}

    def carry_out(self, order: Order) -> None:
        """Begins to do what the centre wants of a call; an order for a call that is gone does nothing."""
        call = self._exchange.calls.get(order.call)
        if isinstance(order, StopRinging) and self._several.stop(order):
            return
        if call is None:
            self._call_back(order)
            return
        match order:
            case Speak() | Ask() | TakeMessage() | CallOutside():
                self._into_menu(call, order)
            case Wait():
                self._let_wait(call, order)
            case Ring():
                self._ring(call, order)
            case StopRinging():
                self._stop_ringing(call, order)
            case Hold():
                self._run(self._hold(call))
            case Retrieve():
                self._run(self._retrieve(call, order))
            case EndConversation():
                self._end_conversation(call)
            case HangUp():
                self._hang_up(call, order)
            case PickUp():
                pass  # a desk telephone is answered by hand: see ``capabilities``

    def _call_back(self, order: Order) -> None:
        """Nobody is on the line: all that can be done is to dial."""
        match order:
            case Ring(before_customer=True):
                self._run(self._calling_back.ring_agent(order))
            case StopRinging():
                self._run(self._calling_back.stop_ringing(order))
            case DialCustomer():
                self._places[order.call] = _place(order)
                self._run(self._calling_back.dial_customer(order))
            case StopDialling():
                self._places.pop(order.call, None)
                self._run(self._calling_back.stop_dialling(order))
            case _:
                pass  # about a call that is gone

    # What a call is made to do.

    def _into_menu(self, call: LineCall, order: Speak | Ask | TakeMessage | CallOutside | Wait | HangUp) -> None:
        if not call.in_menu:
            while not call.menu.empty():
                call.menu.get_nowait()  # never begun, and what the centre wants now takes its place
            if not call.fetched:
                call.fetched, call.sent_off = True, False
                self._run(self._fetch(call))
        call.menu.put_nowait(order)

    async def _fetch(self, call: LineCall) -> None:
        await self._rest(call)
        try:
            await self._move(call, dialplan.AFTER if call.served else dialplan.MENU)
        except AmiError:
            call.fetched = False
            raise
        call.sent_off = call.fetched  # not if it is there already

    def _let_wait(self, call: LineCall, order: Wait) -> None:
        self._run(self._set(call.channel, dialplan.DATA, _place(order).to_text()))
        if call.in_menu:
            call.keys = order.keys
            call.menu.put_nowait(order)
        elif order.prompts or order.keys != call.keys:
            self._into_menu(call, order)

    def _ring(self, call: LineCall, order: Ring) -> None:
        if call.talking:
            call.unsent = order
            self._run(self._see_whether_meant(call, order))
            return
        phone = self._site.agents[order.agent].phone
        if self._rings_several(order):
            call.leaves_menu = call.in_menu
            self._several.ring(call, order, phone)
            return
        call.offer, call.rang, call.adopted, call.unsent, call.phone = order.offer, False, False, None, phone
        call.comes_back = order.comes_back
        self._run(self._begin_ringing(call, order))

    async def _see_whether_meant(self, call: LineCall, order: Ring) -> None:
        """A phone was answered while the link was down. The centre has just been told, or is about to be, and takes
        this ring back (its orders may be on their way through the journal); unless it could make nothing of that, as it
        has the agent in another conversation. Nobody parts the two again: to the centre this call is lost then, and no
        agent is kept for it."""
        await asyncio.sleep(_TAKEN_BACK_WITHIN_S)
        if call.unsent is order and call.talking and self._exchange.calls.get(call.id) is call:
            call.unsent = None
            others = tuple(sorted(self._exchange.calls.keys() - {call.id}))
            self._tell(events.LineSynchronised(line=self.id, calls=others))

    def _rings_several(self, order: Ring) -> bool:
        """Whether other phones may ring beside this one. A phone that rings alone is rung by a Redirect of the caller,
        which needs nobody to stop it."""
        queue = self._queues.get(order.queue)
        return self._several.legs.ring_for(order.call) or (queue is not None and queue.phones.limit > 1)

    async def _begin_ringing(self, call: LineCall, order: Ring) -> None:
        phone = call.phone
        try:
            if call.dialled and self._is_taken(phone, call):
                await self._rest(call)
                if call.offer == order.offer and not call.talking:
                    await self._move(call, dialplan.WAIT)  # or the phone rung before would ring on meanwhile
            is_free = await self._until_free(phone, call)
            await self._rest(call)
            if call.offer != order.offer:
                return
            if not is_free:
                call.offer = None
                self._tell(events.OfferFailed(offer=order.offer, why=OfferFailure.BUSY))
                return
            call.dialled = phone
            extension = dialplan.ring_extension(order.offer, call.id, order.ring_ms, phone, comes_back=order.comes_back)
            await self._move(call, dialplan.DIAL, extension)
        except AmiRefused as error:
            # Gone callers are refused too; their Hangup says so, and then this offer is no longer current.
            _log.info("cannot ring %s: %s", order.agent, error)
            call.dialled = ""
            self._tell(events.OfferFailed(offer=order.offer, why=OfferFailure.UNREACHABLE))
        except (AmiLost, AmiTimeout):
            call.unsent = order

    def _stop_ringing(self, call: LineCall, order: StopRinging) -> None:
        if isinstance(call.unsent, Ring) and call.unsent.offer == order.offer:
            call.unsent = None
        if call.offer != order.offer:
            return
        call.offer = call.unsent = None
        self._run(self._back_to_waiting(call, order))

    async def _back_to_waiting(self, call: LineCall, order: StopRinging | None) -> None:
        """*order*: what to do later where the link is down now."""
        await self._rest(call)
        if call.offer is not None or call.talking:
            return  # the next phone already rings, or is about to: that moves the caller too
        try:
            await self._move(call, dialplan.WAIT)
        except (AmiLost, AmiTimeout):
            call.unsent = call.unsent or order

    def _hang_up(self, call: LineCall, order: HangUp) -> None:
        if order.prompts and not call.talking:
            self._into_menu(call, order)
            return
        if call.talking:
            call.hung_up_by = call.hung_up_by or "agent"
        self._run(self._end(call.channel))

    def _end_conversation(self, call: LineCall) -> None:
        if call.leg is not None:
            call.hung_up_by = call.hung_up_by or "agent"
            self._run(self._end(call.leg))

    async def _hold(self, call: LineCall) -> None:
        leg = call.leg
        if leg is None:
            return
        await self._action(
            "Redirect",
            Channel=call.channel,
            Context=dialplan.HOLD,
            Exten="s",
            Priority=1,
            ExtraChannel=leg,
            ExtraContext=dialplan.AGENT,
            ExtraExten="hold",
            ExtraPriority=1,
        )
        there = self._exchange.calls.get(call.id) is call
        if there and call.leg == leg:
            call.held = True
            self._tell(events.CallHeld(call=call.id))
            return
        # One of the two hung up at that moment, and the other is alone where nobody comes any more.
        self._run(self._end(leg))
        if there and call.served and call.comes_back:
            call.fetched = False
        elif there and not call.talking and call.offer is None:
            self._run(self._end(call.channel))

    async def _retrieve(self, call: LineCall, order: Retrieve) -> None:
        if call.leg is None:
            return
        call.comes_back = order.comes_back
        extension = dialplan.AGENT_AFTER if order.comes_back else dialplan.AGENT_TALK
        await self._in_order(
            self._set(call.leg, dialplan.PEER, call.channel),
            self._redirect(call.leg, dialplan.AGENT, extension),
        )
        call.held = False
        self._tell(events.CallRetrieved(call=call.id))

    async def _stop_playing(self, channel: str) -> None:
        await self._guarded(self._action("ControlPlayback", Channel=channel, Control="stop"))

    async def _end(self, channel: str) -> None:
        await self._action("Hangup", Channel=channel, Cause=16)

    async def _move(self, call: LineCall, context: str, extension: str = "s") -> None:
        """Redirects a caller who rests."""
        call.rests.clear()
        try:
            await self._redirect(call.channel, context, extension)
        except AmiRefused:
            call.rests.set()
            raise
        if context not in (dialplan.MENU, dialplan.AFTER):
            call.fetched = False
            if call.in_menu:
                call.menu.put_nowait(None)  # what speaks to the caller there has nobody before it any more

    async def _until_free(self, phone: str, call: LineCall, leg: PhoneLeg | None = None) -> bool:
        """Waits until the phone rings for no other call (and by no other leg) any more; False where that does not come.

        What was stopped a moment ago may ring still, and a phone that rings says “busy” to the next caller, a miss that
        its agent had no part in.
        """
        self._let_go(phone, call)
        try:
            async with asyncio.timeout(_FREE_WITHIN_S):
                while self._is_taken(phone, call, leg):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            _log.warning("%s was not seen to be free within %s s", phone, _FREE_WITHIN_S)
            return False
        return True

    def _is_taken(self, phone: str, call: LineCall, leg: PhoneLeg | None = None) -> bool:
        return self._exchange.holds(phone, call) or self._several.legs.hold(phone, leg)

    def _let_go(self, phone: str, but: LineCall) -> None:
        """An engine before this one may let the phone ring still, by an offer of which the centre knows nothing, as the
        end of the journal was lost: no more, now that the centre has another call for this agent."""
        self._several.let_go(phone)
        for other in self._exchange.calls.values():
            if other is not but and other.adopted and other.offer is not None and other.phone == phone:
                other.offer = None
                self._run(self._back_to_waiting(other, None))

    async def _to_the_music(self, call: LineCall) -> None:
        """Brings a caller from a menu, or the way out of it, to where callers wait."""
        await self._rest(call)
        if not call.in_menu:
            return
        call.in_menu = False
        await self._in_order(
            self._set(call.channel, dialplan.KEYS, call.keys),
            self._move(call, dialplan.WAIT),
        )
        call.menu.put_nowait(None)
        await self._rest(call)

    @staticmethod
    async def _rest(call: LineCall) -> None:
        """Waits until the dialplan has brought the caller to a place to be moved from."""
        try:
            async with asyncio.timeout(_RESTS_WITHIN_S):
                while not call.rests.is_set():
                    await call.rests.wait()
        except TimeoutError:
            _log.warning("%s was not seen to rest within %s s; moving it all the same", call.id, _RESTS_WITHIN_S)

    # Manager actions.

    async def _set(self, channel: str, variable: str, value: str) -> None:
        await self._action("Setvar", Channel=channel, Variable=variable, Value=value)

    async def _redirect(self, channel: str, context: str, extension: str) -> None:
        await self._action("Redirect", Channel=channel, Context=context, Exten=extension, Priority=1)

    async def _act(self, name: str, headers: dict[str, AmiValue]) -> AmiReply:
        assert self._link is not None
        return await self._link.action(name, headers, deadline_ms=None)

    async def _action(self, name: str, **headers: AmiValue) -> None:
        assert self._link is not None
        await self._link.action(name, deadline_ms=None, **headers)

    @staticmethod
    async def _in_order(*actions: Coroutine[Any, Any, None]) -> None:
        """Sends the actions in this order without waiting between them; Asterisk carries them out in this order."""
        done = await asyncio.gather(*actions, return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._background.run(self._guarded(work))

    @staticmethod
    async def _guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except AmiError as error:
            # A caller who hung up meanwhile is the usual reason, and told by an event of its own.
            _log.info("not carried out: %s", error)

    # What the exchange says.

    async def _read(self, link: AmiLink) -> None:
        async for event in link.events:
            self._news.set()
            try:
                for one in (
                    *self._phones.hear(event),
                    *self._exchange.hear(event),
                    *self._callbacks.hear(event),
                    *self._several.hear(event),
                ):
                    self._told(one)
                while self._exchange.left_alone:
                    self._run(self._end(self._exchange.left_alone.pop()))
            except Exception:
                _log.exception("could not take in the event %s", event.name)

    def _told(self, event: events.Event) -> None:
        self._tell(event)
        if isinstance(event, events.CustomerAnswered | events.CustomerFailed):
            place, call = self._places.pop(event.call, None), self._exchange.calls.get(event.call)
            if place is not None and call is not None and not call.talking:
                self._run(self._set(call.channel, dialplan.DATA, place.to_text()))
        if isinstance(event, events.ConversationEnded):
            call = self._exchange.calls.get(event.call)
            if call is not None and call.held and not (call.served and call.comes_back):
                # The agent hung up on a held caller, who would otherwise listen to music for ever.
                self._run(self._end(call.channel))

    def _link_is_down(self, _why: str) -> None:
        self._exchange.tells_keys(False)

    def _is_ours(self, phone: str) -> bool:
        return self._exchange.uses(phone) or self._several.legs.uses(phone)

    async def _synchronise(self, link: AmiLink) -> None:
        if self._announced:
            await announce(link, self._settings.fastagi)
        known = frozenset(self._exchange.calls) | self._several.legs.sent | self._callbacks.channels
        known |= self._exchange.offers
        channels = await link.collect("CoreShowChannels")
        for event in self._found(channels, known):
            self._told(event)
        for call in list(self._exchange.calls.values()):
            match call.unsent:
                case Ring() as order if order.offer == call.offer or call.talking:
                    self._ring(call, order)
                case StopRinging() as order if call.offer is None:
                    call.unsent = None
                    self._run(self._back_to_waiting(call, order))
        self._synchronised.set()
        if self._announced:
            self._run(self._fetch_from_another(link, with_an_engine(channels)))
        self._run(self._look_at_phones(link))

    def _found(self, channels: list[AmiEvent], asked_with: frozenset[str]) -> list[events.Event]:
        """What the list of all channels means to the centre. *asked_with*: what was known when it was asked for."""
        legs = self._several.legs.offers
        found = [
            *self._exchange.synchronise(channels, asked_with),
            *self._callbacks.synchronise(channels, asked_with),
            *self._several.synchronise(channels, asked_with),
        ]
        offers = legs | self._exchange.offers | self._several.legs.offers
        offers |= {event.offer for event in found if isinstance(event, events.ConversationFound | events.OfferFailed)}
        # First, as the orders that the rest leads to are for offers that are not among these.
        return [events.OffersFound(line=self.id, offers=tuple(sorted(offers))), *found]

    async def _fetch_from_another(self, link: AmiLink, before: Collection[str]) -> None:
        """Callers who were and still are in a menu, and do not come to us, are with the engine that led before."""
        await asyncio.sleep(COMES_WITHIN_S)
        still = with_an_engine(await link.collect("CoreShowChannels")).intersection(before)
        for call in list(self._exchange.calls.values()):
            if call.channel in still and not (call.in_menu or call.fetched or call.talking) and call.offer is None:
                self._run(self._move(call, dialplan.MENU))

    async def _look_at_phones(self, link: AmiLink) -> None:
        for event in self._phones.synchronise(await link.collect("DeviceStateList")):
            self._tell(event)

    async def _serve_caller(self, session: AgiSession) -> None:
        await self._synchronised.wait()  # what the exchange has to tell of the time before comes first
        call = await self._menu.serve(session, self._tell)
        if call is not None:
            self._run(self._see_whether_there(call))

    async def _see_whether_there(self, call: LineCall) -> None:
        """A caller who went out of the menu while the link was down, and came to its end before the list of channels
        was asked for, is in no list and no event: a session that was late to begin is all that was ever heard."""
        await asyncio.sleep(_HEARD_OF_WITHIN_S)
        if self._exchange.calls.get(call.id) is not call or call.in_menu or call.talking or call.offer is not None:
            return
        try:
            await self._act("Getvar", {"Channel": call.channel, "Variable": dialplan.ID})
        except AmiRefused:
            if self._exchange.calls.get(call.id) is call:
                self._exchange.forget(call)
                self._tell(events.CallerHungUp(call=call.id))


def _queues(site: Site) -> dict[str, QueueSetup]:
    return {queue.id: queue for queue in site.acd.queues}


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


def _place(order: Wait | DialCustomer) -> dialplan.WaitingPlace:
    """What the call is to remember of its wait."""
    return dialplan.WaitingPlace(
        queue=order.queue,
        waiting_since=order.waiting_since,
        language=order.language,
        needs=order.needs,
        priority=order.priority,
    )


def _nobody(event: events.Event) -> None:
    raise AssertionError(f"{event} before the line was started")
