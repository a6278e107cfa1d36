"""The smallest change that would have altered a decision.

“Smallest” is the first that exists in this order: what lies with the call before what lies with its agents, and what
passes by itself before what has to be learnt.

1. a call that was passed over (for a call that waits: itself) had come earlier, by as little as possible;  2. the call
had not been kept for one agent; the agent had not preferred its queue; the next candidate had ranked before (idle for
longer, fewer calls in hand, a better score, the lot, the order of the setup);  3. an agent who meets the needs had been
ready (not having declined, in wrap-up, not-ready, ringing, on hold, talking, logged out, in this order);  4. an idle
agent had met the needs by other levels, as few as possible;  5. several agents had been ready.

Every change is one that alters this decision with everything else as it was: each is tried on a copy of the core
(:mod:`acd.whatif`) before it is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from acd.changes import Change, What
from acd.effects import AgentState
from acd.engine import Acd
from acd.free import Standing as StandingIfIdle
from acd.groups import wanted
from acd.idle import ORDER_OF
from acd.levels import distance, levels_to_meet
from acd.lines import Key
from acd.rules import call_rank
from acd.setup import Strategy
from acd.state import AgentRecord, CallRecord
from acd.whatif import WhatIf

Standing = tuple[bool, *StandingIfIdle]
"""How a candidate ranks for a call: whether they missed it, then :meth:`acd.routing.Routing.standing`."""

_TRIALS_MOST = 40
"""Suppositions of one kind that are tried on a copy of the core."""

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
    acd: Acd,
    call: CallRecord,
    agent: AgentRecord | None,
    candidates: Sequence[tuple[Standing, AgentRecord]],
    rivals: Sequence[CallRecord],
    *,
    chosen_by_call: bool,
) -> Change | None:
    """What would have given ``call`` to another agent, or ``agent`` another call; for a call that waits (``agent``
    None) what would have given it one. None: nothing that is known here.

    ``candidates`` are in the order in which they would get the call, ``rivals`` the other calls that ``agent`` may
    take; ``chosen_by_call``: the call chose the agent, and not the agent the call.
    """
    decision = _Decision(acd, call, agent)
    if agent is None:
        return next(decision.for_a_waiting_call(), None)
    return next(decision.for_a_match(agent, candidates, rivals, chosen_by_call=chosen_by_call), None)


class _Decision:
    """A match that is about to be made, or a call that waits, and the core it happens in."""

    def __init__(self, acd: Acd, call: CallRecord, agent: AgentRecord | None) -> None:
        self._setup = acd.setup
        self._inside = acd.inside
        self._call = call
        self._agent = agent
        self._snapshot = acd.inside.snapshot()

    def for_a_match(
        self,
        agent: AgentRecord,
        candidates: Sequence[tuple[Standing, AgentRecord]],
        rivals: Sequence[CallRecord],
        *,
        chosen_by_call: bool,
    ) -> Iterator[Change]:
        """The changes that alter a match, in the documented order."""
        yield from self._earlier(rivals)
        yield from self._not_kept()
        if not chosen_by_call:
            yield from self._no_preference(agent)
        elif len(candidates) > 1 and self._inside.rather(candidates[1][1], self._call) is None:
            (first, _), (second, other) = candidates[:2]
            yield from _overtake(self._call.queue.setup.strategy, first, second, other.setup.id)
        best = candidates[0][0] if chosen_by_call and not self._by_lot else None
        yield from self._somebody_ready(best, chosen_by_call=chosen_by_call)
        yield from self._levels(best)

    def for_a_waiting_call(self) -> Iterator[Change]:
        """The changes that end a wait, in the documented order."""
        yield from self._earlier([self._call])
        yield from self._not_kept()
        nearest = self._by_nearness()
        yield from self._somebody_ready(None, [agent for agent in nearest if not self._would_rather(agent)])
        yield from self._levels(None)
        yield from self._more_ready(nearest)

    @property
    def _by_lot(self) -> bool:
        return self._call.queue.setup.strategy is Strategy.WEIGHTED_RANDOM

    def _tried(self, suppose: Callable[[WhatIf], object]) -> str | None:
        """Who has the call if that is supposed ("": it waits); None if it alters nothing or cannot be."""
        supposed = WhatIf(self._snapshot, self._setup)
        if suppose(supposed) is False:
            return None
        agent = supposed.matches().get(self._call.id, "")
        return None if agent == ("" if self._agent is None else self._agent.setup.id) else agent

    # -- 1. had come earlier --------------------------------------------------------------------------------------

    def _earlier(self, calls: Iterable[CallRecord]) -> Iterator[Change]:
        matched = self._matched()
        amounts = sorted(
            {(amount, place) for place, call in enumerate(calls) for amount in self._amounts(call, matched)}
        )
        known = list(calls)
        for amount, place in amounts[:_TRIALS_MOST]:
            call = known[place]
            agent = self._tried(lambda supposed, id_=call.id, ms=amount: supposed.earlier(id_, ms))  # type: ignore[misc]
            if agent is not None:
                yield Change(
                    what=What.CALL_EARLIER, call=call.id, amount=amount, agent=agent if self._agent is None else ""
                )

    def _matched(self) -> list[CallRecord]:
        """The waiting calls that are matched at this instant, this one among them."""
        if self._agent is None:
            return []
        return [self._inside.call(call) for call in WhatIf(self._snapshot, self._setup).matches()]

    def _amounts(self, call: CallRecord, matched: Sequence[CallRecord]) -> Iterator[int]:
        """By how many milliseconds ``call`` had to be earlier for something to change: another step is open for it,
        it is starving or no longer kept, or it comes before one of ``matched``."""
        queue, now = call.queue, self._inside.now
        waited = now - call.waiting_since
        turns = [ms - waited for ms in (*queue.after_ms, *queue.delay_ms)]
        if self._setup.starvation_ms is not None:
            turns.append(self._setup.starvation_ms - (now - call.place_since))
        if call.kept_until is not None and call.kept_for is not None:
            turns.append(call.kept_until - now)
        turns = sorted({ms for ms in turns if ms > 0})
        yield from turns
        for begin in [0, *turns]:
            points = queue.points[max(queue.steps_open(waited + begin), call.steps)] + call.priority
            for other in matched:
                if other is not call:
                    yield from self._overtaking(call, points, begin, other.rank)

    def _overtaking(self, call: CallRecord, points: int, begin: int, rank: Key) -> Iterator[int]:
        """The least amount, ``begin`` or more, by which ``call``, with so many points, comes before ``rank``."""
        rate, starvation_ms = call.queue.points_per_minute, self._setup.starvation_ms

        def before(amount: int) -> bool:
            since = call.place_since - amount
            starving = starvation_ms is not None and since + starvation_ms <= self._inside.now
            return (call_rank(points, since, rate, starving), since, call.number) < rank

        low, high = begin, max(begin, 1)
        while not before(high):
            low, high = high, 2 * high
            if high > 86_400_000:
                return
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if before(middle) else (middle + 1, high)
        if high > 0:
            yield high

    # -- 2. the rules had ranked otherwise ------------------------------------------------------------------------

    def _not_kept(self) -> Iterator[Change]:
        if self._call.kept_for is not None:
            agent = self._tried(lambda supposed: supposed.not_kept(self._call.id))
            if agent is not None:
                yield Change(what=What.NOT_KEPT, agent=agent)

    def _no_preference(self, agent: AgentRecord) -> Iterator[Change]:
        indifferent = {queue: replace(how, rank=0) for queue, how in agent.setup.queues.items()}
        setup = replace(agent.setup, queues=indifferent)
        other = self._tried(lambda supposed: supposed.agent(agent.setup.id, setup))
        if other is not None:
            yield Change(what=What.NO_PREFERENCE, agent=other)

    # -- 3. and 5. had been ready ---------------------------------------------------------------------------------

    def _by_nearness(self) -> list[AgentRecord]:
        """The agents who meet all needs and are not idle, or declined the call; the nearest to ready first."""
        call = self._call
        able = [
            agent
            for agent in self._inside.agents
            if call.call_class.groups >> agent.group & 1
            and call.kept_for in (None, agent.index)
            and (not self._is_idle(agent) or agent.index in call.passed_over)
            and (agent.offer is None or agent.offer.call is not call)
            and not agent.gone
        ]
        return sorted(able, key=lambda agent: (_NEAR_READY.index(agent.state), agent.index))

    def _would_rather(self, agent: AgentRecord) -> bool:
        """Whether an agent, if ready, would be given another of the waiting calls."""
        for other in self._inside.calls_for(agent):
            if agent.index not in other.passed_over or other is self._call:
                return other is not self._call
        return True

    def _is_taken(self, agent: AgentRecord, suppose: Callable[[WhatIf], object]) -> bool:
        """Whether an agent of whom that is supposed has another call before this one looks for agents."""
        supposed = WhatIf(self._snapshot, self._setup)
        suppose(supposed)
        return supposed.is_given_another(agent.setup.id, self._call.id)

    def _somebody_ready(
        self,
        best: Standing | None,
        agents: Sequence[AgentRecord] | None = None,
        *,
        chosen_by_call: bool = False,
    ) -> Iterator[Change]:
        """``best``: how the agent who has the call ranks for it, where that decides."""
        trials = 0
        for agent in self._by_nearness() if agents is None else agents:
            for change, suppose in self._readiness(agent, best):
                trials += 1
                if trials > _TRIALS_MOST:
                    return
                if self._tried(suppose) is not None and not (chosen_by_call and self._is_taken(agent, suppose)):
                    yield change

    def _readiness(
        self, agent: AgentRecord, best: Standing | None
    ) -> Iterator[tuple[Change, Callable[[WhatIf], object]]]:
        id_, skills = agent.setup.id, agent.setup.skills
        comes_first = best is None or self._hypothetical(agent, skills) < best
        if self._is_idle(agent):
            if comes_first:
                missed = self._call.passed_over.get(agent.index, 0) is None
                change = Change(what=What.NOT_MISSED if missed else What.NOT_DECLINED, agent=id_)
                yield change, lambda supposed: supposed.not_declined(self._call.id, id_)
        elif comes_first:
            yield Change(what=What.READY, agent=id_), lambda supposed: supposed.ready(id_)
        elif best is not None and self._hypothetical(agent, skills, since=best[3] - 1) < best:
            # Of two idle since this very instant the second would have had to be so a moment earlier; 0 says nothing.
            idle_ms = max(self._inside.now - best[3], 1)
            change = Change(what=What.READY, agent=id_, amount=idle_ms)
            yield change, lambda supposed: supposed.ready(id_, idle_ms + 1)

    def _more_ready(self, nearest: Sequence[AgentRecord]) -> Iterator[Change]:
        supposed = WhatIf(self._snapshot, self._setup)
        for count, agent in enumerate(nearest, 1):
            supposed.ready(agent.setup.id)
            if self._call.id in supposed.matches():
                yield Change(what=What.MORE_READY, amount=count)
                return

    # -- 4. had learnt --------------------------------------------------------------------------------------------

    def _levels(self, best: Standing | None) -> Iterator[Change]:
        """Idle agents who by other levels would meet the needs and come first, the fewest levels first."""
        if self._call.kept_for is not None:
            return
        found: list[tuple[int, int, AgentRecord, dict[str, int]]] = []
        closed = self._call.queue.closed_to(self._inside.now - self._call.waiting_since)
        for agent in self._inside.agents:
            if not self._is_idle(agent) or (self._call.call_class.groups | closed) >> agent.group & 1:
                continue
            levels = levels_to_meet(self._call.all_needs, agent.setup.skills)
            if levels is not None:
                skills = {**agent.setup.skills, **levels}
                if best is None or self._hypothetical(agent, skills) < best:
                    found.append((distance(levels, agent.setup.skills), agent.index, agent, levels))
        for _, _, agent, levels in sorted(found, key=lambda item: item[:2])[:_TRIALS_MOST]:
            id_ = agent.setup.id
            setup = replace(agent.setup, skills={**agent.setup.skills, **levels})
            if self._tried(lambda supposed, id_=id_, setup=setup: supposed.agent(id_, setup)) is not None:  # type: ignore[misc]
                yield Change(what=What.LEVELS, agent=id_, levels=tuple(levels.items()))

    def _hypothetical(self, agent: AgentRecord, skills: Mapping[str, int], *, since: int | None = None) -> Standing:
        """How an agent would rank for the call with ``skills``: as things are, if idle; else as if done with all calls
        in hand (idle ``since`` then, or as the core would count it)."""
        now, strategy = self._inside.now, self._call.queue.setup.strategy
        is_idle = self._is_idle(agent)
        if since is None:
            match agent.state:
                case _ if is_idle:
                    since = agent.idle_since
                case AgentState.READY | AgentState.OFFERED if not agent.conversations:
                    since = agent.idle_since
                case AgentState.NOT_READY:
                    since = now - agent.idle_ms
                case _:
                    since = now
        rank = self._inside.rank(agent, strategy)
        if agent.state is AgentState.LOGGED_OUT and strategy in _SINCE_SIGNING_IN:
            rank = 0
        if strategy in ORDER_OF:
            levels = sum(skills.get(skill, 0) for skill in dict.fromkeys(wanted(self._call.all_needs)))
            rank = -levels if strategy is Strategy.BEST_SKILL else levels
        in_hand = len(agent.conversations) if is_idle else 0
        return (agent.index in self._call.missed_by, rank, in_hand, since, agent.index)

    def _is_idle(self, agent: AgentRecord) -> bool:
        """Whether the agent could be offered one more call of the channel."""
        return bool(agent.idle >> self._call.call_class.channel & 1)


_SINCE_SIGNING_IN = frozenset({Strategy.FEWEST_CALLS, Strategy.LEAST_OCCUPIED, Strategy.LEAST_TALK_TIME})


def _overtake(strategy: Strategy, first: Standing, second: Standing, id_: str) -> Iterator[Change]:
    """What would have put the second candidate, ``id_``, before the first; nothing, if that would be less than no call
    in hand."""
    missed, rank, in_hand, since, order = first
    other_missed, other_rank, other_in_hand, other_since, other_order = second
    if missed != other_missed:
        yield Change(what=What.NOT_MISSED, agent=id_)
    elif strategy is Strategy.WEIGHTED_RANDOM:
        yield Change(what=What.LOT, agent=id_)
    elif strategy is Strategy.LINEAR:
        yield Change(what=What.ORDER, agent=id_)
    elif rank != other_rank:
        behind = (other_in_hand, other_since, other_order) > (in_hand, since, order)
        yield Change(what=What.SCORE, agent=id_, amount=other_rank - rank + behind)
    elif in_hand != other_in_hand:
        fewer = other_in_hand - in_hand + ((other_since, other_order) > (since, order))
        if fewer <= other_in_hand:
            yield Change(what=What.FEWER_IN_HAND, agent=id_, amount=fewer)
    elif since != other_since:
        yield Change(what=What.LONGER_IDLE, agent=id_, amount=other_since - since + (other_order > order))
    else:
        yield Change(what=What.ORDER, agent=id_)
