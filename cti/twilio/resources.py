"""What Twilio's REST API is asked for and answers, as far as the line goes by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCall:
    """A call in Twilio's list."""

    sid: str
    inbound: bool
    number: str
    """From."""
    dialled: str
    """To."""
    started_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundParticipant:
    """Somebody in a conference, or on the way there."""

    sid: str
    """The call's."""
    label: str
    status: str
    """queued, connecting, ringing, connected, complete or failed."""
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConference:
    """A conference that goes on."""

    sid: str
    name: str
    """As we named it: the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """A phone that is to be rung into a conference."""

    conference: str
    """The conference's name: the call's."""
    label: str
    phone: str
    caller_id: str
    timeout_s: int
    news_to: str
    """Where its news go."""
    starts: bool
    """Whether the conference begins with it: an agent's does; a customer who is to wait hears music."""
    ends: bool
    """Whether the conference ends with it: so for the customer, not for one of several agents who ring."""
    music: str
    recording_to: str = ""
    """Where to say that a recording of the conference is ready; empty: it is not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """It rings, or is about to."""

    sid: str
    conference: str
    """Twilio's name of the conference."""
