"""The state and the times of an agent who has several calls in hand."""

from __future__ import annotations

from acd import events as ev
from acd.effects import AgentChanged, AgentState, Effect, Handled
from acd.metrics import Metrics
from tests.unit.acd.chats import CHAT, chat, floor_of, shown, take


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
