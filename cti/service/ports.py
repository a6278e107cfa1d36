"""What the live service and its neighbours know of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from centre.capabilities import LineCapabilities
from centre.effects import Effect, FetchData, Order
from centre.events import Event
from config.site import Site
from cti.store import StoreStatus

if TYPE_CHECKING:
    from centre.calls import CallRecord
    from cti.store import Contact
    from ivr.messages import Score
    from ivr.picture import Walk

Tell = Callable[[Event], None]
"""Tells the centre that something happened. Never blocks, never raises; call it from the event loop's thread."""

MayAct = Callable[[], bool]
"""Whether this engine may act on the world at this very instant: False once another engine may lead. Asked right before
each act, as a process may have been frozen in the middle of anything."""

Listener = Callable[[Effect, int], None]
"""Hears every effect with its time (Unix milliseconds). Must not block; an exception is logged and harms nobody."""


def always() -> bool:
    """:data:`MayAct` of an engine that has nobody beside it."""
    return True


class Line(Protocol):
    """An exchange that calls come in by: Asterisk, Twilio, the virtual line."""

    @property
    def id(self) -> str:
        """A short name, unique in the site; call ids begin with it."""

    @property
    def capabilities(self) -> LineCapabilities:
        """What the line can do."""

    async def start(self, tell: Tell) -> None:
        """Begins to carry calls. Raises :class:`LineError` with one clear line when it cannot."""

    def reconfigure(self, site: Site) -> None:
        """Goes by another configuration of the same site from now on. Raises :class:`LineError`, with nothing changed,
        when it cannot without a new start."""

    def carry_out(self, order: Order) -> None:
        """Begins to do what the centre wants. Never blocks, never raises: trouble comes back as an event."""

    def turn_away(self, call: str) -> None:
        """The centre does not take in this call, which has just arrived: it is left to what the line does without an
        engine. Never blocks, never raises."""

    def look_again(self) -> None:
        """Begins to tell the centre anew how its calls stand, as after a time out of reach, up to a
        :class:`~centre.events.LineSynchronised`: a word of it was lost. Never blocks, never raises."""

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at the sensitive question with this step; None when it is not kept any more.

        It is kept as long as the call is in its menu, in the line's memory alone.
        """

    def health(self) -> Mapping[str, str]:
        """A few words for the page at /: at least ``state`` (“up”, “connecting”, “down”)."""

    async def close(self) -> None:
        """Ends. Callers on the line stay where they are, if the line can keep them."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """Unix milliseconds, never going back."""


class LineError(Exception):
    """The line cannot start; the text says why and how to mend it."""


class DipFailed(Exception):
    """A data dip has no answer; the text says why in a word or two, and names no value of the request."""


class WebServices(Protocol):
    """Where data dips go."""

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """The values that ``wanted`` names; ``secrets`` are further fields of its body. Raises :class:`DipFailed`
        within the time-out that ``wanted`` sets."""

    async def close(self) -> None:
        """Ends what is open."""


class CallRecords(Protocol):
    """What is kept of calls: a :class:`~cti.store.Store`, or one that is still to be opened."""

    def record(self, call: CallRecord) -> None:
        """Keeps what is known of a call; a later record of it replaces the earlier. Returns at once, raises nothing."""

    async def history(self, number: str, limit: int = 5) -> list[Contact]:
        """The last contacts of a caller, newest first; what cannot be had in time is left out."""

    async def walks(self, flow: str, since: int, until: int) -> list[Walk]:
        """The ways of calls through ``flow``, of a time in Unix milliseconds. Raises
        :class:`~cti.store.StoreError`."""

    async def scores(self, since: int, until: int) -> list[tuple[str, Score]]:
        """What callers said of their conversations, each answer with the queue, of a time in Unix milliseconds. Raises
        :class:`~cti.store.StoreError`."""

    async def newest(self, before: int) -> int | None:
        """When the latest call arrived of those in the database that had ended before ``before`` (both in Unix
        milliseconds); None: it has none. Raises :class:`~cti.store.StoreError`."""

    def status(self) -> StoreStatus:
        """How it does."""

    def health(self) -> Mapping[str, str]:
        """``state`` (“up”, or what is wrong), and each count that is not nothing."""


class CustomerRecords(Protocol):
    """Who a caller is, by number."""

    async def find(self, number: str) -> Mapping[str, str] | None:
        """What is known of the caller; None: nobody by that number. May be slow: it holds up nobody's call."""
