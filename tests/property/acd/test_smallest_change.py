"""What is claimed as the smallest change alters the decision when it is really made, through the core's front door; and
no smaller amount of it does."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from acd import events as ev
from acd.changes import Change, What
from acd.effects import AgentState, Effect, Exit, Offer
from acd.engine import Acd
from acd.explain import Decision, explain, explain_wait
from acd.requirement import ANYBODY, Requirement
from acd.setup import AcdSetup, AgentSetup
from ivr import records
from tests.property.acd.centres import centres, easy_requirements

START = 1_700_000_000_000


class Told:
    """A core, and how each call came into it."""

    def __init__(self, setup: AcdSetup) -> None:
        self.acd = Acd(setup)
        self.now = START
        self.entered: dict[str, ev.CallQueued] = {}
        self.offered: dict[str, str] = {}
        """The call by its offer."""
        self.refused: set[str] = set()
        """Calls of which the core remembers who let them ring: it would forget that if they came anew."""

    def tell(self, event: ev.Event) -> list[Effect]:
        if isinstance(event, ev.CallQueued):
            self.entered[event.call] = event
        if isinstance(event, ev.OfferFailed):
            self.refused.add(self.offered[event.offer])
        effects = self.acd.apply(event, self.now)
        self.offered |= {effect.offer: effect.call for effect in effects if isinstance(effect, Offer)}
        return effects


def without_memory(setup: AcdSetup) -> AcdSetup:
    """The same where a call that leaves and comes in again is as it was but for its age: no steps are remembered as
    open, and nobody is turned away."""
    queues = [
        replace(queue, steps=(), max_waiting=None, max_wait_ms=None, hours=None, unstaffed_ms=None)
        for queue in setup.queues
    ]
    return replace(setup, queues=tuple(queues))


@st.composite
def told(draw: st.DrawFn) -> tuple[Told, ev.Event]:
    """A centre in the middle of its day, and what happens next."""
    core = Told(without_memory(draw(centres())))
    agents = [agent.id for agent in core.acd.setup.agents]
    queues = [queue.id for queue in core.acd.setup.queues]

    def some_event(number: int) -> ev.Event:
        agent = draw(st.sampled_from(agents))
        offer = core.acd.agent(agent).offer
        call = core.acd.agent(agent).call
        kind = draw(st.integers(0, 11))
        if kind >= 6:
            needs: Requirement = draw(st.one_of(st.just(ANYBODY), easy_requirements))
            return ev.CallQueued(
                call=f"c{number}",
                queue=draw(st.sampled_from(queues)),
                waiting_since=core.now,
                needs=needs,
                priority=draw(st.sampled_from((0, 0, 1))),
                preferred=draw(st.sampled_from(("", "", agent))),
                preferred_ms=draw(st.sampled_from((None, 30_000))),
            )
        if offer is not None:
            if draw(st.booleans()):
                return ev.OfferAnswered(offer=offer)
            return ev.OfferFailed(offer=offer, why=draw(st.sampled_from(ev.OfferFailure)))
        if call is not None:
            return ev.CallFinished(call=call) if draw(st.booleans()) else ev.WrapUpDone(agent=agent)
        if draw(st.integers(0, 4)):
            return ev.AgentReady(agent=agent)
        return ev.AgentNotReady(agent=agent, reason="lunch")

    for agent in agents:
        core.tell(ev.AgentSignedIn(agent=agent))
    for number in range(draw(st.integers(3, 14))):
        core.now += draw(st.sampled_from((0, 700, 9_000)))
        core.tell(ev.TimePassed())
        core.tell(some_event(number))
    core.now += draw(st.sampled_from((0, 500, 20_000)))
    core.tell(ev.TimePassed())
    return core, some_event(99)


def made(core: Told, change: Change, decision: Decision) -> list[ev.Event] | None:
    """The change as events that come just before; None if no event can bring it about."""
    call = change.call or decision.call
    if change.what in (What.CALL_EARLIER, What.NOT_KEPT) and (call not in core.entered or call in core.refused):
        return None  # it comes only now, or would not come as it was
    match change.what:
        case What.CALL_EARLIER:
            entered = core.entered[change.call]
            return [
                ev.CallLeft(call=change.call, why=Exit.KEY),
                records.replace(entered, waiting_since=entered.waiting_since - change.amount, caller=""),
            ]
        case What.READY:
            agent = core.acd.agent(change.agent)
            if change.amount or agent.state is AgentState.OFFERED:
                return None
            ended = [ev.CallFinished(call=agent.call)] if agent.call is not None else []
            return [
                *ended,
                ev.WrapUpDone(agent=change.agent),
                ev.AgentSignedIn(agent=change.agent),
                ev.AgentReady(agent=change.agent),
            ]
        case What.LEVELS | What.NO_PREFERENCE:
            agents = [_changed(one, change, decision) for one in core.acd.setup.agents]
            return [ev.Reconfigured(setup=replace(core.acd.setup, agents=tuple(agents)))]
        case What.NOT_KEPT:
            entered = core.entered[decision.call]
            return [ev.CallLeft(call=decision.call, why=Exit.KEY), records.replace(entered, preferred="", caller="")]
        case _:
            return None


def _changed(agent: AgentSetup, change: Change, decision: Decision) -> AgentSetup:
    if change.what is What.LEVELS and agent.id == change.agent:
        return replace(agent, skills={**agent.skills, **dict(change.levels)})
    if change.what is What.NO_PREFERENCE and agent.id == decision.agent:
        return replace(agent, queues={queue: replace(how, rank=0) for queue, how in agent.queues.items()})
    return agent


def offers(core: Told, events: list[ev.Event]) -> list[tuple[str, str]]:
    """Who is offered what when all of that happens; ``core`` stays as it is."""
    twin = deepcopy(core)
    effects = [effect for event in events for effect in twin.tell(event)]
    return [(effect.call, effect.agent) for effect in effects if isinstance(effect, Offer)]


def altered(core: Told, decision: Decision, before: list[ev.Event], then: list[ev.Event]) -> bool:
    found = offers(core, [*before, *then])
    if decision.agent is None:
        return any(call == decision.call for call, _ in found)
    # Where a queue rings several phones, the same agent's may ring next: what was decided is whose rings first.
    return next((agent for call, agent in found if call == decision.call), None) != decision.agent


def check(core: Told, decision: Decision, then: list[ev.Event]) -> None:
    change = decision.change
    event("none" if change is None else change.what.value)
    if change is None:
        return
    before = made(core, change, decision)
    if before is not None:
        # Who comes into a queue anew stands behind those of the same instant.
        slightly_more = made(core, replace(change, amount=change.amount + 1), decision) or before
        assert altered(core, decision, before, then) or altered(core, decision, slightly_more, then)
    if change.what is What.CALL_EARLIER and change.amount > 1:
        less = made(core, replace(change, amount=change.amount - 1), decision)
        assert less is None or not altered(core, decision, less, then), "less would have done"
    if change.what in (What.READY, What.LEVELS, What.MORE_READY):
        for call in [decision.call] if decision.agent is None else [rival.call for rival in decision.rivals]:
            for amount in (1, 700, 9_700, 30_000, 100_000):
                earlier = made(core, Change(what=What.CALL_EARLIER, call=call, amount=amount), decision)
                assert earlier is None or not altered(core, decision, earlier, then), (
                    f"{call} {amount} ms earlier would have done"
                )


@settings(max_examples=200, deadline=None)
@given(told())
def test_the_smallest_change_alters_the_decision_and_less_does_not(given: tuple[Told, ev.Event]) -> None:
    core, coming = given
    for queue in core.acd.setup.queues:
        for call in core.acd.waiting(queue.id)[:2]:
            check(core, explain_wait(core.acd, call), [])
    decisions = explain(core.acd, coming, core.now)
    if len(decisions) == 1:
        check(core, decisions[0], [coming])
