"""What the shadow of the core notes of agents and calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.effects import OWN_CALL, AgentState
from acd.requirement import Requirement
from acd.setup import AgentSetup, Preference, QueueSetup

S = AgentState
NEXT = {
    S.LOGGED_OUT: {S.NOT_READY},
    S.NOT_READY: {S.NOT_READY, S.READY, S.LOGGED_OUT},
    S.READY: {S.OFFERED, S.NOT_READY, S.LOGGED_OUT},
    S.OFFERED: {S.TALKING, S.READY, S.NOT_READY, S.LOGGED_OUT},
    S.TALKING: {S.HOLD, S.WRAP_UP, S.READY, S.NOT_READY, S.LOGGED_OUT},
    S.HOLD: {S.TALKING, S.WRAP_UP, S.READY, S.NOT_READY, S.LOGGED_OUT},
    S.WRAP_UP: {S.WRAP_UP, S.READY, S.NOT_READY, S.LOGGED_OUT},
}
"""What an agent without calls in hand can be next."""


@dataclass
class ShadowTalk:
    """A call in hand that was answered."""

    channel: str
    answered_at: int
    state: AgentState = S.TALKING


@dataclass
class ShadowAgent:
    setup: AgentSetup
    index: int
    state: AgentState = S.LOGGED_OUT
    since: int = 0
    offer: str | None = None
    call: str | None = None
    talks: dict[str, ShadowTalk] = field(default_factory=dict)
    idle_ms: int = 0
    busy_ms: int = 0
    ready_ms: int = 0
    talked_ms: int = 0
    answered: int = 0
    turn: int = 0
    own_call: bool = False
    reason: str = ""
    left_at: int = 0
    """Since when not at work, where that is so."""
    gone: bool = False

    @property
    def away(self) -> bool:
        """Not at work; a call of one's own is work, and over at some time."""
        return self.state is S.LOGGED_OUT or (self.state is S.NOT_READY and self.reason != OWN_CALL)

    def spend(self, at: int) -> None:
        spent, self.since = at - self.since, at
        if self.state not in (S.NOT_READY, S.LOGGED_OUT):
            self.idle_ms += spent
        if self.state is S.READY:
            self.ready_ms += spent
        elif self.state in (S.OFFERED, S.TALKING, S.HOLD, S.WRAP_UP):
            self.busy_ms += spent

    def in_hand(self) -> tuple[AgentState, str] | None:
        """The state of an agent with calls in hand, and the call that it is about."""
        if self.offer is not None:
            assert self.call is not None
            return S.OFFERED, self.call
        for state in (S.TALKING, S.HOLD, S.WRAP_UP):
            for call, talk in self.talks.items():
                if talk.state is state:
                    return state, call
        return None


@dataclass
class ShadowCall:
    id: str
    queue: QueueSetup
    needs: Requirement
    priority: int
    since: int
    number: int
    steps: int = 0
    been: tuple[str, ...] = ()
    place: int = 0
    caller: str = ""
    kept_for: str | None = None
    kept_until: int | None = None
    direct_until: int | None = None
    """Of a transfer to the agent for whom it is kept: until when it waits for a free hand."""
    rung: bool = False
    """Of such a transfer: the agent's phone has rung."""
    rung_since: int | None = None
    offers: dict[str, str] = field(default_factory=dict)
    """Offer to agent, the phone that has rung longest first."""
    missed_by: set[str] = field(default_factory=set)
    passed_over: dict[str, int | None] = field(default_factory=dict)
    """Agents who are not asked, until when; None: until no phone rings any more."""
    leaving: bool = False
    """All its offers were withdrawn: it is about to end, or to be queued elsewhere."""


def preference_of(call: ShadowCall, agent: ShadowAgent) -> Preference:
    return agent.setup.queues.get(call.queue.id, Preference())
