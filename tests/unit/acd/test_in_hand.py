"""Who of several agents with calls in hand is asked, which call they get, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.changes import Change, What
from acd.channels import Channels
from acd.effects import AgentState, OfferEnded
from acd.estimate import Estimates
from acd.explain import explain, explain_wait
from acd.setup import (
    AgentSetup,
    ChannelSetup,
    Preference,
    Strategy,
)
from tests.unit.acd.chats import CHAT, CHAT_INTERRUPTED, VOICE, chat, floor_of, shown, take
from tests.unit.acd.floor import Floor, queue


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
