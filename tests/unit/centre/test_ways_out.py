"""What becomes of a call that no agent takes: the example site of docs/rules.md, from the queue to the record."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from acd.events import OfferFailure
from acd.setup import AcdSetup, QueueSetup
from centre import events
from centre.calls import CallRecord, Outcome, Phase
from centre.effects import CallEnded, CallOutside, Effect, HangUp, Ring, Speak, StopRinging, TakeMessage, Wait
from centre.machine import Centre, CentreSetup
from config import load_site
from ivr.flow import Flow, Node, Queue
from ivr.flow import HangUp as HangUpNode

EXAMPLE = Path(__file__).parents[3] / "config" / "examples" / "exits"
MINUTE = 60_000
T = TypeVar("T", bound=Effect)


def kyiv(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Kyiv")).timestamp() * 1000)


MONDAY_NOON = kyiv("2026-11-23T12:00")


@cache
def setup() -> CentreSetup:
    return load_site(EXAMPLE).centre


class Office:
    """The example centre with a clock that moves when told."""

    def __init__(self, now: int = MONDAY_NOON, *agents: str) -> None:
        self.centre = Centre(setup())
        self.now = now
        self.said: list[Effect] = []
        for agent in agents:
            self.tell(events.AgentSignedIn(agent=agent))
            self.tell(events.AgentReady(agent=agent))

    def tell(self, event: events.Event) -> None:
        self.said = self.centre.apply(event, self.now)

    def call(self, call: str = "c1") -> None:
        self.tell(events.CallArrived(call=call, line="test", number="+380501110001"))

    def later(self, ms: int) -> None:
        until, said = self.now + ms, list[Effect]()
        while (due := self.centre.next_due()) is not None and due <= until:
            self.now = due
            self.tell(events.TimePassed())
            said += self.said
        self.now, self.said = until, said

    def busy(self, *agents: str) -> None:
        """The agents talk, and go on doing so."""
        for agent in agents:
            self.call(f"of-{agent}")
            self.tell(events.OfferAnswered(offer=self.only(Ring).offer))

    def only(self, kind: type[T]) -> T:
        (effect,) = (effect for effect in self.said if isinstance(effect, kind))
        return effect

    def hang_up(self, call: str = "c1") -> CallRecord:
        self.tell(events.CallerHungUp(call=call))
        return self.only(CallEnded).record

    def ways(self, record: CallRecord) -> list[tuple[str, str]]:
        return [(left.queue, left.why) for left in record.exits]


def test_a_call_that_waits_too_long_goes_to_the_partner_and_from_there_to_a_message() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.busy("ann")
    office.call()
    office.later(10 * MINUTE)
    assert office.only(Wait).queue == "partner"
    office.later(5 * MINUTE)
    order = office.only(TakeMessage)
    assert (order.prompts, order.longest_ms, order.silence_ms) == (("after-the-tone",), 120_000, 5_000)
    office.tell(events.MessageTaken(call="c1", step=order.step, length_ms=14_000))
    assert office.only(HangUp).prompts == ("thank-you",)
    record = office.hang_up()
    assert record.outcome is Outcome.VOICEMAIL
    assert office.ways(record) == [("help", "timeout"), ("partner", "timeout")]
    assert [(message.message, message.length_ms) for message in record.messages] == [(order.message, 14_000)]
    assert record.queued_at == MONDAY_NOON


def test_the_twenty_first_hears_that_all_lines_are_busy() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.busy("ann")
    for number in range(20):
        office.call(f"w{number}")
    office.call()
    assert office.only(HangUp).prompts == ("busy",)
    record = office.hang_up()
    assert (record.outcome, record.ended_by) == (Outcome.FULL, "centre")
    assert office.ways(record) == [("help", "full")]


def test_on_sunday_the_caller_is_connected_with_the_colleague_on_duty() -> None:
    office = Office(kyiv("2026-11-22T12:00"), "ann")
    office.call()
    order = office.only(CallOutside)
    assert (order.number, order.prompts, order.ring_ms) == ("on-duty", ("connecting",), 30_000)
    office.tell(events.TransferAnswered(call="c1"))
    call = office.centre.call("c1")
    assert call is not None
    assert call.phase is Phase.OUTSIDE
    record = office.hang_up()
    assert (record.outcome, record.transfers[0].how) == (Outcome.TRANSFERRED, "answered")
    assert office.ways(record) == [("help", "closed")]


def test_where_nobody_is_on_duty_the_caller_may_leave_a_message() -> None:
    office = Office(kyiv("2026-12-25T12:00"))
    office.call()
    office.tell(events.TransferFailed(call="c1", why=OfferFailure.NO_ANSWER))
    order = office.only(TakeMessage)
    office.tell(events.MessageTaken(call="c1", step=order.step, length_ms=1_000))
    assert office.only(HangUp).prompts == ("goodbye",), "a second is no message"
    record = office.hang_up()
    assert (record.outcome, record.messages, record.transfers[0].how) == (Outcome.TRANSFER_FAILED, (), "no-answer")


def test_who_waits_at_six_o_clock_is_still_served() -> None:
    office = Office(kyiv("2026-11-23T17:58"), "ann")
    office.busy("ann")
    office.call()
    office.later(4 * MINUTE)
    office.tell(events.ConversationEnded(call="of-ann", by="agent"))
    office.tell(events.WrapUpFinished(agent="ann"))
    assert office.only(Ring).call == "c1"


def test_when_everybody_has_been_gone_for_two_minutes_callers_may_leave_a_message() -> None:
    office = Office(MONDAY_NOON, "ann", "bob")
    office.busy("ann", "bob")
    office.call()
    for agent in ("ann", "bob"):
        office.tell(events.AgentNotReady(agent=agent, reason="break"))
        office.tell(events.ConversationEnded(call=f"of-{agent}", by="agent"))
        office.tell(events.WrapUpFinished(agent=agent))
    office.later(2 * MINUTE - 1)
    assert office.centre.acd.waiting("help") == ["c1"]
    office.later(1)
    assert office.only(TakeMessage).call == "c1"
    office.call("c2")
    assert office.only(TakeMessage).call == "c2"


def test_a_key_leads_a_waiting_caller_to_the_message_and_other_keys_do_nothing() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.busy("ann")
    office.call()
    spoken = office.only(Speak)
    assert (spoken.prompts, spoken.in_queue) == (("please-wait",), True)
    office.tell(events.PromptEnded(call="c1", step=spoken.step))
    assert office.only(Wait).keys == "1"
    office.tell(events.CallerPressedExit(call="c1", key="2"))
    assert office.said == []
    office.tell(events.CallerPressedExit(call="c1", key="1"))
    assert office.only(TakeMessage).call == "c1"
    record = office.hang_up()
    assert (record.outcome, record.ended_by, office.ways(record)) == (
        Outcome.EXIT_KEY,
        "caller",
        [("help", "exit-key")],
    )


def test_a_supervisor_takes_a_call_out_and_it_goes_on_in_its_flow() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.busy("ann")
    office.call()
    office.tell(events.CallWithdrawn(call="c1", by="wanda"))
    assert office.only(HangUp).prompts == ("goodbye",)
    assert office.hang_up().outcome is Outcome.WITHDRAWN


def test_a_supervisor_puts_a_call_whose_phone_rings_into_another_queue_where_it_keeps_its_time() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.call()
    office.later(5_000)
    office.tell(events.CallWithdrawn(call="c1", by="wanda", queue="partner"))
    assert office.only(StopRinging).agent == "ann"
    office.later(20_000)
    office.tell(events.AgentSignedIn(agent="pavel"))
    office.tell(events.AgentReady(agent="pavel"))
    office.tell(events.OfferAnswered(offer=office.only(Ring).offer))
    call = office.centre.call("c1")
    assert call is not None
    assert (call.record.queue, office.ways(call.record)) == ("partner", [("help", "withdrawn")])
    assert call.record.queued_at == MONDAY_NOON


def test_a_call_that_is_not_waiting_cannot_be_withdrawn_nor_sent_to_nowhere() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.busy("ann")
    office.call()
    for event in (
        events.CallWithdrawn(call="of-ann", by="wanda"),
        events.CallWithdrawn(call="nobody", by="wanda"),
        events.CallWithdrawn(call="c1", by="wanda", queue="nowhere"),
        events.CallWithdrawn(call="c1", by="wanda", queue="help"),
        events.MessageTaken(call="c1", step=0, length_ms=9_000),
        events.TransferAnswered(call="c1"),
        events.TransferFailed(call="c1", why=OfferFailure.BUSY),
    ):
        office.tell(event)
        assert office.said == [], event


def test_a_call_that_the_line_loses_outside_was_transferred_all_the_same() -> None:
    office = Office(kyiv("2026-11-22T12:00"))
    office.call()
    office.tell(events.TransferAnswered(call="c1"))
    office.tell(events.LineSynchronised(line="test", calls=()))
    assert (office.only(CallEnded).record.outcome, office.only(CallEnded).record.ended_by) == (
        Outcome.TRANSFERRED,
        "line",
    )


def test_a_call_that_no_queue_takes_is_let_go_and_does_not_go_round_for_ever() -> None:
    nodes: dict[str, Node] = {
        "a": Queue(queue="a", otherwise="b"),
        "b": Queue(queue="b", otherwise="a"),
        "end": HangUpNode(),
    }
    flow = Flow(id="round", digest="round-1", start="a", language="en", nodes=nodes)
    queues = tuple(QueueSetup(id=name, max_waiting=0) for name in "ab")
    centre = Centre(CentreSetup(acd=AcdSetup(queues=queues, agents=()), flows={"round-1": flow}, entry="round-1"))
    effects = centre.apply(events.CallArrived(call="c1", line="test"), 0)
    assert sum(isinstance(effect, HangUp) for effect in effects) == 1
    centre.apply(events.CallerHungUp(call="c1"), 1)
    books = centre.conservation()
    assert (books.arrived, books.ended) == (1, 1)


def test_a_caller_who_was_to_be_hung_up_on_and_is_still_there_is_hung_up_on_again() -> None:
    flow = Flow(id="short", digest="short-1", start="end", language="en", nodes={"end": HangUpNode()})
    centre = Centre(CentreSetup(acd=AcdSetup(queues=(), agents=()), flows={"short-1": flow}, entry="short-1"))
    wanted = centre.apply(events.CallArrived(call="c1", line="test"), 0)
    assert HangUp(call="c1", language="en") in wanted
    # The link to the exchange was down just then, and its dialplan has taken the caller to the music.
    again = centre.apply(events.CallAdopted(call="c1", line="test", number="", name="", arrived_at=0), 9_000)
    assert again == [HangUp(call="c1")]


def test_a_call_found_in_no_queue_begins_a_flow_that_begins_with_a_queue() -> None:
    office = Office(MONDAY_NOON, "ann")
    office.tell(events.CallAdopted(call="c1", line="test", number="", name="", arrived_at=MONDAY_NOON - 9_000))
    assert office.only(Wait).queue == "help"
    assert office.only(Ring).agent == "ann"
