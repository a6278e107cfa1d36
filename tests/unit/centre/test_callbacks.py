"""Customers who are called back, as the centre's events and orders tell it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from centre import events
from centre.calls import Outcome, Phase
from centre.effects import (
    CallEnded,
    DialCustomer,
    Effect,
    HangUp,
    Ring,
    Speak,
    StopDialling,
    StopRinging,
    Wait,
    WrapUpClosed,
)
from centre.events import DialFailure
from centre.machine import Centre
from config import load_site
from config.site import Site
from ivr.messages import EntryEnd

SITE: Site = load_site(Path(__file__).parents[3] / "config" / "examples" / "callback")
NOON = 1_700_042_400_000
"""12:00 in Kyiv, on a Wednesday."""
MINUTE = 60_000
IVAN, OLHA = "+380501110001", "+380501110002"

T = TypeVar("T", bound=Effect)


class World:
    """A centre, and a clock that only moves when told."""

    def __init__(self) -> None:
        self.centre = Centre(SITE.centre)
        self.now = NOON
        self.said: list[Effect] = []

    def tell(self, event: events.Event) -> list[Effect]:
        self.said = self.centre.apply(event, self.now)
        return self.said

    def later(self, ms: int) -> list[Effect]:
        until, said = self.now + ms, []
        while (due := self.centre.next_due()) is not None and due <= until:
            self.now = due
            said += self.tell(events.TimePassed())
        self.now = until
        self.said = said
        return said

    def ready(self, *agents: str) -> None:
        for agent in agents:
            self.tell(events.AgentSignedIn(agent=agent))
            self.tell(events.AgentReady(agent=agent))

    def calls(self, call: str, number: str, keys: str) -> list[Effect]:
        """Somebody calls and answers the menu's questions, each entry apart: “1”, or “0501110002#”."""
        self.tell(events.CallArrived(call=call, line="test", number=number))
        for entry in keys.split():
            self.presses(call, entry)
        said = self.said
        living = self.centre.calls.get(call)
        if living is not None and isinstance(living.asked, Speak):
            said += self.tell(events.PromptEnded(call=call, step=living.session.step))
        self.said = said
        return said

    def presses(self, call: str, entry: str) -> None:
        session = self.centre.calls[call].session
        self.tell(events.KeysEntered(call=call, step=session.step, keys=entry.rstrip("#"), end=EntryEnd.KEYS))

    def asks_back(self, call: str, number: str, keys: str = "1") -> None:
        """Calls for help, waits, presses 1 and accepts to be called back."""
        self.calls(call, number, "1")
        self.tell(events.CallerPressedExit(call=call, key="1"))
        for entry in keys.split():
            self.presses(call, entry)
        self.tell(events.CallerHungUp(call=call))

    def answers(self, agent: str) -> list[Effect]:
        offer = self.centre.acd.agent(agent).offer
        assert offer is not None
        return self.tell(events.OfferAnswered(offer=offer))

    def only(self, kind: type[T]) -> T:
        (found,) = of(self.said, kind)
        return found

    def phase(self, call: str) -> Phase:
        return self.centre.calls[call].phase


def of(effects: Iterable[Effect], kind: type[T]) -> list[T]:
    return [effect for effect in effects if isinstance(effect, kind)]


@pytest.fixture
def world() -> World:
    return World()


def test_who_accepts_keeps_the_place_and_the_two_records_name_each_other(world: World) -> None:
    world.calls("other", OLHA, "1")
    world.later(30_000)
    world.calls("c1", IVAN, "1")
    world.later(MINUTE)
    world.calls("younger", "+380501110003", "1")
    world.tell(events.CallerPressedExit(call="c1", key="1"))
    world.presses("c1", "1")
    assert world.only(HangUp).prompts == ("thanks",)
    world.tell(events.CallerHungUp(call="c1"))
    asked = world.only(CallEnded).record
    assert (asked.outcome, asked.callback) == (Outcome.CALLBACK, "c1-back")
    assert [call.record.call for call in world.centre.waiting_calls("help")] == ["other", "c1-back", "younger"]
    back = world.centre.calls["c1-back"].record
    assert (back.asked_by, back.number, back.queued_at) == ("c1", IVAN, asked.queued_at)


