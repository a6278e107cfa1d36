"""A centre of two queues and one menu, and calls that are brought to some point of their life in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from acd.requirement import parse
from acd.setup import ONE_PHONE, AcdSetup, AgentSetup, Phones, QueueSetup
from centre import events
from centre.effects import Ask, Effect, Ring, Speak
from centre.machine import Centre, CentreSetup
from ivr.flow import Choice, Flow, Menu, Queue, Say
from ivr.flow import HangUp as HangUpNode
from ivr.messages import EntryEnd

T = TypeVar("T", bound=Effect)

FLOW = Flow(
    id="main",
    digest="main-1",
    start="welcome",
    language="en",
    nodes={
        "welcome": Say(prompt="welcome", next="menu"),
        "menu": Menu(
            prompt="menu",
            choices={"1": Choice(next="cards", label={"en": "Cards"}), "2": Choice(next="loans")},
            otherwise="cards",
        ),
        "cards": Queue(queue="cards", prompt="please-wait", otherwise="sorry"),
        "loans": Queue(queue="loans", otherwise="cards"),
        "sorry": HangUpNode(prompt="sorry"),
    },
)


def centre(
    *, agents: Iterable[str] = ("anna", "boris"), wrap_up_ms: int | None = 10_000, phones: Phones = ONE_PHONE
) -> Centre:
    """Nobody is signed in yet. Every agent can do the cards, nobody the loans, where nobody may wait."""
    setup = CentreSetup(
        acd=AcdSetup(
            queues=(
                QueueSetup(id="cards", needs=parse("cards"), wrap_up_ms=wrap_up_ms, max_wait_ms=60_000, phones=phones),
                QueueSetup(id="loans", needs=parse("loans"), max_waiting=0),
            ),
            agents=tuple(AgentSetup(id=agent, skills={"cards": 3}) for agent in agents),
        ),
        flows={FLOW.digest: FLOW},
        entry=FLOW.digest,
    )
    return Centre(setup)


def only(effects: Iterable[Effect], kind: type[T]) -> T:
    """The one effect of that kind."""
    found = [effect for effect in effects if isinstance(effect, kind)]
    assert len(found) == 1, f"expected one {kind.__name__}, found {found}"
    return found[0]


def none_of(effects: Iterable[Effect], *kinds: type[Effect]) -> bool:
    """Whether no effect is of these kinds."""
    return not any(isinstance(effect, kinds) for effect in effects)


def make_ready(it: Centre, *agents: str, at: int = 0) -> None:
    """Each of them signs in and is ready."""
    for agent in agents:
        it.apply(events.AgentSignedIn(agent=agent), at)
        it.apply(events.AgentReady(agent=agent), at)


def call_in_menu(it: Centre, call: str, at: int) -> Ask:
    """The call arrives at ``at`` and is asked for a key two seconds later."""
    welcome = only(it.apply(events.CallArrived(call=call, line="test", number="+380501110001"), at), Speak)
    return only(it.apply(events.PromptEnded(call=call, step=welcome.step), at + 2_000), Ask)


def call_in_queue(it: Centre, call: str, at: int, key: str = "1") -> list[Effect]:
    """The call arrives at ``at`` and asks for its queue four seconds later."""
    ask = call_in_menu(it, call, at)
    return it.apply(events.KeysEntered(call=call, step=ask.step, keys=key, end=EntryEnd.KEYS), at + 4_000)


def talking(it: Centre, call: str = "c1", at: int = 0) -> Ring:
    """The call arrives at ``at`` and is answered seven seconds later, by whoever's phone is returned."""
    ring = only(call_in_queue(it, call, at), Ring)
    it.apply(events.OfferRinging(offer=ring.offer), at + 4_100)
    it.apply(events.OfferAnswered(offer=ring.offer), at + 7_000)
    return ring
