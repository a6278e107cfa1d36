"""Why a call went to an agent, or still waits: computed from the state before the decision, never remembered.

The live core keeps no reasons. Whoever wants one replays the journal up to the event in question and asks here.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from acd.alternatives import Standing, smallest_change
from acd.changes import Change
from acd.effects import AgentState
from acd.engine import Acd
from acd.events import Event
from acd.inside import Inside
from acd.requirement import describe, first_unmet
from acd.setup import Strategy
from acd.state import AgentRecord, CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One agent, in view of one call."""

    agent: str
    excluded_by: str
    """The clause that keeps the agent from the call: a need of the call, their state, a decline; "" for a candidate."""
    score: int | None = None
    """What the strategy compares: sum of levels, calls since signing in, occupancy in per cent, number of the last
    offer; 0 for longest idle. None for those who are not idle."""
    idle_ms: int | None = None
    """How long a candidate has been idle, as the core counts it."""
    in_hand: int = 0
    """How many calls a candidate has in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A waiting call that the agent might have been given instead."""

    call: str
    points: int
    waiting_since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A call, the agent it goes to (None: it waits), and the grounds."""

    call: str
    queue: str
    needs: str
    steps_open: int
    """How many relaxation steps of the queue count by now."""
    points: int
    waiting_since: int
    strategy: Strategy
    agent: str | None
    phone: int
    """1 if no phone rings for the call yet, 2 if the agent's rings beside another one, and so on."""
    decided_by: str
    """What set the agent before the next candidate: “only candidate”, “has not missed this call”, the strategy,
    “fewest calls in hand”, “longest-idle” or “order of the setup”; “kept for the agent”; “preference of the agent” if
    another call had chosen the agent, who would rather have this one; “no candidate” if the call waits."""
    verdicts: tuple[Verdict, ...]
    """All agents: candidates first, in the order in which they would get the call, then the others."""
    rivals: tuple[Rival, ...]
    """The other waiting calls that the agent may take, first in rank first. They come after this one, unless the
    agent has declined them."""
    steps_early: int
    """How many of these were opened before their time, since those before could help nobody at work."""
    change: Change | None
    """The smallest change that would have altered the decision; None if none is known, or it was not looked for."""


def explain(acd: Acd, event: Event, at: int, *, changes: bool = True) -> list[Decision]:
    """The decisions that ``acd`` takes if ``event`` happens at ``at``, in order. ``acd`` itself stays as it is.

    The price is that of a copy of all its state, and with ``changes`` of some dozens of copies a decision: for people
    who ask, not for every event.
    """
    twin = deepcopy(acd)
    decisions: list[Decision] = []
    watch_all(twin, decisions.append, changes=changes)
    twin.apply(event, at)
    return decisions


def watch_all(acd: Acd, seen: Callable[[Decision], None], *, changes: bool = False) -> None:
    """From now on lets ``seen`` have each decision of ``acd`` while it is taken."""
    acd.inside.watch(lambda call, agent: seen(_decision(acd, call, agent, changes=changes)))


def watch(acd: Acd, call: str, seen: Callable[[Decision], None]) -> None:
    """From now on lets ``seen`` have each decision about ``call`` while it is taken: to whom it goes, and whenever an
    agent who might have had it goes to a call before it (what would have altered that is not looked for)."""

    def witness(given: CallRecord, agent: AgentRecord) -> None:
        if given.id == call or any(rival.id == call for rival in acd.inside.calls_for(agent)):
            seen(_decision(acd, given, agent, changes=given.id == call))

    acd.inside.watch(witness)


def explain_wait(acd: Acd, call: str, *, changes: bool = True) -> Decision:
    """Why ``call`` still waits, as of the last event. KeyError if it does not wait."""
    record = acd.inside.call(call)
    if not record.waiting:
        raise KeyError(call)
    return _decision(acd, record, None, changes=changes)


