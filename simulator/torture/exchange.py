"""A model of Asterisk with our dialplan: channels, and what moves them. It lives on when the engine dies.

It does what dialplans/asterisk/extensions.conf says and what was seen of Asterisk 22.10 (docs/asterisk-dialplan.md), so
far as calls through menu, queue, ringing, conversation and hold need it. Events are told some milliseconds after they
happened, in order; lists of channels tell what is true at that instant, and so may be ahead of the events.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from simulator.torture.calling_back import CallingBack
from simulator.torture.channels import BUSY, NO_ANSWER, NORMAL, REJECTED, Channel, Phone
from simulator.torture.dialplan import JOIN, MENU, Dialplan
from simulator.torture.manager import Headers, Manager
from simulator.torture.network import Network

_TOLD = ("CC_ID", "CC_ENTRY", "CC_DATA", "CC_CALL", "CC_OFFER")
"""channelvars= of manager.conf."""
_STEP_US = (50, 800)
_EVENT_US = (50, 4_000)
_UNREACHABLE_US = 4_000_000


class Telephones(Protocol):
    """What agents do when their phones ring."""

    def rung(self, phone: Phone, leg: Channel) -> tuple[str, int]:
        """“answer”, “reject”, “ignore” or “silent” (the phone is off), and after how many microseconds."""

    def connected(self, phone: Phone, leg: Channel, caller: Channel) -> None:
        """The agent hears the caller."""


class Exchange:
    """One Asterisk. People act on it by :meth:`arrive` and :meth:`put_down`."""

    def __init__(self, network: Network, endpoints: list[str]) -> None:
        self.world = network.world
        self.phones = {endpoint: Phone(endpoint=endpoint) for endpoint in endpoints}
        self.channels: dict[str, Channel] = {}
        self.telephones: Telephones | None = None
        self.on_ended: Callable[[Channel, str], None] = lambda _channel, _why: None
        """Told of each caller's channel that is over, and who ended it: caller, agent, engine, exchange."""
        self.on_moved: Callable[[Channel, str], None] = lambda _channel, _context: None
        """Told of each channel that the engine is about to move to a context."""
        self.on_rung: Callable[[Phone, Channel], None] = lambda _phone, _leg: None
        """Told of each leg that is about to ring a phone, before it does."""
        self.chance = network.world.stream("exchange")
        self._serial = 0
        self._bridges = 0
        self._told_us = 0
        self._starts = 0
        self.manager = Manager(network)
        self.back = CallingBack(self)
        self._dialplan = Dialplan(self, network)

    # People.

    def arrive(self, number: str, keys: str, call: str, on_end: Callable[[], None]) -> Channel:
        """Somebody calls in; *keys* is what they will press when asked. *call*: the CC_ID."""
        channel = self.channel("PJSIP/trunk", number=number)
        channel.is_caller, channel.state, channel.on_end = True, "Up", on_end
        entry_us = self.world.now_ms() * 1000
        channel.variables |= {"CC_ID": call, "CC_ENTRY": str(entry_us), "CC_DATA": "", "keys": keys}
        self.goto(channel, MENU)
        return channel

    def put_down(self, channel: Channel) -> None:
        """Whoever is on this channel hangs up."""
        if not channel.alive or channel.leaving:
            return
        channel.leaving = True
        self.event(channel, "HangupRequest")
        by = "caller" if channel.is_caller else "agent"
        self.world.after(self.chance.randint(200, 8_000), partial(self.take_down, channel, 0, by))

    @property
    def started(self) -> str:
        """When Asterisk was started, in its own words: another text after each start."""
        return f"00:00:{self._starts:02}"

    def restart(self) -> None:
        """Asterisk is started anew: every channel is gone, and nobody is told but by the connection's end."""
        self.manager.stop()
        self._starts += 1
        self._told_us = self.world.now_us
        for channel in list(self.channels.values()):
            self._vanish(channel)
        for phone in self.phones.values():
            phone.channel = None
            phone.seen = phone.state

    def _vanish(self, channel: Channel) -> None:
        channel.alive = False
        channel.step += 1
        self.channels.pop(channel.uid, None)
        if channel.session is not None:
            channel.session.leave(hung_up=False)
            channel.session = None
        channel.peer = channel.rings = None
        if channel.is_caller:
            self.on_ended(channel, "exchange")
        if channel.on_end is not None:
            channel.on_end()

    # The dialplan.

    def goto(self, channel: Channel, context: str, extension: str = "s") -> None:
        """The channel goes on there, whatever it was in."""
        self.leave(channel, hung_up=False)
        channel.step += 1
        channel.context, channel.extension = context, extension
        self.then(channel, partial(self._dialplan.enter[context], channel))

    def then(self, channel: Channel, do: Callable[[], None], delay_us: int | None = None) -> None:
        """The channel does this next, unless it has been moved or is gone by then."""
        step = channel.step
        wait_us = self.chance.randint(*_STEP_US) if delay_us is None else delay_us

        def then() -> None:
            if channel.alive and channel.step == step:
                do()

        self.world.after(wait_us, then)

    def leave(self, channel: Channel, *, hung_up: bool) -> None:
        """Out of the application that it is in."""
        if channel.session is not None:
            channel.session.leave(hung_up=hung_up)
            channel.session = None
        if channel.rings is not None:
            leg, channel.rings = channel.rings, None
            self.event(channel, "DialEnd", leg, DialStatus="CANCEL")
            self.take_down(leg, NORMAL, "exchange")
        if channel.peer is not None:
            peer = channel.peer
            self.part(channel)
            self.left_alone(peer, NORMAL)

    def left_alone(self, channel: Channel, cause: int) -> None:
        """The other side of the bridge is gone: so is this one, unless it is moved elsewhere at this very moment."""
        self.then(channel, partial(self.take_down, channel, cause, "peer"), self.chance.randint(100, 3_000))

    def part(self, channel: Channel) -> None:
        """Takes the channel out of its bridge, and so the other one."""
        peer = channel.peer
        if peer is not None:
            for one in (channel, peer):
                one.peer, one.bridge, one.runs_bridge = None, "", False

    def join(self, runs: Channel, other: Channel) -> None:
        """The two are in a bridge, whose application runs on the side of *runs*."""
        if runs.state != "Up" or other.state != "Up":
            raise AssertionError(f"{runs.name} and {other.name} are connected, and one of them rings")
        self._bridges += 1
        for one, peer in ((runs, other), (other, runs)):
            one.peer, one.bridge = peer, f"bridge-{self._bridges}"
            one.peer_since_us = self.world.now_us
        runs.runs_bridge = True
        leg, caller = (runs, other) if other.is_caller else (other, runs)
        if leg.phone is not None and self.telephones is not None:
            self.telephones.connected(leg.phone, leg, caller)

    def ring(
        self,
        phone: Phone,
        leg: Channel,
        within_us: int,
        *,
        rings: Callable[[], None],
        answered: Callable[[], None],
        failed: Callable[[str, int], None],
    ) -> None:
        """Lets a phone ring by a leg, and tells what becomes of it."""
        if phone.channel is not None:
            self.on_rung(phone, leg)
            self.then(leg, partial(failed, "BUSY", BUSY), self.chance.randint(3_000, 30_000))
            return
        self.on_rung(phone, leg)
        assert self.telephones is not None
        does, after_us = self.telephones.rung(phone, leg)
        if does == "silent":
            self.then(leg, partial(failed, "NOANSWER", NO_ANSWER), min(_UNREACHABLE_US, within_us))
            return
        phone.channel, leg.phone = leg, phone
        self.then(leg, rings, self.chance.randint(3_000, 60_000))
        self.phone_changed(phone)
        if does == "answer" and after_us < within_us:
            self.then(leg, answered, after_us)
        elif does == "reject" and after_us < within_us:
            self.then(leg, partial(failed, "BUSY", REJECTED), after_us)
        else:
            self.then(leg, partial(failed, "NOANSWER", NO_ANSWER), within_us)

    # What all of them need.

    def channel(self, endpoint: str, *, uid: str = "", number: str = "") -> Channel:
        """A new channel."""
        self._serial += 1
        uid = uid or f"{self._starts}.{self._serial}"
        channel = Channel(uid=uid, name=f"{endpoint}-{self._serial:08x}", number=number)
        self.channels[uid] = channel
        return channel

    def set_variable(self, channel: Channel, name: str, value: str) -> None:
        """Sets a variable of a channel, or its TIMEOUT(absolute)."""
        if name != "TIMEOUT(absolute)":
            channel.variables[name] = value
            return
        channel.watch += 1
        watch = channel.watch

        def expired() -> None:
            if channel.alive and channel.watch == watch:
                self._dialplan.alone(channel)

        if int(value):
            self.world.after(int(value) * 1_000_000, expired)

    def take_down(self, channel: Channel, cause: int, by: str) -> None:
        """The channel ends."""
        if not channel.alive:
            return
        channel.alive = False
        peer = channel.peer
        self.part(channel)
        self.leave(channel, hung_up=True)
        del self.channels[channel.uid]
        if channel.phone is not None:
            channel.phone.channel = None
            self.phone_changed(channel.phone)
        if channel.context == JOIN and channel.variables.get("CC_HAS") and peer is None:
            caller = self.channels.get(channel.variables.get("CC_CALLER", ""))
            if caller is not None and caller.variables.get("CC_TAKEN") == channel.uid:
                caller.variables["CC_TAKEN"] = ""
        self.event(channel, "Hangup", Cause=str(cause))
        if channel.is_caller:
            self.on_ended(channel, by)
        if channel.on_end is not None:
            channel.on_end()
        if peer is not None:
            self.left_alone(peer, NORMAL)

    def phone_changed(self, phone: Phone) -> None:
        """Tells the state of the phone, if it is another."""
        if phone.seen != phone.state:
            phone.seen = phone.state
            self.tell([("Event", "DeviceStateChange"), ("Device", phone.endpoint), ("State", phone.state)])

    def user_event(self, channel: Channel, name: str, **headers: str) -> None:
        """Tells an event of the dialplan's own."""
        self.event(channel, "UserEvent", None, UserEvent=name, **headers)

    def event(self, channel: Channel | None, name: str, leg: Channel | None = None, **more: str) -> None:
        """Tells an event about a channel, and about the leg that it dials."""
        headers = [("Event", name), *([] if channel is None else self.headers(channel, ""))]
        if leg is not None:
            headers += self.headers(leg, "Dest")
        self.tell([*headers, *more.items()])

    def tell(self, headers: Headers) -> None:
        """Tells an event, some milliseconds from now, after those told before."""
        self._told_us = max(self._told_us, self.world.now_us + self.chance.randint(*_EVENT_US))
        starts = self._starts

        def tell() -> None:
            if self._starts == starts:
                self.manager.event(headers)

        self.world.at(self._told_us, tell)

    @staticmethod
    def headers(channel: Channel, role: str) -> list[tuple[str, str]]:
        """What events and lists say of a channel; *role* stands before each name."""
        told = [(f"{role}ChanVariable", f"{name}={_escaped(channel.variables.get(name, ''))}") for name in _TOLD]
        return [
            (f"{role}Channel", channel.name),
            (f"{role}Uniqueid", channel.uid),
            (f"{role}ChannelStateDesc", channel.state),
            (f"{role}CallerIDNum", channel.number or "<unknown>"),
            (f"{role}CallerIDName", "<unknown>"),
            (f"{role}Context", channel.context),
            (f"{role}Exten", channel.extension),
            (f"{role}BridgeId", channel.bridge),
            *told,
        ]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
