"""Where callers are brought: to the engine that speaks to them, to the music, back from a phone."""

from __future__ import annotations

import asyncio
import logging

from centre.effects import Ask, CallOutside, DialCustomer, HangUp, Speak, StopRinging, TakeMessage, Wait
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiError, AmiLost, AmiRefused, AmiTimeout
from cti.asterisk.line_call import LineCall
from cti.asterisk.manager import Manager

_log = logging.getLogger(__name__)

_RESTS_WITHIN_S = 2.0
"""How long the few steps from one resting place to the next may take on an exchange that is out of breath."""


class Moves:
    """Of callers, from one place in the dialplan to another."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def into_menu(self, call: LineCall, order: Speak | Ask | TakeMessage | CallOutside | Wait | HangUp) -> None:
        """Has the engine speak to the caller, who is brought to it first if need be."""
        if not call.in_menu:
            while not call.menu.empty():
                call.menu.get_nowait()  # never begun, and what the centre wants now takes its place
            if not call.fetched:
                call.fetched, call.sent_off = True, False
                self._manager.run(self._fetch(call))
        call.menu.put_nowait(order)

    async def _fetch(self, call: LineCall) -> None:
        await self.rest(call)
        if call.talking:  # answered while the link was down: the centre hears of it, and has nothing to say to the two
            call.fetched = False
            return
        try:
            await self.move(call, dialplan.AFTER if call.served else dialplan.MENU)
        except AmiError:
            call.fetched = False
            raise
        call.sent_off = call.fetched  # not if it is there already

    def let_wait(self, call: LineCall, order: Wait) -> None:
        """Lets the caller wait for an agent."""
        self._manager.run(self._manager.set(call.channel, dialplan.DATA, place_of(order).to_text()))
        if call.in_menu:
            call.keys = order.keys
            call.menu.put_nowait(order)
        elif order.prompts or order.keys != call.keys:
            self.into_menu(call, order)

    async def to_the_music(self, call: LineCall) -> None:
        """Brings a caller from a menu, or the way out of it, to where callers wait. Where the exchange or the link does
        not, the session lets the caller go, whom the dialplan takes there."""
        await self.rest(call)
        if not call.in_menu:
            return
        call.in_menu = False
        await self._manager.guarded(
            self._manager.in_order(
                self._manager.set(call.channel, dialplan.KEYS, call.keys),
                self.move(call, dialplan.WAIT),
            )
        )
        call.menu.put_nowait(None)
        await self.rest(call)

    async def back_to_waiting(self, call: LineCall, order: StopRinging | None) -> None:
        """*order*: what to do later where the link is down now."""
        await self.rest(call)
        if call.offer is not None or call.talking:
            return  # the next phone already rings, or is about to: that moves the caller too
        try:
            await self.move(call, dialplan.WAIT)
        except (AmiLost, AmiTimeout):
            call.unsent = call.unsent or order

    async def move(self, call: LineCall, context: str, extension: str = "s") -> None:
        """Redirects a caller who rests."""
        call.rests.clear()
        try:
            await self._manager.redirect(call.channel, context, extension)
        except AmiRefused:
            call.rests.set()
            raise
        if context not in (dialplan.MENU, dialplan.AFTER):
            call.fetched = False
            call.out_of_menu()

    @staticmethod
    async def rest(call: LineCall) -> None:
        """Waits until the dialplan has brought the caller to a place to be moved from."""
        try:
            async with asyncio.timeout(_RESTS_WITHIN_S):
                while not call.rests.is_set():
                    await call.rests.wait()
        except TimeoutError:
            _log.warning("%s was not seen to rest within %s s; moving it all the same", call.id, _RESTS_WITHIN_S)


def place_of(order: Wait | DialCustomer) -> dialplan.WaitingPlace:
    """What the call is to remember of its wait."""
    return dialplan.WaitingPlace(
        queue=order.queue,
        waiting_since=order.waiting_since,
        language=order.language,
        needs=order.needs,
        priority=order.priority,
    )
