"""What the model exchange does when the engine tells it to: the actions of the manager interface."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from simulator.torture.calling_back import customer_of
from simulator.torture.channels import Channel
from simulator.torture.dialplan import PHONE
from simulator.torture.exchange import Exchange
from simulator.torture.manager import Action, Answer, Handler, Refused

_HANGS_UP_US = (100, 3_000)


class Actions:
    """The actions, on one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._globals = {"CC_UNREACHABLE_SECONDS": "4", "CC_CALL_HEADER": "no"}
        self.handlers: Mapping[str, Handler] = {
            "Ping": lambda _: Answer({"Ping": "Pong"}),
            "Redirect": self._redirect,
            "Hangup": self._hangup,
            "ControlPlayback": self._stop_playing,
            "Setvar": self._setvar,
            "Getvar": self._getvar,
            "Originate": self._originate,
            "CoreStatus": lambda _: Answer({"CoreStartupDate": "2026-01-01", "CoreStartupTime": exchange.started}),
            "CoreShowChannels": self._show_channels,
            "DeviceStateList": self._show_devices,
        }

    def _redirect(self, action: Action) -> Answer:
        channel = self._wanted(action["Channel"])
        if extra := action["ExtraChannel"]:
            other = self._wanted(extra)
            self._exchange.part(channel)
            self._exchange.goto(other, action["ExtraContext"], action["ExtraExten"])
        if channel.state != "Up":
            raise Refused("Channel is not in the dialplan yet")
        self._exchange.on_moved(channel, action["Context"])
        self._exchange.goto(channel, action["Context"], action["Exten"])
        return Answer({"Message": "Redirect successful"})

    def _hangup(self, action: Action) -> Answer:
        channel = self._wanted(action["Channel"])
        self._exchange.world.after(
            self._exchange.chance.randint(*_HANGS_UP_US),
            partial(self._exchange.take_down, channel, int(action["Cause"]), "engine"),
        )
        return Answer({"Message": "Channel Hungup"})

    def _stop_playing(self, action: Action) -> Answer:
        session = self._wanted(action["Channel"]).session
        if session is not None:
            session.stop()
        return Answer({})

    def _setvar(self, action: Action) -> Answer:
        if action["Channel"]:
            self._exchange.set_variable(self._wanted(action["Channel"]), action["Variable"], action["Value"])
        else:
            self._globals[action["Variable"]] = action["Value"]
        return Answer({"Message": "Variable Set"})

    def _getvar(self, action: Action) -> Answer:
        variables: Mapping[str, str] = self._globals
        if action["Channel"]:
            variables = self._wanted(action["Channel"]).variables
        return Answer({"Variable": action["Variable"], "Value": variables.get(action["Variable"], "")})

    def _originate(self, action: Action) -> Answer:
        endpoint, phone = action["Channel"], self._exchange.phones.get(action["Channel"])
        customer = customer_of(endpoint)
        if action["ChannelId"] in self._exchange.channels:
            raise Refused("Channel ID in use")
        if phone is None and customer is None:
            headers = [("Uniqueid", action["ChannelId"]), ("Response", "Failure"), ("Reason", "0")]
            self._exchange.tell([("Event", "OriginateResponse"), *headers])
            return Answer({"Message": "Originate successfully queued"})
        leg = self._exchange.channel(endpoint, uid=action["ChannelId"], number=customer or "")
        leg.context = PHONE
        for variable in action.all("Variable"):
            name, _, value = variable.partition("=")
            leg.variables[name] = value.replace("\\", "")
        self._exchange.event(None, "DialBegin", leg)

        def failed(status: str, cause: int) -> None:
            self._exchange.event(None, "DialEnd", leg, DialStatus=status)
            reason = "3" if status == "NOANSWER" else "0"
            self._exchange.tell(
                [("Event", "OriginateResponse"), ("Uniqueid", leg.uid), ("Response", "Failure"), ("Reason", reason)]
            )
            self._exchange.take_down(leg, cause, "exchange")

        def answered() -> None:
            leg.state = "Up"
            self._exchange.event(None, "DialEnd", leg, DialStatus="ANSWER")
            self._exchange.tell([("Event", "OriginateResponse"), ("Uniqueid", leg.uid), ("Response", "Success")])
            if leg.phone is not None:
                self._exchange.phone_changed(leg.phone)
            self._exchange.goto(leg, action["Context"], action["Exten"])

        ring = self._exchange.back.dial if phone is None else partial(self._exchange.ring, phone)
        ring(
            leg,
            int(action["Timeout"]) * 1000,
            rings=lambda: self._exchange.event(None, "DialState", leg, DialStatus="RINGING"),
            answered=answered,
            failed=failed,
        )
        return Answer({"Message": "Originate successfully queued"})

    def _show_channels(self, _: Action) -> Answer:
        items = [
            [("Event", "CoreShowChannel"), *self._exchange.headers(one, "")] for one in self._exchange.channels.values()
        ]
        return Answer(items=items, end="CoreShowChannelsComplete")

    def _show_devices(self, _: Action) -> Answer:
        items = [
            [("Event", "DeviceStateChange"), ("Device", phone.endpoint), ("State", phone.state)]
            for phone in self._exchange.phones.values()
        ]
        return Answer(items=items, end="DeviceStateListComplete")

    def _wanted(self, uid: str) -> Channel:
        channel = self._exchange.channels.get(uid)
        if channel is None:
            raise Refused("Channel does not exist")
        return channel
