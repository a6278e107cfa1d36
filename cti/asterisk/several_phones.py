"""Has the exchange ring several phones for one caller, and stops them: the orders, as manager actions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from acd.events import OfferFailure
from centre import events
from centre.orders import Ring, StopRinging
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiError, AmiEvent, AmiLost, AmiRefused, AmiTimeout, AmiValue, channel_variables
from cti.asterisk.calling_back import Act
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.asterisk.phone_legs import ANSWERED_ELSEWHERE, PhoneLeg, PhoneLegs

_log = logging.getLogger(__name__)

_NORMAL = 16
_NOT_ANSWERED = 19
"""Q.850 causes of our own hanging up."""
_BEGUN_WITHIN_S = 2.0
"""How long after the order to ring a phone its channel may take to be there."""
_IN_BRIDGE_WITHIN_S = 0.05
"""How long a leg that has the caller may take until the two are in their bridge."""
_GONE_WITHIN_S = 0.5
"""How long the exchange may take to end the channel of a caller who has hung up."""
_OVERTAKEN_S = 0.2
"""By how much an OriginateResponse may come before the events of its leg."""
_SILENT_S = 4.0
"""How long a phone may say nothing at all, where the dialplan does not tell."""
_NAME_MOST = 80
_SYNTAX = frozenset('"\\<>')
"""What a name may not hold in the header CallerID of Originate."""

Run = Callable[[Coroutine[Any, Any, None]], None]


class SeveralPhones:
    """The phones that ring on legs of their own. An Originate is sent once; what met a broken link is made up for when
    the list of channels says that the exchange never heard of it."""

    def __init__(
        self,
        exchange: Exchange,
        act: Act,
        to_the_music: Callable[[LineCall], Awaitable[None]],
        tell: Callable[[events.Event], None],
        run: Run,
        until_free: Callable[[str, LineCall, PhoneLeg], Awaitable[bool]],
    ) -> None:
        """*to_the_music*: brings a caller from a menu to where callers wait. *run*: begins what goes on by itself.
        *until_free*: waits until a phone rings for no other call and by no other leg; False where that does not come.
        """
        self.legs = PhoneLegs(exchange)
        self._exchange = exchange
        self._act = act
        self._to_the_music = to_the_music
        self._tell = tell
        self._run = run
        self._until_free = until_free
        self._globals: dict[str, str] = {}

    def ring(self, call: LineCall, order: Ring, phone: str) -> None:
        """Begins to ring one more phone for the caller."""
        call.comes_back = order.comes_back
        self._run(self._ring(call, self.legs.begin(call.id, order.offer, phone, order.ring_ms)))

    def stop(self, order: StopRinging) -> bool:
        """Begins to stop the phone; False if it does not ring on a leg of its own."""
        leg = self.legs.of(order.offer)
        if leg is None:
            return False
        leg.stopped = True
        if leg.sent:
            call = self._exchange.calls.get(order.call)
            is_late = call is not None and call.talking
            self._run(self._end(leg, ANSWERED_ELSEWHERE if is_late else _NORMAL))
        else:
            self.legs.over(leg)
        return True

    def synchronise(self, channels: Iterable[AmiEvent], asked_with: frozenset[str]) -> tuple[events.Event, ...]:
        """What the list of all channels says of phones; begins to put right what is not as it should be. After
        :meth:`Exchange.synchronise`."""
        self._globals.clear()
        found = self.legs.synchronise(channels, asked_with)
        for leg in found.to_ring:
            call = self._exchange.calls.get(leg.call)
            if call is None or call.talking:
                self.legs.over(leg)
            else:
                self._run(self._ring(call, leg))
        for leg in found.to_end:
            self._run(self._hang_up_leg(leg, ANSWERED_ELSEWHERE))
        return found.told

    def hear(self, event: AmiEvent) -> list[events.Event]:
        """What one event of the exchange means to the centre, where it is about these phones."""
        if event.name == "HangupRequest":
            call = self._exchange.called_on(event.headers.get("Uniqueid", ""))
            if call is not None and (self.legs.ring_for(call.id) or dialplan.is_phone_channel(call.leg or "")):
                self._run(self._see_off(call))
        elif event.name == "Hangup" and dialplan.ID in event.variables:
            call_name = self._exchange.name(event.variables[dialplan.ID])
            self._end_adopted(lambda leg: leg.call == call_name)
        return self.legs.hear(event)

    def let_go(self, phone: str) -> None:
        """Stops what an engine before this one lets ring there."""
        self._end_adopted(lambda leg: leg.phone == phone)

    def _end_adopted(self, which: Callable[[PhoneLeg], bool]) -> None:
        """The centre may know nothing of these legs, and so would not stop them."""
        for leg in self.legs.adopted:
            if which(leg):
                leg.stopped = True
                self._run(self._hang_up_leg(leg, ANSWERED_ELSEWHERE))

    async def _see_off(self, call: LineCall) -> None:
        """Hangs up a caller who has hung up: where a phone is answered at that very moment, Asterisk 22.10 may forget
        that and leave the agent with nobody (6 of 120 that were at most 6 ms apart)."""
        await asyncio.sleep(_GONE_WITHIN_S)
        if self._exchange.calls.get(call.id) is call:
            await self._hang_up(call.channel, _NORMAL)

    async def _ring(self, call: LineCall, leg: PhoneLeg) -> None:
        await self._to_the_music(call)
        headers = await self._originate(call, leg)
        is_free = await self._until_free(leg.phone, call, leg)
        if leg.stopped or leg.sent or self.legs.of(leg.offer) is not leg:
            return
        if not is_free:
            for event in self.legs.failed(leg, OfferFailure.BUSY):
                self._tell(event)
            return
        leg.sent = True
        try:
            await self._act("Originate", headers)
        except AmiRefused as error:
            _log.info("cannot ring %s: %s", leg.phone, error)
            self._failed(leg)
        except (AmiLost, AmiTimeout):
            leg.sent = leg.begun.is_set()
        else:
            await self._listen(leg)

    async def _originate(self, call: LineCall, leg: PhoneLeg) -> dict[str, AmiValue]:
        variables = {
            dialplan.CALL: dialplan.cc_id(call.id),
            dialplan.OFFER: dialplan.mark(call.id, leg.offer),
            dialplan.CALLER: call.channel,
            **({dialplan.COMES_BACK: "1"} if call.comes_back else {}),
        }
        texts = channel_variables(variables)
        if await self._global(dialplan.CALL_HEADER) == "yes":
            texts += [f"PJSIP_HEADER(add,X-Holdless-Call)={variables[dialplan.CALL]}"]
        return {
            "Channel": leg.phone,
            "ChannelId": leg.channel,
            "Context": dialplan.JOIN,
            "Exten": "s",
            "Priority": 1,
            "Timeout": leg.ring_ms,
            "CallerID": f'"{_plain(call.name)}" <{_plain(call.number)}>',
            "Variable": texts,
        }

    async def _listen(self, leg: PhoneLeg) -> None:
        """Gives up a phone that says nothing at all, and one that the exchange does not know."""
        text = await self._global(dialplan.UNREACHABLE_SECONDS)
        try:
            async with asyncio.timeout(float(text) if text.isdecimal() else _SILENT_S):
                await leg.heard.wait()
        except TimeoutError:
            await self._end(leg, _NOT_ANSWERED)  # its Hangup says the rest
            return
        if leg.refused:
            await self._begins(leg, _OVERTAKEN_S)
            if not leg.begun.is_set():
                self._failed(leg)

    async def _end(self, leg: PhoneLeg, cause: int) -> None:
        """Hangs the leg up; one that has just come to the caller gives the caller back first."""
        await self._begins(leg, _BEGUN_WITHIN_S)
        if self.legs.of(leg.offer) is not leg:
            return
        call = self._exchange.calls.get(leg.call)
        if call is None or call.talking or not await self._has_caller(leg):
            await self._hang_up_leg(leg, cause)
        elif leg.stopped:
            await self._take_back(call, leg)

    async def _has_caller(self, leg: PhoneLeg) -> bool:
        """Sees to it that the leg does not come to the caller; True if it has already (why so: see the dialplan)."""
        try:
            _, has = await asyncio.gather(
                self._act("Setvar", {"Channel": leg.channel, "Variable": dialplan.VOID, "Value": "1"}),
                self._act("Getvar", {"Channel": leg.channel, "Variable": dialplan.HAS}),
            )
        except AmiRefused:
            return False  # there is no such channel
        return has.headers.get("Value") == "1"

    async def _take_back(self, call: LineCall, leg: PhoneLeg) -> None:
        await asyncio.sleep(_IN_BRIDGE_WITHIN_S)  # a caller may be moved from where they rest only
        if self.legs.of(leg.offer) is leg:
            where: dict[str, AmiValue] = {"Context": dialplan.WAIT, "Exten": dialplan.ALONE, "Priority": 1}
            await self._act("Redirect", {"Channel": call.channel, **where})

    async def _hang_up_leg(self, leg: PhoneLeg, cause: int) -> None:
        try:
            await self._hang_up(leg.channel, cause)
        except AmiRefused:
            self._failed(leg)  # there is no such channel

    @staticmethod
    async def _begins(leg: PhoneLeg, within_s: float) -> None:
        """Waits until the leg has a channel, or that long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await leg.begun.wait()

    def _failed(self, leg: PhoneLeg) -> None:
        for event in self.legs.failed(leg, OfferFailure.UNREACHABLE):
            self._tell(event)

    async def _hang_up(self, channel: str, cause: int) -> None:
        await self._act("Hangup", {"Channel": channel, "Cause": cause})

    async def _global(self, name: str) -> str:
        """A global variable of the dialplan; empty if there is none."""
        if name not in self._globals:
            try:
                reply = await self._act("Getvar", {"Variable": name})
            except AmiError:
                return ""
            self._globals[name] = reply.headers.get("Value", "")
        return self._globals[name]


def _plain(text: str) -> str:
    """A caller's name or number without anything that means something to the exchange."""
    return "".join(sign for sign in text if sign.isprintable() and sign not in _SYNTAX)[:_NAME_MOST]