def _decision(acd: Acd, call: CallRecord, agent: AgentRecord | None, *, changes: bool) -> Decision:
    inside = acd.inside
    now = inside.now
    ranked: list[tuple[Standing, AgentRecord, Verdict]] = []
    others: list[Verdict] = []
    for other in inside.agents:
        if other.left:
            continue
        excluded_by = _exclusion(inside, call, other)
        if excluded_by:
            others.append(Verdict(agent=other.setup.id, excluded_by=excluded_by))
            continue
        standing = inside.standing(call, other)
        verdict = Verdict(
            agent=other.setup.id,
            excluded_by="",
            score=abs(standing[0]),
            idle_ms=now - standing[2],
            in_hand=standing[1],
        )
        ranked.append(((other.index in call.missed_by, *standing), other, verdict))
    ranked.sort(key=lambda item: item[0])
    decided_by = _tie_break([key for key, _, _ in ranked], call.queue.setup.strategy)
    chosen_by_call = agent is None or _chose(inside, call)
    if not chosen_by_call:
        decided_by = "preference of the agent"
    elif call.kept_for is not None and agent is not None:
        decided_by = "kept for the agent"
    rivals = [] if agent is None else [rival for rival in inside.calls_for(agent) if rival is not call]
    return Decision(
        call=call.id,
        queue=call.queue.setup.id,
        needs=describe(call.all_needs),
        steps_open=call.steps,
        points=call.points,
        waiting_since=call.waiting_since,
        strategy=call.queue.setup.strategy,
        agent=None if agent is None else agent.setup.id,
        phone=len(call.offers) + 1,
        decided_by=decided_by,
        verdicts=(*(verdict for _, _, verdict in ranked), *others),
        rivals=tuple(Rival(call=rival.id, points=rival.points, waiting_since=rival.waiting_since) for rival in rivals),
        steps_early=max(call.steps - call.queue.steps_open(now - call.waiting_since), 0),
        change=smallest_change(
            acd,
            call,
            agent,
            [(key, other) for key, other, _ in ranked],
            rivals,
            chosen_by_call=chosen_by_call,
        )
        if changes
        else None,
    )


def _chose(inside: Inside, call: CallRecord) -> bool:
    """Whether ``call``, which goes to an agent, is the first that may choose one: if not, the agent whom that one has
    chosen would rather have this."""
    return next(other for other in inside.waiting if inside.agent_for(other) is not None) is call


def _exclusion(inside: Inside, call: CallRecord, agent: AgentRecord) -> str:
    """The first thing that keeps ``agent`` from ``call``; "" if nothing does."""
    unmet = first_unmet(call.all_needs, agent.setup.skills)
    if unmet is not None:
        return f"needs {describe(unmet)}"
    channel = call.queue.setup.channel
    if not inside.groups.channels.capacity(agent.setup, channel):
        return f"takes no {channel}"
    if call.closed_to >> agent.group & 1:
        after_ms = agent.setup.queues[call.queue.setup.id].after_ms
        return f"takes calls of this queue only when they have waited {after_ms / 1000:g} s"
    if call.kept_for is not None and call.kept_for != agent.index:
        return f"kept for {inside.agents[call.kept_for].setup.id}"
    if agent.state is AgentState.NOT_READY:
        return f"not-ready: {agent.reason}"
    if not agent.idle >> call.call_class.channel & 1:
        return _lack_of_room(inside, call, agent)
    if agent.index in call.passed_over:
        return "missed this call" if call.passed_over[agent.index] is None else "declined this call"
    return ""


def _lack_of_room(inside: Inside, call: CallRecord, agent: AgentRecord) -> str:
    """Why an agent, who meets all needs, cannot have one more call of this channel: the agent's state, where nobody has
    several calls in hand, or a phone rings; else with what is in the way: the channel that is full, say."""
    channels, channel = inside.groups.channels, call.queue.setup.channel
    if not inside.groups.several or agent.offer is not None or not agent.conversations:
        return agent.state.value
    if agent.next is not None:
        return f"{agent.state.value}, then {agent.next[0].value}"
    if agent.own_call:
        return f"{agent.state.value}: own call"
    in_hand = [talk.channel for talk in agent.conversations.values()]
    capacity = channels.capacity(agent.setup, channel)
    if in_hand.count(channel) >= capacity:
        return f"{agent.state.value}: {channel} full, {in_hand.count(channel)} of {capacity}"
    for other in dict.fromkeys(in_hand):
        if not channels.go_together(other, channel):
            return f"{agent.state.value}: {channel} does not interrupt {other}"
    return agent.state.value


def _tie_break(keys: list[Standing], strategy: Strategy) -> str:
    if not keys:
        return "no candidate"
    if len(keys) == 1:
        return "only candidate"
    first, second = keys[:2]
    for name, one, other in zip(
        ("has not missed this call", strategy.value, "fewest calls in hand", Strategy.LONGEST_IDLE.value),
        first,
        second,
        strict=False,
    ):
        if one != other:
            return name
    return "order of the setup"
