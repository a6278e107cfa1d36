"""The names that the engine and ``dialplans/asterisk/extensions.conf`` share. Neither works without the other."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

MENU = "holdless-menu"
"""The engine talks to the caller."""
WAIT = "holdless-wait"
"""Music, until the engine moves the call on. At the extension ``alone`` the engine is asked what the call is to do."""
DIAL = "holdless-dial"
"""Rings a phone; back to WAIT when nobody answers. The extension says all: see :func:`ring_extension`."""
OUTSIDE = "holdless-outside"
"""Dials CC_OUTSIDE for CC_RING seconds and connects the two; to WAIT when nobody answers."""
AFTER = "holdless-after"
"""The conversation is over, and the engine goes on with the caller; without an engine the call ends."""
HOLD = "holdless-hold"
"""A held caller: music."""
AGENT = "holdless-agent"
"""The agent's side: extension ``hold`` waits, ``talk`` takes the caller of CC_PEER back, and so does ``after``, from
where the caller goes to AFTER in the end."""
AGENT_TALK = "talk"
AGENT_AFTER = "after"

JOIN = "holdless-join"
"""Several phones for one caller: a leg that answers here takes the caller out of WAIT, if nobody has before."""
BACK = "holdless-back"
"""Calling back: extension ``agent`` holds an agent who waits for the customer, ``customer`` takes a customer who has
answered to WAIT, anything else dials a customer from the agent's leg: see :func:`back_extension`."""
BACK_AGENT = "agent"
BACK_CUSTOMER = "customer"

ENGINE = "CC_AGI"
"""A variable of the whole dialplan: where the engine listens that serves callers in their menus."""

ID = "CC_ID"
ENTRY = "CC_ENTRY"
"""When the call came in, microseconds since the Unix epoch."""
DATA = "CC_DATA"
NEXT = "CC_NEXT"
REASON = "CC_REASON"
"""What the next CcWait is to say as its reason."""
KEYS = "CC_KEYS"
"""The keys that mean something to a waiting caller."""
NUMBER = "CC_OUTSIDE"
"""What Dial is to dial outside, for CC_RING seconds."""
RING = "CC_RING"
OFFER = "CC_OFFER"
"""The mark of the offer that a call or a leg was last rung for: see :func:`offer_name`."""
CALL = "CC_CALL"
"""On an agent's leg: the CC_ID it rings for."""
PEER = "CC_PEER"
"""On an agent's leg: the caller's channel to take back."""
CALLER = "CC_CALLER"
"""On a leg for JOIN: the channel of the caller."""
VOID = "CC_VOID"
"""On a leg for JOIN: “1” when it shall not have the caller any more."""
COMES_BACK = "CC_AFTER"
"""On a leg for JOIN: “1” where the caller goes to AFTER when the agent hangs up."""
HAS = "CC_HAS"
"""On a leg for JOIN: “1” when it has the caller, or is about to."""
CALL_HEADER = "CC_CALL_HEADER"
"""Global: “yes” where an agent's phone gets the CC_ID in X-Holdless-Call."""
UNREACHABLE_SECONDS = "CC_UNREACHABLE_SECONDS"
"""Global: how long a phone may say nothing at all."""

NEXT_WAIT = "wait"
NEXT_OUTSIDE = "outside"
NEXT_HANGUP = "hangup"

DIAL_DONE = "CcDialDone"
KEY = "CcKey"
OUTSIDE_DONE = "CcOutsideDone"
WAITING = "CcWait"
BACK_HERE = "CcBackHere"
"""An agent who is to call back has answered."""
BACK_DONE = "CcBackDone"
"""The customer who was dialled from an agent's leg is not on the line."""
CALLED_BACK = "back"
"""The reason of a CcWait of a customer who has answered a call back."""
ALONE = "alone"
"""The reason of a CcWait that follows on a menu in which no engine had the last word, or on WAIT, ``alone``."""

MENU_SECONDS = 120
"""How long one step of a menu may last before the exchange takes the engine for frozen."""

