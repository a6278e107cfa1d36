"""Callers and agents of a run."""

from __future__ import annotations

import random
from collections.abc import Callable

from acd.effects import AgentState
from centre import events
from centre.machine import Centre
from simulator.torture.channels import Channel, Phone
from simulator.torture.dialplan import HOLD
from simulator.torture.engine import Life
from simulator.torture.exchange import Exchange
from simulator.torture.plan import CallerPlan, Plan, S
from simulator.torture.world import World

REASON = "lunch"
_GOES = 0.06
"""How often somebody who looks at the desk signs out, in runs in which agents do."""


class Callers:
    """Everybody who calls."""

    def __init__(self, world: World, exchange: Exchange, plan: Plan) -> None:
        self._world = world
        self._exchange = exchange
        self.plans = {one.name: one for one in plan.callers}
        self.channels: dict[str, Channel] = {}
        """Those who have called or were called back, by the call's name; the last channel of each."""
        self._chances: dict[str, random.Random] = {}
        exchange.back.customers = self
        for caller in plan.callers:
            world.at(caller.at_us, lambda one=caller: self._dial(one))  # type: ignore[misc]

    def left(self) -> int:
        """How many have still to call, or are on the line."""
        to_call = sum(one not in self.channels for one in self.plans)
        return to_call + sum(channel.alive for channel in self.channels.values())

    def called(self, leg: Channel) -> tuple[str, int]:
        """A customer's phone rings, because of a wish to be called back."""
        name = leg.variables["CC_ID"]
        self._world.tell(plan_of_call(name), f"is called back ({name})")
        self.channels[name] = leg
        chance = self._chances.setdefault(name, self._world.stream("customer", name))
        does = chance.choices(("answer", "ignore", "busy", "gone"), (12, 4, 2, 1))[0]
        return does, chance.randint(300_000, 5 * S)

    def answered(self, leg: Channel) -> None:
        """The customer has taken the call."""
        plan = self.plans[plan_of_call(leg.variables["CC_ID"])]
        self._world.tell(plan.name, "answers")
        self._world.after(plan.patience_us, lambda: self._lose_patience(plan, leg))

    def _dial(self, plan: CallerPlan) -> None:
        number = f"+38050111{int(plan.name[1:]):04d}"
        channel = self._exchange.arrive(number, plan.keys, plan.name, on_end=lambda: None)
        self.channels[plan.name] = channel
        channel.presses = plan.presses
        self._world.tell(plan.name, "calls in")
        self._world.after(plan.patience_us, lambda: self._lose_patience(plan, channel))

    def _lose_patience(self, plan: CallerPlan, channel: Channel) -> None:
        if not channel.alive:
            return
        if channel.peer is None and channel.context != HOLD:
            self._world.tell(plan.name, "loses patience and hangs up")
            self._exchange.put_down(channel)
        else:
            # With an agent; or back in a queue after that, which nobody puts up with for ever.
            self._world.after(60 * S, lambda: self._lose_patience(plan, channel))


class Agents:
    """Everybody who works: what they do with their phones, and at their desks."""

    def __init__(self, world: World, exchange: Exchange, plan: Plan, life: Callable[[], Life | None]) -> None:
        """*life*: the engine, if it is there for the desks."""
        self._world = world
        self._exchange = exchange
        self._life = life
        self._callers = {one.name: one for one in plan.callers}
        self._chances = {agent: world.stream("agent", agent) for agent in plan.agents}
        self._signs_out = plan.signs_out
        self._goings = {agent: world.stream("agent goes", agent) for agent in plan.agents}
        self.at_work = True
        exchange.telephones = self
        for agent in plan.agents:
            world.at(self._chances[agent].randint(0, 8 * S), lambda one=agent: self._look(one))  # type: ignore[misc]

    def rung(self, phone: Phone, leg: Channel) -> tuple[str, int]:
        """Mostly answers."""
        chance = self._chances.get(agent_of(phone))
        if chance is None:
            return "silent", 0
        does = chance.choices(("answer", "reject", "ignore", "silent"), (16, 2, 1, 1))[0]
        self._world.tell(agent_of(phone), f"is rung for {leg.variables['CC_CALL']} (offer {leg.variables['CC_OFFER']})")
        return does, chance.randint(200_000, 9 * S)

    def connected(self, phone: Phone, leg: Channel, caller: Channel) -> None:
        """Talks, until one of the two has had enough."""
        name = caller.variables["CC_ID"]
        self._world.tell(agent_of(phone), f"talks to {name}")
        plan = self._callers[plan_of_call(name)]
        first = caller if plan.hangs_up else leg
        bridge = caller.bridge

        def enough() -> None:
            if caller.bridge == bridge and first.alive:
                self._world.tell(name if first is caller else agent_of(phone), "hangs up")
                self._exchange.put_down(first)
            elif caller.context == HOLD and first.alive:
                self._world.after(2 * S, enough)

        self._world.after(plan.talk_us, enough)

    def _look(self, agent: str) -> None:
        """Now and then the agent looks at the desk, and does something about what stands there."""
        chance = self._chances[agent]
        self._world.after(chance.randint(1 * S, 7 * S), lambda: self._look(agent))
        life = self._life()
        state = None if life is None else _state_of(agent, life.centre)
        if state is None:
            return
        for event in self._wishes(agent, state):
            self._world.tell(agent, f"at the desk, {state.value}: {type(event).__name__}")
            life = self._life()
            if life is not None:
                life.tell(event)

    def _wishes(self, agent: str, state: AgentState) -> tuple[events.Event, ...]:
        chance = self._chances[agent].random()
        if state is not AgentState.LOGGED_OUT and self._goes(agent):
            return (events.AgentSignedOut(agent=agent),)
        match state:
            case AgentState.LOGGED_OUT:
                return (events.AgentSignedIn(agent=agent), events.AgentReady(agent=agent))
            case AgentState.NOT_READY:
                return (events.AgentReady(agent=agent),)
            case AgentState.WRAP_UP:
                return (events.WrapUpFinished(agent=agent, disposition="solved"),)
            case AgentState.OFFERED if chance < 0.1:
                return (events.OfferDeclined(agent=agent),)
            case AgentState.TALKING if chance < 0.15:
                return (events.HoldAsked(agent=agent),)
            case AgentState.TALKING if chance < 0.2:
                return (events.HangUpAsked(agent=agent),)
            case AgentState.HOLD:
                return (events.RetrieveAsked(agent=agent),)
            case AgentState.READY if chance < 0.05 and self.at_work:
                return (events.AgentNotReady(agent=agent, reason=REASON),)
        return ()

    def _goes(self, agent: str) -> bool:
        return self._signs_out and self._goings[agent].random() < _GOES and self.at_work


def _state_of(agent: str, centre: Centre) -> AgentState | None:
    """What the desk of an agent shows; None for who is none by the rules of the day."""
    records = (one for one in centre.acd.inside.agents if one.setup.id == agent)
    return next((one.state for one in records if not one.left), None)


def plan_of_call(name: str) -> str:
    """Whose call this is: a call back is named after the one in which it was asked for."""
    return name.removesuffix("-back")


def agent_of(phone: Phone) -> str:
    """Whose phone it is."""
    return phone.endpoint.partition("/")[2]
