"""Several calls in hand: a capacity for each channel, and which channels go together."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.effects import AgentState, Exit, Released, Withdraw
from acd.setup import (
    AcdSetup,
    AgentSetup,
    ChannelSetup,
    Phones,
    RelaxationStep,
    Spill,
)
from tests.unit.acd.chats import CHAT, CHAT_INTERRUPTED, VOICE, chat, floor_of, take
from tests.unit.acd.floor import Floor, queue

# -- capacity ---------------------------------------------------------------------------------------------------------


def test_an_agent_has_as_many_chats_as_the_capacity_is_and_no_more() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1", "c2", "c3")
    assert floor.acd.agent("ann").calls == ("c1", "c2", "c3")
    floor.call("c4", "chat")
    assert floor.offers() == []
    floor.tell(ev.CallFinished(call="c2"))
    assert floor.offers() == []  # what is wrapped up is still in hand
    floor.later(10_000)
    assert floor.offers() == [("c4", "ann")]


def test_one_chat_is_offered_at_a_time() -> None:
    floor = floor_of(ann={})
    floor.call("c1", "chat")
    floor.call("c2", "chat")
    assert floor.acd.agent("ann").calls == ("c1",)
    floor.answer("ann")
    assert floor.acd.agent("ann").calls == ("c2", "c1")


def test_a_chat_that_is_declined_leaves_the_others_as_they_are() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1")
    floor.call("c2", "chat")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    view = floor.acd.agent("ann")
    assert (view.state, view.calls) == (AgentState.TALKING, ("c1",))
    floor.later(10_000)
    assert floor.acd.agent("ann").offer is not None


def test_an_agent_may_have_a_capacity_of_the_agents_own() -> None:
    floor = floor_of(ann={"chat": 1}, bob={"chat": 0})
    take(floor, "ann", "c1")
    floor.call("c2", "chat")
    assert floor.offers() == []
    assert (floor.acd.queue("chat").ready, floor.acd.queue("chat").staffed) == (0, 1)
    assert (floor.acd.queue("phone").ready, floor.acd.queue("phone").staffed) == (1, 2)


def test_who_has_no_capacity_for_a_channel_does_not_staff_it() -> None:
    floor = floor_of(queue("phone"), chat(unstaffed_ms=0), bob={"chat": 0})
    floor.call("c1", "chat")
    assert floor.only(Released).why is Exit.NOBODY_STAFFED


# -- which channels go together ---------------------------------------------------------------------------------------


def test_who_is_on_the_telephone_gets_no_chat() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "v1", queue="phone")
    floor.call("c1", "chat")
    assert floor.offers() == []


def test_who_chats_gets_no_telephone_call_unless_it_may_interrupt() -> None:
    for channels, offers in (((VOICE, CHAT), []), ((VOICE, CHAT_INTERRUPTED), [("v1", "ann")])):
        floor = floor_of(ann={}, channels=channels)
        take(floor, "ann", "c1")
        floor.call("v1", "phone")
        assert floor.offers() == offers


def test_a_telephone_call_that_came_into_chats_keeps_further_chats_away() -> None:
    floor = floor_of(ann={}, channels=(VOICE, CHAT_INTERRUPTED))
    take(floor, "ann", "c1")
    take(floor, "ann", "v1", queue="phone")
    floor.call("c2", "chat")
    assert floor.offers() == []
    floor.tell(ev.CallFinished(call="v1"))
    floor.tell(ev.WrapUpDone(agent="ann", call="v1"))
    assert floor.offers() == [("c2", "ann")]


def test_only_a_phone_of_an_agent_who_may_take_the_call_stops_ringing_for_it() -> None:
    """Bob chats and is rung for another chat beside Ann: a telephone call cannot have him, a chat can."""
    two = Phones(at_once=2)
    floor = floor_of(queue("phone"), chat(phones=two), chat("other"), ann={}, bob={})
    take(floor, "bob", "c1")
    floor.call("c2", "chat")
    assert {agent for _, agent in floor.offers()} == {"ann", "bob"}
    floor.call("v1", "phone")
    assert floor.offers() == []
    floor.call("c3", "other")
    assert floor.offers() == [("c3", "bob")]
    assert floor.only(Withdraw).call == "c2"


def test_an_agent_whose_own_call_has_begun_is_no_longer_to_be_had_for_another_one() -> None:
    floor = Floor(queue(phones=Phones(at_once=2)), ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.tell(ev.OwnCallBegan(agent="bob"))
    floor.call("c2")
    assert floor.offers() == []
    assert floor.acd.agent("bob").call == "c1"


def test_an_own_call_keeps_everything_new_away_and_leaves_what_is_in_hand() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1")
    floor.tell(ev.OwnCallBegan(agent="ann"))
    floor.call("c2", "chat")
    assert (floor.offers(), floor.acd.agent("ann").calls) == ([], ("c1",))
    floor.tell(ev.OwnCallEnded(agent="ann"))
    assert floor.offers() == [("c2", "ann")]


def test_who_wants_a_break_takes_no_more_and_has_it_after_the_last_call() -> None:
    floor = floor_of(chat(wrap_up_ms=0), ann={}, channels=(CHAT,))
    take(floor, "ann", "c1", "c2")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.call("c3", "chat")
    floor.tell(ev.CallFinished(call="c1"))
    assert (floor.offers(), floor.state("ann")) == ([], AgentState.TALKING)
    floor.tell(ev.CallFinished(call="c2"))
    assert (floor.state("ann"), floor.acd.agent("ann").reason) == (AgentState.NOT_READY, "lunch")


def test_a_wish_for_a_break_that_is_taken_back_opens_the_agent_again() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.call("c2", "chat")
    floor.tell(ev.AgentReady(agent="ann"))
    assert floor.offers() == [("c2", "ann")]


# -- another setup ----------------------------------------------------------------------------------------------------


def test_a_capacity_that_grows_opens_the_agent_at_once() -> None:
    floor = floor_of(ann={"chat": 1})
    take(floor, "ann", "c1")
    floor.call("c2", "chat")
    (ann,) = floor.setup.agents
    more = AgentSetup(id=ann.id, capacity={"chat": 2})
    floor.tell(ev.Reconfigured(setup=AcdSetup(queues=floor.setup.queues, agents=(more,), channels=(VOICE, CHAT))))
    assert floor.offers() == [("c2", "ann")]


@pytest.mark.parametrize("waiting", [True, False])
def test_a_channel_that_is_gone_is_served_to_the_end(waiting: bool) -> None:
    floor = floor_of(ann={}, channels=(VOICE, ChannelSetup(id="chat")))
    take(floor, "ann", "c1")
    if waiting:
        floor.call("c2", "chat")
    others = (VOICE, ChannelSetup(id="mail", capacity=2))
    floor.tell(ev.Reconfigured(setup=AcdSetup(queues=(queue("phone"),), agents=floor.setup.agents, channels=others)))
    floor.call("v1", "phone")
    assert floor.offers() == []
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(10_000)
    assert floor.offers() == [("c2" if waiting else "v1", "ann")]


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({"channels": (VOICE, VOICE)}, "channel “voice” is set up twice"),
        ({"queues": (chat(),)}, "queue “chat” is of “chat”, which is no channel"),
        ({"agents": (AgentSetup(id="ann", capacity={"mail": 1}),)}, "agent “ann” has a capacity of “mail”"),
        ({"agents": (AgentSetup(id="ann", capacity={"voice": -1}),)}, "nobody can have -1 calls in hand"),
        ({"channels": (ChannelSetup(interrupted_by=("fax",)),)}, "channel “voice” is interrupted by calls of “fax”"),
        (
            {
                "channels": (VOICE, CHAT),
                "queues": (chat(), queue("phone", steps=(RelaxationStep(after_ms=1, spill=Spill(queue="chat")),))),
            },
            "queue “phone” spills to “chat”, which is of another channel",
        ),
    ],
)
def test_a_setup_that_contradicts_itself_cannot_be_made(setup: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AcdSetup(**{"queues": (queue("phone"),), "agents": (), **setup})  # type: ignore[arg-type]
