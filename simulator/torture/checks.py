"""The promises, checked after every event of the engine and of the exchange, and once more when all is quiet; what
concerns the engine alone is in :mod:`simulator.torture.promises`.

Each check compares with what the world itself knows: who is on which channel, what the channels remember, what was
journalled by all lives of the engine so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import astuple

from acd.effects import AgentState
from centre.calls import Call, CallRecord, Phase
from centre.machine import Centre
from simulator.torture.channels import Channel, Phone
from simulator.torture.dialplan import HOLD, MENU
from simulator.torture.engine import Life
from simulator.torture.exchange import Exchange
from simulator.torture.people import agent_of
from simulator.torture.promises import Broken, Promises

LINE = "asterisk"
SAMPLES = 8
"""So many looks in a row, :data:`SAMPLE_US` apart, must see the same difference for it to count: news travel."""
SAMPLE_US = 2_000_000
HEARD_OF_WITHIN_US = 5_000_000
"""By then the engine knows that two talk, on a slow network and with a full disk too."""


def in_exchange(call: str) -> str:
    """The exchange's name of a call that the centre knows by this one."""
    return call.removeprefix(f"{LINE}-")


def in_centre(name: str) -> str:
    """The centre's name of a caller."""
    return f"{LINE}-{name}"


@dataclass(frozen=True, slots=True)
class Ended:
    """What is kept of calls that ended."""

    calls: Iterable[str]
    """As often as the journal says so, or, where it had no room, the engine that still runs."""
    called_back: Mapping[str, Collection[str]]
    """By call: as what its caller was to be called back."""
    unsure: Collection[str]
    """Those of which an engine that is gone knew alone what the journal had no room for."""
    records: Mapping[str, Sequence[CallRecord]]
    """In the database."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything of a centre that decides what it does next, or that reports are made of."""

    calls: tuple[tuple[object, ...], ...]
    agents: tuple[object, ...]
    lines: tuple[object, ...]
    sums: object

    @classmethod
    def of(cls, centre: Centre) -> Fingerprint:
        """That of a centre now."""
        calls = tuple((name, *_fields(call)) for name, call in centre.calls.items())
        lines = tuple((queue.id, tuple(centre.acd.waiting(queue.id))) for queue in centre.acd.queues())
        return cls(calls, tuple(centre.acd.agents()), lines, (centre.conservation(), centre.next_due()))


def _fields(call: Call) -> Iterator[object]:
    """All that a call is now; of a list, which goes on changing, a copy."""
    return (tuple(one) if isinstance(one, list) else one for one in astuple(call))


