"""Several calls in hand: a capacity for each channel, and which channels go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from acd import events as ev
from acd.changes import Change, What
from acd.channels import Channels
from acd.effects import AgentChanged, AgentState, Effect, Exit, Handled, OfferEnded, Released, Withdraw
from acd.estimate import Estimates
from acd.explain import explain, explain_wait
from acd.metrics import Metrics
from acd.setup import (
    AcdSetup,
    AgentSetup,
    ChannelSetup,
    Phones,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
    Strategy,
)
from tests.unit.acd.floor import Floor, queue

VOICE = ChannelSetup()
CHAT = ChannelSetup(id="chat", capacity=3)
CHAT_INTERRUPTED = ChannelSetup(id="chat", capacity=3, interrupted_by=("voice",))


def chat(id_: str = "chat", **more: Any) -> QueueSetup:
    return replace(queue(id_), **{"channel": "chat", "wrap_up_ms": 10_000, **more})


def floor_of(
    *queues: QueueSetup, channels: tuple[ChannelSetup, ...] = (VOICE, CHAT), **agents: Mapping[str, int]
) -> Floor:
    """Everybody named is ready, the first for the longest; they are named with their own capacities."""
    floor = Floor(
        *(queues or (queue("phone"), chat())),
        settings={"channels": channels},
        traits={agent: {"capacity": capacity} for agent, capacity in agents.items()},
        **{agent: {} for agent in agents},
    )
    for agent in agents:
        floor.ready(agent)
        floor.later(1_000)
    return floor


def take(floor: Floor, agent: str, *calls: str, queue: str = "chat") -> None:
    """Calls come one after the other and are answered by this agent."""
    for call in calls:
        floor.call(call, queue, preferred=agent)
        floor.answer(agent)


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


# -- who of several ---------------------------------------------------------------------------------------------------


def test_whoever_has_the_fewest_calls_in_hand_is_asked_first() -> None:
    floor = floor_of(ann={}, bob={})
    take(floor, "ann", "c1")
    take(floor, "bob", "c2", "c3")
    floor.later(60_000)
    floor.call("c4", "chat")
    assert floor.offers() == [("c4", "ann")]


def test_of_equally_many_the_one_who_took_or_ended_a_call_longest_ago() -> None:
    floor = floor_of(ann={}, bob={})
    take(floor, "bob", "c1")
    floor.later(1_000)
    take(floor, "ann", "c2")
    floor.call("c3", "chat")
    assert floor.offers() == [("c3", "bob")]


def test_calls_in_hand_count_whatever_their_channel() -> None:
    floor = floor_of(ann={}, bob={}, channels=(VOICE, ChannelSetup(id="chat", capacity=3, interrupted_by=("voice",))))
    take(floor, "ann", "c1")
    floor.call("v1", "phone")
    assert floor.offers() == [("v1", "bob")]


@pytest.mark.parametrize(("strategy", "first"), [(Strategy.LINEAR, "ann"), (Strategy.LONGEST_IDLE, "bob")])
def test_the_strategy_comes_before_how_many_are_in_hand(strategy: Strategy, first: str) -> None:
    floor = floor_of(chat(strategy=strategy), ann={}, bob={}, channels=(CHAT,))
    take(floor, "ann", "c1", "c2")
    floor.call("c3", "chat")
    assert floor.offers() == [("c3", first)]


def test_occupancy_rises_while_calls_are_in_hand() -> None:
    """Ann was ready for 100 s and then chatted for as long; Bob was ready all the time, but for a short chat."""
    floor = floor_of(chat(strategy=Strategy.LEAST_OCCUPIED, wrap_up_ms=0), ann={}, bob={}, channels=(CHAT,))
    floor.later(100_000)
    take(floor, "bob", "c1")
    floor.later(30_000)
    take(floor, "ann", "c2")
    floor.later(1_000)
    floor.call("c3", "chat")
    assert floor.offers() == [("c3", "ann")]
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(100_000)
    floor.call("c4", "chat")
    assert floor.offers() == [("c4", "bob")]


def test_time_with_callers_counts_once_the_conversation_is_over() -> None:
    floor = floor_of(chat(strategy=Strategy.LEAST_TALK_TIME, wrap_up_ms=0), ann={}, bob={}, channels=(CHAT,))
    take(floor, "ann", "c1")
    floor.later(60_000)
    take(floor, "bob", "c2")
    floor.later(10_000)
    floor.tell(ev.CallFinished(call="c2"))
    floor.call("c3", "chat")
    assert floor.offers() == [("c3", "ann")]


def test_an_agent_takes_the_first_of_the_calls_that_there_is_room_for() -> None:
    floor = floor_of(queue("phone", priority=5), chat(), ann={})
    take(floor, "ann", "c1", "c2", "c3")
    floor.call("v1", "phone")
    floor.call("c4", "chat")
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(10_000)
    assert floor.offers() == [("c4", "ann")]


def test_a_preference_counts_among_the_calls_that_there_is_room_for() -> None:
    preferring = {"capacity": {}, "queues": {"phone": Preference(rank=-2), "vip": Preference(rank=-1)}}
    floor = Floor(
        queue("phone"),
        chat(),
        chat("vip"),
        settings={"channels": (VOICE, CHAT)},
        traits={"ann": preferring},
        ann={},
    )
    floor.ready("ann")
    take(floor, "ann", "c1", "c2", "c3")
    for call, of in (("v1", "phone"), ("c4", "chat"), ("c5", "vip")):
        floor.call(call, of)
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(10_000)
    assert floor.offers() == [("c5", "ann")]


def test_a_call_kept_for_an_agent_waits_until_there_is_room_for_it() -> None:
    floor = floor_of(queue("phone", priority=5), chat(), ann={"chat": 2}, bob={})
    take(floor, "ann", "c1")
    floor.call("v1", "phone", preferred="ann")
    assert floor.offers() == []
    take(floor, "ann", "c2")
    floor.call("c3", "chat", preferred="ann")
    assert floor.offers() == []
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(10_000)
    assert floor.offers() == [("c3", "ann")]


def test_who_takes_no_chats_takes_the_telephone_call_behind_them() -> None:
    floor = floor_of(queue("phone"), chat(priority=5))
    floor.call("c1", "chat")
    floor.call("v1", "phone")
    bob = AgentSetup(id="bob", capacity={"chat": 0})
    floor.tell(ev.Reconfigured(setup=replace(floor.setup, agents=(bob,))))
    floor.ready("bob")
    assert floor.offers() == [("v1", "bob")]


def test_there_is_room_only_for_what_the_agent_takes_at_all() -> None:
    channels = Channels((VOICE, CHAT_INTERRUPTED))
    both, chats_only = AgentSetup(id="ann"), AgentSetup(id="bob", capacity={"voice": 0})
    assert [channels.room(agent, ["chat"]) for agent in (both, chats_only)] == [0b11, 0b10]


# -- states and times -------------------------------------------------------------------------------------------------


def shown(floor: Floor, agent: str) -> tuple[AgentState, str | None]:
    view = floor.acd.agent(agent)
    return view.state, view.call


def test_the_state_is_that_of_the_foremost_call() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1", "c2")
    assert shown(floor, "ann") == (AgentState.TALKING, "c1")
    floor.tell(ev.CallHeld(call="c1"))
    assert shown(floor, "ann") == (AgentState.TALKING, "c2")
    floor.tell(ev.CallFinished(call="c2"))
    assert shown(floor, "ann") == (AgentState.HOLD, "c1")
    floor.call("c3", "chat")
    assert shown(floor, "ann") == (AgentState.OFFERED, "c3")
    floor.tell(ev.CallFinished(call="c1"))
    assert shown(floor, "ann") == (AgentState.OFFERED, "c3")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert shown(floor, "ann") == (AgentState.WRAP_UP, "c1")


def test_a_call_that_ends_while_a_phone_rings_does_not_end_the_ringing() -> None:
    floor = floor_of(chat(wrap_up_ms=0), ann={}, channels=(CHAT,))
    take(floor, "ann", "c1")
    floor.call("c2", "chat")
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.only(Handled).call == "c1"
    assert shown(floor, "ann") == (AgentState.OFFERED, "c2")
    floor.answer("ann")
    assert shown(floor, "ann") == (AgentState.TALKING, "c2")


def test_each_wrap_up_has_its_own_end() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1", "c2")
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(4_000)
    floor.tell(ev.CallFinished(call="c2"))
    assert (shown(floor, "ann"), floor.acd.agent("ann").until) == ((AgentState.WRAP_UP, "c1"), floor.now + 6_000)
    floor.tell(ev.WrapUpExtended(agent="ann", extra_ms=20_000, call="c2"))
    floor.later(6_000)
    assert (shown(floor, "ann"), floor.acd.agent("ann").until) == ((AgentState.WRAP_UP, "c2"), floor.now + 24_000)
    floor.tell(ev.WrapUpDone(agent="ann", call="c1"))
    assert floor.said == []
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.state("ann") is AgentState.READY


def test_every_call_has_its_own_times_and_the_agents_time_is_counted_once() -> None:
    floor = floor_of(chat(wrap_up_ms=10_000), ann={}, channels=(CHAT,))
    metrics, handled = Metrics(3_600_000, floor.setup.queues, floor.setup.agents), {}
    start = floor.now - floor.now % 3_600_000

    def counted(effects: list[Effect]) -> None:
        for effect in effects:
            metrics.note(effect, floor.now)
            if isinstance(effect, Handled):
                handled[effect.call] = (effect.talk_ms, effect.wrap_up_ms)

    for call, after_ms in (("c1", 20_000), ("c2", 30_000)):
        counted(floor.tell(ev.CallQueued(call=call, queue="chat", waiting_since=floor.now)))
        counted(floor.answer("ann"))
        counted(floor.later(after_ms))
    for call in ("c1", "c2"):
        counted(floor.tell(ev.CallFinished(call=call)))
    counted(floor.later(10_000))
    assert handled == {"c1": (50_000, 10_000), "c2": (30_000, 10_000)}
    metrics.book_until(floor.now)
    agent = metrics.agent("ann", start)
    assert (agent.talk_ms, agent.wrap_up_ms, agent.handled) == (50_000, 10_000, 2)
    of_queue = metrics.queue("chat", start)
    assert (of_queue.talk_ms, of_queue.wrap_up_ms) == (80_000, 20_000)


def test_an_agent_who_signs_out_goes_after_the_last_call() -> None:
    floor = floor_of(chat(wrap_up_ms=0), ann={}, channels=(CHAT,))
    take(floor, "ann", "c1", "c2")
    floor.tell(ev.AgentSignedOut(agent="ann"))
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.state("ann") is AgentState.TALKING
    floor.tell(ev.CallFinished(call="c2"))
    assert floor.only(AgentChanged).state is AgentState.LOGGED_OUT


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


# -- why, and how long ------------------------------------------------------------------------------------------------


def test_who_has_no_room_is_excluded_by_the_channel_that_is_full() -> None:
    floor = floor_of(ann={}, bob={"chat": 0}, cleo={}, dan={}, eve={}, channels=(VOICE, CHAT_INTERRUPTED))
    take(floor, "ann", "c1", "c2", "c3")
    take(floor, "cleo", "v1", queue="phone")
    take(floor, "dan", "c4")
    floor.tell(ev.AgentNotReady(agent="dan", reason="lunch"))
    take(floor, "eve", "c5")
    floor.tell(ev.OwnCallBegan(agent="eve"))
    floor.call("c6", "chat")
    why = {verdict.agent: verdict.excluded_by for verdict in explain_wait(floor.acd, "c6").verdicts}
    assert why == {
        "ann": "talking: chat full, 3 of 3",
        "bob": "takes no chat",
        "cleo": "talking: chat does not interrupt voice",
        "dan": "talking, then not-ready",
        "eve": "talking: own call",
    }


def test_what_set_an_agent_before_the_next_one_may_be_fewer_calls_in_hand() -> None:
    floor = floor_of(ann={}, bob={})
    take(floor, "ann", "c1", "c2")
    take(floor, "bob", "c3")
    event = ev.CallQueued(call="c4", queue="chat", waiting_since=floor.now)
    (decision,) = explain(floor.acd, event, floor.now)
    assert (decision.agent, decision.decided_by) == ("bob", "fewest calls in hand")
    assert [verdict.in_hand for verdict in decision.verdicts] == [1, 2]
    assert decision.change == Change(what=What.FEWER_IN_HAND, agent="ann", amount=1)


def test_nobody_can_have_fewer_calls_in_hand_than_none() -> None:
    """Bob is free and has been for longer; Ann would have to have less than nothing in hand to be asked first."""
    floor = floor_of(bob={}, ann={})
    take(floor, "ann", "c1")
    event = ev.CallQueued(call="c2", queue="chat", waiting_since=floor.now)
    (decision,) = explain(floor.acd, event, floor.now)
    assert decision.agent == "bob"
    assert decision.change is None or decision.change.what is not What.FEWER_IN_HAND


def test_a_call_that_waits_would_not_if_an_agent_had_nothing_in_hand() -> None:
    floor = floor_of(ann={"chat": 2})
    take(floor, "ann", "c1", "c2")
    floor.call("c3", "chat")
    assert explain_wait(floor.acd, "c3").change == Change(what=What.READY, agent="ann")


def test_a_wait_is_estimated_from_all_the_calls_in_hand() -> None:
    alone, several = (floor_of(ann={"chat": capacity}) for capacity in (1, 3))
    bounds = []
    for floor, calls in ((alone, ["c1"]), (several, ["c1", "c2", "c3"])):
        estimates = Estimates(floor.acd)
        take(floor, "ann", *calls)
        floor.call("last", "chat")
        wait = estimates.of("last", floor.now)
        assert wait is not None
        bounds.append(wait.bound_ms)
    assert bounds[1] < bounds[0]


def test_a_withdrawn_offer_leaves_the_agent_with_what_was_in_hand() -> None:
    floor = floor_of(ann={})
    take(floor, "ann", "c1")
    floor.call("c2", "chat")
    floor.tell(ev.CallAbandoned(call="c2"))
    assert floor.only(OfferEnded).call == "c2"
    assert shown(floor, "ann") == (AgentState.TALKING, "c1")
