"""How many calls an agent may have in hand at once: a capacity for each channel, and which channels go together.

A channel has a number, its place in the setup; sets of channels are masks: bit n is channel n.
"""

from __future__ import annotations

from collections.abc import Iterable

from acd.setup import AgentSetup, ChannelSetup


class Channels:
    """The channels of a centre. Nothing in it changes."""

    __slots__ = ("_beside", "_numbers", "_setups")

    def __init__(self, setups: Iterable[ChannelSetup]) -> None:
        self._setups = tuple(setups)
        self._numbers = {channel.id: number for number, channel in enumerate(self._setups)}
        self._beside = [
            sum(1 << other for id_, other in self._numbers.items() if id_ in (channel.id, *channel.interrupted_by))
            for channel in self._setups
        ]
        """Channel to those of which an agent may be offered a call while having one of it."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self._setups)

    def number(self, channel: str) -> int:
        """The number of a channel; KeyError if there is none of this id."""
        return self._numbers[channel]

    def outliving(self, channels: Iterable[ChannelSetup], in_use: Iterable[str]) -> list[ChannelSetup]:
        """Those of ``in_use`` that are not among ``channels``, as they were here: for calls that still wait there."""
        staying = {channel.id for channel in channels}
        return [self._setups[self._numbers[id_]] for id_ in dict.fromkeys(in_use) if id_ not in staying]

    def capacity(self, agent: AgentSetup, channel: str) -> int:
        """How many calls of a channel the agent may have in hand; none if there is no such channel."""
        number = self._numbers.get(channel)
        return 0 if number is None else agent.capacity.get(channel, self._setups[number].capacity)

    def taken_by(self, agent: AgentSetup) -> int:
        """The channels of which the agent takes calls at all."""
        return sum(1 << number for number, one in enumerate(self._setups) if self.capacity(agent, one.id) > 0)

    def has_room_for_several(self, agent: AgentSetup) -> bool:
        """Whether the agent may ever have several calls in hand."""
        return any(self.room(agent, [channel.id]) for channel in self._setups)

    def go_together(self, in_hand: str, offered: str) -> bool:
        """Whether an agent with a call of the first channel in hand may be offered one of the second."""
        number = self._numbers.get(in_hand)
        return number is not None and bool(self._beside[number] >> self._numbers[offered] & 1)

    def room(self, agent: AgentSetup, in_hand: Iterable[str]) -> int:
        """The channels of which the agent, with calls of these channels in hand, may be offered one more.

        A call of a channel that is no more leaves room for nothing else.
        """
        found = (1 << len(self._setups)) - 1
        count: dict[str, int] = {}
        for channel in in_hand:
            count[channel] = count.get(channel, 0) + 1
        for channel, calls in count.items():
            number = self._numbers.get(channel)
            if number is None:
                return 0
            found &= self._beside[number]
            if calls >= self.capacity(agent, channel):
                found &= ~(1 << number)
        return found & self.taken_by(agent) if found else 0


VOICE_ONLY = Channels((ChannelSetup(),))
