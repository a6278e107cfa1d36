"""The smallest change that would have altered a decision.

“Smallest” is the first that exists in this order: what lies with the call before what lies with its agents, and what
passes by itself before what has to be learnt.

1. the call that was passed over had come earlier;  2. the next candidate had ranked before (idle for longer, a better
score, the lot, the order of the setup);  3. an agent who meets the needs had been ready (not having declined, in
wrap-up, not-ready, ringing, on hold, talking, logged out, in this order);  4. an idle agent had had other levels, by as
few levels as possible;  5. several agents had been ready.

Every change is one that alters this decision with everything else as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from acd.effects import AgentState
from acd.groups import wanted
from acd.idle import ORDER_OF
from acd.inside import Inside
from acd.lines import Key
from acd.requirement import Either, Every, Requirement, Skill, Without, is_met
from acd.setup import Strategy
from acd.state import AgentRecord, CallRecord

Standing = tuple[bool, *Key]
"""How a candidate ranks for a call: whether they missed it, then :meth:`acd.routing.Routing.standing`."""


class What(StrEnum):
    """What would have had to be otherwise. ``Change`` says of whom and by how much."""

    CALL_EARLIER = "call-earlier"
    """``call`` had come ``amount`` milliseconds earlier (then ``agent``, if there is one, might have had it)."""
    NOT_MISSED = "not-missed"
    """``agent`` had not let the call ring before."""
    SCORE = "score"
    """The score of ``agent`` had been better by ``amount`` (see :class:`acd.explain.Verdict`)."""
    LONGER_IDLE = "longer-idle"
    """``agent`` had been idle ``amount`` milliseconds longer."""
    LOT = "lot"
    """The lot had drawn ``agent``."""
    ORDER = "order"
    """``agent`` had stood earlier in the setup."""
    NO_PREFERENCE = "no-preference"
    """The agent who got the call had not preferred its queue: ``agent`` would have."""
    NOT_DECLINED = "not-declined"
    """``agent`` had not declined the call."""
    READY = "ready"
    """``agent`` had been ready (for longer than ``amount`` milliseconds, where that is not 0)."""
    LEVELS = "levels"
    """``agent`` had had ``levels``."""
    MORE_READY = "more-ready"
    """``amount`` more of the agents who may take the call had been ready: other calls come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was not so."""

    what: What
    agent: str = ""
    call: str = ""
    amount: int = 0
    levels: tuple[tuple[str, int], ...] = ()
    """Skills and the levels that would do; 0 is “not held”."""


LEVEL_MOST = 10
_TRIED_MOST = 64
"""Ways to meet a part of a requirement that are followed up."""

_NEAR_READY = (
    AgentState.READY,
    AgentState.WRAP_UP,
    AgentState.NOT_READY,
    AgentState.OFFERED,
    AgentState.HOLD,
    AgentState.TALKING,
    AgentState.LOGGED_OUT,
)


def smallest_change(
    inside: Inside,
    call: CallRecord,
    agent: AgentRecord | None,
    candidates: Sequence[tuple[Standing, AgentRecord]],
    rivals: Sequence[CallRecord],
) -> Change | None:
    """What would have given ``call`` to another agent, or ``agent`` another call; for a call that waits (``agent``
    None) what would have given it one. None: nothing that is known here.

    ``candidates`` are in the order in which they would get the call, ``rivals`` the other calls that ``agent`` may
    take, first in rank first.
    """
    if agent is None:
        return next(_for_a_waiting_call(inside, call), None)
    return next(_for_a_match(inside, call, agent, candidates, rivals), None)


def _for_a_match(
    inside: Inside,
    call: CallRecord,
    agent: AgentRecord,
    candidates: Sequence[tuple[Standing, AgentRecord]],
    rivals: Sequence[CallRecord],
) -> Iterator[Change]:
    for rival in rivals:
        if rival.rank > call.rank and rival.rank[0] == call.rank[0]:
            amount = rival.rank[1] - call.rank[1] + (rival.rank[2] > call.rank[2])
            yield Change(what=What.CALL_EARLIER, call=rival.id, amount=amount)
    if candidates[0][1] is not agent:
        yield Change(what=What.NO_PREFERENCE, agent=candidates[0][1].setup.id)
    elif len(candidates) > 1:
        yield _overtake(call.queue.setup.strategy, candidates[0][0], candidates[1][0], candidates[1][1].setup.id)
    best = candidates[0][0]
    if call.queue.setup.strategy is Strategy.WEIGHTED_RANDOM:
        return  # whom the lot would have drawn from more agents is not known
    for other in _by_nearness(inside, call):
        if other.state is AgentState.READY:
            if _hypothetical(inside, call, other, other.setup.skills) < best:
                yield Change(what=What.NOT_DECLINED, agent=other.setup.id)
        elif _hypothetical(inside, call, other, other.setup.skills) < best:
            yield Change(what=What.READY, agent=other.setup.id)
        elif _hypothetical(inside, call, other, other.setup.skills, since=best[2] - 1) < best:
            yield Change(what=What.READY, agent=other.setup.id, amount=inside.now - best[2])
    yield from _by_levels(inside, call, best)


def _for_a_waiting_call(inside: Inside, call: CallRecord) -> Iterator[Change]:
    now = inside.now
    queue, waited = call.queue, now - call.waiting_since
    idle = [agent for agent in inside.agents if agent.idle and agent.index not in call.declined_by]
    if call.kept_for is None:
        for after_ms in sorted({ms for ms in (*queue.after_ms, *queue.delay_ms) if ms > waited}):
            needs = Every((queue.needs[max(queue.steps_open(after_ms), call.steps)], call.needs))
            for agent in idle:
                open_to = not queue.closed_to(after_ms) >> agent.group & 1
                if open_to and is_met(needs, agent.setup.skills):
                    amount = after_ms - waited
                    yield Change(what=What.CALL_EARLIER, call=call.id, agent=agent.setup.id, amount=amount)
    before = [other for other in inside.waiting if other.rank < call.rank]
    nearest = list(_by_nearness(inside, call))
    for agent in nearest:
        if not any(other.call_class.groups >> agent.group & 1 for other in before):
            what = What.NOT_DECLINED if agent.state is AgentState.READY else What.READY
            yield Change(what=what, agent=agent.setup.id)
    yield from _by_levels(inside, call, None)
    ahead = sum(any(other.call_class.groups >> agent.group & 1 for agent in nearest) for other in before)
    if len(nearest) > ahead:
        yield Change(what=What.MORE_READY, amount=ahead + 1)


def _overtake(strategy: Strategy, first: Standing, second: Standing, id_: str) -> Change:
    """What would have put the second candidate, ``id_``, before the first."""
    missed, rank, since, order = first
    other_missed, other_rank, other_since, other_order = second
    if missed != other_missed:
        return Change(what=What.NOT_MISSED, agent=id_)
    if strategy is Strategy.WEIGHTED_RANDOM:
        return Change(what=What.LOT, agent=id_)
    if strategy is Strategy.LINEAR:
        return Change(what=What.ORDER, agent=id_)
    if rank != other_rank:
        return Change(
            what=What.SCORE, agent=id_, amount=other_rank - rank + ((other_since, other_order) > (since, order))
        )
    if since != other_since:
        return Change(what=What.LONGER_IDLE, agent=id_, amount=other_since - since + (other_order > order))
    return Change(what=What.ORDER, agent=id_)


def _by_nearness(inside: Inside, call: CallRecord) -> list[AgentRecord]:
    """The agents who meet all needs and are not idle, or declined the call; the nearest to ready first."""
    able = [
        agent
        for agent in inside.agents
        if call.call_class.groups >> agent.group & 1
        and call.kept_for in (None, agent.index)
        and (not agent.idle or agent.index in call.declined_by)
    ]
    return sorted(able, key=lambda agent: (_NEAR_READY.index(agent.state), agent.index))


def _by_levels(inside: Inside, call: CallRecord, best: Standing | None) -> list[Change]:
    """Idle agents whom other levels would have put first, the fewest levels first."""
    found: list[tuple[int, int, Change]] = []
    before = [other for other in inside.waiting if other.rank < call.rank]
    if call.kept_for is not None:
        return []
    closed = call.queue.closed_to(inside.now - call.waiting_since)
    for agent in inside.agents:
        if not agent.idle or call.call_class.groups >> agent.group & 1 or closed >> agent.group & 1:
            continue
        levels = _levels_to_meet(call.all_needs, agent.setup.skills)
        if levels is None:
            continue
        skills = {**agent.setup.skills, **levels}
        if any(is_met(other.all_needs, skills) for other in before):
            continue  # a call that comes first would have had this agent
        if best is not None and not _hypothetical(inside, call, agent, skills) < best:
            continue
        change = Change(what=What.LEVELS, agent=agent.setup.id, levels=tuple(levels.items()))
        found.append((_size(levels, agent.setup.skills), agent.index, change))
    return [change for _, _, change in sorted(found, key=lambda item: item[:2])]


def _hypothetical(
    inside: Inside, call: CallRecord, agent: AgentRecord, skills: Mapping[str, int], *, since: int | None = None
) -> Standing:
    """How an agent would rank for ``call`` with ``skills``, if idle (``since`` then, or as the core would count it)."""
    now, strategy = inside.now, call.queue.setup.strategy
    if since is None:
        match agent.state:
            case AgentState.READY:
                since = agent.idle_since
            case AgentState.NOT_READY:
                since = now - agent.idle_ms
            case _:
                since = now
    rank = inside.rank(agent, strategy)
    if strategy in ORDER_OF:
        levels = sum(skills.get(skill, 0) for skill in dict.fromkeys(wanted(call.all_needs)))
        rank = -levels if strategy is Strategy.BEST_SKILL else levels
    return (agent.index in call.missed_by, rank, since, agent.index)


def _levels_to_meet(needs: Requirement, skills: Mapping[str, int]) -> dict[str, int] | None:
    """The levels to change, by as few levels as possible, for ``needs`` to be met; None if no levels meet them."""
    found = [change for change in _changes(needs, skills, met=True) if is_met(needs, {**skills, **change})]
    return min(found, key=lambda change: _size(change, skills)) if found else None


def _size(change: Mapping[str, int], skills: Mapping[str, int]) -> int:
    return sum(abs(level - skills.get(skill, 0)) for skill, level in change.items())


def _changes(needs: Requirement, skills: Mapping[str, int], *, met: bool) -> list[dict[str, int]]:
    """Small sets of levels by which ``needs`` might become met (or not met). They are to be tried: where clauses
    contradict each other some do not help."""
    match needs:
        case Without(part):
            return _changes(part, skills, met=not met)
        case Skill(name, least, most) if (least <= skills.get(name, 0) <= most) == met:
            return [{}]
        case Skill(name, least, most):
            tried = [least, most] if met else [least - 1, most + 1]
            return [{name: level} for level in tried if 0 <= level <= LEVEL_MOST]
        case Every(parts) | Either(parts):
            if isinstance(needs, Every) is not met:  # one of them is enough
                return [change for part in parts for change in _changes(part, skills, met=met)]
            together: list[dict[str, int]] = [{}]
            for part in parts:
                together = [{**one, **other} for one in together for other in _changes(part, skills, met=met)]
                together = sorted(together, key=lambda change: _size(change, skills))[:_TRIED_MOST]
            return together
