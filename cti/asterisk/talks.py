"""A conversation, and its end: held, taken back, hung up."""

from __future__ import annotations

from collections.abc import Callable

from centre import events
from centre.effects import HangUp, Retrieve
from cti.asterisk import dialplan
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.asterisk.manager import Manager
from cti.asterisk.moves import Moves


class Talks:
    """The conversations of one Asterisk."""

    def __init__(
        self, exchange: Exchange, manager: Manager, moves: Moves, tell: Callable[[events.Event], None]
    ) -> None:
        self._exchange = exchange
        self._manager = manager
        self._moves = moves
        self._tell = tell

    async def hold(self, call: LineCall) -> None:
        """Parts the two: music for the caller, the agent waits."""
        leg = call.leg
        if leg is None:
            return
        await self._manager.action(
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
        self._manager.run(self._manager.end(leg))
        if there and call.served and call.comes_back:
            call.fetched = False
        elif there and not call.talking and call.offer is None:
            self._manager.run(self._manager.end(call.channel))

    async def retrieve(self, call: LineCall, order: Retrieve) -> None:
        """Brings the held caller back to the agent."""
        if call.leg is None:
            return
        call.comes_back = order.comes_back
        extension = dialplan.AGENT_AFTER if order.comes_back else dialplan.AGENT_TALK
        await self._manager.in_order(
            self._manager.set(call.leg, dialplan.PEER, call.channel),
            self._manager.redirect(call.leg, dialplan.AGENT, extension),
        )
        call.held = False
        self._tell(events.CallRetrieved(call=call.id))

    def end_conversation(self, call: LineCall) -> None:
        """Hangs up on the agent; the dialplan goes on with the caller, or ends the call."""
        if call.leg is not None:
            call.hung_up_by = call.hung_up_by or "agent"
            self._manager.run(self._manager.end(call.leg))

    def hang_up(self, call: LineCall, order: HangUp) -> None:
        """Ends the call, after a word to the caller if there is one to be said."""
        if order.prompts and not call.talking:
            self._moves.into_menu(call, order)
            return
        if call.talking:
            call.hung_up_by = call.hung_up_by or "agent"
        elif call.in_menu:
            call.menu.put_nowait(order)  # the link to the manager may be down: what speaks to the caller lets go too
        self._manager.run(self._manager.end(call.channel))
