"""A call's walk through a flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest
from rich.pretty import pretty_repr

from ivr.engine import NODES_PER_EVENT, adopt, advance, start
from ivr.flow import Choice, Collect, Flow, HangUp, Hours, Menu, Node, Queue, Say, SetLanguage, Tag
from ivr.hours import Calendar, Span, wall_clock
from ivr.keys import Attempts, KeyRules
from ivr.messages import Ask, Disconnect, Effect, Entered, EntryEnd, JoinQueue, LeftQueue, Speak, Spoken
from ivr.questions import PATH_MOST
from ivr.session import Session

MONDAY_NOON = 1_767_614_400_000
"""2026-01-05 12:00 UTC."""

ATTEMPTS = Attempts(most=3, no_input_prompts=("no-input",), no_match_prompts=("no-match",))


def flow_of(**nodes: Node) -> Flow:
    """A flow that begins at the first of the nodes; “end” says good-bye."""
    start_at = next(iter(nodes))
    return Flow(id="test", digest="d1", start=start_at, language="en", nodes={**nodes, "end": HangUp(prompt="bye")})


def menu(otherwise: str = "end", **choices: str) -> Menu:
    return Menu(
        prompt="question",
        choices={key.removeprefix("key"): Choice(next=node, label={"en": node}) for key, node in choices.items()},
        otherwise=otherwise,
        attempts=ATTEMPTS,
    )


def collect(least: int = 4, most: int = 4, *, sensitive: bool = False) -> Collect:
    keys = KeyRules(least=least, most=most, sensitive=sensitive)
    return Collect(prompt="digits", into="card", next="queue", otherwise="end", keys=keys, attempts=ATTEMPTS)


class Caller:
    """Walks one call through a flow and keeps what was wanted last."""

    def __init__(self, flow: Flow, at: int = MONDAY_NOON) -> None:
        self.flow, self.at = flow, at
        self.session, self.effects = start(flow, at)

    def tell(self, event: Spoken | Entered | LeftQueue) -> list[Effect]:
        self.session, self.effects = advance(self.flow, self.session, event, self.at)
        return self.effects

    def hears_to_the_end(self) -> list[Effect]:
        return self.tell(Spoken(step=self.session.step))

    def presses(self, keys: str, end: EntryEnd = EntryEnd.KEYS) -> list[Effect]:
        return self.tell(Entered(step=self.session.step, keys=keys, end=end))

    def is_silent(self) -> list[Effect]:
        return self.presses("", EntryEnd.NO_INPUT)

    @property
    def asked(self) -> Ask:
        (effect,) = self.effects
        assert isinstance(effect, Ask)
        return effect


QUEUE = Queue(queue="cards", otherwise="end", prompt="please-wait")


def test_a_call_is_spoken_to_and_then_asked() -> None:
    caller = Caller(flow_of(first=Say(prompt="welcome", next="ask"), ask=menu(key1="end")))
    assert caller.effects == [Speak(step=1, prompts=("welcome",), language="en")]
    caller.hears_to_the_end()
    assert caller.asked.prompts == ("question",)
    assert caller.asked.step == 2


def test_a_choice_leads_on_and_is_remembered_for_the_call_card() -> None:
    caller = Caller(flow_of(first=menu(key1="queue"), queue=QUEUE))
    assert caller.presses("1") == [
        JoinQueue(queue="cards", needs=(), priority=0, language="en", prompts=("please-wait",))
    ]
    (step,) = caller.session.path
    assert (step.node, step.key, step.label) == ("first", "1", {"en": "queue"})
    assert caller.session.waiting_in == "cards"


@pytest.mark.parametrize("keys", ["7", "*", "#", "*#", "A", "", "1" * 1000, "١", "1\n", "'; DROP"])
def test_a_key_that_is_no_choice_is_asked_about_again_with_its_own_prompt(keys: str) -> None:
    caller = Caller(flow_of(first=menu(key1="end")))
    caller.presses(keys)
    assert caller.asked.prompts == ("no-match", "question")


def test_silence_has_its_own_prompt() -> None:
    caller = Caller(flow_of(first=menu(key1="end")))
    caller.is_silent()
    assert caller.asked.prompts == ("no-input", "question")


def test_each_attempt_can_have_a_prompt_of_its_own_for_each_reason() -> None:
    attempts = Attempts(most=5, no_input_prompts=("silent", "silent-again"), no_match_prompts=("wrong", "wrong-again"))
    caller = Caller(flow_of(first=replace(menu(key1="end"), attempts=attempts)))
    said = []
    for keys, end in (("", EntryEnd.NO_INPUT), ("7", EntryEnd.KEYS), ("8", EntryEnd.KEYS), ("", EntryEnd.NO_INPUT)):
        caller.presses(keys, end)
        said.append(caller.asked.prompts)
    assert said == [(prompt, "question") for prompt in ("silent", "wrong-again", "wrong-again", "silent-again")]


def test_without_a_prompt_of_its_own_the_question_alone_is_asked_again() -> None:
    caller = Caller(flow_of(first=replace(menu(key1="end"), attempts=Attempts(most=2))))
    caller.is_silent()
    assert caller.asked.prompts == ("question",)


def test_silence_and_wrong_keys_use_up_the_same_attempts() -> None:
    caller = Caller(flow_of(first=menu(otherwise="queue", key1="end"), queue=QUEUE))
    caller.is_silent()
    caller.presses("7")
    assert isinstance(caller.asked, Ask)
    caller.presses("", EntryEnd.INCOMPLETE)
    assert isinstance(caller.effects[0], JoinQueue)


def test_attempts_begin_anew_at_every_question() -> None:
    caller = Caller(flow_of(first=menu(key1="second"), second=menu(key1="end")))
    caller.is_silent()
    caller.is_silent()
    caller.presses("1")
    caller.is_silent()
    caller.is_silent()
    assert caller.asked.prompts == ("no-input", "question")
    assert caller.session.node == "second"


def test_repeating_a_menu_by_its_own_key_is_no_failed_attempt() -> None:
    caller = Caller(flow_of(first=menu(key9="first")))
    for _ in range(10):
        caller.presses("9")
        assert caller.asked.prompts == ("question",)


def test_a_caller_who_repeats_a_menu_all_day_does_not_grow_the_session() -> None:
    caller = Caller(flow_of(first=menu(key9="first")))
    for _ in range(3 * PATH_MOST):
        caller.presses("9")
    assert len(caller.session.path) == PATH_MOST


def test_hash_and_star_can_be_choices_of_a_menu() -> None:
    caller = Caller(flow_of(first=Menu(prompt="q", choices={"#": Choice(next="queue")}, otherwise="end"), queue=QUEUE))
    assert caller.asked.keys.terminator == ""
    caller.presses("#")
    assert caller.session.waiting_in == "cards"


def test_digits_are_kept_under_their_name() -> None:
    caller = Caller(flow_of(first=collect(), queue=QUEUE))
    caller.presses("4321")
    (entry,) = caller.session.entries
    assert (entry.name, entry.value) == ("card", "4321")
    assert isinstance(caller.effects[0], JoinQueue)


@pytest.mark.parametrize("keys", ["432", "43210", "43*1", "#", "", "４３２１", "••••"])
def test_digits_that_do_not_fit_are_asked_for_again_and_kept_nowhere(keys: str) -> None:
    caller = Caller(flow_of(first=collect(), queue=QUEUE))
    caller.presses(keys)
    assert caller.asked.prompts == ("no-match", "digits")
    assert caller.session.entries == ()


def test_digits_that_were_not_finished_count_as_wrong_even_if_there_are_enough() -> None:
    caller = Caller(flow_of(first=collect(least=2), queue=QUEUE))
    caller.presses("43", EntryEnd.INCOMPLETE)
    assert caller.asked.prompts == ("no-match", "digits")


def test_digits_entered_again_replace_the_earlier_ones() -> None:
    again = replace(collect(), next="first")
    caller = Caller(flow_of(first=again))
    caller.presses("1111")
    caller.presses("2222")
    assert [entry.value for entry in caller.session.entries] == ["2222"]


@pytest.mark.parametrize("sent", ["4321", "••••"])
def test_a_sensitive_entry_is_kept_as_dots_and_its_value_nowhere(sent: str) -> None:
    caller = Caller(flow_of(first=collect(sensitive=True), queue=QUEUE))
    caller.presses(sent)
    assert [entry.value for entry in caller.session.entries] == ["••••"]
    assert "4321" not in repr(caller.session) + repr(caller.effects)
    assert isinstance(caller.effects[0], JoinQueue)


def test_a_sensitive_entry_that_fails_leaves_no_trace() -> None:
    caller = Caller(flow_of(first=collect(sensitive=True), queue=QUEUE))
    caller.presses("43219")
    assert "4321" not in repr(caller.session) + repr(caller.effects)


def test_what_was_typed_is_not_shown_by_the_event_itself() -> None:
    entered = Entered(step=1, keys="4321", end=EntryEnd.KEYS)
    assert "4321" not in repr(entered)
    assert "4321" not in pretty_repr(entered), "which is what tracebacks of the command line show"


def test_the_chosen_language_is_spoken_and_asked_of_the_agent() -> None:
    flow = flow_of(first=SetLanguage(language="uk", needs="ukrainian", next="queue"), queue=QUEUE)
    (effect,) = Caller(flow).effects
    assert isinstance(effect, JoinQueue)
    assert (effect.language, effect.needs) == ("uk", ("ukrainian",))


def test_a_caller_who_changes_the_language_needs_the_first_one_no_more() -> None:
    flow = flow_of(
        first=Tag(needs="gold", next="english"),
        english=SetLanguage(language="en", needs="english", next="ukrainian"),
        ukrainian=SetLanguage(language="uk", needs="ukrainian", next="queue"),
        queue=QUEUE,
    )
    (effect,) = Caller(flow).effects
    assert isinstance(effect, JoinQueue)
    assert effect.needs == ("gold", "ukrainian")


def test_tags_add_needs_priority_and_attributes() -> None:
    flow = flow_of(
        first=Tag(needs="cards", priority=10, attributes={"topic": "card"}, next="second"),
        second=Tag(needs="cards", priority=5, attributes={"topic": "stolen card"}, next="queue"),
        queue=QUEUE,
    )
    caller = Caller(flow)
    assert caller.session.needs == ("cards",)
    assert caller.session.priority == 15
    assert caller.session.attributes == {"topic": "stolen card"}


def test_going_round_through_a_menu_gains_no_priority() -> None:
    caller = Caller(flow_of(first=Tag(priority=10, next="ask"), ask=menu(key9="first", key1="queue"), queue=QUEUE))
    for _ in range(5):
        caller.presses("9")
    caller.presses("1")
    (effect,) = caller.effects
    assert isinstance(effect, JoinQueue)
    assert effect.priority == 10


@pytest.mark.parametrize(("hour", "node"), [(9, "queue"), (18, "end")])
def test_hours_decide_by_the_calendar(hour: int, node: str) -> None:
    calendar = Calendar(id="desk", zone="UTC", week={0: (Span(time(9), time(18)),)}, exceptions={})
    flow = flow_of(first=Hours(calendar=calendar, open="queue", closed="end"), queue=QUEUE)
    caller = Caller(flow, at=MONDAY_NOON + (hour - 12) * 3_600_000)
    assert caller.session.node == node


@pytest.mark.parametrize(("holiday", "node"), [("greeting", "greeting"), (None, "end")])
def test_a_holiday_has_a_way_of_its_own_or_goes_that_of_closed(holiday: str | None, node: str) -> None:
    today = wall_clock(MONDAY_NOON, ZoneInfo("UTC")).date()
    calendar = Calendar(id="desk", zone="UTC", week={0: (Span(time(9), time(18)),)}, exceptions={today: ()})
    hours = Hours(calendar=calendar, open="queue", closed="end", holiday=holiday)
    caller = Caller(flow_of(first=hours, queue=QUEUE, greeting=Say(prompt="happy-new-year", next="end")))
    assert caller.session.node == node


def test_a_call_that_leaves_its_queue_goes_on_in_the_flow() -> None:
    caller = Caller(flow_of(first=QUEUE))
    assert caller.tell(LeftQueue(why="timeout")) == [Disconnect(prompts=("bye",), language="en")]
    assert caller.session.waiting_in is None
    assert caller.session.ended


def test_an_answer_to_an_older_question_changes_nothing() -> None:
    caller = Caller(flow_of(first=menu(key1="end")))
    caller.is_silent()
    before = caller.session
    assert caller.tell(Entered(step=before.step - 1, keys="1", end=EntryEnd.KEYS)) == []
    assert caller.tell(Entered(step=before.step + 1, keys="1", end=EntryEnd.KEYS)) == []
    assert caller.session == before


def test_the_same_answer_told_twice_counts_once() -> None:
    caller = Caller(flow_of(first=Say(prompt="one", next="second"), second=Say(prompt="two", next="end")))
    caller.tell(Spoken(step=1))
    assert caller.tell(Spoken(step=1)) == []
    assert caller.session.node == "second"


def test_an_answer_of_another_kind_changes_nothing() -> None:
    asked = Caller(flow_of(first=menu(key1="end")))
    assert asked.hears_to_the_end() == []
    assert asked.tell(LeftQueue(why="?")) == []
    spoken_to = Caller(flow_of(first=Say(prompt="one", next="end")))
    assert spoken_to.presses("1") == []
    waiting = Caller(flow_of(first=menu(key1="queue"), queue=QUEUE))
    waiting.presses("1")
    assert waiting.presses("1") == []
    assert waiting.hears_to_the_end() == []


def test_after_the_end_nothing_happens() -> None:
    caller = Caller(flow_of(first=HangUp()))
    assert caller.effects == [Disconnect(prompts=(), language="en")]
    for event in (Spoken(step=0), Entered(step=0, keys="1", end=EntryEnd.KEYS), LeftQueue(why="?")):
        assert caller.tell(event) == []


def test_a_flow_that_goes_round_without_asking_lets_the_call_go() -> None:
    caller = Caller(flow_of(first=Tag(next="second"), second=Tag(next="first")))
    assert caller.effects == [Disconnect(prompts=(), language="en")]
    assert caller.session.ended


def test_a_long_way_without_questions_is_walked_to_its_end() -> None:
    chain: dict[str, Node] = {f"tag{number}": Tag(next=f"tag{number + 1}") for number in range(NODES_PER_EVENT - 2)}
    chain[f"tag{NODES_PER_EVENT - 2}"] = QUEUE
    assert Caller(flow_of(**chain)).session.waiting_in == "cards"


def test_a_session_goes_on_only_in_the_flow_it_began_with() -> None:
    caller = Caller(flow_of(first=menu(key1="end")))
    with pytest.raises(ValueError, match="began with flow d1"):
        advance(replace(caller.flow, digest="d2"), caller.session, Spoken(step=1), MONDAY_NOON)


def test_a_flow_with_an_edge_to_nowhere_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="leads to “nowhere”"):
        flow_of(first=Say(prompt="welcome", next="nowhere"))


def test_a_call_found_waiting_stands_at_its_queue_again() -> None:
    flow = flow_of(first=menu(key1="queue"), queue=QUEUE)
    session = adopt(flow, "cards", call="c", number="", language="uk", needs=("ukrainian",), priority=7)
    assert session == Session(
        flow="d1",
        node="queue",
        call="c",
        language="uk",
        waiting_in="cards",
        waiting_at="queue",
        needs=("ukrainian",),
        priority=7,
        variables={"caller_number": "", "dialled": "", "left_queue": ""},
    )
    after, effects = advance(flow, session, LeftQueue(why="timeout"), MONDAY_NOON)
    assert after.ended
    assert effects == [Disconnect(prompts=("bye",), language="uk")]


def test_a_call_found_waiting_in_a_queue_that_the_flow_does_not_know_is_not_adopted() -> None:
    assert adopt(flow_of(first=QUEUE), "loans", call="c", number="", language="en") is None
