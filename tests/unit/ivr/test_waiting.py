"""A flow that goes on beside a place in a queue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.engine import NODES_PER_EVENT, adopt, advance, start, wait_on
from ivr.expressions import Expression, Variable, parse
from ivr.flow import Callback, Choice, Flow, HangUp, Menu, Node, Queue, Say, SetLanguage, Transfer
from ivr.given import GIVEN
from ivr.logic import Branch, Case, Set
from ivr.messages import (
    Ask,
    AskCallback,
    CallbackDecided,
    CallbackVerdict,
    CallOutside,
    Disconnect,
    Effect,
    Entered,
    EntryEnd,
    Event,
    JoinQueue,
    KeyPressed,
    LeaveQueue,
    LeftQueue,
    MusicOver,
    PlayMusic,
    Speak,
    Spoken,
    TakeMessage,
)
from ivr.recordings import Voicemail
from ivr.session import Session
from ivr.waiting import TOLD, Music, Outlook, told

SOON = Outlook(position=2, median_ms=59_001, bound_ms=180_000)
NEVER = Outlook(position=2, median_ms=None, bound_ms=None)
VARIABLES = {name: Variable(name, kind) for name, kind in GIVEN.items()}


def read(text: str) -> Expression:
    return parse(text, VARIABLES)


def flow_of(waiting: str = "greeting", **nodes: Node) -> Flow:
    """A queue with a greeting, music, and what else a test wants."""
    common: dict[str, Node] = {
        "queue": Queue(queue="cards", otherwise="end", exits={"timeout": "late"}, waiting=waiting),
        "greeting": Say(prompt="greeting", next="music"),
        "music": Music(for_ms=30_000, next="again", keys={"1": "key", "2": "other"}),
        "again": Say(prompt="again", next="music"),
        "key": HangUp(prompt="key"),
        "other": Queue(queue="loans", otherwise="end"),
        "late": HangUp(prompt="late"),
        "end": HangUp(prompt="bye"),
    }
    return Flow(id="t", digest="d", start="queue", language="en", nodes={**common, **nodes})


class Waiting:
    """One caller, whose flow has just asked for the queue."""

    def __init__(self, flow: Flow, outlook: Outlook = SOON) -> None:
        self.flow, self.outlook = flow, outlook
        self.session, effects = start(flow, 0)
        assert [type(effect) for effect in effects] == [JoinQueue]
        self.effects: list[Effect] = []

    def goes_on(self) -> list[Effect]:
        self.session, self.effects = wait_on(self.flow, self.session, 0, outlook=lambda: self.outlook)
        return self.effects

    def tell(self, event: Event) -> list[Effect]:
        self.session, self.effects = advance(self.flow, self.session, event, 0, outlook=lambda: self.outlook)
        return self.effects

    def hears(self) -> list[Effect]:
        return self.tell(Spoken(step=self.session.step))

    def music_over(self) -> list[Effect]:
        return self.tell(MusicOver(step=self.session.step))

    def enters(self, keys: str) -> list[Effect]:
        return self.tell(Entered(step=self.session.step, keys=keys, end=EntryEnd.KEYS))


def test_a_caller_who_waits_hears_the_greeting_then_music_then_the_next_announcement() -> None:
    caller = Waiting(flow_of())
    assert caller.goes_on() == [Speak(step=1, prompts=("greeting",), language="en")]
    assert caller.hears() == [PlayMusic(step=2, for_ms=30_000, keys="12")]
    assert caller.music_over() == [Speak(step=3, prompts=("again",), language="en")]
    assert caller.session.waiting_in == "cards"


def test_a_queue_with_nothing_to_be_heard_has_music_and_no_more() -> None:
    flow = Flow(
        id="t",
        digest="d",
        start="queue",
        language="en",
        nodes={"queue": Queue(queue="cards", otherwise="end"), "end": HangUp()},
    )
    assert Waiting(flow).goes_on() == []


def test_a_queues_own_prompt_reads_values_aloud_before_there_is_a_wait_to_ask_about() -> None:
    flow = Flow(
        id="t",
        digest="d",
        start="say",
        language="en",
        nodes={
            "say": Say(prompt="welcome", next="queue"),
            "queue": Queue(queue="cards", otherwise="end", prompt="number"),
            "end": HangUp(),
        },
        reads_aloud={"queue": {"caller_number": VARIABLES["caller_number"]}},
    )

    def asked_too_early() -> Outlook:
        raise KeyError("the call does not wait")

    session, _ = start(flow, 0, number="123")
    _, effects = advance(flow, session, Spoken(step=session.step), 0, outlook=asked_too_early)
    assert [effect.values for effect in effects if isinstance(effect, JoinQueue)] == [{"caller_number": "123"}]


def test_after_an_interruption_the_music_goes_on_that_was_heard_last() -> None:
    second = Music(for_ms=10_000, next="again")
    caller = Waiting(flow_of(again=Say(prompt="again", next="second"), second=second))
    caller.goes_on()
    caller.hears()
    caller.music_over()
    assert caller.goes_on() == [PlayMusic(step=4, for_ms=30_000, keys="12")], "not the announcement that was cut off"
    caller.music_over()
    caller.hears()
    assert caller.session.node == "second"
    assert caller.goes_on() == [PlayMusic(step=7, for_ms=10_000, keys="")]


def test_who_was_interrupted_in_the_greeting_hears_the_first_music_and_no_greeting_again() -> None:
    caller = Waiting(flow_of())
    caller.goes_on()
    assert caller.goes_on() == [PlayMusic(step=2, for_ms=30_000, keys="12")]


def test_news_of_what_was_cut_off_changes_nothing() -> None:
    caller = Waiting(flow_of())
    caller.goes_on()
    old = caller.session.step
    caller.goes_on()
    for late in (Spoken(step=old), MusicOver(step=old), Entered(step=old, keys="1", end=EntryEnd.KEYS)):
        assert caller.tell(late) == []
    assert caller.session.node == "music"


@pytest.mark.parametrize("key", ["", "9", "12", "#"])
def test_a_key_that_the_music_does_not_know_is_not_heard(key: str) -> None:
    caller = Waiting(flow_of())
    caller.goes_on()
    assert caller.tell(KeyPressed(key="1")) == [], "it is being spoken to"
    caller.hears()
    assert caller.tell(KeyPressed(key=key)) == []


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (HangUp(prompt="key"), Disconnect),
        (Voicemail(prompt="key", next="end", otherwise="end"), TakeMessage),
        (Transfer(number="112", otherwise="end"), CallOutside),
        (Queue(queue="loans", otherwise="end"), JoinQueue),
    ],
)
def test_a_node_that_takes_the_whole_call_takes_it_out_of_its_queue(node: Node, wanted: type[Effect]) -> None:
    caller = Waiting(flow_of(key=node))
    caller.goes_on()
    caller.hears()
    left, then = caller.tell(KeyPressed(key="1"))
    assert left == LeaveQueue()
    assert isinstance(then, wanted)
    assert caller.session.variables["left_queue"] == "exit-key"
    assert caller.session.waiting_in == ("loans" if isinstance(node, Queue) else None)


def test_everything_else_is_done_beside_the_place_in_the_queue() -> None:
    ask = Menu(prompt="ask", choices={"1": Choice(next="ukrainian")}, otherwise="music")
    caller = Waiting(flow_of(key=ask, ukrainian=SetLanguage(language="uk", next="again")))
    caller.goes_on()
    caller.hears()
    (asked,) = caller.tell(KeyPressed(key="1"))
    assert isinstance(asked, Ask)
    assert caller.enters("1") == [Speak(step=4, prompts=("again",), language="uk")]
    assert caller.session.waiting_in == "cards"


def test_who_is_asked_about_a_callback_keeps_the_place_until_it_is_accepted() -> None:
    offer = Callback(
        queue="cards", prompt="offer", number_prompt="number", accepted="thanks", refused="music", invalid="music"
    )
    for verdict, kinds in (
        (CallbackVerdict.ACCEPTED, [LeaveQueue, Speak]),
        (CallbackVerdict.REFUSED, [PlayMusic]),
    ):
        caller = Waiting(flow_of(key=offer, thanks=Say(prompt="thanks", next="end")))
        caller.goes_on()
        caller.hears()
        caller.tell(KeyPressed(key="1"))
        (wish,) = caller.enters("1")
        assert isinstance(wish, AskCallback)
        assert caller.session.waiting_in == "cards"
        assert [type(one) for one in caller.tell(CallbackDecided(step=wish.step, verdict=verdict))] == kinds
        assert (caller.session.waiting_in is None) == (verdict is CallbackVerdict.ACCEPTED)


def test_wherever_it_stands_the_queue_lets_it_go_by_the_edges_of_the_queue() -> None:
    for moves in range(3):
        caller = Waiting(flow_of())
        for move in (caller.goes_on, caller.hears, caller.music_over)[:moves]:
            move()
        assert caller.tell(LeftQueue(why="timeout")) == [Disconnect(prompts=("late",), language="en")]
        assert caller.session.variables["left_queue"] == "timeout"


@pytest.mark.parametrize(
    ("outlook", "prompt"),
    [(SOON, "in a minute"), (NEVER, "nobody"), (Outlook(position=1, median_ms=60_001, bound_ms=60_001), "later")],
)
def test_what_is_known_of_the_wait_is_read_anew_each_time(outlook: Outlook, prompt: str) -> None:
    cases = (
        Case(when=read("not can_be_served"), next="nobody"),
        Case(when=read("wait <= 60 and wait_at_most == 180 and position == 2"), next="minute"),
    )
    nodes: dict[str, Node] = {
        "how-long": Branch(cases=cases, otherwise="later"),
        "nobody": Say(prompt="nobody", next="music"),
        "minute": Say(prompt="in a minute", next="music"),
        "later": Say(prompt="later", next="music"),
        "again": Set(values={}, next="how-long"),
    }
    caller = Waiting(flow_of("how-long", **nodes), outlook)
    assert caller.goes_on() == [Speak(step=1, prompts=(prompt,), language="en")]
    caller.hears()
    caller.outlook = NEVER
    assert caller.music_over() == [Speak(step=3, prompts=("nobody",), language="en")]


def test_who_does_not_wait_has_no_place_and_no_wait() -> None:
    nothing = {"position": Decimal(0), "wait": Decimal(0), "wait_at_most": Decimal(0), "can_be_served": False}
    assert told(None) == nothing
    assert told(lambda: NEVER) == {**nothing, "position": Decimal(2)}
    assert set(nothing) == set(TOLD)


def test_the_outlook_is_worked_out_only_where_a_flow_reads_it() -> None:
    flow = flow_of()

    def refuse() -> Outlook:
        raise AssertionError("nobody reads it")

    session, _ = start(flow, 0)
    session, _ = wait_on(flow, session, 0, outlook=refuse)
    session, _ = advance(flow, session, Spoken(step=1), 0, outlook=refuse)
    assert session.node == "music"


def test_a_flow_that_goes_round_in_no_time_while_a_call_waits_leaves_it_its_music() -> None:
    caller = Waiting(flow_of("round", round=Set(values={}, next="round")))
    assert caller.goes_on() == [PlayMusic(step=1, for_ms=None)]
    assert NODES_PER_EVENT > 1
    assert (caller.session.waiting_in, caller.session.ended) == ("cards", False)


def test_a_call_found_waiting_by_a_process_that_knows_nothing_of_it_goes_on_with_music() -> None:
    flow = flow_of()
    session = adopt(flow, "cards", call="c", number="", language="uk")
    assert isinstance(session, Session)
    session, effects = wait_on(flow, session, 0)
    assert effects == [PlayMusic(step=1, for_ms=30_000, keys="12")]