class Checks(Promises):
    """What has to hold in a run, whatever happens."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange
        self._seen: Counter[tuple[object, ...]] = Counter()

    # What happens on the exchange.

    def rung(self, phone: Phone, leg: Channel) -> None:
        """A leg is about to ring a phone."""
        there = phone.channel
        if there is not None and there.alive and not there.leaving:
            mine, other = leg.variables.get("CC_CALL"), there.variables.get("CC_CALL")
            raise Broken("double offer", f"{agent_of(phone)} is rung for {mine}, and is {phone.state} for {other}")

    def dialled(self, leg: Channel) -> None:
        """A leg is about to ring a customer who is to be called back."""
        name = leg.variables["CC_ID"]
        for other in self._exchange.channels.values():
            if other is not leg and other.variables.get("CC_ID") == name and not other.leaving:
                raise Broken("double call", f"{name} is called back while a call to the same customer is under way")
        if in_centre(name) in self.over:
            raise Broken("double call", f"{name} is called back, and that call is over")

    def moved(self, channel: Channel, context: str) -> None:
        """The engine is about to move a channel."""
        peer = channel.peer
        if peer is None or peer.phone is None or context == HOLD:
            return
        talked_us = self._exchange.world.now_us - channel.peer_since_us
        if talked_us > HEARD_OF_WITHIN_US:
            name, agent = channel.variables["CC_ID"], agent_of(peer.phone)
            raise Broken(
                "parted", f"{name} has talked to {agent} for {talked_us / 1e6:.1f} s, and is moved to {context}"
            )

    def ended(self, channel: Channel, by: str) -> None:
        """A caller's channel is over."""
        call = in_centre(channel.variables["CC_ID"])
        if (
            channel.state == "Up"
            and by == "engine"
            and not channel.leaving
            and channel.context != HOLD
            and call not in self.let_go
        ):
            raise Broken("lost", f"the engine hung up on {channel.variables['CC_ID']}, who was in {channel.context}")

    # Across the lives of the engine.

    def life_over(self, calls: Mapping[str, Call] | None) -> None:
        """A life of the engine is over. *calls*: what the next one knows by the journal. What neither that nor the
        exchange remembers, nobody was ever told."""
        remembered = {} if calls is None else {name: call.record.queued_at for name, call in calls.items()}
        for name in list(self.since):
            channel = next(
                (one for one in self._exchange.channels.values() if in_centre(one.variables.get("CC_ID", "")) == name),
                None,
            )
            on_channel = channel is not None and channel.variables.get("CC_DATA")
            if remembered.get(name) is None and not on_channel:
                del self.since[name]
        self.over -= remembered.keys()

    # When nothing goes wrong any more.

    def difference(self, life: Life | None) -> None:
        """One look at engine and exchange; raises :class:`Broken` for a difference that stays."""
        found = set(self._differences(life))
        self._seen = Counter({one: self._seen[one] + 1 for one in found})
        for one, times in self._seen.items():
            if times >= SAMPLES:
                raise Broken("difference", " ".join(map(str, one)))

    def _differences(self, life: Life | None) -> Iterable[tuple[object, ...]]:
        if life is None or not life.link_is_up:
            yield ("the engine does not have the exchange",)
            return
        centre = life.centre
        channels = self._exchange.channels.values()
        callers = {one.variables["CC_ID"]: one for one in channels if one.is_caller and one.state == "Up"}
        for name, channel in callers.items():
            yield from self._of_caller(centre, name, channel)
        for call in centre.calls.values():
            if call.caller_there and call.phase is not Phase.WRAP_UP and in_exchange(call.record.call) not in callers:
                yield (call.record.call, "is not on the exchange, and to the engine", call.phase)
        for phone in self._exchange.phones.values():
            name = "" if phone.channel is None else phone.channel.variables.get("CC_CALL", "")
            if phone.channel is not None and name not in callers and not _is_dialled(centre.call(in_centre(name))):
                yield (agent_of(phone), "has nobody on the line", phone.channel.uid)

    @staticmethod
    def _of_caller(centre: Centre, name: str, channel: Channel) -> Iterable[tuple[object, ...]]:
        call = centre.call(in_centre(name))
        phase = None if call is None else call.phase
        if channel.peer is not None and channel.peer.phone is not None:
            agent = agent_of(channel.peer.phone)
            if phase is not Phase.TALKING or call is None or call.record.agent != agent:
                yield (name, "talks to", agent, "and is to the engine", phase, channel.bridge)
        elif channel.context == HOLD:
            if call is None or phase is not Phase.TALKING or not call.held:
                yield (name, "is held and to the engine", phase)
        elif phase not in (Phase.WAITING, Phase.OFFERED, *((Phase.MENU,) if channel.context == MENU else ())):
            yield (name, "is in", channel.context, channel.step, "and to the engine", phase)
        elif phase is Phase.WAITING and call is not None:
            asked = {one.agent for one in call.record.offers}
            for view in centre.acd.agents():
                if view.state is AgentState.READY and view.id not in asked:  # who declined is not asked again at once
                    yield (name, "waits, and", view.id, "is ready")

    def at_end(
        self,
        life: Life,
        replayed: Iterable[Centre],
        over: Ended,
        arrived: Iterable[str],
    ) -> None:
        """Everybody has hung up, and some time has passed."""
        centre = life.centre
        if left := [f"{name} ({call.phase.value})" for name, call in centre.calls.items()]:
            raise Broken("conservation", f"nobody is on the line, and the engine has {', '.join(left)}")
        for view in centre.acd.agents():
            if view.state not in (AgentState.READY, AgentState.NOT_READY, AgentState.LOGGED_OUT):
                raise Broken("agents", f"nobody is on the line, and {view.id} is {view.state.value}")
        if any(Fingerprint.of(centre) != Fingerprint.of(one) for one in replayed):
            raise Broken("replay", "the replay of the whole journal is not the state")
        if life.says_of_journal:
            raise Broken("spool", f"the disk has room, and the engine says: {life.says_of_journal}")
        ended = Counter(call for call in over.calls if call not in over.unsure)
        for call, count in ended.items():
            if count > 1:
                raise Broken("records", f"{call} ended {count} times")
        for call in [in_centre(name) for name in arrived if in_centre(name) not in over.unsure]:
            if call in ended and call not in over.records:
                raise Broken("records", f"{call} has ended, and there is no record of it in the database")
            for back in over.called_back.get(call, ()):
                if back not in ended and back not in over.unsure:
                    raise Broken("records", f"{call} was to be called back, and {back} never ended")
            if call not in ended and call in self.since:
                raise Broken("records", f"{call} waited, is gone, and never ended")


def _is_dialled(call: Call | None) -> bool:
    """Whether the customer of this call is about to be called, by an agent who waits."""
    return call is not None and not call.caller_there and call.phase in (Phase.OFFERED, Phase.DIALLING)
