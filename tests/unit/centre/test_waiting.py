"""Callers who wait hear more than music, and keep their place: the example site of docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from acd.events import OfferFailure
from centre import events
from centre.calls import Outcome, Phase
from centre.effects import Ask, CallEnded, Effect, HangUp, Released, Ring, Speak, TakeMessage, Wait
from centre.machine import Centre, CentreSetup
from config import load_site
from ivr.messages import EntryEnd

EXAMPLE = Path(__file__).parents[3] / "config" / "examples" / "waiting"
MINUTE = 60_000
NOON = int(datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Kyiv")).timestamp() * 1000)
T = TypeVar("T", bound=Effect)


@cache
def setup() -> CentreSetup:
    return load_site(EXAMPLE).centre


class Desk:
    """The example centre, with a clock that moves when told."""

    def __init__(self, *agents: str) -> None:
        self.centre = Centre(setup())
        self.now = NOON
        self.said: list[Effect] = []
        for agent in agents:
            self.tell(events.AgentSignedIn(agent=agent))
            self.tell(events.AgentReady(agent=agent))

    def tell(self, event: events.Event) -> list[Effect]:
        self.said = self.centre.apply(event, self.now)
        return self.said

    def later(self, ms: int) -> list[Effect]:
        until, said = self.now + ms, list[Effect]()
        while (due := self.centre.next_due()) is not None and due <= until:
            self.now = due
            said += self.tell(events.TimePassed())
        self.now, self.said = until, said
        return said

    def calls(self, call: str, number: str = "") -> list[Effect]:
        return self.tell(events.CallArrived(call=call, line="test", number=number or f"+38050111{len(call):04}"))

    def hears(self, call: str) -> list[Effect]:
        """The prompt comes to its end."""
        return self.tell(events.PromptEnded(call=call, step=self.step(call)))

    def enters(self, call: str, keys: str) -> list[Effect]:
        end = EntryEnd.KEYS if keys else EntryEnd.NO_INPUT
        return self.tell(events.KeysEntered(call=call, step=self.step(call), keys=keys, end=end))

    def step(self, call: str) -> int:
        return self.centre.calls[call].session.step

    def only(self, kind: type[T]) -> T:
        (effect,) = of(self.said, kind)
        return effect


def of(effects: Iterable[Effect], kind: type[T]) -> list[T]:
    return [effect for effect in effects if isinstance(effect, kind)]


def busy() -> Desk:
    """Ann and Bob are at work, and both on the phone."""
    desk = Desk("ann", "bob")
    for call in ("a", "b"):
        desk.calls(call)
        desk.tell(events.OfferAnswered(offer=desk.only(Ring).offer))
    return desk


def test_who_is_answered_at_once_hears_nothing_of_waiting() -> None:
    desk = Desk("ann")
    desk.calls("c1")
    assert desk.only(Wait).prompts == ()
    assert not of(desk.said, Speak)


def test_a_caller_who_waits_is_told_that_it_is_short_and_hears_music_in_between() -> None:
    desk = busy()
    desk.calls("c1")
    spoken = desk.only(Speak)
    assert (spoken.prompts, spoken.in_queue) == (("short-wait",), True)
    assert desk.only(Wait).queue == "help"
    desk.later(5_000)
    desk.hears("c1")
    music = desk.only(Wait)
    assert (music.keys, music.node, music.waiting_since) == ("129", "music", NOON)
    assert desk.centre.next_due() == desk.now + MINUTE
    desk.later(MINUTE)
    assert desk.only(Speak).prompts == ("short-wait",)


def test_the_more_wait_the_more_honest_it_gets() -> None:
    desk = busy()
    for number in range(8):
        desk.calls(f"w{number}")
    desk.calls("c1")
    asked = desk.only(Ask)
    assert (asked.node, asked.in_queue) == ("long-wait", True)


def test_where_nobody_is_at_work_nobody_is_promised_anything() -> None:
    desk = Desk()
    desk.calls("c1")
    assert desk.only(Ask).node == "nobody"


def test_a_phone_that_rings_cuts_everything_off_and_after_it_rang_in_vain_music_follows() -> None:
    desk = busy()
    desk.calls("c1")
    step = desk.step("c1")
    desk.tell(events.AgentSignedOut(agent="bob"))
    desk.tell(events.ConversationEnded(call="a", by="agent"))
    desk.tell(events.WrapUpFinished(agent="ann"))
    ring = desk.only(Ring)
    assert desk.tell(events.PromptEnded(call="c1", step=step)) == []
    assert desk.tell(events.CallerPressedExit(call="c1", key="1")) == []
    desk.tell(events.OfferFailed(offer=ring.offer, why=OfferFailure.NO_ANSWER))
    assert desk.only(Ring).offer != ring.offer, "nobody else is there: her phone rings again"
    assert not of(desk.said, Wait)
    desk.tell(events.OfferDeclined(agent="ann"))
    assert desk.only(Wait).node == "music"
    assert not of(desk.said, Speak), "not the greeting again"
    desk.tell(events.AgentSignedOut(agent="ann"))
    desk.later(MINUTE)
    assert desk.only(Ask).node == "nobody"


def test_the_agent_is_connected_in_the_midst_of_a_question() -> None:
    desk = Desk()
    desk.calls("c1")
    desk.tell(events.AgentSignedIn(agent="ann"))
    desk.tell(events.AgentReady(agent="ann"))
    desk.tell(events.OfferAnswered(offer=desk.only(Ring).offer))
    call = desk.centre.calls["c1"]
    assert (call.phase, call.record.agent, call.asked) == (Phase.TALKING, "ann", None)
    assert desk.enters("c1", "9") == []


def test_the_example_of_the_documentation() -> None:
    desk = busy()
    desk.calls("ivan", "+380501110001")
    desk.hears("ivan")
    desk.later(MINUTE)
    desk.calls("olha", "+380501110002")
    for number in range(8):
        desk.calls(f"w{number}")
    desk.later(4_000)
    desk.hears("ivan")
    desk.tell(events.CallerPressedExit(call="ivan", key="1"))
    assert desk.only(Ask).prompts == ("offer",)
    assert desk.centre.calls["ivan"].phase is Phase.WAITING, "the place is kept while he thinks"
    desk.enters("ivan", "1")
    assert desk.only(Released).why == "exit-key"
    assert desk.only(HangUp).prompts == ("thanks",)
    desk.tell(events.CallerHungUp(call="ivan"))
    record = desk.only(CallEnded).record
    assert (record.outcome, [(left.queue, left.why) for left in record.exits]) == (
        Outcome.CALLBACK,
        [("help", "exit-key")],
    )
    assert desk.centre.calls["ivan-back"].record.queued_at == NOON
    desk.tell(events.ConversationEnded(call="a", by="agent"))
    desk.tell(events.WrapUpFinished(agent="ann"))
    assert desk.only(Ring).call == "ivan-back", "his place of noon is before Olha's"


def test_a_key_leads_to_the_voicemail_and_another_to_another_queue_with_the_time_waited() -> None:
    desk = busy()
    for call, key in (("c1", "9"), ("c2", "2")):
        desk.calls(call)
        desk.hears(call)
        desk.later(1_000)
        desk.tell(events.CallerPressedExit(call=call, key=key))
        if key == "9":
            assert desk.only(TakeMessage).call == "c1"
    sales = desk.only(Wait)
    assert (sales.queue, sales.prompts, sales.waiting_since) == ("sales", ("sales",), NOON + 1_000)
    assert [(left.queue, left.why) for left in desk.centre.calls["c2"].record.exits] == [("help", "exit-key")]


def test_who_is_moved_to_another_queue_while_being_spoken_to_hears_music_there() -> None:
    desk = busy()
    desk.calls("c1")
    desk.tell(events.CallWithdrawn(call="c1", by="wanda", queue="sales"))
    assert [(wait.queue, wait.node) for wait in of(desk.said, Wait)][-1] == ("sales", "music")
    assert desk.centre.calls["c1"].asked is None


def test_a_line_that_has_lost_its_place_gets_music_and_no_announcement_twice() -> None:
    desk = busy()
    desk.calls("c1")
    found = events.CallAdopted(call="c1", line="test", number="", name="", arrived_at=NOON)
    desk.tell(found)
    assert desk.only(Wait).node == "music"
    assert desk.tell(found) == [], "it hears its music already, and its time runs"


def test_who_gives_up_during_an_announcement_has_abandoned() -> None:
    desk = busy()
    desk.calls("c1")
    desk.tell(events.CallerHungUp(call="c1"))
    assert desk.only(CallEnded).record.outcome is Outcome.ABANDONED
    desk.later(10 * MINUTE)
    assert not of(desk.said, Speak)
    assert not of(desk.said, Ask)


def test_a_process_without_memory_takes_a_waiting_caller_over_with_music() -> None:
    desk = busy()
    desk.tell(
        events.CallAdopted(
            call="c1", line="test", number="", name="", arrived_at=NOON, queue="help", waiting_since=NOON - MINUTE
        )
    )
    wait = desk.only(Wait)
    assert (wait.node, wait.waiting_since) == ("music", NOON - MINUTE)
    desk.later(MINUTE)
    assert desk.only(Speak).prompts == ("short-wait",)