def test_agent_first_the_agent_is_rung_alone_and_then_the_customer_is_dialled(world: World) -> None:
    world.asks_back("c1", IVAN)
    world.ready("ann")
    ring = world.only(Ring)
    assert (ring.call, ring.before_customer, world.phase("c1-back")) == ("c1-back", True, Phase.OFFERED)
    world.answers("ann")
    dial = world.only(DialCustomer)
    assert (dial.number, dial.agent, dial.offer, world.phase("c1-back")) == (IVAN, "ann", ring.offer, Phase.DIALLING)
    world.tell(events.CustomerAnswered(call="c1-back"))
    assert world.phase("c1-back") is Phase.TALKING
    world.later(MINUTE)
    world.tell(events.ConversationEnded(call="c1-back", by="caller"))
    record = world.only(CallEnded).record
    assert (record.outcome, record.talk_ms, [one.how for one in record.attempts]) == (
        Outcome.ANSWERED,
        MINUTE,
        ["answered"],
    )
    world.tell(events.WrapUpFinished(agent="ann"))
    assert world.only(WrapUpClosed).record.call == "c1-back"


def test_customer_first_the_agent_is_rung_when_the_customer_is_there(world: World) -> None:
    world.calls("c1", IVAN, "2 1 1")
    world.tell(events.CallerHungUp(call="c1"))
    world.ready("ann")
    assert not of(world.said, Ring)
    assert world.only(DialCustomer).number == IVAN
    world.tell(events.CustomerAnswered(call="c1-back"))
    assert world.only(Ring).before_customer is False
    world.answers("ann")
    assert world.phase("c1-back") is Phase.TALKING


def test_a_busy_customer_is_dialled_again_after_the_gap_and_given_up_after_the_last_attempt(world: World) -> None:
    world.asks_back("c1", IVAN)
    world.ready("ann")
    world.answers("ann")
    world.tell(events.CustomerFailed(call="c1-back", why=DialFailure.BUSY))
    assert of(world.said, StopRinging), "the agent's telephone is put down"
    assert world.phase("c1-back") is Phase.CALLBACK
    assert not of(world.later(10 * MINUTE - 1), Ring)
    world.later(1)
    world.answers("ann")
    world.tell(events.CustomerFailed(call="c1-back", why=DialFailure.NO_ANSWER))
    record = world.only(CallEnded).record
    assert record.outcome is Outcome.CALLBACK_FAILED
    assert [(one.how, (one.ended_at or 0) - one.dialled_at) for one in record.attempts] == [
        ("busy", 0),
        ("no-answer", 0),
    ]


def test_a_customer_of_whose_answer_the_line_tells_after_the_last_attempt_is_let_go_and_has_one_record(
    world: World,
) -> None:
    world.calls("c1", IVAN, "2 1 1")
    world.tell(events.CallerHungUp(call="c1"))
    world.tell(events.CustomerAnswered(call="c1-back"))
    world.tell(events.CallerHungUp(call="c1-back"))
    assert world.only(CallEnded).record.call == "c1-back"
    adopted = events.CallAdopted(call="c1-back", line="test", number=IVAN, name="", arrived_at=NOON)
    world.later(10 * MINUTE)
    assert world.tell(adopted) == [HangUp(call="c1-back")]
    assert not of(world.tell(events.CallerHungUp(call="c1-back")), CallEnded)


def test_a_customer_who_gets_through_by_calling_in_is_not_called_back(world: World) -> None:
    world.asks_back("c1", IVAN)
    world.calls("c2", "050 111 00 01", "1")
    world.ready("ann")
    assert world.only(Ring).call == "c2"
    world.answers("ann")
    ended = world.only(CallEnded).record
    assert (ended.call, ended.outcome, ended.ended_by) == ("c1-back", Outcome.CALLBACK_DROPPED, "caller")


def test_who_calls_in_while_being_dialled_stops_the_dialling(world: World) -> None:
    world.asks_back("c1", IVAN)
    world.ready("ann")
    world.answers("ann")
    world.calls("c2", IVAN, "1")
    assert world.only(StopDialling).call == "c1-back"
    assert world.centre.calls["c1-back"].record.attempts[0].how == "stopped"
    assert world.only(Ring).call == "c2"


def test_a_supervisor_can_cancel_a_callback(world: World) -> None:
    world.asks_back("c1", IVAN)
    assert [call.record.call for call in world.centre.callbacks("help")] == ["c1-back"]
    world.tell(events.CallWithdrawn(call="c1-back", by="mara"))
    record = world.only(CallEnded).record
    assert (record.outcome, record.ended_by) == (Outcome.CALLBACK_DROPPED, "supervisor")
    world.asks_back("c2", IVAN)
    assert world.centre.callbacks("help"), "the number is free for another one"


