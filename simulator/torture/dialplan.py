"""Our dialplan on the model exchange: what dialplans/asterisk/extensions.conf says, context by context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from simulator.torture.channels import ELSEWHERE, NORMAL, Channel
from simulator.torture.menu_session import MenuSession
from simulator.torture.network import Network

if TYPE_CHECKING:
    from simulator.torture.exchange import Exchange

MENU, WAIT, DIAL, HOLD, AGENT, JOIN, BACK = (
    "holdless-menu",
    "holdless-wait",
    "holdless-dial",
    "holdless-hold",
    "holdless-agent",
    "holdless-join",
    "holdless-back",
)
PHONE = "holdless-phone"
"""The context of the endpoints, in which their legs are until they are answered."""
_PRESSES_US = (500_000, 12_000_000)
"""How long a caller listens to the music before pressing a key."""
_SORRY_US = 3_000_000
"""How long “I'm sorry, one moment please” takes."""


class Dialplan:
    """What a channel does in each context, until it is moved."""

    def __init__(self, exchange: Exchange, network: Network) -> None:
        self._exchange = exchange
        self._network = network
        self.enter: Mapping[str, Callable[[Channel], None]] = {
            MENU: self._menu,
            WAIT: self._wait,
            DIAL: self._dial,
            HOLD: self._hold,
            AGENT: self._agent,
            JOIN: self._join_caller,
            BACK: exchange.back.enter,
        }
        """By context: what begins there."""

    def _menu(self, channel: Channel) -> None:
        channel.variables["CC_NEXT"] = ""
        self._exchange.set_variable(channel, "TIMEOUT(absolute)", "120")
        opening = {
            "agi_network": "yes",
            "agi_network_script": "call",
            "agi_channel": channel.name,
            "agi_uniqueid": channel.uid,
            "agi_callerid": channel.number,
            "agi_calleridname": "unknown",
            "agi_arg_1": channel.variables["CC_ID"],
            "agi_arg_2": channel.variables["CC_ENTRY"],
            "agi_arg_3": "",
        }
        channel.session = MenuSession(
            self._network,
            opening,
            self._exchange.world.stream("menu", channel.variables["CC_ID"], channel.step),
            channel.variables["keys"],
            lambda key: self._exchange.event(channel, "DTMFEnd", Digit=key, Direction="Received"),
            partial(self._exchange.set_variable, channel),
            partial(self._after_menu, channel),
        )

    def _after_menu(self, channel: Channel, reached: bool) -> None:
        channel.session = None
        match channel.variables["CC_NEXT"] if reached else "":
            case "wait":
                self._exchange.goto(channel, WAIT)
            case "hangup":
                self._exchange.then(channel, partial(self._exchange.take_down, channel, NORMAL, "flow"))
            case _:
                self.alone(channel)

    def alone(self, channel: Channel) -> None:
        """“I'm sorry, one moment please”, and music: no engine has said what is to be done."""
        self._exchange.leave(channel, hung_up=False)
        channel.step += 1
        channel.watch += 1
        channel.variables["CC_REASON"] = "alone"
        self._exchange.then(channel, partial(self._exchange.goto, channel, WAIT), _SORRY_US)

    def _wait(self, channel: Channel) -> None:
        channel.watch += 1
        reason = channel.variables.pop("CC_REASON", "") or "engine"
        channel.variables["CC_TAKEN"] = ""
        if channel.extension == "alone":
            reason = "alone"
        self._exchange.user_event(channel, "CcWait", Reason=reason)
        if channel.presses and channel.presses in channel.variables.get("CC_KEYS", ""):
            self._exchange.then(channel, partial(self._press, channel), self._exchange.chance.randint(*_PRESSES_US))

    def _press(self, channel: Channel) -> None:
        """The caller presses a key that means something; what is asked then gets the same answer."""
        channel.variables["keys"] = channel.presses
        self._exchange.user_event(channel, "CcKey", Key=channel.presses)

    def _dial(self, channel: Channel) -> None:
        channel.watch += 1
        mark, seconds, endpoint = channel.extension.split("~")
        channel.variables["CC_OFFER"] = mark
        phone = self._exchange.phones.get(endpoint)
        if phone is None:
            self._dial_done(channel, "CHANUNAVAIL", 3)
            return
        leg = self._exchange.channel(endpoint)
        leg.context = PHONE
        leg.variables |= {"CC_CALL": channel.variables["CC_ID"], "CC_OFFER": mark}
        channel.rings = leg
        self._exchange.event(channel, "DialBegin", leg)
        self._exchange.ring(
            phone,
            leg,
            int(seconds) * 1_000_000,
            rings=lambda: self._exchange.event(channel, "DialState", leg, DialStatus="RINGING"),
            answered=lambda: self._dial_answered(channel, leg),
            failed=lambda status, cause: self._dial_failed(channel, leg, status, cause),
        )

    def _dial_answered(self, channel: Channel, leg: Channel) -> None:
        channel.rings, leg.state = None, "Up"
        self._exchange.event(channel, "DialEnd", leg, DialStatus="ANSWER")
        if leg.phone is not None:
            self._exchange.phone_changed(leg.phone)
        self._exchange.join(channel, leg)

    def _dial_failed(self, channel: Channel, leg: Channel, status: str, cause: int) -> None:
        channel.rings = None
        self._exchange.event(channel, "DialEnd", leg, DialStatus=status)
        self._exchange.take_down(leg, cause, "exchange")
        self._dial_done(channel, status, cause)

    def _dial_done(self, channel: Channel, status: str, cause: int) -> None:
        channel.step += 1

        def done() -> None:
            offer = channel.variables.get("CC_OFFER", "")
            self._exchange.user_event(channel, "CcDialDone", Offer=offer, Status=status, Cause=str(cause))
            channel.variables["CC_REASON"] = "dial"
            self._exchange.goto(channel, WAIT)

        self._exchange.then(channel, done)

    def _hold(self, channel: Channel) -> None:
        channel.watch += 1

    def _agent(self, channel: Channel) -> None:
        if channel.extension == "talk":
            caller = self._exchange.channels.get(channel.variables.get("CC_PEER", ""))
            if caller is None or caller.context != HOLD or caller.peer is not None:
                self._exchange.take_down(channel, NORMAL, "exchange")
            else:
                self._exchange.join(channel, caller)

    def _join_caller(self, leg: Channel) -> None:
        leg.variables["CC_HAS"] = "1"
        caller = self._exchange.channels.get(leg.variables.get("CC_CALLER", ""))
        place = "" if caller is None else caller.context + leg.variables.get("CC_VOID", "")
        if caller is None or place != WAIT or caller.leaving:
            leg.variables["CC_HAS"] = ""
            self._exchange.take_down(leg, ELSEWHERE, "exchange")
        elif not caller.variables.get("CC_TAKEN"):
            caller.variables["CC_TAKEN"] = leg.uid
            self._exchange.then(leg, partial(self._bridge_caller, leg, caller))
        else:
            leg.variables["CC_HAS"] = ""
            holder = self._exchange.channels.get(caller.variables["CC_TAKEN"])
            if holder is not None and not holder.variables.get("CC_VOID"):
                self._exchange.take_down(leg, ELSEWHERE, "exchange")
            else:
                self._exchange.then(leg, partial(self._join_caller, leg), 10_000)

    def _bridge_caller(self, leg: Channel, caller: Channel) -> None:
        if not caller.alive or caller.peer is not None:
            self._exchange.take_down(leg, ELSEWHERE, "exchange")
            return
        self._exchange.leave(caller, hung_up=False)
        self._exchange.join(leg, caller)
        self._exchange.event(leg, "BridgeEnter", BridgeUniqueid=leg.bridge)
