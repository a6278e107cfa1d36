"""A statement that the flow asks for: its edges, and the name of its recording."""

from __future__ import annotations

from dataclasses import replace

from ivr.engine import advance, start
from ivr.flow import Flow, HangUp, Node
from ivr.messages import Disconnect, MessageTaken, TakeMessage, is_private
from ivr.recordings import LONGEST_RECORDING_MS, Record
from ivr.session import Session


def flow_with(node: Record) -> Flow:
    nodes: dict[str, Node] = {"say": node, "said": HangUp(prompt="said"), "nothing": HangUp(prompt="nothing")}
    return Flow(id="test", digest="d", start="say", language="en", nodes=nodes, variables={"statement": ""})


def record(*, variable: str = "statement", sensitive: bool = False) -> Record:
    return Record(
        prompt="speak",
        into="statement",
        variable=variable,
        next="said",
        otherwise="nothing",
        longest_ms=60_000,
        silence_ms=4_000,
        shortest_ms=1_500,
        keys="#",
        beep=False,
        sensitive=sensitive,
    )


def after(node: Record, length_ms: int) -> tuple[Session, TakeMessage, tuple[str, ...]]:
    flow = flow_with(node)
    session, (wanted,) = start(flow, 0, call="c1")
    assert isinstance(wanted, TakeMessage)
    session, (then,) = advance(flow, session, MessageTaken(step=wanted.step, length_ms=length_ms), 0)
    assert isinstance(then, Disconnect)
    return session, wanted, then.prompts


def test_the_line_is_told_how_long_to_listen_and_what_ends_it() -> None:
    _, wanted, _ = after(record(), 0)
    assert (wanted.prompts, wanted.longest_ms, wanted.silence_ms) == (("speak",), 60_000, 4_000)
    assert (wanted.keys, wanted.beep, wanted.into, wanted.sensitive) == ("#", False, "statement", False)


def test_the_flow_goes_on_with_the_name_of_the_recording() -> None:
    session, wanted, prompts = after(record(), 1_500)
    assert prompts == ("said",)
    assert session.variables["statement"] == wanted.message == "c1-1"


def test_a_moment_is_no_statement() -> None:
    session, _, prompts = after(record(), 1_499)
    assert prompts == ("nothing",)
    assert session.variables["statement"] == ""


def test_the_name_of_a_sensitive_recording_stays_on_the_line() -> None:
    session, wanted, _ = after(record(sensitive=True), 2_000)
    assert wanted.sensitive
    assert is_private(wanted.message)
    assert wanted.message not in repr(session)
    assert session.secrets == {"statement": wanted.step}


def test_a_statement_that_no_expression_can_name_is_recorded_all_the_same() -> None:
    session, wanted, prompts = after(record(variable=""), 2_000)
    assert (prompts, session.variables["statement"], is_private(wanted.message)) == (("said",), "", False)


def test_who_needs_more_time_may_be_silent_for_longer_and_has_more_of_it() -> None:
    for longest_ms, stretched_ms in ((60_000, 180_000), (600_000, LONGEST_RECORDING_MS)):
        _, (wanted,) = start(flow_with(replace(record(), longest_ms=longest_ms)), 0, call="c1", pace=3)
        assert isinstance(wanted, TakeMessage)
        assert (wanted.longest_ms, wanted.silence_ms) == (stretched_ms, 12_000)