def test_one_number_is_called_back_once(world: World) -> None:
    world.asks_back("c1", IVAN)
    world.asks_back("c2", OLHA, keys="2 0501110001#")
    assert world.only(CallEnded).record.callback == "c1-back"
    assert [call.record.call for call in world.centre.callbacks("help")] == ["c1-back"]


@pytest.mark.parametrize(
    "number",
    [
        "0900123456",
        "+380800300300",
        "+4930123456",
        "+870773111632",
        "112",
        "*99*1#",
        "0501110001,,9",
        "05011100010000000000",
    ],
)
def test_no_number_is_dialled_that_the_site_does_not_allow(world: World, number: str) -> None:
    world.calls("c1", "", "1")
    world.tell(events.CallerPressedExit(call="c1", key="1"))
    world.presses("c1", "1")  # the number is withheld: another one is asked for
    for _ in range(3):
        world.presses("c1", number)
    assert world.only(Wait).queue == "help", "no number, no callback: the caller waits on"
    assert not world.centre.callbacks("help")


def test_who_says_no_waits_on_with_the_time_already_waited(world: World) -> None:
    world.calls("c1", IVAN, "1")
    world.later(2 * MINUTE)
    world.presses("c1", "0")
    assert world.only(Wait).waiting_since == NOON


def test_a_booked_callback_comes_up_at_its_time_before_those_who_wait(world: World) -> None:
    world.calls("c1", IVAN, "2 1 3")
    world.tell(events.CallerHungUp(call="c1"))
    world.later(4 * 60 * MINUTE)
    world.calls("live", OLHA, "2 0")
    world.later(60 * MINUTE - 1)
    assert [call.record.call for call in world.centre.waiting_calls("orders")] == ["live"]
    world.later(1)
    assert [call.record.call for call in world.centre.waiting_calls("orders")] == ["c1-back", "live"]


def test_a_time_outside_opening_hours_is_moved_to_the_next_opening(world: World) -> None:
    world.later(5 * 60 * MINUTE)
    world.calls("c1", IVAN, "2 1 2")
    world.tell(events.CallerHungUp(call="c1"))
    booked = world.centre.calls["c1-back"].record.booked_at
    assert booked == NOON + 21 * 60 * MINUTE, "nine the next morning, not seven in the evening"


def test_a_line_that_lost_sight_of_its_calls_loses_no_callback(world: World) -> None:
    world.asks_back("c1", IVAN)
    world.asks_back("c2", OLHA)
    world.ready("ann")
    world.answers("ann")
    world.tell(events.LineSynchronised(line="test", calls=()))
    assert {world.phase("c1-back"), world.phase("c2-back")} == {Phase.DIALLING, Phase.CALLBACK}
    world.later(33_000)
    assert world.phase("c1-back") is Phase.CALLBACK, "the attempt is over, the callback is not"


def test_every_call_is_somewhere(world: World) -> None:
    world.asks_back("c1", IVAN)
    books = world.centre.conservation()
    assert (books.arrived, books.callbacks, books.ended, books.inside[Phase.CALLBACK]) == (1, 1, 1, 1)


def test_the_example_of_the_documentation(world: World) -> None:
    for caller, number in (("olha", OLHA), ("ivan", IVAN), ("petro", "+380501110003")):
        world.calls(caller, number, "1")
        world.later(30_000)
    world.tell(events.CallerPressedExit(call="ivan", key="1"))
    world.presses("ivan", "1")
    world.tell(events.CallerHungUp(call="ivan"))
    world.ready("ann")
    assert world.only(Ring).call == "olha"
    world.ready("bob")
    assert world.only(Ring).call == "ivan-back"
    world.answers("bob")
    world.tell(events.CustomerFailed(call="ivan-back", why=DialFailure.BUSY))
    assert world.only(Ring).call == "petro"
    world.answers("bob")
    world.later(9 * MINUTE)
    world.calls("late", "+380501110004", "1")
    world.later(MINUTE)
    assert [call.record.call for call in world.centre.waiting_calls("help")] == ["ivan-back", "late"]


def test_a_customer_who_answers_though_nobody_was_called_as_far_as_the_journal_says_waits_like_any_caller() -> None:
    world = World()
    world.calls("c1", IVAN, "2 1 1")
    world.tell(events.CallerHungUp(call="c1"))
    world.tell(events.CustomerAnswered(call="c1-back"))
    call = world.centre.calls["c1-back"]
    assert (call.phase, call.caller_there) == (Phase.WAITING, True)
    world.ready("ann")
    assert [type(one) for one in world.said if isinstance(one, Ring | DialCustomer)] == [Ring]
