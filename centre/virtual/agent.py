"""A played agent: takes calls, wraps up, sometimes lets one ring, goes on breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from centre.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    HangUpAsked,
    OfferAccepted,
    WrapUpFinished,
)
from centre.virtual.habits import CallerHabits
from centre.virtual.ports import Draw, Scheduler, Tell, Timer

COMES_BACK_MS = 60_000
"""After a missed call: how long until the agent makes sure to be ready."""


class Duty(StrEnum):
    """What the agent is there for now."""

    OFF = "off"
    """Not at work."""
    PAUSE = "pause"
    """On a break."""
    ON = "on"
    """Takes calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHabits:
    """How long an agent takes, where the caller is not played. Each draw gives milliseconds."""

    answer_delay: Draw
    """From the ring to accepting."""
    lets_ring: Callable[[], bool]
    """Whether this offer is missed."""
    talk: Callable[[str], int]
    """By queue."""
    wrap_up: Draw
    disposition: Callable[[], str]
    """What is noted as the result of a call; may be empty."""
    pause: Callable[[], int | None]
    """Asked after every call: how long a break to take now, None for none."""


class PlayedAgent:
    """Plays one agent at desk and phone, while nobody else does. Reacts only through the scheduler."""

    def __init__(self, agent: str, *, scheduler: Scheduler, tell: Tell, habits: AgentHabits, pause_reason: str) -> None:
        self.agent = agent
        self.duty = Duty.OFF
        self._scheduler = scheduler
        self._tell = tell
        self._habits = habits
        self._pause_reason = pause_reason
        self._wrap_up = habits.wrap_up
        """After the conversation at hand."""
        self._doing: Timer | None = None
        self._break: Timer | None = None

    def set_duty(self, duty: Duty) -> None:
        """Goes on, off, or on a break; with a call at hand, after that."""
        if duty is self.duty:
            return
        if self.duty is Duty.OFF:
            self._tell(AgentSignedIn(agent=self.agent))
            # A wrap-up left open by an engine that is no more would keep the agent from working.
            self._tell(WrapUpFinished(agent=self.agent))
        self.duty = duty
        match duty:
            case Duty.ON:
                self._tell(AgentReady(agent=self.agent))
            case Duty.PAUSE:
                self._tell(AgentNotReady(agent=self.agent, reason=self._pause_reason))
            case Duty.OFF:
                self._tell(AgentSignedOut(agent=self.agent))

    def step_aside(self) -> None:
        """A person plays this agent from now on; not ready at first, as whoever signs in."""
        self._then(None, 0)
        self._end_break()
        self.duty = Duty.OFF
        self._tell(AgentNotReady(agent=self.agent, reason="signed-in"))

    # The phone (centre.virtual.ports.AgentSide).

    def rings(self, caller: CallerHabits | None) -> None:
        """Accepts after a while, or misses the call."""
        if caller is not None:
            delay_ms = caller.rings()
        else:
            delay_ms = None if self._habits.lets_ring() else self._habits.answer_delay()
        if delay_ms is None:
            self._then(None, 0)
        else:
            self._then(self._accept, delay_ms)

    def stops(self) -> None:
        """Makes sure to be ready again: who misses calls is set not-ready."""
        self._then(self._come_back, COMES_BACK_MS)

    def connected(self, queue: str, caller: CallerHabits | None) -> None:
        """Talks. A played caller ends it, anybody else is let go after a while."""
        self._then(None, 0)
        if caller is None:
            self._wrap_up = self._habits.wrap_up
            self._then(self._hang_up, self._habits.talk(queue))
        else:
            self._wrap_up = partial(caller.wrap_up, queue, self.agent)

    def goodbye(self) -> None:
        """Hangs up."""
        self._then(self._hang_up, 0)

    def conversation_over(self) -> None:
        """Wraps up."""
        self._then(self._wrapped_up, self._wrap_up())

    def _accept(self) -> None:
        self._tell(OfferAccepted(agent=self.agent))

    def _hang_up(self) -> None:
        self._tell(HangUpAsked(agent=self.agent))

    def _wrapped_up(self) -> None:
        pause_ms = self._habits.pause() if self.duty is Duty.ON else None
        if pause_ms is not None:
            self.set_duty(Duty.PAUSE)
            self._break = self._scheduler.after(pause_ms, self._break_over)
        self._tell(WrapUpFinished(agent=self.agent, disposition=self._habits.disposition()))

    def _break_over(self) -> None:
        if self.duty is Duty.PAUSE:
            self.set_duty(Duty.ON)

    def _end_break(self) -> None:
        if self._break is not None:
            self._break.cancel()
            self._break = None

    def _come_back(self) -> None:
        if self.duty is Duty.ON:
            self._tell(AgentReady(agent=self.agent))

    def _then(self, do: Callable[[], None] | None, delay_ms: int) -> None:
        """The one thing that the agent is about to do; None: nothing."""
        if self._doing is not None:
            self._doing.cancel()
        self._doing = None if do is None else self._scheduler.after(delay_ms, do)
