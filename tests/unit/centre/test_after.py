"""After the conversation: the caller is asked, the agent wraps up, and neither waits for the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pytest

from acd.effects import AgentState
from acd.setup import AcdSetup, AgentSetup, QueueSetup
from centre import events
from centre.calls import Outcome, Phase
from centre.effects import (
    Ask,
    CallEnded,
    Effect,
    EndConversation,
    Handled,
    HangUp,
    Retrieve,
    Ring,
    WrapUpClosed,
)
from centre.machine import Centre, CentreSetup
from centre.surveys import SurveyCounters, csat_average, net_promoter_score
from ivr.flow import Flow, Queue, Survey
from ivr.flow import HangUp as HangUpNode
from ivr.keys import KeyRules
from ivr.messages import EntryEnd, Score
from ivr.scale import Scale

T = TypeVar("T", bound=Effect)

FLOW = Flow(
    id="main",
    digest="main-1",
    start="cards",
    language="en",
    nodes={
        "cards": Queue(queue="cards", otherwise="bye", after="how"),
        "how": Survey(scale=Scale.CSAT, prompt="how", into="how", next="likely", otherwise="bye"),
        "likely": Survey(
            scale=Scale.NPS, prompt="likely", into="likely", next="bye", otherwise="bye", keys=KeyRules(most=2)
        ),
        "bye": HangUpNode(prompt="bye"),
    },
)
MINUTE = 60_000


class Office:
    """One agent, one queue with questions after it."""

    def __init__(self, wrap_up_ms: int | None = 10_000, flow: Flow = FLOW) -> None:
        queue = QueueSetup(id="cards", wrap_up_ms=wrap_up_ms)
        acd = AcdSetup(queues=(queue,), agents=(AgentSetup(id="anna"),))
        self.centre = Centre(CentreSetup(acd=acd, flows={flow.digest: flow}, entry=flow.digest))
        self.now = 0
        self.said: list[Effect] = []
        self.tell(events.AgentSignedIn(agent="anna"), events.AgentReady(agent="anna"))

    def tell(self, *happened: events.Event, after_ms: int = 0) -> None:
        self.now += after_ms
        self.said = [effect for event in happened for effect in self.centre.apply(event, self.now)]

    def talks(self, call: str = "c1") -> Ring:
        """A call that is answered at once, and lasts for a minute."""
        self.tell(events.CallArrived(call=call, line="test", number="+380501110001"))
        ring = self.only(Ring)
        self.tell(events.OfferAnswered(offer=ring.offer), after_ms=2_000)
        self.now += MINUTE
        return ring

    def parted(self, call: str = "c1") -> None:
        """The agent hangs up."""
        self.tell(events.ConversationEnded(call=call, by="agent", caller_there=True))

    def presses(self, keys: str, call: str = "c1") -> None:
        asked = self.only(Ask)
        self.tell(events.KeysEntered(call=call, step=asked.step, keys=keys, end=EntryEnd.KEYS))

    def only(self, kind: type[T]) -> T:
        (effect,) = self.all(kind)
        return effect

    def all(self, kind: type[T]) -> list[T]:
        return [effect for effect in self.said if isinstance(effect, kind)]

    @property
    def anna(self) -> AgentState:
        return self.centre.acd.agent("anna").state


def scores(record_scores: Iterable[object]) -> list[tuple[str, int]]:
    return [(one.name, one.score) for one in record_scores]  # type: ignore[attr-defined]


def test_the_caller_is_asked_while_the_agent_wraps_up() -> None:
    office = Office()
    assert office.talks().comes_back
    office.parted()
    assert office.only(Ask).prompts == ("how",)
    assert office.anna is AgentState.WRAP_UP
    assert not office.all(CallEnded)
    assert office.centre.conservation().inside[Phase.AFTER] == 1


def test_the_agent_has_the_next_call_while_the_caller_still_answers() -> None:
    office = Office()
    office.talks()
    office.parted()
    asked = office.only(Ask)
    office.tell(events.WrapUpFinished(agent="anna", disposition="done"), after_ms=3_000)
    assert office.only(Handled).wrap_up_ms == 3_000
    assert not office.all(WrapUpClosed), "the record is not complete"
    office.tell(events.CallArrived(call="c2", line="test", number="+380501110002"))
    assert office.only(Ring).call == "c2"
    office.tell(events.KeysEntered(call="c1", step=asked.step, keys="4", end=EntryEnd.KEYS))
    office.tell(events.CallerHungUp(call="c1"))
    ended, closed = office.only(CallEnded).record, office.only(WrapUpClosed).record
    assert ended == closed
    assert (closed.wrap_up_ms, closed.disposition, closed.talk_ms) == (3_000, "done", MINUTE)
    assert office.centre.call("c1") is None


def test_the_call_ends_with_the_last_answer_and_its_talk_with_the_conversation() -> None:
    office = Office()
    office.talks()
    office.parted()
    office.presses("5")
    office.presses("10")
    assert office.only(HangUp).prompts == ("bye",)
    office.tell(events.CallerHungUp(call="c1"), after_ms=5_000)
    record = office.only(CallEnded).record
    assert scores(record.scores) == [("how", 5), ("likely", 10)]
    assert (record.outcome, record.ended_by, record.talk_ms) == (Outcome.ANSWERED, "agent", MINUTE)
    assert record.ended_at == office.now
    assert record.parted_at == office.now - 5_000
    assert office.centre.call("c1") is not None, "the agent wraps up"
    office.tell(events.WrapUpFinished(agent="anna"))
    assert office.only(WrapUpClosed).record.scores == record.scores


def test_who_hangs_up_half_way_has_answered_what_was_answered() -> None:
    office = Office()
    office.talks()
    office.parted()
    office.presses("2")
    office.tell(events.CallerHungUp(call="c1"))
    record = office.only(CallEnded).record
    assert (scores(record.scores), record.outcome) == ([("how", 2)], Outcome.ANSWERED)


def test_a_caller_who_hangs_up_on_the_agent_is_asked_nothing() -> None:
    office = Office()
    office.talks()
    office.tell(events.ConversationEnded(call="c1", by="caller"))
    assert not office.all(Ask)
    assert office.only(CallEnded).record.scores == ()


def test_a_wrap_up_of_no_time_leaves_the_caller_alone() -> None:
    office = Office(wrap_up_ms=0)
    office.talks()
    office.parted()
    assert office.anna is AgentState.READY
    assert office.only(Ask).prompts == ("how",)
    office.tell(events.CallerHungUp(call="c1"))
    assert (len(office.all(CallEnded)), len(office.all(WrapUpClosed))) == (1, 1)


def test_the_desk_parts_the_two_and_keeps_the_caller() -> None:
    office = Office()
    office.talks()
    office.tell(events.HangUpAsked(agent="anna"))
    assert office.only(EndConversation) == EndConversation(call="c1", agent="anna")
    assert not office.all(HangUp)
    office.tell(events.CallHeld(call="c1"))
    office.tell(events.RetrieveAsked(agent="anna"))
    assert office.only(Retrieve).comes_back


def test_a_line_that_has_lost_its_place_asks_again() -> None:
    office = Office()
    office.talks()
    office.parted()
    asked = office.only(Ask)
    office.tell(events.CallArrived(call="c1", line="test"))
    assert office.only(Ask) == asked


def test_a_caller_who_is_found_without_the_agent_is_asked() -> None:
    office = Office()
    office.talks()
    office.tell(events.CallArrived(call="c1", line="test"))
    assert office.only(Ask).prompts == ("how",)
    assert office.anna is AgentState.WRAP_UP


def test_a_call_that_the_line_lost_keeps_its_answers() -> None:
    office = Office()
    office.talks()
    office.parted()
    office.presses("3")
    office.tell(events.LineSynchronised(line="test", calls=()))
    record = office.only(CallEnded).record
    assert (record.outcome, scores(record.scores)) == (Outcome.ANSWERED, [("how", 3)])


@pytest.mark.parametrize(
    ("counters", "csat", "nps"),
    [
        (SurveyCounters(), None, None),
        (SurveyCounters(csat=3, csat_sum=13), 13 / 3, None),
        (SurveyCounters(nps=10, promoters=5, detractors=2), None, 30.0),
        (SurveyCounters(nps=1, detractors=1), None, -100.0),
    ],
)
def test_figures_are_of_those_who_answered(counters: SurveyCounters, csat: float | None, nps: float | None) -> None:
    assert (csat_average(counters), net_promoter_score(counters)) == (csat, nps)


@pytest.mark.parametrize(("score", "kind"), [(0, "detractors"), (6, "detractors"), (7, ""), (8, ""), (9, "promoters")])
def test_six_is_a_detractor_and_nine_a_promoter(score: int, kind: str) -> None:
    counters = SurveyCounters()
    counters.count(Score(name="likely", scale=Scale.NPS, score=score))
    assert (counters.nps, counters.promoters, counters.detractors) == (1, kind == "promoters", kind == "detractors")
    assert counters.csat == 0


def test_csat_is_counted_for_itself() -> None:
    counters = SurveyCounters()
    for score in (5, 4):
        counters.count(Score(name="how", scale=Scale.CSAT, score=score))
    assert (counters.csat, csat_average(counters), net_promoter_score(counters)) == (2, 4.5, None)
