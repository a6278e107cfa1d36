"""The keypad does what the table in docs/keypad.md says, in every sequence of happenings up to a length."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from ivr import collect
from ivr.collect import Collector, Phase
from ivr.keys import KeyRules
from ivr.messages import EntryEnd

TABLE = Path(__file__).parents[3] / "docs" / "keypad.md"
DEPTH = 4
FIRST_MS, NEXT_MS, ALL_MS = 6_000, 3_000, 4_000
STEP_MS = 1_000
HAPPENINGS = ("key 1", "key *", "key #", "prompt ended", "timer")
LIMITS = [(0, 1), (1, 2), (2, 3)]


class Row(NamedTuple):
    state: str
    happens: str
    where: str
    then: str
    deadline: str
    entry: str


def table() -> list[Row]:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("|")]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[2:]]


def every_rule() -> Iterator[KeyRules]:
    for (least, most), terminator, barge_in, all_ms, at_once in product(
        LIMITS, ("#", ""), (True, False), (None, ALL_MS), ("", "*")
    ):
        yield KeyRules(
            least=least,
            most=most,
            terminator=terminator,
            first_key_ms=FIRST_MS,
            next_key_ms=NEXT_MS,
            all_keys_ms=all_ms,
            barge_in=barge_in,
            at_once=at_once,
        )


def what_a_key_does(state: Collector, key: str) -> str:
    """In the words of the table, from the rules alone."""
    rules, before = state.rules, len(state.keys)
    if rules.terminator and key == rules.terminator:
        return "makes the entry" if before >= rules.least else "ends too early"
    alone = before == 0 and key in tuple(rules.at_once)
    return "makes the entry" if alone or before + 1 >= rules.most else "goes on"


def holds(condition: str, state: Collector, happens: str) -> bool:
    match condition:
        case "barge-in" | "no barge-in":
            return state.rules.barge_in is (condition == "barge-in")
        case "made before":
            return state.end is not None
        case "some keys" | "no key":
            return state.end is None and bool(state.keys) is (condition == "some keys")
        case "enough keys" | "too few keys":
            return (len(state.keys) >= state.rules.least) is (condition == "enough keys")
        case _:
            return state.end is None and what_a_key_does(state, happens.removeprefix("key ")) == condition


class Moment(NamedTuple):
    """A keypad in the midst of an entry, with what the table would have it know."""

    state: Collector
    at: int = 0
    closes_at: int | None = None

    def happens(self, what: str) -> tuple[Moment, Row]:
        """Lets it happen, after a while: what follows, and the row that it falls under."""
        before = self.state
        at = before.deadline if what == "timer" and before.deadline is not None else self.at + STEP_MS
        if before.deadline is not None and at >= before.deadline:
            what = "timer"  # what comes at the deadline or later comes too late
        name = "key" if what.startswith("key") else what
        (row,) = (
            row
            for row in ROWS[before.phase, name]
            if all(holds(one, before, what) for one in row.where.split(", ") if one)
        )
        match name:
            case "key":
                after = collect.key(before, what.removeprefix("key "), at)
            case "prompt ended":
                after = collect.prompt_ended(before, at)
            case _:
                after = collect.timer(before, at)
        closes_at, limit = self.closes_at, before.rules.all_keys_ms
        if before.phase is Phase.PROMPTING and row.then != Phase.PROMPTING and limit is not None:
            closes_at = at + limit
        following = Moment(after, at, closes_at)
        following.is_as_in(row, before)
        return following, row

    def is_as_in(self, row: Row, before: Collector) -> None:
        """Whether what has happened is what the row says."""
        state = self.state
        assert state.phase == row.then, row
        ways = {"none yet": None, "as before": before.end}
        assert state.end == (ways[row.entry] if row.entry in ways else EntryEnd(row.entry)), row
        match row.deadline:
            case "none":
                assert state.deadline is None, row
            case "as before":
                assert state.deadline == before.deadline, row
            case _:
                due = self.at + (FIRST_MS if row.deadline == "first key" else NEXT_MS)
                assert state.deadline == (due if self.closes_at is None else min(due, self.closes_at)), row


def rows_met(moment: Moment, depth: int = DEPTH) -> set[Row]:
    """The rows that all that can happen from here on comes by, each held against what happened."""
    met: set[Row] = set()
    for what in HAPPENINGS if depth else ():
        following, row = moment.happens(what)
        met.add(row)
        if not moment.state.done:  # where nothing changes any more once is enough
            met |= rows_met(following, depth - 1)
    return met


TABLE_ROWS = table()
ROWS = {
    (state, happens): [row for row in TABLE_ROWS if (row.state, row.happens) == (state, happens)]
    for state, happens in {(row.state, row.happens) for row in TABLE_ROWS}
}


def test_every_sequence_of_happenings_goes_as_the_table_says_and_every_row_is_met() -> None:
    met: set[Row] = set()
    for rules in every_rule():
        met |= rows_met(Moment(collect.begin(rules, 0, prompt_playing=True)))
    assert met == set(TABLE_ROWS)


def test_no_row_stands_in_the_table_twice() -> None:
    assert len(TABLE_ROWS) == len(set(TABLE_ROWS)) > 20
