"""What the engine remembers of calls, offers and agents, and what it shows of them and of queues."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.effects import AgentState, Effect, Exit
from acd.groups import CallClass
from acd.lines import Key
from acd.queues import QueueRecord
from acd.requirement import Requirement, both
from acd.rules import behind, call_rank
from acd.setup import AgentSetup, CallbackRules
from acd.timers import Due


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """An agent as others see them. Times are Unix milliseconds."""

    id: str
    state: AgentState
    reason: str
    """The reason code while not-ready, else empty."""
    since: int
    call: str | None
    """The call being offered, talked to or wrapped up. Of several in hand: see :attr:`AgentRecord.foremost`."""
    calls: tuple[str, ...]
    """All that are in hand: the one being offered, then the others, the oldest first."""
    offer: str | None
    queue: str | None
    """The queue of ``call``."""
    until: int | None
    """When the state ends by itself, if it does."""
    next_state: AgentState | None
    """What the agent asked to be after this call: not-ready, logged-out, or None for ready."""
    next_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """A queue as others see it."""

    id: str
    waiting: int
    """Callers on the line to whom no agent is being rung."""
    offered: int
    """Callers for whom an agent's phone rings; they are waiting for the statistics."""
    longest_waiting_since: int | None
    """Unix milliseconds since when the caller who has waited longest (ringing included) waits."""
    callbacks: int
    """Customers who are to be called back, in no other count here: those who have booked a later time included."""
    ready: int
    """Agents who could be offered a plain call of this queue (no needs of its own, no relaxation) this instant."""
    staffed: int
    """Agents who could take a plain call of this queue, now or after their present call, one of their own included."""


class Moment:
    """The present: what the time is (Unix milliseconds) and what has followed so far from the event of now."""

    __slots__ = ("effects", "events", "now")

    def __init__(self) -> None:
        self.now = 0
        self.events = 0
        """How many events there were."""
        self.effects: list[Effect] = []


AT_WORK = frozenset({AgentState.OFFERED, AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP})
_WITH_CALLERS = frozenset({AgentState.TALKING, AgentState.HOLD})
_FOREMOST = (AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP)


@dataclass(slots=True, eq=False)
class Callback:
    """What a call is that nobody is on the line for."""

    rules: CallbackRules
    """Those of the queue that it was asked for in, wherever it has been sent since."""
    began_at: int
    """When it was asked for, or the time it is booked for; its wait limit counts from here. Unix milliseconds."""
    not_before: int
    """Before this nobody is dialled."""
    dials: int = 0
    """How often the number was dialled so far."""
    reached: bool = False
    """The customer has answered and is on the line: from now on it is a call like any other."""
    timer: int | None = None
    """Until ``not_before``."""


@dataclass(slots=True, eq=False)
class CallRecord:
    """A call that waits or is being offered."""

    id: str
    queue: QueueRecord
    needs: Requirement
    """The call's own, on top of the queue's."""
    priority: int
    """The call's own points."""
    waiting_since: int
    entered_at: int
    """When it came into this queue."""
    place_since: int
    """Counts for the place among others: ``waiting_since``, or that of an earlier call whose place this one keeps."""
    number: int
    """In order of entering the core: the last tie-break."""
    caller: str = ""
    steps: int = 0
    closed_to: int = 0
    """The mask of the groups to which it is not open yet."""
    call_class: CallClass = field(init=False)
    """The class of ``all_needs``, given by :meth:`acd.routing.Routing.classify`."""
    in_line: bool = False
    """Whether it stands in a waiting line: for its first phone, or for one more."""
    key: Key = (0, 0, 0)
    """The :attr:`rank` by which it stands there."""
    offers: dict[str, OfferRecord] = field(default_factory=dict)
    """The phones that ring for it, the one that has rung longest first."""
    rung_since: int | None = None
    """When the first phone rang for it in this queue."""
    overdue: Exit | None = None
    """Why it leaves the queue unless a phone that rings for it is answered."""
    missed_by: set[int] = field(default_factory=set)
    """Agents who let this call ring out, were busy or unreachable: asked again only if nobody else is idle."""
    passed_over: dict[int, int | None] = field(default_factory=dict)
    """Agents who are not asked for the time being: those who declined, to the timer that ends their pause for this
    call, and those who missed it while another phone rang on (None); all until no phone rings for it any more."""
    been: tuple[str, ...] = ()
    """The queues in which it was before this one."""
    kept_for: int | None = None
    """The index of the only agent who may take it for the time being; None: everybody who meets the needs."""
    kept_until: int | None = None
    """Until when, if not always (Unix milliseconds)."""
    kept_always: bool = False
    """Whether it is for that agent as long as it waits."""
    direct_until: int | None = None
    """Of a transfer to that agent: until when it waits for a free hand (Unix milliseconds). None: it is none."""
    starving: bool = False
    """Whether it has waited beyond the starvation bound."""
    step_timer: int | None = None
    starvation_timer: int | None = None
    kept_timer: int | None = None
    spill_timer: int | None = None
    limit_timers: dict[Due, int] = field(default_factory=dict)
    """Those that end its stay in the queue."""
    callback: Callback | None = None
    phone_timer: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether it stands in line and no phone rings for it."""
        return self.in_line and not self.offers

    @property
    def offer(self) -> OfferRecord | None:
        """The phone that has rung for it longest."""
        return next(iter(self.offers.values()), None)

    @property
    def agent_unanswered(self) -> Exit | None:
        """Why the call leaves the queue if the phone that rings now is not answered; None: it waits on."""
        return None if self.direct_until is None else Exit.AGENT_UNANSWERED

    @property
    def is_absent(self) -> bool:
        """Whether the customer has to be dialled first."""
        return self.callback is not None and not self.callback.reached

    @property
    def points(self) -> int:
        """The queue's, those of the open steps and its own."""
        return self.queue.points[self.steps] + self.priority

    @property
    def rank(self) -> Key:
        """The place among all calls that want a phone: behind those for which fewer ring; then by the order of the
        centre, then longest waiting, then first come."""
        since = self.place_since
        rank = call_rank(self.points, since, self.queue.points_per_minute, self.starving)
        return (behind(rank, len(self.offers)), since, self.number)

    @property
    def all_needs(self) -> Requirement:
        """What an agent must hold now."""
        return both(self.queue.needs[self.steps], self.needs)


