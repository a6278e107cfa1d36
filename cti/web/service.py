"""What the pages need of the live service (``cti.service.runtime.Service`` is one)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from centre.effects import Effect
from centre.events import Event
from centre.machine import Centre
from config.site import Site
from cti.service.ports import Line
from cti.service.standing import Standing
from ivr.messages import Score
from ivr.picture import Walk


class Contact(Protocol):
    """One earlier contact of a caller."""

    @property
    def at(self) -> int:
        """When the caller arrived, Unix milliseconds."""

    @property
    def queue(self) -> str | None:
        """The id of the queue, if it came to that."""

    @property
    def agent(self) -> str | None:
        """The id of the agent, if it came to that."""

    @property
    def outcome(self) -> str:
        """How it ended for the caller."""

    @property
    def disposition(self) -> str:
        """The code the agent gave it."""

    @property
    def note(self) -> str:
        """What the agent wrote."""


class Service(Protocol):
    """One running centre."""

    @property
    def site(self) -> Site:
        """Names, titles and codes by language."""

    @property
    def centre(self) -> Centre:
        """To be looked at only."""

    @property
    def lines(self) -> Mapping[str, Line]:
        """The exchanges by id."""

    def now(self) -> int:
        """Unix milliseconds."""

    def tell(self, event: Event) -> None:
        """Takes in what somebody at a page wants; never blocks, never raises."""

    def subscribe(self, listener: Callable[[Effect, int], None]) -> Callable[[], None]:
        """Every effect from now on; call what is returned to end it."""

    def standing(self) -> Standing:
        """How well what happens is kept."""

    def health(self) -> Mapping[str, Mapping[str, str]]:
        """What works and what does not, by part; each has at least ``state``."""

    async def history(self, number: str, limit: int = 5) -> Sequence[Contact]:
        """The last contacts of a caller, newest first."""

    async def walks(self, flow: str, since: int, until: int) -> Sequence[Walk]:
        """The ways through ``flow`` of calls that arrived from ``since`` to before ``until`` (Unix milliseconds).
        Raises :class:`cti.store.StoreError` when the database is away."""

    async def scores(self, since: int, until: int) -> Sequence[tuple[str, Score]]:
        """What callers said of their conversations who arrived from ``since`` to before ``until`` (Unix milliseconds),
        each answer with the queue of the call. Raises :class:`cti.store.StoreError` when the database is away."""


@runtime_checkable
class PlaysAgents(Protocol):
    """A line on which the machine plays agents (:class:`cti.virtual.VirtualLine`)."""

    def take_over(self, agent: str) -> None:
        """A person sits at the desk of ``agent`` now."""

    def give_back(self, agent: str) -> None:
        """That person has signed out."""


def played_agents(service: Service) -> frozenset[str]:
    """Whom the machine plays while nobody else does; nobody, on lines without such play."""
    can_play = any(isinstance(line, PlaysAgents) for line in service.lines.values())
    return frozenset(service.site.virtual.played) if can_play else frozenset()


CheckPassword = Callable[[str, str], Awaitable[bool]]
"""Whether a user (an agent's id, or “supervisor”) has this password."""
