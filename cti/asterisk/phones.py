"""Which agents' phones are busy with calls that are none of ours, from the exchange's own view of its devices.

No I/O. A phone's state changes some three times a call; the exchange says no more than that it is in use. So a use is
the agent's own call where the engine neither rings that phone nor has it connected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from centre import events
from cti.asterisk.ami_messages import AmiEvent

_CHANGED = "DeviceStateChange"
_IN_USE = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})
"""Of the states in Asterisk's ``main/devicestate.c``, those of a phone that cannot take a call."""


class Phones:
    """The phones of the agents."""

    def __init__(self, agents: Mapping[str, str], is_ours: Callable[[str], bool]) -> None:
        """*agents*: by phone (“PJSIP/olena”). *is_ours*: whether the engine rings this phone or has it connected."""
        self._agents = agents
        self._is_ours = is_ours
        self._own: set[str] = set()
        """Agents on calls of their own."""
        self._heard: dict[str, str] = {}
        """By phone: its state, where it has changed since the list was asked for."""

    def reconfigure(self, agents: Mapping[str, str]) -> None:
        """These are the agents' phones from now on; what they do just now, :meth:`synchronise` has to be told."""
        self._agents = agents
        self._own.intersection_update(agents.values())

    def agent_of(self, phone: str) -> str:
        """Whose phone this is; empty if nobody's."""
        return self._agents.get(phone, "")

    def hear(self, event: AmiEvent) -> list[events.Event]:
        """What one event means to the centre, if it is the change of an agent's phone."""
        if event.name != _CHANGED:
            return []
        phone = event.headers.get("Device", "")
        agent = self._agents.get(phone)
        if agent is None:
            return []
        state = self._heard[phone] = event.headers.get("State", "")
        is_own = state in _IN_USE and not self._is_ours(phone)
        if is_own is (agent in self._own):
            return []
        return [self._noted(agent, began=is_own)]

    def asked(self) -> None:
        """The list of devices has been asked for: what is heard from now on is no older than it."""
        self._heard.clear()

    def synchronise(self, devices: Iterable[AmiEvent]) -> list[events.Event]:
        """What the whole list of devices (DeviceStateList) means to a centre that may have missed anything: a word on
        every agent, for what the centre remembers may be of a time before this process."""
        states = {device.headers.get("Device", ""): device.headers.get("State", "") for device in devices}
        states |= self._heard
        return [
            self._noted(agent, began=states.get(phone, "") in _IN_USE and not self._is_ours(phone))
            for phone, agent in self._agents.items()
        ]

    def _noted(self, agent: str, *, began: bool) -> events.Event:
        if began:
            self._own.add(agent)
            return events.OwnCallBegan(agent=agent)
        self._own.discard(agent)
        return events.OwnCallEnded(agent=agent)
