"""A copy of a core in the middle of a decision, told something that was not so: who would get whom then."""

from __future__ import annotations

import pickle
from dataclasses import replace

from acd.calls import Calls
from acd.effects import AgentState
from acd.reconfigure import reconfigure
from acd.roster import Roster
from acd.setup import AcdSetup, AgentSetup
from acd.state import AgentRecord, CallRecord, Moment


class WhatIf:
    """One copy, for one supposition: everything is as it was but for what is supposed."""

    def __init__(self, snapshot: bytes, setup: AcdSetup) -> None:
        """``snapshot`` is of :meth:`acd.inside.Inside.snapshot`, ``setup`` what that core goes by."""
        # Bytes of our own making, a moment ago, in this process.
        parts: tuple[Calls, Roster, Moment] = pickle.loads(snapshot)  # noqa: S301
        self._calls, self._roster, self._moment = parts
        self._setup = setup
        self._matches: dict[str, str] = {}
        self._calls.offers.witness = self._note

    def matches(self) -> dict[str, str]:
        """Which call goes to which agent, of all that are matched now."""
        for call in list(self._calls.routing.calls()):
            self._calls.routing.look_again(call)
        self._calls.offers.match()
        return self._matches

    def is_given_another(self, agent_id: str, call_id: str) -> bool:
        """Whether the agent would have been given another call before a waiting one came."""
        self._calls.routing.remove_call(self._calls.queues.call(call_id))
        return agent_id in self.matches().values()

    # -- suppositions ---------------------------------------------------------------------------------------------

    def earlier(self, call_id: str, ms: int) -> bool:
        """A waiting call had come so many milliseconds earlier; False: it would no longer wait."""
        call, now = self._calls.queues.call(call_id), self._moment.now
        limit_ms = call.queue.setup.max_wait_ms
        if limit_ms is not None and call.entered_at - ms + limit_ms <= now:
            return False
        self._calls.routing.remove_call(call)
        call.queue.remove(call)
        call.waiting_since -= ms
        call.place_since -= ms
        call.queue.add(call)
        self._calls.routing.add_call(call)
        if self._setup.starvation_ms is not None and call.place_since + self._setup.starvation_ms <= now:
            self._calls.starve(call)
        if call.kept_until is not None and call.kept_until - ms <= now:
            self._calls.routing.open_to_all(call)
        self._calls.step(call_id)
        return True

    def not_kept(self, call_id: str) -> None:
        """A waiting call were open to everybody who meets its needs."""
        call = self._calls.queues.call(call_id)
        self._calls.routing.remove_call(call)
        call.kept_for, call.kept_always = None, False
        self._calls.routing.add_call(call)

    def not_declined(self, call_id: str, agent_id: str) -> None:
        """An agent had not declined the call."""
        self._calls.outcomes.pardon(self._calls.queues.call(call_id), self._roster.get(agent_id))

    def ready(self, agent_id: str, idle_ms: int | None = None) -> None:
        """An agent who is not idle were ready, as if having come from the present state to it just now (an offer had
        never been, no call were in hand), or idle for ``idle_ms``."""
        agent = self._roster.get(agent_id)
        agent.next, agent.own_call = None, False
        self._become_ready(agent)
        if idle_ms is not None:
            routing = self._calls.routing
            routing.remove_agent(agent)
            agent.idle_since = self._moment.now - idle_ms
            routing.add_agent(agent, self._moment.now)

    def agent(self, agent_id: str, setup: AgentSetup) -> None:
        """An agent had other skills or other preferences."""
        agents = tuple(setup if one.id == agent_id else one for one in self._setup.agents)
        reconfigure(replace(self._setup, agents=agents), self._roster, self._calls)

    def _become_ready(self, agent: AgentRecord) -> None:
        roster = self._roster
        match agent.state:
            case AgentState.LOGGED_OUT:
                roster.sign_in(agent.setup.id)
                roster.ready(agent.setup.id)
            case AgentState.NOT_READY:
                roster.ready(agent.setup.id)
            case AgentState.READY:
                pass
            case _:
                for call in list(agent.conversations):
                    roster.finish(call)
                    if call in agent.conversations:
                        roster.end_conversation(agent, call)
                if agent.offer is not None:
                    offer, agent.offer = agent.offer, None
                    self._calls.routing.remove_call(offer.call)
                    self._calls.routing.take_back(agent)
                    del offer.call.offers[offer.id]
                    roster.free(agent)

    def _note(self, call: CallRecord, agent: AgentRecord) -> None:
        self._matches.setdefault(call.id, agent.setup.id)