_SEPARATOR = "~"
_GOES_ON = "g"
"""The last part of an extension of DIAL: the caller goes to AFTER when the agent hangs up."""
_PHONE = "-phone"
_DATA_BYTES_MAX = 900
"""What CC_DATA may hold: a manager line has 1,022 bytes, and the names take their part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPlace:
    """What the call itself remembers of its wait (CC_DATA), for an engine that knows nothing of it."""

    queue: str
    waiting_since: int
    language: str
    needs: tuple[str, ...] = ()
    priority: int = 0

    def to_text(self) -> str:
        """For the channel variable. A text that would be too long leaves out what the call needs."""
        whole = self._json(self.needs)
        return whole if len(whole.encode()) <= _DATA_BYTES_MAX else self._json(())

    def _json(self, needs: tuple[str, ...]) -> str:
        return json.dumps(
            {"q": self.queue, "t": self.waiting_since, "l": self.language, "n": needs, "p": self.priority},
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> WaitingPlace | None:
        """The place that :meth:`to_text` wrote; None for anything else: a channel can be made to say anything."""
        try:
            data = json.loads(text)
            place = cls(
                queue=data["q"],
                waiting_since=data["t"],
                language=data["l"],
                needs=tuple(data["n"]),
                priority=data["p"],
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        texts = (place.queue, place.language, *place.needs)
        numbers = (place.waiting_since, place.priority)
        if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in numbers):
            return None
        return place


def ring_extension(offer: str, call: str, ring_ms: int, endpoint: str, *, comes_back: bool = False) -> str:
    """Where in DIAL to send a caller to have a phone rung: the offer's mark, whole seconds, the phone, and whether the
    caller comes back when the agent hangs up.

    In one word, as a Redirect is one action and takes no variables: three Setvar before it cost each ring 1 ms.
    """
    parts = (mark(call, offer), str(math.ceil(ring_ms / 1000)), endpoint)
    return _SEPARATOR.join((*parts, _GOES_ON) if comes_back else parts)


def comes_back(extension: str, application_data: str) -> bool:
    """Whether a caller who talks goes to AFTER when the agent hangs up: by the *extension* in DIAL where the caller is,
    or by what the agent's leg bridges the two with (*application_data*)."""
    return extension.endswith(_SEPARATOR + _GOES_ON) or AFTER in application_data


def rung_phone(extension: str) -> str:
    """The phone that :func:`ring_extension` names; empty if it is another text."""
    return "".join(extension.split(_SEPARATOR)[2:3])


def offer_name(call: str, mark: str) -> str:
    """The offer with this mark: the name of an offer is that of its call, a dash and the mark. Empty for no mark."""
    return f"{call}-{mark}" if mark else ""


def cc_id(call: str) -> str:
    """The CC_ID of the call that the centre knows by this name: the name without that of the line."""
    return call.partition("-")[2]


def mark(call: str, offer: str) -> str:
    """What the exchange knows an offer of this call by: see :func:`offer_name`."""
    return offer.removeprefix(call + "-")


def phone_channel(offer: str) -> str:
    """The ChannelId of one of several phones' legs."""
    return offer + _PHONE


def is_phone_channel(channel: str) -> bool:
    """Whether this Uniqueid is that of one of several phones' legs."""
    return channel.endswith(_PHONE)


def is_agents_channel(channel: str) -> bool:
    """Whether this Uniqueid is that of an agent's leg for a call back."""
    return channel.endswith(f"-{BACK_AGENT}")


def customers_offer(channel: str) -> str | None:
    """The offer for which a customer is dialled by the leg with this Uniqueid; None: it is no such leg."""
    offer = channel.removesuffix(f"-{BACK_CUSTOMER}")
    return None if offer == channel else offer


def leg_channel(offer: str, *, is_agent: bool) -> str:
    """The ChannelId of a leg that the engine has dialled for this offer; offers are unique for ever."""
    return f"{offer}-{BACK_AGENT if is_agent else BACK_CUSTOMER}"


def back_extension(ring_ms: int, endpoint: str) -> str:
    """Where in BACK to send an agent's leg to have the customer dialled from there: whole seconds and the endpoint."""
    return _SEPARATOR.join((str(math.ceil(ring_ms / 1000)), endpoint))


def entry_ms(text: str) -> int | None:
    """CC_ENTRY in Unix milliseconds; None if it is no time."""
    return int(text) // 1000 if text.isascii() and text.isdigit() and len(text) <= 17 else None
