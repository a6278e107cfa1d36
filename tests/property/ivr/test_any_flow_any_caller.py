"""Whatever the flow and whatever the caller does, a call always stands somewhere sane."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ivr.engine import advance, start, wait_on
from ivr.expressions import Kind, Variable, parse
from ivr.flow import (
    Callback,
    CallbackTime,
    CallbackTimes,
    Choice,
    Collect,
    Command,
    Flow,
    HangUp,
    Hours,
    Menu,
    Node,
    Queue,
    Say,
    SetLanguage,
    Survey,
    Tag,
    Transfer,
)
from ivr.hours import Calendar, Span
from ivr.keys import Attempts, KeyRules
from ivr.logic import WHOLE, Branch, Case, Fetch, Goto, Limit, LookUp, Pace, Part, Set, Split, Take
from ivr.messages import (
    Ask,
    AskCallback,
    AskLimit,
    CallbackDecided,
    CallbackVerdict,
    CallOutside,
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
    LeaveQueue,
    LeftQueue,
    LimitDecided,
    LookUpCustomer,
    MessageTaken,
    MusicOver,
    PlayMusic,
    Speak,
    Spoken,
    TakeMessage,
    TransferEnded,
)
from ivr.questions import PATH_MOST, TRAIL_MOST
from ivr.reach import beside
from ivr.recordings import Record, Voicemail
from ivr.records import replace
from ivr.scale import Scale
from ivr.session import Session
from ivr.waiting import Music, Outlook

NAMES = [f"node{number}" for number in range(6)]
some = st.sampled_from(NAMES)
prompts = st.sampled_from(["one", "two"])
attempts = st.builds(Attempts, most=st.integers(1, 3), no_input_prompts=st.lists(prompts, max_size=3).map(tuple))
keys = st.builds(KeyRules, least=st.integers(1, 2), most=st.integers(2, 4), sensitive=st.booleans())
commands = st.dictionaries(st.sampled_from("*#"), st.sampled_from(Command), max_size=2)
variables = {
    "one": Variable("one", Kind.TEXT),
    "count": Variable("count", Kind.NUMBER),
    "known": Variable("known", Kind.TRUTH),
}
conditions = st.sampled_from(["count > 2", "known", "one == '1'", "not known"]).map(lambda one: parse(one, variables))
counted = st.sampled_from(["count + 1", "count * 2", "length(one)"]).map(lambda one: parse(one, variables))
texts = st.sampled_from(["one", "text(count)"]).map(lambda one: parse(one, variables))
takes = st.dictionaries(st.sampled_from(["count"]), st.just(Take(path="a.b", kind=Kind.NUMBER)))
choices = st.dictionaries(st.sampled_from("019*#"), st.builds(Choice, next=some), min_size=1, max_size=3)
needs = st.none() | st.sampled_from(["cards", "english"])
calendars = st.builds(
    Calendar,
    id=st.just("office"),
    zone=st.just("Europe/Kyiv"),
    week=st.sampled_from(({}, {day: (Span(time(8), time(18)),) for day in range(5)})),
    exceptions=st.sampled_from(({}, {date(1970, 1, 1): ()})),
)
times = st.builds(
    CallbackTimes,
    prompt=prompts,
    choices=st.just({"1": CallbackTime(), "2": CallbackTime(after_ms=3_600_000), "9": CallbackTime(wall=time(9))}),
    calendar=calendars,
)
nodes: st.SearchStrategy[Node] = st.one_of(
    st.builds(Say, prompt=prompts, next=some),
    st.builds(Menu, prompt=prompts, choices=choices, otherwise=some, commands=commands, attempts=attempts),
    st.builds(
        Collect,
        prompt=prompts,
        into=prompts,
        variable=st.sampled_from(["", "one"]),
        commands=commands,
        next=some,
        otherwise=some,
        keys=keys,
        attempts=attempts,
    ),
    st.builds(SetLanguage, language=st.sampled_from(["en", "uk"]), next=some, needs=needs),
    st.builds(Hours, calendar=calendars, open=some, closed=some, holiday=st.none() | some),
    st.builds(Tag, next=some, needs=needs, priority=st.integers(0, 10)),
    st.builds(
        Queue,
        queue=st.just("cards"),
        otherwise=some,
        exits=st.dictionaries(st.just("timeout"), some),
        waiting=st.none() | some,
        after=st.none() | some,
    ),
    st.builds(Music, for_ms=st.just(30_000), next=some, keys=st.dictionaries(st.sampled_from("01"), some)),
    st.builds(Voicemail, prompt=prompts, next=some, otherwise=some),
    st.builds(
        Record,
        prompt=prompts,
        into=prompts,
        variable=st.sampled_from(["", "one"]),
        next=some,
        otherwise=some,
        sensitive=st.booleans(),
    ),
    st.builds(Transfer, number=st.just("112"), otherwise=some),
    st.builds(
        Callback,
        queue=st.just("cards"),
        prompt=prompts,
        number_prompt=prompts,
        accepted=some,
        refused=some,
        invalid=some,
        times=st.none() | times,
        keys=keys,
        attempts=attempts,
    ),
    st.builds(HangUp, prompt=st.none() | prompts),
    st.builds(
        Survey,
        scale=st.sampled_from(Scale),
        prompt=prompts,
        into=prompts,
        variable=st.sampled_from(["", "count"]),
        next=some,
        otherwise=some,
        commands=commands,
        attempts=attempts,
    ),
    st.builds(Branch, cases=st.tuples(st.builds(Case, when=conditions, next=some)), otherwise=some),
    st.builds(lambda one, other: Split(parts=(Part(share=1, next=one), Part(share=WHOLE - 1, next=other))), some, some),
    st.builds(Set, values=st.fixed_dictionaries({"count": counted}), next=some),
    st.builds(Goto, next=some, most=st.integers(1, 3), otherwise=some),
    st.builds(Pace, times=st.integers(1, 5), next=some),
    st.builds(
        Limit,
        by=texts,
        most=st.integers(1, 3),
        within_ms=st.just(60_000),
        counter=st.just("c"),
        next=some,
        limited=some,
    ),
    st.builds(
        Fetch,
        service=st.just("crm"),
        path=st.tuples(st.just("/"), texts),
        secrets=st.just({"pin": "one"}),
        take=takes,
        next=some,
        failed=some,
    ),
    st.builds(LookUp, number=texts, take=takes, next=some, unknown=some, failed=some),
)
flows = st.fixed_dictionaries(dict.fromkeys(NAMES, nodes)).map(
    lambda made: Flow(id="any", digest="d", start=NAMES[0], language="en", nodes=made, variables={"count": Decimal(0)})
)


entries: st.SearchStrategy[Event] = st.builds(
    Entered,
    step=st.just(0),
    keys=st.sampled_from(["0", "1", "9", "#", "12", "1234", "", "•••", "x"]),
    end=st.sampled_from(EntryEnd),
)


ways_out: st.SearchStrategy[Event] = st.one_of(
    st.builds(LeftQueue, why=st.sampled_from(["timeout", "full"])),
    st.builds(KeyPressed, key=st.sampled_from(["", "0", "7"])),
    st.builds(ConversationOver),
)
ends: st.SearchStrategy[Event] = st.builds(
    MessageTaken, step=st.just(0), length_ms=st.sampled_from([0, 10_000])
) | st.builds(TransferEnded, step=st.just(0), answered=st.booleans())
answers: st.SearchStrategy[Event] = st.one_of(
    st.builds(LimitDecided, step=st.just(0), allowed=st.booleans()),
    st.builds(Fetched, step=st.just(0), values=st.dictionaries(st.just("count"), st.sampled_from(["1", "one"]))),
    st.builds(FetchFailed, step=st.just(0), why=st.sampled_from(["unknown", "deadline"])),
)
overs: st.SearchStrategy[Event] = st.just(Spoken(step=0)) | st.just(MusicOver(step=0))
verdicts = st.builds(CallbackDecided, step=st.just(0), verdict=st.sampled_from(CallbackVerdict))


@st.composite
def events(draw: st.DrawFn) -> tuple[int, Event]:
    """An event, and how far its step is from the current one."""
    shift = draw(st.sampled_from([0, 0, 0, 0, -1, 1]))
    return shift, draw(overs | ways_out | entries | ends | answers | verdicts)


WITHOUT_STEP = LeftQueue | KeyPressed | ConversationOver
OUTLOOK = Outlook(position=3, median_ms=90_000, bound_ms=None)


def at_step(event: Event, step: int) -> Event:
    return event if isinstance(event, WITHOUT_STEP) else replace(event, step=step)


def assert_sane(flow: Flow, before: Session | None, session: Session, effects: list[Effect]) -> None:
    node = flow.nodes[session.node]
    was_waiting = before is not None and before.waiting_in is not None
    if effects[:1] == [LeaveQueue()]:
        assert was_waiting
        effects = effects[1:]
        assert len(effects) == 1, "who leaves goes somewhere"
        assert session.variables["left_queue"] == "exit-key"
    assert len(effects) <= 1
    assert len(session.path) <= PATH_MOST
    assert len(session.trail) <= TRAIL_MOST
    assert set(session.secrets) <= {"one"}
    assert len(set(session.needs)) == len(session.needs)
    assert len({entry.name for entry in session.entries}) == len(session.entries)
    assert len({score.name for score in session.scores}) == len(session.scores)
    assert all(score.score in score.scale.scores for score in session.scores)
    if session.waiting_in is not None:
        assert session.node in (session.waiting_at, *beside(flow, session.waiting_at))
        assert not isinstance(node, Voicemail | Record | Transfer | HangUp)
        assert session.node == session.waiting_at or not isinstance(node, Queue)
        assert session.rest is None or isinstance(flow.nodes[session.rest], Music)
    if before is not None:
        assert session.step >= before.step
        connected = isinstance(node, Transfer) and session.ended
        assert effects or connected or session == before, "a session that moved says what is to be done"
    match effects:
        case [
            Speak()
            | Ask()
            | TakeMessage()
            | CallOutside()
            | FetchData()
            | AskLimit()
            | LookUpCustomer()
            | AskCallback()
            | PlayMusic() as asked
        ]:
            assert asked.step == session.step
            assert before is None or asked.step == before.step + 1
            assert not session.ended
        case [JoinQueue() as join]:
            assert session.waiting_in == join.queue
        case [Disconnect()]:
            assert session.ended


@given(flows, st.lists(events(), max_size=40))
def test_a_call_always_stands_at_a_node_and_is_never_asked_two_things(
    flow: Flow, happenings: list[tuple[int, Event]]
) -> None:
    session, effects = start(flow, 0)
    assert effects
    assert_sane(flow, None, session, effects)
    for shift, event in happenings:
        before = session
        session, effects = advance(flow, before, at_step(event, before.step + shift), 0)
        assert_sane(flow, before, session, effects)
        if before.ended or (shift and not isinstance(event, WITHOUT_STEP)):
            assert (session, effects) == (before, [])
        before = session
        if effects and isinstance(effects[-1], JoinQueue) and isinstance(flow.nodes[session.node], Queue):
            session, effects = wait_on(flow, before, 0, outlook=lambda: OUTLOOK)
            assert_sane(flow, before, session, effects)


@given(flows, st.lists(events(), max_size=20))
def test_the_same_events_give_the_same_walk(flow: Flow, happenings: list[tuple[int, Event]]) -> None:
    def walk() -> list[tuple[Session, list[Effect]]]:
        steps = [start(flow, 0)]
        for shift, event in happenings:
            steps.append(advance(flow, steps[-1][0], at_step(event, steps[-1][0].step + shift), 0))
        return steps

    assert walk() == walk()
