"""What a flow asks after a conversation: which keys are a score, and where the flow goes on."""

from __future__ import annotations

import pytest

from ivr.engine import advance, comes_back, start
from ivr.flow import Flow, HangUp, Node, Queue, Survey
from ivr.keys import Attempts, KeyRules
from ivr.messages import (
    Ask,
    ConversationOver,
    Disconnect,
    Effect,
    Entered,
    EntryEnd,
    JoinQueue,
    LeftQueue,
    Score,
)
from ivr.scale import Scale
from ivr.session import Session

QUEUE = Queue(queue="cards", otherwise="sorry", after="rate")


def flow_with(scale: Scale, queue: Queue = QUEUE) -> Flow:
    rate = Survey(
        scale=scale,
        prompt="how-was-it",
        into="score",
        variable="score",
        next="thanks",
        otherwise="sorry",
        keys=KeyRules(most=2),
        attempts=Attempts(most=2, no_input_prompts=("no-input",), no_match_prompts=("no-match",)),
    )
    nodes: dict[str, Node] = {
        "cards": queue,
        "rate": rate,
        "thanks": HangUp(prompt="thanks"),
        "sorry": HangUp(prompt="sorry"),
    }
    return Flow(id="test", digest="d", start="cards", language="en", nodes=nodes)


def parted(flow: Flow) -> tuple[Session, Ask]:
    session, (joined,) = start(flow, 0, call="c1")
    assert isinstance(joined, JoinQueue)
    session, (asked,) = advance(flow, session, ConversationOver(), 0)
    assert isinstance(asked, Ask)
    return session, asked


def pressed(flow: Flow, session: Session, keys: str, end: EntryEnd = EntryEnd.KEYS) -> tuple[Session, Effect]:
    session, (wanted,) = advance(flow, session, Entered(step=session.step, keys=keys, end=end), 0)
    return session, wanted


@pytest.mark.parametrize(
    ("scale", "keys", "score"),
    [
        *((Scale.CSAT, str(score), score) for score in range(1, 6)),
        *((Scale.CSAT, keys, None) for keys in ("0", "6", "9", "*", "12")),
        *((Scale.NPS, str(score), score) for score in range(11)),
        *((Scale.NPS, keys, None) for keys in ("11", "99", "00", "07", "*", "1*", "")),
    ],
)
def test_only_what_is_on_the_scale_is_a_score(scale: Scale, keys: str, score: int | None) -> None:
    flow = flow_with(scale)
    session, wanted = pressed(flow, parted(flow)[0], keys)
    if score is None:
        assert session.scores == ()
        assert isinstance(wanted, Ask)
        assert wanted.prompts == ("no-match", "how-was-it")
    else:
        assert session.scores == (Score(name="score", scale=scale, score=score),)
        assert session.variables["score"] == score
        assert isinstance(wanted, Disconnect)
        assert wanted.prompts == ("thanks",)


def test_who_says_nothing_in_all_attempts_has_given_no_score() -> None:
    flow = flow_with(Scale.NPS)
    session, wanted = pressed(flow, parted(flow)[0], "", EntryEnd.NO_INPUT)
    assert isinstance(wanted, Ask)
    assert wanted.prompts == ("no-input", "how-was-it")
    session, wanted = pressed(flow, session, "", EntryEnd.NO_INPUT)
    assert isinstance(wanted, Disconnect)
    assert (wanted.prompts, session.scores) == (("sorry",), ())


def test_the_flow_goes_on_once_and_only_where_the_queue_says_so() -> None:
    flow = flow_with(Scale.CSAT)
    session, _ = start(flow, 0)
    assert comes_back(flow, session)
    session, _ = parted(flow)
    assert not comes_back(flow, session)
    assert advance(flow, session, ConversationOver(), 0) == (session, [])
    last = flow_with(Scale.CSAT, Queue(queue="cards", otherwise="sorry"))
    session, _ = start(last, 0)
    assert not comes_back(last, session)
    assert advance(last, session, ConversationOver(), 0) == (session, [])


def test_who_left_the_queue_without_an_agent_is_not_asked_how_it_was() -> None:
    flow = flow_with(Scale.CSAT)
    session, _ = start(flow, 0)
    session, (wanted,) = advance(flow, session, LeftQueue(why="timeout"), 0)
    assert isinstance(wanted, Disconnect)
    assert advance(flow, session, ConversationOver(), 0) == (session, [])


def test_the_way_through_the_flow_goes_on_from_the_queue() -> None:
    flow = flow_with(Scale.CSAT)
    nodes: list[str] = []
    session, _ = start(flow, 0, trace=nodes)
    advance(flow, session, ConversationOver(), 0, trace=nodes)
    assert nodes == ["cards", "rate"]
