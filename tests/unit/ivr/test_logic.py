"""Nodes that no caller hears, keys that work everywhere, and what callers need who are slow or fast."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from ivr import records
from ivr.engine import LIMIT_COSTS, NODES_PER_EVENT, advance, start
from ivr.expressions import Expression, Kind, Value, Variable, parse
from ivr.flow import Callback, Choice, Collect, Command, Flow, HangUp, Menu, Node, Queue, Say, Tag
from ivr.keys import KeyRules
from ivr.logic import WHOLE, Branch, Case, Fetch, Goto, Limit, LookUp, Pace, Part, Set, Split, Take
from ivr.messages import (
    Ask,
    AskLimit,
    ConversationOver,
    Disconnect,
    Effect,
    Entered,
    EntryEnd,
    Event,
    FetchData,
    Fetched,
    FetchFailed,
    JoinQueue,
    KeyPressed,
    LeftQueue,
    LimitDecided,
    LookUpCustomer,
    Speak,
    Spoken,
)

VARIABLES = {
    "tries": Variable("tries", Kind.NUMBER),
    "tier": Variable("tier", Kind.TEXT),
    "known": Variable("known", Kind.TRUTH),
    **{name: Variable(name, Kind.TEXT) for name in ("caller_number", "dialled", "left_queue", "language")},
}
FIRST: dict[str, Value] = {"tries": Decimal(0), "tier": "", "known": False}


def read(text: str) -> Expression:
    return parse(text, VARIABLES)


def flow_of(**nodes: Node) -> Flow:
    ends: dict[str, Node] = {
        "end": HangUp(prompt="bye"),
        "other": HangUp(prompt="other"),
        "lost": HangUp(prompt="lost"),
    }
    return Flow(id="t", digest="d", start=next(iter(nodes)), language="en", nodes={**nodes, **ends}, variables=FIRST)


class Caller:
    def __init__(self, flow: Flow, call: str = "c-1", number: str = "+380501110001") -> None:
        self.flow = flow
        self.session, self.effects = start(flow, 0, call=call, number=number, dialled="100")

    def tell(self, event: Event) -> Effect:
        if not isinstance(event, LeftQueue | KeyPressed | ConversationOver):
            event = records.replace(event, step=self.session.step)
        self.session, self.effects = advance(self.flow, self.session, event, 0)
        return self.wanted

    def presses(self, keys: str, end: EntryEnd = EntryEnd.KEYS) -> Effect:
        return self.tell(Entered(step=0, keys=keys, end=end))

    @property
    def wanted(self) -> Effect:
        (effect,) = self.effects
        return effect

    @property
    def goodbye(self) -> str:
        assert isinstance(self.wanted, Disconnect)
        return self.wanted.prompts[0]


def menu(prompt: str = "question", **more: object) -> Menu:
    choices = {"1": Choice(next="end"), "2": Choice(next="second")}
    return replace(Menu(prompt=prompt, choices=choices, otherwise="other"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("tier", "goodbye"), [("gold", "bye"), ("basic", "lost"), ("", "other")])
def test_a_branch_goes_the_way_of_the_first_case_that_holds(tier: str, goodbye: str) -> None:
    cases = (Case(when=read('tier == "gold"'), next="end"), Case(when=read("length(tier) > 0"), next="lost"))
    flow = flow_of(
        put=Set(values={"tier": read(f'"{tier}"')}, next="which"), which=Branch(cases=cases, otherwise="other")
    )
    assert Caller(flow).goodbye == goodbye


def test_expressions_know_who_calls_and_in_which_language() -> None:
    text = 'caller_number == "+380501110001" and dialled == "100" and language == "en" and left_queue == ""'
    flow = flow_of(which=Branch(cases=(Case(when=read(text), next="end"),), otherwise="other"))
    assert Caller(flow).goodbye == "bye"
    assert Caller(flow, number="").goodbye == "other"


def test_a_split_sends_each_part_its_share_and_a_call_always_the_same_way() -> None:
    parts = (Part(share=WHOLE * 9 // 10, next="end"), Part(share=WHOLE // 10, next="other"))
    flow = flow_of(which=Split(parts=parts))
    drawn = Counter(Caller(flow, call=f"virtual-1-{number}").goodbye for number in range(5_000))
    assert drawn["other"] / drawn.total() == pytest.approx(0.1, abs=0.02)
    assert len({Caller(flow, call="virtual-1-7").goodbye for _ in range(5)}) == 1


def test_a_split_that_leaves_calls_over_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="do not make up the whole"):
        Split(parts=(Part(share=1, next="end"),))


def test_values_are_all_worked_out_before_the_first_is_put_in() -> None:
    caller = Caller(flow_of(put=Set(values={"tries": read("tries + 1"), "known": read("tries == 0")}, next="end")))
    assert (caller.session.variables["tries"], caller.session.variables["known"]) == (1, True)


LIMIT = Limit(by=read("caller_number"), most=2, within_ms=60_000, counter="t/limit", next="question", limited="other")


def test_a_limit_asks_for_a_try_by_whom_it_counts_and_goes_by_the_answer() -> None:
    caller = Caller(flow_of(limit=LIMIT, question=menu(), second=HangUp(prompt="second")))
    assert caller.wanted == AskLimit(step=1, counter="t/limit", whose="+380501110001", most=2, within_ms=60_000)
    assert isinstance(caller.tell(LimitDecided(step=0, allowed=True)), Ask)
    caller = Caller(flow_of(limit=LIMIT, question=menu(), second=HangUp(prompt="second")))
    caller.tell(LimitDecided(step=0, allowed=False))
    assert caller.goodbye == "other"


def test_one_call_asks_for_no_more_tries_than_a_caller_has_whatever_it_is_counted_by() -> None:
    again = menu(choices={"1": Choice(next="limit")})
    caller = Caller(flow_of(limit=LIMIT, question=again), number="")
    for _ in range(LIMIT.most):
        assert isinstance(caller.wanted, AskLimit)
        caller.tell(LimitDecided(step=0, allowed=True))
        caller.presses("1")
    assert caller.goodbye == "other"


def test_limits_in_a_circle_end_the_call_like_all_that_leads_round_without_asking() -> None:
    limit = replace(LIMIT, most=1_000, next="limit")
    caller = Caller(flow_of(limit=limit))
    tries = 0
    while isinstance(caller.wanted, AskLimit):
        tries += 1
        caller.tell(LimitDecided(step=0, allowed=True))
    assert tries == NODES_PER_EVENT // LIMIT_COSTS
    assert isinstance(caller.wanted, Disconnect)


def test_a_goto_leads_back_so_often_and_then_out() -> None:
    caller = Caller(flow_of(say=Say(prompt="again", next="back"), back=Goto(next="say", most=2, otherwise="other")))
    spoken = 0
    while isinstance(caller.wanted, Speak):
        spoken += 1
        caller.tell(Spoken(step=0))
    assert (spoken, caller.goodbye) == (3, "other")


def test_a_caller_who_needs_more_time_gets_it_at_every_question_from_there_on() -> None:
    number = Collect(
        prompt="number", into="number", next="end", otherwise="end", keys=KeyRules(most=6, all_keys_ms=20_000)
    )
    caller = Caller(flow_of(slow=Pace(times=3, next="ask"), ask=menu(), second=number))
    for all_keys_ms in (None, 60_000):
        assert isinstance(caller.wanted, Ask)
        keys = caller.wanted.keys
        assert (keys.first_key_ms, keys.next_key_ms, keys.all_keys_ms) == (18_000, 9_000, all_keys_ms)
        caller.presses("2")


def test_a_caller_who_needs_more_time_gets_it_where_a_callback_is_offered_too() -> None:
    offer = Callback(queue="help", prompt="offer", number_prompt="number", accepted="end", refused="end", invalid="end")
    caller = Caller(flow_of(slow=Pace(times=2, next="offer"), offer=offer))
    for _ in range(2):
        assert isinstance(caller.wanted, Ask)
        assert (caller.wanted.keys.first_key_ms, caller.wanted.keys.next_key_ms) == (12_000, 6_000)
        caller.presses("2")


def test_why_a_call_left_its_queue_can_be_asked() -> None:
    why = Branch(cases=(Case(when=read('left_queue == "full"'), next="end"),), otherwise="other")
    flow = flow_of(queue=Queue(queue="cards", otherwise="why"), why=why)
    for reason, goodbye in (("full", "bye"), ("timeout", "other")):
        caller = Caller(flow)
        caller.tell(LeftQueue(why=reason))
        assert caller.goodbye == goodbye


def test_the_agent_whom_a_call_prefers_is_worked_out() -> None:
    queue = Queue(queue="cards", otherwise="other", preferred=read("tier"), preferred_ms=5_000)
    caller = Caller(flow_of(put=Set(values={"tier": read('"olena"')}, next="queue"), queue=queue))
    assert isinstance(caller.wanted, JoinQueue)
    assert (caller.wanted.preferred, caller.wanted.preferred_ms) == ("olena", 5_000)
    nobody = Caller(flow_of(queue=queue)).wanted
    assert isinstance(nobody, JoinQueue)
    assert (nobody.preferred, nobody.preferred_ms) == ("", None)


def test_attributes_of_the_call_card_can_be_worked_out() -> None:
    caller = Caller(flow_of(tag=Tag(next="end", attributes={"a": "b"}, shown={"tries": read("tries + 2.50")})))
    assert caller.session.attributes == {"a": "b", "tries": "2.5"}


# Other systems.

FETCH = Fetch(
    service="crm",
    path=("/by/", read("caller_number")),
    query={"lang": read("language")},
    json={"tries": read("tries"), "share": read("0.5"), "tier": read("tier"), "known": read("known")},
    secrets={"pin": "pin"},
    take={"tier": Take(path="customer.tier", kind=Kind.TEXT), "tries": Take(path="n", kind=Kind.NUMBER)},
    timeout_ms=2_000,
    next="end",
    failed="lost",
)
PIN = Collect(
    prompt="pin",
    into="pin",
    variable="pin",
    next="fetch",
    otherwise="other",
    keys=KeyRules(least=4, most=4, sensitive=True),
)


def test_a_data_dip_carries_values_encoded_and_a_secret_by_its_step_alone() -> None:
    caller = Caller(flow_of(pin=PIN, fetch=FETCH))
    wanted = caller.presses("••••")
    assert isinstance(wanted, FetchData)
    assert (wanted.service, wanted.path) == ("crm", "/by/%2B380501110001")
    assert wanted.query == {"lang": "en"}
    assert wanted.json == {"tries": 0, "share": 0.5, "tier": "", "known": False}
    assert wanted.secrets == {"pin": 1}
    assert wanted.take == {"tier": "customer.tier", "tries": "n"}
    assert caller.session.variables["pin"] == "••••"


def test_an_answer_fills_the_variables_all_of_them_or_none() -> None:
    caller = Caller(flow_of(fetch=FETCH))
    caller.tell(Fetched(step=0, values={"tier": "gold", "tries": "2.50", "more": "x"}))
    assert caller.goodbye == "bye"
    assert (caller.session.variables["tier"], caller.session.variables["tries"]) == ("gold", Decimal("2.5"))
    assert "more" not in caller.session.variables
    for values in ({}, {"tier": "gold"}, {"tier": "gold", "tries": "many"}):
        caller = Caller(flow_of(fetch=FETCH))
        caller.tell(Fetched(step=0, values=values))
        assert (caller.goodbye, caller.session.variables["tier"]) == ("lost", "")


def test_a_dip_that_can_do_without_a_value_leaves_its_variable_empty() -> None:
    caller = Caller(flow_of(fetch=replace(FETCH, missing_fails=False)))
    caller.tell(Fetched(step=0, values={"tier": "gold", "tries": "many"}))
    assert caller.goodbye == "bye"
    assert (caller.session.variables["tier"], caller.session.variables["tries"]) == ("gold", 0)


def test_without_an_answer_the_call_goes_its_way() -> None:
    caller = Caller(flow_of(fetch=FETCH))
    caller.tell(FetchFailed(step=0, why="deadline"))
    assert caller.goodbye == "lost"


def test_an_answer_to_another_question_changes_nothing() -> None:
    caller = Caller(flow_of(fetch=FETCH))
    for event in (Fetched(step=9, values={}), FetchFailed(step=0, why="late"), Spoken(step=1)):
        assert advance(caller.flow, caller.session, event, 0) == (caller.session, [])


@pytest.mark.parametrize(
    ("said", "times"), [("3", 3), ("5", 5), ("1", 1), ("", 2), ("6", 2), ("0", 2), ("-1", 2), ("yes", 2), ("٣", 2)]
)
def test_the_records_say_how_much_time_a_caller_needs_and_nonsense_changes_nothing(said: str, times: int) -> None:
    who = LookUp(number=read("caller_number"), pace="needs_time", next="ask", unknown="ask", failed="ask")
    caller = Caller(flow_of(slow=Pace(times=2, next="who"), who=who, ask=menu(), second=menu("third"), third=menu()))
    caller.tell(Fetched(step=1, values={"needs_time": said, "tier": "gold"}))
    assert isinstance(caller.wanted, Ask)
    assert caller.wanted.keys.first_key_ms == 6_000 * times


def test_a_look_up_tells_nobody_by_that_number_from_no_answer() -> None:
    node = LookUp(
        number=read("caller_number"),
        take={"tier": Take(path="tier", kind=Kind.TEXT), "tries": Take(path="orders", kind=Kind.NUMBER)},
        next="end",
        unknown="other",
        failed="lost",
    )
    caller = Caller(flow_of(look=node))
    assert caller.wanted == LookUpCustomer(step=1, number="+380501110001")
    caller.tell(Fetched(step=0, values={"tier": "gold", "orders": "many"}))
    assert (caller.goodbye, caller.session.variables["tier"], caller.session.variables["tries"]) == ("bye", "gold", 0)
    for why, goodbye in (("unknown", "other"), ("deadline", "lost")):
        caller = Caller(flow_of(look=node))
        caller.tell(FetchFailed(step=0, why=why))
        assert caller.goodbye == goodbye


def test_putting_something_else_into_a_variable_forgets_the_secret_that_it_held() -> None:
    flow = flow_of(pin=replace(PIN, next="clear"), clear=Set(values={"pin": read('""')}, next="fetch"), fetch=FETCH)
    wanted = Caller(flow).presses("••••")
    assert isinstance(wanted, FetchData)
    assert wanted.secrets == {"pin": 0}


# Keys that work everywhere.

EVERYWHERE = {"*": Command.REPEAT, "#": Command.BACK}


def prompts_of(effect: Effect) -> tuple[str, ...]:
    assert isinstance(effect, Ask)
    return effect.prompts


def test_repeat_asks_again_and_costs_no_attempt() -> None:
    caller = Caller(flow_of(ask=menu(commands=EVERYWHERE), second=menu()))
    for _ in range(10):
        assert prompts_of(caller.presses("*")) == ("question",)
    assert caller.session.attempt == 0
    caller.presses("7")
    caller.presses("*")
    assert caller.session.attempt == 1


def test_back_goes_through_the_questions_before_and_stops_at_the_first() -> None:
    nodes: dict[str, Node] = {
        "ask": menu("first", commands=EVERYWHERE),
        "second": menu("second", choices={"2": Choice(next="say")}, commands=EVERYWHERE),
        "say": Say(prompt="by the way", next="third"),
        "third": menu("third", commands=EVERYWHERE),
    }
    caller = Caller(flow_of(**nodes))
    caller.presses("2")
    caller.presses("2")
    caller.tell(Spoken(step=0))
    assert [prompts_of(caller.presses("#"))[0] for _ in range(3)] == ["second", "first", "first"]


@pytest.mark.parametrize("end", [EntryEnd.KEYS, EntryEnd.INCOMPLETE])
def test_a_key_that_works_everywhere_works_in_the_middle_of_digits(end: EntryEnd) -> None:
    digits = replace(PIN, commands=EVERYWHERE, choices={"*": Choice(next="lost", label={"en": "Operator"})})
    digits = replace(digits, commands={"#": Command.REPEAT})
    caller = Caller(flow_of(pin=digits, fetch=FETCH))
    assert prompts_of(caller.presses("#", end)) == ("pin",)
    caller.presses("*", end)
    assert caller.goodbye == "lost"
    assert [step.label for step in caller.session.path] == [{"en": "Operator"}]


def test_what_was_typed_before_a_mistake_was_told_is_not_taken_for_the_next_answer() -> None:
    caller = Caller(flow_of(ask=menu(), second=menu(keys=KeyRules(type_ahead=False))))

    def takes_typed_ahead() -> bool:
        assert isinstance(caller.wanted, Ask)
        return caller.wanted.keys.type_ahead

    assert takes_typed_ahead()
    caller.presses("7")
    assert not takes_typed_ahead()
    caller.presses("2")
    assert not takes_typed_ahead(), "this question wants none"