@dataclass(slots=True, eq=False)
class OfferRecord:
    """A ringing phone."""

    id: str
    call: CallRecord
    agent: AgentRecord
    turn_before: int
    """The agent's turn before this offer."""
    timer: int | None = None
    dialling: bool = False
    """The customer's phone rings."""


@dataclass(slots=True, eq=False)
class Conversation:
    """A call that an agent talks about, or wraps up."""

    call: str
    queue: QueueRecord
    channel: str
    """That of the queue when the call was answered."""
    since: int
    """Up to when its time is booked."""
    state: AgentState = AgentState.TALKING
    """Talking, hold or wrap-up."""
    until: int | None = None
    """When the wrap-up ends by itself, if it does."""
    timer: int | None = None
    """Until then."""
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_up_ms: int = 0

    def go_on(self, state: AgentState, now: int) -> None:
        """Books the time of the state up to now, and goes over to another one."""
        before = self.state
        if before is AgentState.TALKING:
            self.talk_ms += now - self.since
        elif before is AgentState.HOLD:
            self.hold_ms += now - self.since
        else:
            self.wrap_up_ms += now - self.since
        self.state, self.since = state, now

    def with_caller_by(self, at: int) -> int:
        """How long talk and hold have lasted by ``at``."""
        running = at - self.since if self.state in _WITH_CALLERS else 0
        return self.talk_ms + self.hold_ms + running


@dataclass(slots=True, eq=False)
class AgentRecord:
    """An agent at work."""

    setup: AgentSetup
    index: int
    group: int
    state: AgentState = AgentState.LOGGED_OUT
    reason: str = ""
    since: int = 0
    until: int | None = None
    next: tuple[AgentState, str] | None = None
    """What the agent asked to be after this call; None: ready."""
    call: str | None = None
    """The call that the state is about."""
    offer: OfferRecord | None = None
    conversations: dict[str, Conversation] = field(default_factory=dict)
    """The calls that were answered and are not wrapped up, the oldest first."""
    own_call: bool = False
    """Whether the agent's phone is busy with a call that is none of ours."""
    misses: int = 0
    """Offers missed in a row."""
    passed_over_by: dict[int, CallRecord] = field(default_factory=dict)
    """Calls, by number, that the agent is not asked for, for the time being."""
    idle: int = 0
    """The channels (a mask) in whose lines of idle agents the agent stands."""
    spare: int = 0
    """The channels of which a call for which no phone rings may have this agent, whose phone rings beside others."""
    idle_since: int = 0
    """Now less the time spent ready since the last conversation (while ready or offered); with calls in hand, since
    when the last of them was taken or ended."""
    idle_ms: int = 0
    """That time (while not-ready)."""
    talked_ms: int = 0
    """Talk and hold since signing in, of conversations that are over."""
    answered: int = 0
    """Calls since signing in."""
    turn: int = 0
    """The number of the agent's last offer, counted over the whole centre, without those that another agent or another
    call ended: the order of round robin."""
    busy_ms: int = 0
    """Offered, talk, hold and wrap-up since signing in, up to ``since``."""
    ready_ms: int = 0
    """Ready since signing in, up to ``since``."""
    left_at: int = 0
    """Since when not at work, where that is so; 0: since ever."""
    gone: bool = False
    """No longer in the setup: logged out, or about to be after the call in hand."""

    @property
    def left(self) -> bool:
        """Whether the agent is gone for good: only the record is still there."""
        return self.gone and self.state is AgentState.LOGGED_OUT

    @property
    def foremost(self) -> Conversation | None:
        """Of several calls in hand the one that the agent's state is about, unless one is being offered: one that is
        talked to before one on hold, that before one that is wrapped up, and of equals the oldest."""
        talks = self.conversations.values()
        if len(talks) < 2:
            return next(iter(talks), None)
        return min(talks, key=lambda talk: _FOREMOST.index(talk.state))

    def ready_by(self, at: int) -> int:
        """Ready since signing in, up to ``at``."""
        return self.ready_ms + (at - self.since if self.state is AgentState.READY else 0)

    def busy_by(self, at: int) -> int:
        """Offered, talk, hold and wrap-up since signing in, up to ``at``."""
        return self.busy_ms + (at - self.since if self.state in AT_WORK else 0)

    def talked_by(self, at: int) -> int:
        """Talk and hold since signing in, as if all conversations were over at ``at``."""
        running = [talk for talk in self.conversations.values() if talk.state is not AgentState.WRAP_UP]
        return self.talked_ms + sum(talk.with_caller_by(at) for talk in running)

    def view(self) -> AgentView:
        """What others may know."""
        offer, queue = self.offer, None
        if offer is not None:
            queue = offer.call.queue.setup.id
        elif self.call is not None:
            queue = self.conversations[self.call].queue.setup.id
        state, reason = self.next or (None, "")
        return AgentView(
            id=self.setup.id,
            state=self.state,
            reason=self.reason,
            since=self.since,
            call=self.call,
            calls=(*(() if offer is None else (offer.call.id,)), *self.conversations),
            offer=None if offer is None else offer.id,
            queue=queue,
            until=self.until,
            next_state=state,
            next_reason=reason,
        )
