"""What waiting changes for a call: steps that open, queues that it spills to, agents for whom it is kept."""

from __future__ import annotations

from acd import events as ev
from acd.setup import QueueSetup
from tests.property.acd.shadow.choice import Choice
from tests.property.acd.shadow.records import ShadowAgent, ShadowCall, preference_of


class Waiting(Choice):
    """The rules of waiting."""

    def _open_steps(self) -> None:
        """Steps that are due, once an event: after all else that happens at the instant, before anybody is matched."""
        if self.steps_done:
            return
        self.steps_done = True
        for call in self.calls.values():
            if self.steps_of is not None:
                steps = self.steps_of(call.id)
                call.steps = call.steps if steps is None else steps
                continue
            due = sum(step.after_ms <= self.at - call.since for step in call.queue.steps)
            if due > call.steps or call.queue.id in self.changed:
                call.steps = self._steps(call, due)
        self._open_kept()

    def _steps(self, call: ShadowCall, due: int) -> int:
        """How many steps are open when ``due`` are by time: more, if the last of them helps nobody."""
        able = self._eligible(call, due)
        before = set[str]()
        if due:
            last = call.queue.steps[due - 1]
            if last.needs is None or last.add_priority or last.spill:
                return due
            before = self._eligible(call, due - 1)
        if able - before:
            return due
        more = range(due + 1, len(call.queue.steps) + 1)
        return next((steps for steps in more if self._eligible(call, steps) - able), due)

    def _spilled(self, call: ShadowCall, to: str) -> ev.CallQueued:
        """Checks that a step of the queue sends the call there; the event that would do the same."""
        assert not call.offers
        assert to not in (call.queue.id, *call.been)
        limit = self.queues[to].max_waiting
        assert limit is None or sum(not other.offers for other in self._in(to)) < limit
        if self.punctual:
            self._has_reason_to_spill(call, to)
        else:  # how many steps were open when it went is unknown
            assert to in {step.spill.queue for step in call.queue.steps if step.spill is not None}
        return ev.CallQueued(
            call=call.id,
            queue=to,
            waiting_since=call.since,
            needs=call.needs,
            priority=call.priority,
            caller=call.caller,
            preferred=call.kept_for or "" if call.kept_until is None else "",
            direct_ms=None if call.direct_until is None else max(0, call.direct_until - self.at),
        )

    def _has_reason_to_spill(self, call: ShadowCall, to: str) -> None:
        spill = [step.spill for step in call.queue.steps[: call.steps] if step.spill is not None][-1]
        assert spill.queue == to
        conditions = [
            spill.nobody_staffed and not self._eligible(call, call.steps),
            spill.longest_wait_ms is not None
            and any(self.at - other.since >= spill.longest_wait_ms for other in self._in(call.queue.id)),
            spill.service_level_below is not None and self._level_is_below(call.queue, spill.service_level_below),
            not spill.nobody_staffed and spill.longest_wait_ms is None and spill.service_level_below is None,
        ]
        assert any(conditions)

    def _level_is_below(self, queue: QueueSetup, per_mille: int) -> bool:
        start = self.at - self.at % 900_000
        ended = [how for id_, since, at, how in self.gone if id_ == queue.id and since >= start and at >= start]
        return 1_000 * sum(ended) < per_mille * len(ended)

    def _keep(self, call: ShadowCall, event: ev.CallQueued) -> None:
        agent, keep_ms = event.preferred, event.preferred_ms
        if event.direct_ms is not None:
            call.kept_for, call.direct_until = agent, self.at + event.direct_ms
            return
        if agent and keep_ms is None:
            call.kept_for = agent
            return
        if not agent and call.queue.last_agent_ms:
            agent, spoken_at = self.last_agents.get(call.caller, ("", 0))
            keep_ms = call.queue.last_agent_ms if self.at - spoken_at <= call.queue.last_agent_within_ms else 0
        if agent in self.agents:
            call.kept_for, call.kept_until = agent, call.since + (keep_ms or 0)
            self._open_kept()

    def _is_too_early(self, call: ShadowCall, agent: ShadowAgent) -> bool:
        """Whether the agent takes the calls of this queue later only."""
        return self.at - call.since < preference_of(call, agent).after_ms

    def _open_kept(self) -> None:
        """Calls whose agent does not come to have them are open to everybody."""
        for call in self.calls.values():
            if call.kept_for is None or call.kept_until is None:
                continue
            agent = self.agents.get(call.kept_for)
            if agent is None or agent.gone:
                call.kept_for = None
                continue
            if (
                self.at >= call.kept_until
                or agent.away
                or self._is_too_early(call, agent)
                or not self._able(self._needs(call), agent, call.queue.channel)
            ):
                call.kept_for = None
