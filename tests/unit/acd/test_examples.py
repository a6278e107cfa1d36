"""Every example site does what docs/rules.md tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd import events as ev
from acd.effects import AgentState
from acd.explain import explain_wait
from config import load_site
from tests.unit.acd.floor import Floor

EXAMPLES = Path(__file__).parents[3] / "config" / "examples"
DOCS = Path(__file__).parents[3] / "docs"
MINUTE = 60_000


def example(name: str) -> Floor:
    return Floor.of(load_site(EXAMPLES / name).acd)


@pytest.mark.parametrize("folder", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_every_example_is_a_site(folder: Path) -> None:
    assert load_site(folder).acd.agents


def test_a_minute_is_worth_a_point() -> None:
    floor = example("order")
    floor.call("ivan", "everybody", ago=4 * MINUTE)
    floor.call("olha", "gold")
    floor.call("petro", "everybody", ago=2 * MINUTE)
    floor.ready("ann", "bob")
    assert (floor.acd.agent("ann").call, floor.acd.agent("bob").call) == ("ivan", "olha")


def test_a_quarter_of_an_hour_goes_before_any_points() -> None:
    floor = example("order")
    floor.call("ivan", "everybody", ago=4 * MINUTE, priority=100)
    floor.call("petro", "everybody", ago=15 * MINUTE)
    floor.ready("ann")
    assert floor.acd.agent("ann").call == "petro"


@pytest.mark.parametrize(("queue", "agents"), [("cheap", ["cleo", "bob", "ann"]), ("first", ["ann", "bob", "cleo"])])
def test_each_queue_chooses_by_its_own_strategy(queue: str, agents: list[str]) -> None:
    floor = example("strategies")
    for agent in ("cleo", "bob", "ann"):
        floor.ready(agent)
        floor.later(1_000)
    for call in ("c1", "c2", "c3"):
        floor.call(call, queue)
    assert [floor.acd.agent(agent).call for agent in agents] == ["c1", "c2", "c3"]


def chatting() -> Floor:
    """Ann has two chats in hand, Bob one, and Cleo is on the telephone."""
    floor = example("channels")
    floor.ready("ann", "bob", "cleo")
    for call, agent in (("v1", "cleo"), ("c1", "ann"), ("c2", "bob"), ("c3", "ann")):
        floor.call(call, "phone" if agent == "cleo" else "chat", preferred=agent)
        floor.answer(agent)
        floor.later(1_000)
    return floor


def test_a_chat_goes_to_whoever_has_the_fewest_in_hand() -> None:
    floor = chatting()
    floor.call("c4", "chat")
    assert floor.offers() == [("c4", "bob")]
    floor.answer("bob")
    floor.call("c5", "chat")
    assert floor.offers() == [("c5", "ann")]
    floor.answer("ann")
    floor.call("c6", "chat")
    why = {verdict.agent: verdict.excluded_by for verdict in explain_wait(floor.acd, "c6").verdicts}
    assert why == {
        "ann": "talking: chat full, 3 of 3",
        "bob": "talking: chat full, 2 of 2",
        "cleo": "takes no chat",
    }


def test_a_telephone_call_comes_into_chats_and_then_no_chat_comes_into_it() -> None:
    floor = chatting()
    floor.call("v2", "phone")
    assert floor.offers() == [("v2", "bob")]
    floor.answer("bob")
    floor.call("c4", "chat")
    assert floor.offers() == [("c4", "ann")]


def regular(*, on_a_break: bool) -> Floor:
    """Ann has spoken to Ivan; an hour later he calls again, while Bob is free and Ann is not."""
    floor = example("regulars")
    floor.ready("ann")
    floor.call("c1", "help", caller="ivan")
    floor.talk("ann", "c1")
    if on_a_break:
        floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    else:
        floor.call("c2", "help")
        floor.answer("ann")
    floor.ready("bob")
    floor.later(60 * MINUTE)
    floor.call("c3", "help", caller="ivan")
    return floor


def test_who_calls_again_is_kept_for_the_last_agent_and_then_open_to_everybody() -> None:
    floor = regular(on_a_break=False)
    assert floor.offers() == []
    floor.later(30_000)
    assert floor.offers() == [("c3", "bob")]


def test_a_last_agent_at_lunch_is_not_waited_for() -> None:
    assert regular(on_a_break=True).offers() == [("c3", "bob")]


@pytest.mark.parametrize(("away", "order"), [(3, ["again", "olha"]), (6, ["olha", "again"])])
def test_who_calls_again_soon_has_the_old_place(away: int, order: list[str]) -> None:
    floor = example("regulars")
    floor.call("ivan", "help", caller="ivan")
    floor.later(MINUTE)
    floor.call("olha", "help", caller="olha")
    floor.later(MINUTE)
    floor.tell(ev.CallAbandoned(call="ivan"))
    floor.later(away * MINUTE)
    floor.call("again", "help", caller="ivan")
    assert floor.acd.waiting("help") == order


def test_agents_take_what_they_prefer_and_some_only_later() -> None:
    floor = example("preferences")
    floor.call("old-card", "cards", ago=5 * MINUTE)
    floor.call("loan", "loans", ago=MINUTE)
    floor.call("new-card", "cards", ago=20_000)
    floor.ready("ann", "bob", "bohdan")
    assert [floor.acd.agent(agent).call for agent in ("ann", "bob", "bohdan")] == ["loan", "old-card", None]
    floor.answer("ann")
    floor.answer("bob")
    floor.later(40_000)
    assert floor.offers() == [("new-card", "bohdan")]


@pytest.mark.parametrize(("sam_is_at_work", "minutes"), [(False, 1), (True, 5)])
def test_a_step_to_seniors_is_skipped_while_none_is_at_work(sam_is_at_work: bool, minutes: int) -> None:
    floor = example("relaxation")
    floor.occupy("zoe", "experts")
    if sam_is_at_work:
        floor.occupy("sam", "seniors")
    floor.ready("ann")
    floor.call("ivan", "experts")
    floor.later(minutes * MINUTE - 1)
    assert floor.state("ann") is AgentState.READY
    floor.later(1)
    assert floor.offers() == [("ivan", "ann")]


def test_who_waits_where_nobody_is_left_goes_over_to_another_queue() -> None:
    floor = example("relaxation")
    floor.occupy("nina", "night")
    floor.call("olha", "night")
    floor.later(MINUTE)
    floor.call("petro", "partner")
    floor.later(MINUTE)
    floor.tell(ev.AgentSignedOut(agent="nina"))
    floor.tell(ev.CallFinished(call="of-nina"))
    floor.tell(ev.WrapUpDone(agent="nina"))
    floor.later(5_000)
    assert floor.acd.waiting("partner") == ["olha", "petro"]


def test_the_phone_that_was_added_last_goes_to_the_next_caller() -> None:
    floor = example("ringing")
    for agent in ("ann", "bob", "cleo"):
        floor.ready(agent)
        floor.later(1_000)
    floor.call("ivan", "sales")
    floor.later(2_000)
    floor.call("olha", "sales")
    assert [floor.acd.agent(agent).call for agent in ("ann", "bob", "cleo")] == ["ivan", "ivan", "olha"]
    floor.answer("bob")
    assert [floor.acd.agent(agent).call for agent in ("ann", "bob", "cleo")] == ["olha", "ivan", "olha"]


def test_one_phone_more_every_ten_seconds() -> None:
    floor = example("ringing")
    floor.ready("ann", "bob", "cleo")
    floor.call("petro", "doctor")
    rung = []
    for _ in range(3):
        rung.append([floor.acd.agent(agent).call for agent in ("ann", "bob", "cleo")])
        floor.later(10_000)
    assert rung == [["petro", None, None], ["petro", "petro", None], ["petro", "petro", "petro"]]
    floor.fail("ann")
    assert [floor.acd.agent(agent).call for agent in ("ann", "bob", "cleo")] == [None, "petro", "petro"]
