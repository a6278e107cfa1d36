"""Who is at the other ends: phones that are rung, and conferences in which people hear each other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.twilio.standin.player import Leg

if TYPE_CHECKING:
    from tests.twilio.standin.twilio import StandIn


@dataclass(eq=False)
class Phone:
    """What is at the end of a number, a SIP address or a client's name."""

    answers_after: float | None = 2.0
    """Seconds of ringing; None: nobody answers."""
    status: str = ""
    """“busy” or “failed”: does not ring at all."""
    sip_code: str = ""
    legs: list[Leg] = field(default_factory=list)
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it for who answers now, whatever else is said here."""


@dataclass(eq=False)
class Conference:
    """People who hear each other, once somebody has started it."""

    world: StandIn
    sid: str
    name: str
    started: bool = False
    legs: list[Leg] = field(default_factory=list)
    ends_with: set[Leg] = field(default_factory=set)
    held: set[Leg] = field(default_factory=set)
    expected: list[Leg] = field(default_factory=list)
    """Those who ring."""
    recorded_to: str | None = None
    """Where is said that the recording is ready; empty: it is not recorded; None: nobody has come yet to settle it."""
    recorded_since: float | None = None

    def joined(self, leg: Leg, *, starts: bool, ends: bool, record: str = "", recorded_to: str = "") -> None:
        """Somebody comes in. Who comes first settles whether the conference is recorded."""
        if self.recorded_to is None:
            self.recorded_to = recorded_to if record in ("true", "record-from-start") else ""
        leg.conference = self
        self.legs.append(leg)
        if ends:
            self.ends_with.add(leg)
        self.started = self.started or starts
        if self.started and self.recorded_to and self.recorded_since is None:
            self.recorded_since = self.world.time()
        if not self.started or len(self.legs) < 2:
            leg.hear("music")
        if self.started and len(self.legs) > 1:
            for one in self.legs:
                one.hear("connected", ", ".join(other.label for other in self.legs if other is not one))

    def expects_no_more(self, leg: Leg) -> None:
        """Somebody was rung and does not come."""
        if leg in self.expected:
            self.expected.remove(leg)
            if not (self.expected or self.legs):
                self.world.conferences.pop(self.name, None)

    def left(self, leg: Leg) -> None:
        """Somebody goes out; with the last one, or one of those it ends with, the conference is over."""
        if leg not in self.legs:
            return
        self.legs.remove(leg)
        leg.conference = None
        if leg in self.ends_with or not self.legs:
            self.world.conferences.pop(self.name, None)
            self._recorded()
            for other in tuple(self.legs):
                self.legs.remove(other)
                other.put_out()
                if other.task is None:
                    self.world.ended(other, "completed")

    def _recorded(self) -> None:
        if self.recorded_since is None or not self.recorded_to:
            return
        ready = {
            "AccountSid": self.world.account,
            "ConferenceSid": self.sid,
            "RecordingSid": self.world.sid("RE"),
            "RecordingStatus": "completed",
            "RecordingDuration": str(int(self.world.time() - self.recorded_since)),
            "RecordingSource": "Conference",
        }
        self.world.news(self.recorded_to, ready)
