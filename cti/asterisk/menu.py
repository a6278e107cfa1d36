"""A caller in a menu: the centre's Speak and Ask over one FastAGI session."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial

from acd.events import OfferFailure
from centre import events
from centre.effects import Ask, CallOutside, HangUp, Speak, TakeMessage, Wait
from centre.orders import Order, SpeakingOrder
from config.aloud import recordings, unrecorded
from config.site import Site
from cti.asterisk import dialplan
from cti.asterisk.agi import AgiRefused, AgiSession, CallerGone
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.recordings import Recordings
from cti.service.ports import LineError, Tell
from ivr import collect
from ivr.messages import EntryEnd
from ivr.recordings import EVERY_KEY

_log = logging.getLogger(__name__)

_DRAIN_MS = 1
NAMED_MOST = 40
"""Missing recordings that an error names."""
_MOVED_WITHIN_MS = 2_000
"""How long a caller for whom a phone is to ring stays with the engine if the manager link does not move them."""


class Menu:
    """Serves callers that the dialplan hands over."""

    def __init__(
        self,
        site: Site,
        exchange: Exchange,
        recordings: Recordings,
        now: Callable[[], int],
        stop: Callable[[str], Awaitable[None]],
    ) -> None:
        """*now*: Unix milliseconds. *stop*: ends what is played to a channel, or its wait for a key; never raises."""
        self._site = site
        self._exchange = exchange
        self._messages = recordings
        self._now = now
        self._stop = stop

    def require_recordings(self) -> None:
        """LineError that names the prompts which callers could not hear."""
        _require_recordings(self._site)

    def reconfigure(self, site: Site) -> None:
        """Speaks the prompts of ``site`` from now on; LineError where callers could not hear them."""
        _require_recordings(site)
        self._site = site

    async def serve(self, session: AgiSession, tell: Tell) -> LineCall | None:
        """Takes one caller through whatever the centre wants said and asked, until it waits or is let go.

        Returns the call where the caller went away from here for a reason that only the exchange can tell.
        """
        cc_id, entry, dialled = (*session.arguments, "", "", "")[:3]
        if not cc_id:
            _log.warning("a FastAGI request without a call's name; is it from our dialplan?")
            return None
        if self._exchange.has_ended(session.uniqueid):
            return None
        name = self._exchange.name(cc_id)
        call = self._exchange.admit(name, session.uniqueid)
        if call.given_up:
            await session.set_variable(dialplan.NEXT, dialplan.NEXT_HANGUP)
            return None
        # Who is here talks no more; the event that says so comes by another connection, and maybe later.
        over = self._exchange.left_by_agent(call, "agent") if call.talking else None
        mine = call.into_menu()
        try:
            if over is not None:
                tell(over)
            elif mine.empty():
                # A new call; or one that has lost what it was asked, with the engine that asked it.
                tell(
                    events.CallArrived(
                        call=name,
                        line=self._exchange.line,
                        number=session.caller_number or "",
                        name=session.caller_name or "",
                        dialled=dialled,
                        arrived_at=dialplan.entry_ms(entry),
                    )
                )
            await self._converse(session, call, mine, tell)
            if call.menu is mine:
                call.rests.clear()
        except CallerGone:
            return call  # hung up, or moved on by the engine itself: the exchange's events tell which
        finally:
            if call.menu is mine:  # else the caller may be back, with the session after this one
                call.in_menu = False
        return None

    async def _converse(
        self, session: AgiSession, call: LineCall, wanted: asyncio.Queue[Order | None], tell: Tell
    ) -> None:
        """*wanted*: what is for this session; :meth:`LineCall.out_of_menu` keeps the rest for the next one."""
        beside = False
        """Whether something was said to a caller who keeps waiting."""
        while True:
            order = await wanted.get()
            if order is None:
                raise CallerGone("the caller is gone, or has been moved out of here")
            if isinstance(order, Speak | Ask) and order.in_queue:
                beside = True
                await self._remembers_to_wait(session)
            match order:
                case Speak():
                    await self._still_alive(session)
                    await self._speak(session, call, order, barge_in=order.barge_in)
                    tell(events.PromptEnded(call=call.id, step=order.step))
                case Ask():
                    await self._still_alive(session, order.keys.longest_ms)
                    keys, end = await self._ask(session, call, order)
                    tell(events.KeysEntered(call=call.id, step=order.step, keys=keys, end=end))
                case TakeMessage():
                    await self._still_alive(session)
                    await self._say(session, order)
                    await self._take_message(session, call, order)
                    tell(events.MessageTaken(call=call.id, step=order.step, length_ms=self._recorded_ms(order)))
                case CallOutside():
                    dial = self._outside(order)
                    if not dial:
                        tell(events.TransferFailed(call=call.id, why=OfferFailure.UNREACHABLE))
                        continue
                    await session.set_variable(dialplan.NEXT, dialplan.NEXT_OUTSIDE)
                    await session.set_variable(dialplan.NUMBER, dial)
                    await session.set_variable(dialplan.RING, str(math.ceil(order.ring_ms / 1000)))
                    await self._say(session, order)
                    call.outside = True
                    return
                case Wait():
                    before = call.keypad.pressed if beside else ""
                    await self._prepare_to_wait(session, call, order, beside=beside)
                    early = next((key for key in before + call.keypad.pressed if key in order.keys), None)
                    if early is not None:
                        tell(events.CallerPressedExit(call=call.id, key=early))
                    if wanted.empty():  # else the flow goes on at once
                        return
                case HangUp():
                    await session.set_variable(dialplan.NEXT, dialplan.NEXT_HANGUP)
                    await self._say(session, order)
                    return

    @staticmethod
    async def _remembers_to_wait(session: AgiSession) -> None:
        """Who hears something while waiting goes back to the music if this engine dies, and is told of there."""
        await session.set_variable(dialplan.NEXT, dialplan.NEXT_WAIT)
        await session.set_variable(dialplan.REASON, dialplan.ALONE)

    async def _prepare_to_wait(self, session: AgiSession, call: LineCall, order: Wait, *, beside: bool) -> None:
        call.keys = order.keys
        call.keypad.clear()
        await session.set_variable(dialplan.NEXT, dialplan.NEXT_WAIT)
        await session.set_variable(dialplan.KEYS, order.keys)
        if beside:
            await session.set_variable(dialplan.REASON, "")
        await self._say(session, order)
        is_moved = (call.offer is not None or call.leaves_menu) and call.menu.empty()
        while is_moved and await session.wait_for_digit(_MOVED_WITHIN_MS) is not None:
            pass  # a phone is to ring: the Redirect takes the caller out of here, not off the way to wait

    def _outside(self, order: CallOutside) -> str:
        """What Dial is to dial; empty where the site does not name the number, or has no trunk."""
        trunk = self._site.asterisk.trunk if self._site.asterisk is not None else ""
        number = self._site.outside_numbers.get(order.number)
        if not trunk or number is None:
            _log.error("%s: “%s” cannot be dialled; see asterisk.trunk and outside_numbers", order.call, order.number)
            return ""
        return trunk.replace("{number}", number)

    async def _take_message(self, session: AgiSession, call: LineCall, order: TakeMessage) -> None:
        await self._still_alive(session, order.longest_ms)
        call.recording, key = order, None
        call.keypad.clear()
        call.keypad.begin()
        if order.sensitive:
            call.secrets[order.step] = order.message
        try:
            key = await session.record_file(
                self._messages.stem(order.message),
                order.keys,
                longest_ms=order.longest_ms,
                silence_s=math.ceil(order.silence_ms / 1000),
                beep=order.beep,
            )
        except AgiRefused as error:
            _log.error("%s: no message can be recorded: %s; may Asterisk write there?", order.call, error)
        call.recording = None
        await call.keypad.end(key)
        call.keypad.drop_through(key)

    def _recorded_ms(self, order: TakeMessage) -> int:
        return self._messages.length_ms(order.message)

    @staticmethod
    async def _still_alive(session: AgiSession, caller_ms: int = 0) -> None:
        """Winds up the dialplan's watch over the engine: this step has all its time before it, the caller's included,
        who may take so many milliseconds."""
        await session.set_variable("TIMEOUT(absolute)", str(math.ceil(caller_ms / 1000) + dialplan.MENU_SECONDS))

    async def _say(self, session: AgiSession, order: SpeakingOrder) -> None:
        """Speaks the order's prompts to a caller whose keys mean nothing now."""
        for recording in await self._recordings(session, order):
            await session.stream_file(recording)

    async def _speak(self, session: AgiSession, call: LineCall, order: SpeakingOrder, *, barge_in: bool) -> None:
        """Speaks the order's prompts. Keys are typed ahead; with *barge_in* the first one ends the speaking."""
        before = call.keypad.count
        for recording in await self._recordings(session, order):
            sample: int | None = 0
            while sample is not None:
                if barge_in and call.keypad.count > before:
                    return
                sample = await self._play(session, call, recording, sample, barge_in=barge_in)

    async def _play(
        self, session: AgiSession, call: LineCall, recording: str, sample: int, *, barge_in: bool
    ) -> int | None:
        """Plays on from *sample*; returns where it was interrupted, None at the recording's end."""
        call.keypad.begin(partial(self._stop, call.channel) if barge_in else None)
        key, sample = await session.stream_file_from(recording, EVERY_KEY, sample)
        was_stopped = await self._over(session, call, key)
        return None if key is None and not was_stopped else sample

    async def _await_key(self, session: AgiSession, call: LineCall, within_ms: int) -> None:
        """Until a key is pressed or was just now, *within_ms* at most."""
        call.keypad.begin(partial(self._stop, call.channel))
        await self._over(session, call, await session.wait_for_digit(within_ms))

    @staticmethod
    async def _over(session: AgiSession, call: LineCall, key: str | None) -> bool:
        """A command is over, by this key or none; returns whether it was told to stop."""
        was_stopped = await call.keypad.end(key)
        if was_stopped:  # and maybe too late: then the word would stop the next command
            call.keypad.begin()
            await call.keypad.end(await session.wait_for_digit(_DRAIN_MS))
        return was_stopped

    async def _recordings(self, session: AgiSession, order: SpeakingOrder) -> list[str]:
        """What Asterisk is to play: files of the site, and words of its own sound package."""
        found = [
            one for prompt in order.prompts for one in recordings(self._site, prompt, order.language, order.values)
        ]
        if any(isinstance(one, str) for one in found):
            # Its own words it looks for under the channel's language: ru for sounds/ru.
            await session.set_variable("CHANNEL(language)", order.language.partition("-")[0])
        return [one if isinstance(one, str) else str(one.with_suffix("")) for one in found]

    async def _ask(self, session: AgiSession, call: LineCall, order: Ask) -> tuple[str, EntryEnd]:
        pad = call.keypad
        if not order.keys.type_ahead:
            pad.clear()
        state = collect.begin(order.keys, self._now(), prompt_playing=bool(order.prompts))
        state, pad.pressed = collect.typed_ahead(state, pad.pressed, self._now())
        if order.prompts and not state.stop_prompt:
            await self._speak(session, call, order, barge_in=order.keys.barge_in)
            state, pad.pressed = collect.typed_ahead(state, pad.pressed, self._now())
        state = collect.prompt_ended(state, self._now())
        while not state.done:
            assert state.deadline is not None
            await self._await_key(session, call, max(0, state.deadline - self._now()))
            state = collect.timer(state, self._now())  # a key that comes later is for the next question
            state, pad.pressed = collect.typed_ahead(state, pad.pressed, self._now())
        if order.keys.sensitive:
            call.secrets[order.step] = state.keys
        entered = state.entered(order.step)
        return entered.keys, entered.end


def _require_recordings(site: Site) -> None:
    missing = sorted(
        {
            name
            for prompt, by_language in site.prompts.items()
            for language in by_language
            if (prompt, language) not in site.former_prompts  # whose recordings may have gone with them
            for name in unrecorded(site, prompt, language)
        }
    )
    if missing:
        more = f" and {len(missing) - NAMED_MOST} more" if len(missing) > NAMED_MOST else ""
        raise LineError(
            f"these prompts have no recording in {site.folder / 'prompts'}: {', '.join(missing[:NAMED_MOST])}{more}; "
            "record them, or let tools/render_prompts.py speak them"
        )
