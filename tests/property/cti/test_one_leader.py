"""Whatever is late, lost or frozen: at no instant do two engines act, and nothing stale is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cti.lease.core import Following, Leading, Lost, Row, State, Terms, claimed, is_free, may_act, passed, renewed

TERMS = Terms(length_ms=1_000)
ENGINES = ("alpha", "beta")
DRIFT = 0.04
"""How much faster or slower than true time a machine's clock runs at most; the margin allows for twice that."""

PAUSES = st.sampled_from([0, 1, 200, 500, 880, 930, 1_000, 1_020])


@dataclass
class Database:
    """The row, by its own clock, and the journal's rows as the epochs they were written under."""

    holder: str = ""
    epoch: int = 0
    expires: float = 0.0
    written: list[int] = field(default_factory=list)

    def look(self, now: float) -> Row | None:
        left_ms = int(self.expires - now)
        return Row(holder=self.holder, name=self.holder, epoch=self.epoch, left_ms=left_ms) if self.epoch else None

    def claim(self, me: str, now: float) -> int | None:
        if self.epoch and now < self.expires and self.holder != me:
            return None
        self.holder, self.epoch, self.expires = me, self.epoch + 1, now + TERMS.length_ms
        return self.epoch

    def renew(self, epoch: int, now: float) -> bool:
        if epoch != self.epoch:
            return False
        self.expires = now + TERMS.length_ms
        return True

    def write(self, epoch: int) -> bool:
        if epoch == self.epoch:
            self.written.append(epoch)
        return epoch == self.epoch


@dataclass
class Engine:
    """A process: what it believes, and the answer that is on its way to it."""

    name: str
    speed: float
    state: State = Following()  # noqa: RUF009 - frozen
    asked_at: int = 0
    answer: tuple[str, object] | None = None

    def clock(self, now: float) -> int:
        return int(now * self.speed)


class Cluster(RuleBasedStateMachine):
    """Requests reach the database in an instant or never; answers take any time. A frozen process does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.database = Database()
        self.engines: list[Engine] = []

    @initialize(speeds=st.tuples(*[st.sampled_from([1 - DRIFT, 1.0, 1 + DRIFT])] * len(ENGINES)))
    def start(self, speeds: tuple[float, ...]) -> None:
        self.engines = [Engine(name, speed) for name, speed in zip(ENGINES, speeds, strict=True)]

    @rule(ms=PAUSES)
    def time_goes_on(self, ms: int) -> None:
        self.now += ms

    @rule(index=st.integers(0, len(ENGINES) - 1), arrives=st.booleans())
    def ask(self, index: int, arrives: bool) -> None:
        engine = self.engines[index]
        engine.state = passed(engine.state, engine.clock(self.now))
        engine.asked_at, engine.answer = engine.clock(self.now), None
        match engine.state:
            case Following() if is_free(self.database.look(self.now), engine.name) and arrives:
                engine.answer = ("claim", self.database.claim(engine.name, self.now))
            case Leading() as leading if arrives:
                engine.answer = ("renewal", self.database.renew(leading.epoch, self.now))
            case _:
                pass

    @rule(index=st.integers(0, len(ENGINES) - 1))
    def hear(self, index: int) -> None:
        engine = self.engines[index]
        answer, engine.answer = engine.answer, None
        match engine.state, answer:
            case Following(), ("claim", int() | None as epoch):
                engine.state = claimed(epoch, engine.asked_at, TERMS)
            case Leading() as leading, ("renewal", bool() as granted):
                engine.state = renewed(leading, granted, engine.asked_at, TERMS)
            case _:
                pass

    @rule(index=st.integers(0, len(ENGINES) - 1), after_ms=PAUSES)
    def ask_and_hear(self, index: int, after_ms: int) -> None:
        self.time_goes_on(after_ms)
        self.ask(index, True)
        self.hear(index)

    @rule(index=st.integers(0, len(ENGINES) - 1))
    def restart(self, index: int) -> None:
        """The process ends; the next one of the same name begins as a follower."""
        engine = self.engines[index]
        engine.state, engine.answer = Following(), None

    @invariant()
    def at_most_one_may_act(self) -> None:
        acting = [one.name for one in self.engines if may_act(one.state, one.clock(self.now))]
        assert len(acting) <= 1, f"{acting} act at {self.now}"

    @invariant()
    def nobody_acts_for_an_epoch_that_is_over(self) -> None:
        for engine in self.engines:
            if may_act(engine.state, engine.clock(self.now)):
                assert isinstance(engine.state, Leading)
                assert engine.state.epoch == self.database.epoch

    @invariant()
    def epochs_never_go_back_in_what_is_written_even_by_engines_that_look_at_no_clock(self) -> None:
        for state in (engine.state for engine in self.engines):
            if isinstance(state, Leading | Lost):
                self.database.write(state.epoch)
        assert self.database.written == sorted(self.database.written)


TestOneLeader = Cluster.TestCase
TestOneLeader.settings = settings(max_examples=150, stateful_step_count=40)


def test_a_leader_whose_renewals_fail_stops_before_another_may_begin() -> None:
    leading = claimed(7, 10_000, TERMS)
    assert isinstance(leading, Leading)
    assert may_act(leading, 10_899)
    assert not may_act(leading, 10_900)
    assert passed(leading, 10_900) == Lost(epoch=7, why="the lease could not be renewed in time")


def test_what_was_lost_does_not_come_back() -> None:
    lost = Lost(epoch=7, why="another engine leads now")
    assert passed(lost, 0) == lost
    assert not may_act(lost, 0)
