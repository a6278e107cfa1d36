"""Whatever gets lost, comes twice, breaks off or is begun anew: a page shows the server's truth in the end."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cti.web.deltas import difference
from cti.web.streams import CHANGES_MOST, NOWHERE, Stream
from tests.mirror import Mirror, changed

KEYS = st.sampled_from(["", "a", "b", "0", "state", "__proto__"])
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 0.5, "", "1", "x"])
PLAIN = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
STATES = st.dictionaries(KEYS, PLAIN, max_size=4)


def alike(one: Any, other: Any) -> bool:
    """As JSON has it: True is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(PLAIN, PLAIN)
def test_a_change_makes_the_new_state_of_the_old_and_is_none_where_nothing_changed(old: Any, new: Any) -> None:
    before = deepcopy(old)
    change = difference(old, new)
    assert (change is None) == alike(old, new)
    if change is not None:
        assert alike(changed(old, change), new)
    assert alike(old, before)


@given(STATES, st.lists(st.integers(0, 400), max_size=8))
def test_who_is_too_far_behind_gets_a_snapshot_and_never_more_than_that(
    base: dict[str, Any], places: list[int]
) -> None:
    counts = iter(range(1_000))
    stream = Stream(lambda: {**base, "count": next(counts), "bulk": "x" * 2_000})
    for _ in range(CHANGES_MOST + 100):
        stream.touch()
        stream.renew()
    whole = len(json.dumps({**base, "bulk": "x" * 2_000})) + 100
    for start in [*places, 0, stream.number]:
        place, size, snapshots = stream.place(stream.name, start), 0, 0
        while (message := stream.next(place)) is not None:
            snapshots += message["type"] == "snapshot"
            size += len(bytes(message.get("change") or message["state"]))
            place = message["number"]
        assert place == stream.number
        assert snapshots <= 1
        assert size <= whole


class AnyJourney(RuleBasedStateMachine):
    """One page and its server, with a network between them that loses, repeats and cuts."""

    def __init__(self) -> None:
        super().__init__()
        self.truth: dict[str, Any] = {}
        self.processes = 0
        self.page = Mirror(self.asked)
        self.restart()

    def restart(self) -> None:
        self.processes += 1
        self.stream = Stream(lambda: self.truth, name=f"process {self.processes}")
        self.cut()

    def asked(self, stream: str, number: int) -> None:
        self.place = self.stream.place(stream, number)

    def sent(self) -> dict[str, Any] | None:
        """What the server says next."""
        self.stream.renew()
        message = self.stream.next(self.place)
        if message is None:
            return None
        self.place = message["number"]
        told: dict[str, Any] = json.loads(json.dumps(message, default=lambda raw: json.loads(bytes(raw))))
        return told

    @rule(state=STATES)
    def changes(self, state: dict[str, Any]) -> None:
        self.truth = state
        self.stream.touch()

    @rule(of=STATES)
    def changes_a_little(self, of: dict[str, Any]) -> None:
        self.truth = {**self.truth, **of}
        self.stream.touch()

    @rule()
    def arrives(self) -> None:
        if (message := self.sent()) is not None:
            self.page.take(message)

    @rule()
    def is_lost(self) -> None:
        self.sent()

    @rule()
    def arrives_twice(self) -> None:
        if (message := self.sent()) is not None:
            self.page.take(message)
            self.page.take(message)

    @rule()
    def arrives_late(self) -> None:
        first, second = self.sent(), self.sent()
        for message in (second, first):
            if message is not None:
                self.page.take(message)

    @rule()
    def cut(self) -> None:
        """The page connects again, and says how far it was."""
        self.place = self.stream.place(self.page.stream, self.page.number)

    @rule()
    def reload(self) -> None:
        self.page = Mirror(self.asked)
        self.cut()

    @precondition(lambda self: self.processes < 4)
    @rule()
    def dies(self) -> None:
        self.restart()

    @invariant()
    def in_the_end_the_page_shows_the_truth(self) -> None:
        page, place, stream = deepcopy((self.page.state, self.page.stream, self.page.number)), self.place, self.stream
        try:
            for _ in range(4):  # a beat, the answer to it, and nothing more to say
                while (message := self.sent()) is not None:
                    self.page.take(message)
                self.page.take(dict(stream.beat()))
            assert alike(self.page.state, self.truth)
            assert self.page.number == stream.number
        finally:
            self.page.state, self.page.stream, self.page.number = page
            self.place = place

    def teardown(self) -> None:
        assert self.stream.place("another", 1) == NOWHERE


TestAnyJourney = AnyJourney.TestCase
