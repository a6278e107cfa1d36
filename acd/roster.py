"""The agents: their states, their wishes for after the call, and the time they spend.

An agent is in one state, also with several calls in hand: offered, if a phone rings; else that of the foremost call
(see :attr:`acd.state.AgentRecord.foremost`). The time of every conversation is its own.
"""

from __future__ import annotations

from collections.abc import Collection

from acd.effects import MISSED_CALLS, OWN_CALL, AgentChanged, AgentState, Handled
from acd.queues import QueueRecord
from acd.requirement import Requirement
from acd.routing import Routing
from acd.setup import QueueSetup
from acd.staffing import Staffing
from acd.state import AT_WORK, AgentRecord, Conversation, Moment
from acd.timers import Due, Timer, Timers

_STAFFED = AT_WORK | {AgentState.READY}


class Roster:
    """The agents of a centre and what they do when they are not being offered a call."""

    __slots__ = (
        "_by_id",
        "_moment",
        "_order",
        "_routing",
        "_talking",
        "_timers",
        "left",
        "staffing",
    )

    def __init__(self, agents: list[AgentRecord], routing: Routing, timers: Timers, moment: Moment) -> None:
        self._order = agents
        self._by_id = {agent.setup.id: agent for agent in agents}
        self._routing = routing
        self._timers = timers
        self._moment = moment
        self._talking: dict[str, AgentRecord] = {}
        """Call, in conversation, to its agent."""
        self.staffing = Staffing(routing.groups.size, moment)
        self.left: list[AgentRecord] = []
        """Who has left work of late, as far as nobody has looked after those who wait for them."""

    # -- questions ------------------------------------------------------------------------------------------------

    def get(self, agent: str) -> AgentRecord:
        """One agent; KeyError if there is none of this id."""
        return self._by_id[agent]

    def find(self, agent: str) -> AgentRecord | None:
        """One agent; None if there is none of this id."""
        return self._by_id.get(agent)

    def all(self) -> list[AgentRecord]:
        """Everybody, in the order of the setup."""
        return self._order

    def is_talking(self, call: str) -> bool:
        """Whether the call is in conversation with an agent."""
        return call in self._talking

    def is_staffed(self, agent: AgentRecord) -> bool:
        """Whether the agent is ready, or will be after the present call, one of the agent's own included."""
        return _staffs(agent.state, agent.reason)

    def able(self, needs: Requirement, queue: QueueSetup) -> int:
        """The mask of groups that meet ``needs`` and of which somebody is at work."""
        return self._routing.groups.class_of(needs, queue).groups & self.staffing.groups

    def meeting(self, needs: Requirement, queue: QueueSetup) -> int:
        """The mask of groups that meet ``needs``, whether somebody of them is at work or not."""
        return self._routing.groups.class_of(needs, queue).groups

    # -- another setup ---------------------------------------------------------------------------------------------

    def dismiss(self, staying: Collection[str]) -> None:
        """Logs out all agents whose ids are not among ``staying``; those at work go after the call in hand."""
        for agent in self._order:
            if agent.setup.id not in staying:
                self.wish(agent.setup.id, AgentState.LOGGED_OUT)
                agent.gone = True

    def reconfigure(self, agents: list[AgentRecord]) -> None:
        """From now on these are the agents, their indices and groups as the routing knows them already; the ready ones
        stand in line there."""
        routing = self._routing
        self._order = agents
        self._by_id = {agent.setup.id: agent for agent in agents}
        self.staffing.reset(routing.groups.size)
        for agent in agents:
            agent.idle = agent.spare = 0
            if self.is_staffed(agent):
                self.staffing.count(agent.group, came=True)
            self.staffing.left(agent.group, agent.left_at)
            if agent.state is AgentState.READY or (agent.conversations and agent.offer is None):
                routing.add_agent(agent, self._moment.now)

    # -- the agent's own doing ------------------------------------------------------------------------------------

    def sign_in(self, agent_id: str) -> None:
        """Not-ready, “signed-in”; takes back a sign-out that waits for the end of the call."""
        agent = self._by_id.get(agent_id)
        if agent is None or agent.gone:
            return
        if agent.state is AgentState.LOGGED_OUT:
            _begin_shift(agent)
            self.change(agent, AgentState.NOT_READY, reason="signed-in")
        elif agent.next == (AgentState.LOGGED_OUT, ""):
            agent.next = (AgentState.NOT_READY, "signed-in")

    def wish(self, agent_id: str, state: AgentState, reason: str = "") -> None:
        """Not-ready or logged-out: now, or after the offer or call in hand. The last wish counts."""
        agent = self._by_id.get(agent_id)
        if agent is None or agent.gone or agent.state is AgentState.LOGGED_OUT:
            return
        if agent.state in AT_WORK:
            self._intend(agent, (state, reason))
        elif (agent.state, agent.reason) != (state, reason):
            self._rest(agent, state, reason)

    def ready(self, agent_id: str) -> None:
        """Ready now, or after the call in hand."""
        agent = self._by_id.get(agent_id)
        if agent is None or agent.gone:
            return
        if agent.state in AT_WORK:
            self._intend(agent, None)
        elif agent.state is AgentState.NOT_READY:
            agent.misses = 0
            if not agent.own_call:
                self._serve(agent)
            elif agent.reason != OWN_CALL:
                self._rest(agent, AgentState.NOT_READY, OWN_CALL)

    def own_call(self, agent_id: str, *, began: bool) -> None:
        """A call of the agent's own began, or ended."""
        agent = self._by_id.get(agent_id)
        if agent is None:
            return
        agent.own_call = began
        if agent.state in AT_WORK:
            self._look_for_more(agent)
        elif began and agent.state is AgentState.READY:
            self._rest(agent, AgentState.NOT_READY, OWN_CALL)
        elif not began and (agent.state, agent.reason) == (AgentState.NOT_READY, OWN_CALL):
            self._serve(agent)

    # -- conversations --------------------------------------------------------------------------------------------

    def talk(self, agent: AgentRecord, call: str, queue: QueueRecord) -> None:
        """The agent answered."""
        now = self._moment.now
        agent.misses = 0
        agent.answered += 1
        agent.idle_ms, agent.idle_since = 0, now
        agent.conversations[call] = Conversation(call, queue, queue.setup.channel, now)
        self._talking[call] = agent
        self._go_on(agent)

    def make_room(self, agent: AgentRecord, channel: int) -> bool:
        """Whether an agent who is found in a conversation of the channel can have it beside those known to go on.

        A wrap-up that leaves no room for it is over: nobody is rung before its end, of which nothing was heard.
        """
        wrap_ups = [talk.call for talk in agent.conversations.values() if talk.state is AgentState.WRAP_UP]
        while not (has_room := not agent.conversations or self._routing.holds_more(agent, channel)) and wrap_ups:
            self.end_conversation(agent, wrap_ups.pop(0))
        return has_room

    def engage(self, agent: AgentRecord) -> None:
        """The agent, who has no call in hand as far as is known, or room for one more, is found in a conversation:
        afterwards it is as before, but for what nobody would have said of somebody who talks."""
        self._routing.remove_agent(agent)
        if agent.state in AT_WORK:
            return
        if agent.state is AgentState.LOGGED_OUT:
            _begin_shift(agent)
        if agent.state is not AgentState.READY and agent.reason not in (OWN_CALL, MISSED_CALLS):
            agent.next = (agent.state, agent.reason)

    def hold(self, call: str, *, held: bool) -> None:
        """The caller was put on hold, or taken off it."""
        agent = self._talking.get(call)
        before, after = AgentState.TALKING, AgentState.HOLD
        if not held:
            before, after = after, before
        if agent is not None and agent.conversations[call].state is before:
            agent.conversations[call].go_on(after, self._moment.now)
            self._go_on(agent)

    def finish(self, call: str) -> None:
        """The conversation is over; wrap-up begins, if there is any."""
        agent = self._talking.pop(call, None)
        if agent is None:
            return
        talk, now = agent.conversations[call], self._moment.now
        talk.go_on(AgentState.WRAP_UP, now)
        agent.talked_ms += talk.with_caller_by(now)
        wrap_up_ms = talk.queue.setup.wrap_up_ms
        if wrap_up_ms == 0:
            self.end_conversation(agent, call)
            return
        if wrap_up_ms is not None:
            self._wrap_up_until(agent, talk, now + wrap_up_ms)
        self._go_on(agent)

    def wrap_up_done(self, agent_id: str, call: str = "") -> None:
        """The agent ends the wrap-up of a call."""
        found = self._wrapping_up(agent_id, call)
        if found is not None:
            self.end_conversation(found[0], found[1].call)

    def extend_wrap_up(self, agent_id: str, extra_ms: int, call: str = "") -> None:
        """Moves the end of a fixed wrap-up; one without an end is as long as the agent likes anyway."""
        found = self._wrapping_up(agent_id, call)
        if found is not None and found[1].until is not None:
            agent, talk = found
            self._timers.cancel(talk.timer)
            self._wrap_up_until(agent, talk, max(self._moment.now, found[1].until + extra_ms))
            self._go_on(agent)

    def end_conversation(self, agent: AgentRecord, call: str) -> None:
        """Conversation and wrap-up of a call that the agent has in hand are over."""
        talk, now = agent.conversations.pop(call), self._moment.now
        self._timers.cancel(talk.timer)
        talk.go_on(AgentState.READY, now)
        self._moment.effects.append(
            Handled(
                call=talk.call,
                agent=agent.setup.id,
                queue=talk.queue.setup.id,
                talk_ms=talk.talk_ms,
                hold_ms=talk.hold_ms,
                wrap_up_ms=talk.wrap_up_ms,
            )
        )
        agent.idle_since = now
        self.free(agent)

    def _wrap_up_until(self, agent: AgentRecord, talk: Conversation, until: int) -> None:
        talk.until = until
        talk.timer = self._timers.set(until, Timer(Due.WRAP_UP, talk.call, agent.setup.id))

    def _wrapping_up(self, agent_id: str, call: str) -> tuple[AgentRecord, Conversation] | None:
        """The agent and the call, which is wrapped up; the first one that is, if none is named."""
        agent = self._by_id.get(agent_id)
        if agent is None:
            return None
        for talk in agent.conversations.values():
            if talk.state is AgentState.WRAP_UP and call in ("", talk.call):
                return agent, talk
        return None

    # -- states ---------------------------------------------------------------------------------------------------

    def free(self, agent: AgentRecord) -> None:
        """After an offer or a conversation: on with the other calls in hand; if there are none, the state that the
        agent asked for, or ready and in line."""
        if agent.offer is not None or agent.conversations:
            self._go_on(agent)
            return
        wish, agent.next = agent.next, None
        if wish is not None:
            self._rest(agent, *wish)
        elif agent.own_call:
            self._rest(agent, AgentState.NOT_READY, OWN_CALL)
        else:
            self.change(agent, AgentState.READY)
            self._routing.add_agent(agent, self._moment.now)

    def _intend(self, agent: AgentRecord, wish: tuple[AgentState, str] | None) -> None:
        """What the agent wants to be after the calls in hand: who wants to go takes no more."""
        agent.next = wish
        self._look_for_more(agent)

    def _go_on(self, agent: AgentRecord) -> None:
        """Something is otherwise with the calls in hand: shows the state of the foremost, and looks for more."""
        talk = agent.foremost
        if agent.offer is None and talk is not None:
            if talk.state is not agent.state:
                self.change(agent, talk.state, call=talk.call, until=talk.until)
            elif (talk.call, talk.until) != (agent.call, agent.until):
                agent.call, agent.until = talk.call, talk.until
                self._tell(agent)
        self._look_for_more(agent)

    def _look_for_more(self, agent: AgentRecord) -> None:
        """Stands an agent with calls in hand in line for those that there is room for."""
        if agent.offer is not None:
            self._routing.share(agent.offer.call)
        else:
            self._routing.add_agent(agent, self._moment.now)

    def change(
        self,
        agent: AgentRecord,
        state: AgentState,
        *,
        reason: str = "",
        call: str | None = None,
        until: int | None = None,
    ) -> None:
        """Puts the agent into a state as of now; ``call`` is the one in hand that it is about."""
        self._spend(agent)
        was_there, is_there = _staffs(agent.state, agent.reason), _staffs(state, reason)
        if was_there is not is_there:
            self.staffing.count(agent.group, came=is_there)
        if was_there and not is_there:
            agent.left_at = self._moment.now
            self._routing.open_kept(agent)
            self.left.append(agent)
        agent.state, agent.reason, agent.until = state, reason, until
        agent.call = call
        self._tell(agent)

    def _tell(self, agent: AgentRecord) -> None:
        self._moment.effects.append(
            AgentChanged(
                agent=agent.setup.id,
                state=agent.state,
                reason=agent.reason,
                call=agent.call,
                until=agent.until,
            )
        )

    def _serve(self, agent: AgentRecord) -> None:
        """Ready and in line again, with the time spent idle before."""
        agent.idle_since = self._moment.now - agent.idle_ms
        self.change(agent, AgentState.READY)
        self._routing.add_agent(agent, self._moment.now)

    def _rest(self, agent: AgentRecord, state: AgentState, reason: str) -> None:
        """No more calls: the time spent idle so far is kept for when the agent is ready again."""
        if agent.state is not AgentState.NOT_READY:
            agent.idle_ms = self._moment.now - agent.idle_since
        self._routing.remove_agent(agent)
        self.change(agent, state, reason=reason)

    def _spend(self, agent: AgentRecord) -> None:
        """Books the time since the last change on what it was spent on."""
        now = self._moment.now
        if agent.state in AT_WORK:
            agent.busy_ms += now - agent.since
        elif agent.state is AgentState.READY:
            agent.ready_ms += now - agent.since
        agent.since = now


def _begin_shift(agent: AgentRecord) -> None:
    """What is counted since signing in begins anew."""
    agent.misses = agent.answered = agent.busy_ms = agent.ready_ms = agent.idle_ms = agent.talked_ms = 0


def _staffs(state: AgentState, reason: str) -> bool:
    """Whether who is in this state is at work: takes calls now, or once the present one is over."""
    return state in _STAFFED or reason == OWN_CALL
