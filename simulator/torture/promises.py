"""What has to hold after every event that a centre takes, whatever it runs on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence

from acd.effects import AgentState
from centre.calls import Call, Phase
from centre.effects import CallEnded, DialCustomer, Effect, HangUp, OfferEnded, Queued, Ring, StopDialling
from centre.machine import Centre

_WITH_AGENT = (Phase.TALKING, Phase.WRAP_UP)
_STATES = {
    Phase.OFFERED: {AgentState.OFFERED},
    Phase.DIALLING: {AgentState.OFFERED},
    Phase.TALKING: {AgentState.TALKING, AgentState.HOLD},
    Phase.WRAP_UP: {AgentState.WRAP_UP},
}


class Broken(Exception):
    """A promise was broken. ``check`` names which, the text says how."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(f"{check}: {text}")
        self.check = check


class Promises:
    """One centre's, over all the lives of its engine."""

    def __init__(self) -> None:
        self.since: dict[str, int] = {}
        """By call: since when it waits, as first told to anybody."""
        self.let_go: set[str] = set()
        """Calls that the engine was to hang up."""
        self._made: set[str] = set()
        """Offers: a call back is one when the agent is rung and when the customer is dialled."""
        self.over: set[str] = set()
        """Calls that have ended."""

    def after_event(self, centre: Centre, effects: Sequence[Effect]) -> None:
        """Raises :class:`Broken`."""
        self._one_place(centre)
        self._agents(centre)
        self._waiting_times(centre.calls.values())
        for number, effect in enumerate(effects):
            if isinstance(effect, Ring | DialCustomer) and effect.offer not in self._made:
                self._made.add(effect.offer)
                since = {one.call for one in effects[number:] if isinstance(one, OfferEnded | Queued)}
                self._order(centre, effect, since)
            elif isinstance(effect, HangUp | StopDialling):
                self.let_go.add(effect.call)
            elif isinstance(effect, CallEnded):
                self.over.add(effect.record.call)

    @staticmethod
    def _one_place(centre: Centre) -> None:
        sums = centre.conservation()
        if sums.arrived + sums.callbacks != sums.ended + sum(sums.inside.values()):
            raise Broken("conservation", f"{sums}")
        queues = {queue.id for queue in centre.setup.acd.queues}
        waiting = [call for queue in queues for call in centre.acd.waiting(queue)]
        wait = [call.record for call in centre.calls.values() if call.phase is Phase.WAITING]
        in_line = {record.call for record in wait if record.queue in queues}
        for call in {record.call for record in wait} - in_line:  # in a queue that the rules know no more
            if not _has_a_place(centre, call):
                raise Broken("conservation", f"{call} waits, and is in no line")
        to_call = {call.record.call for call in centre.calls.values() if call.phase is Phase.CALLBACK}
        twice = [call for call, count in Counter(waiting).items() if count > 1]
        if twice or set(waiting) - to_call != in_line:
            raise Broken("conservation", f"in line {waiting}, but the calls that wait are {sorted(in_line)}")

    @staticmethod
    def _agents(centre: Centre) -> None:
        at: dict[str, str] = {}
        for call in centre.calls.values():
            if call.phase in (Phase.OFFERED, Phase.DIALLING):
                rung = [offer.agent for offer in call.record.offers if offer.offer in call.offers]
            else:
                rung = [call.record.agent] if call.phase in _WITH_AGENT and call.record.agent else []
            for agent in rung:
                if agent in at:
                    raise Broken("double offer", f"{agent} has {at[agent]} and {call.record.call}")
                at[agent] = call.record.call
                view = centre.acd.agent(agent)
                if view.call != call.record.call or view.state not in _STATES[call.phase]:
                    raise Broken("agents", f"{call.record.call} is {call.phase.value} with {agent}, who is {view}")
        for record in centre.acd.inside.agents:
            if record.call is not None and record.setup.id not in at:
                raise Broken("agents", f"{record.setup.id} is {record.state.value} with {record.call}, which is not")

    def _waiting_times(self, calls: Iterable[Call]) -> None:
        for call in calls:
            since = call.record.queued_at
            if since is None:
                continue
            known = self.since.setdefault(call.record.call, since)
            if since != known:
                raise Broken("waiting time", f"{call.record.call} waits since {known}, and now since {since}")

    @staticmethod
    def _order(centre: Centre, ring: Ring | DialCustomer, since: Container[str]) -> None:
        """``since``: calls that wait in this queue since this moment only: other phones rang for them, or their flow
        had still to go on from another queue."""
        offered = centre.calls.get(ring.call)
        if offered is None:
            return
        mine = offered.record.queued_at or 0
        for other in centre.calls.values():
            if other.record.queue != ring.queue or other.record.call in since or not _may_be_served(centre, other):
                continue
            if _is_for_another(centre, other.record.call, ring.agent):
                continue
            asked_before = any(offer.agent == ring.agent for offer in other.record.offers)
            if (other.record.queued_at or 0) < mine and not asked_before:
                raise Broken("order", f"{ring.agent} gets {ring.call}, and {other.record.call} has waited longer")


def _may_be_served(centre: Centre, call: Call) -> bool:
    """Whether it waits for an agent; a callback, whether it may be dialled."""
    if call.phase is Phase.CALLBACK:
        return _has_a_place(centre, call.record.call)
    return call.phase is Phase.WAITING


def _is_for_another(centre: Centre, call: str, agent: str) -> bool:
    """Whether a call that waits is kept for one agent, and that is somebody else than *agent*."""
    inside = centre.acd.inside
    kept_for = inside.call(call).kept_for
    return kept_for is not None and inside.agents[kept_for].setup.id != agent


def _has_a_place(centre: Centre, call: str) -> bool:
    try:
        return centre.acd.position(call) > 0
    except KeyError:
        return False
