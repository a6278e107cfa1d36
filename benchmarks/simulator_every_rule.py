"""A centre that uses every rule that the planner knows, and every way in which calls are drawn: what takes longest to
compile."""

from __future__ import annotations

from dataclasses import dataclass, replace

from acd.requirement import Skill
from acd.setup import (
    AcdSetup,
    AgentSetup,
    CallbackRules,
    Order,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
    Strategy,
)
from centre.virtual.agent import Duty
from config.laws import Exponential, Lognormal
from config.workload import Retry, Transfer
from simulator.planner.days import Days, days_of
from simulator.planner.features import Chances
from simulator.planner.model import CallKind, Customers, DutyChange, Elsewhere, Leaving, Model, Rate, Route, Stretch

MINUTE = 60_000


@dataclass(frozen=True)
class _Always:
    """Open from the first instant to the last."""

    def is_open(self, at: int) -> bool:
        """Yes."""
        return at >= 0

    def next_change(self, at: int) -> int | None:
        """None in sight."""
        return None if at >= 0 else 0


def every_rule() -> Model:
    """An hour with a call a minute."""
    first = QueueSetup(
        id="first",
        needs=Skill("any"),
        strategy=Strategy.WEIGHTED_RANDOM,
        steps=(RelaxationStep(after_ms=MINUTE, spill=Spill(queue="second", longest_wait_ms=2 * MINUTE)),),
        max_waiting=20,
        max_wait_ms=10 * MINUTE,
        unstaffed_ms=5 * MINUTE,
        hours=_Always(),
        serves_after_closing=False,
        callback=CallbackRules(),
    )
    preference = Preference(rank=1, after_ms=10_000)
    talk = Lognormal(mean_ms=3 * MINUTE, sd_ms=2 * MINUTE)
    calls = CallKind(
        name="calls",
        callers="callers",
        queue="first",
        rates=(Rate(begin_ms=0, end_ms=60 * MINUTE, per_ms=1 / MINUTE),),
        patience=Exponential(mean_ms=5 * MINUTE),
        talk=talk,
        wrap_up=Exponential(mean_ms=MINUTE // 2),
        answer_delay=Exponential(mean_ms=3_000),
        unanswered=0.05,
        menu_ms=5_000,
        key_delays=1,
        key_delay=Exponential(mean_ms=2_000),
        pace={"a0": 1.1},
        elsewhere={"second": Elsewhere(talk=talk)},
        leaving=Leaving(first=Stretch(ms=2 * MINUTE, keys=1), again=Stretch(ms=MINUTE), back=1),
    )
    back = replace(
        calls,
        name="callbacks",
        callers="",
        rates=(),
        leaving=None,
        customers=Customers(reached=0.8, answer_delay=Exponential(mean_ms=6_000)),
    )
    return Model(
        acd=AcdSetup(
            queues=(first, QueueSetup(id="second")),
            agents=tuple(
                AgentSetup(id=f"a{number}", skills={"any": 5}, queues={"second": preference} if number else {})
                for number in range(4)
            ),
            order=Order.SCORE,
            starvation_ms=15 * MINUTE,
        ),
        kinds=(calls, back),
        duties=tuple(DutyChange(at_ms=0, agent=number, duty=Duty.ON) for number in range(4)),
        interval_ms=60 * MINUTE,
        intervals=1,
        retry=Retry(after_abandon=0.5, after_busy=0.0, delay=Exponential(mean_ms=MINUTE), most=2),
        transfers=(Transfer(queue="first", to="callers", share=0.1),),
        routes=(Route(callers="callers", at_ms=0, kind=0),),
    )


def every_rule_ready() -> Days:
    """Raises ``ValueError`` for what the planner knows and this centre does not use."""
    days = days_of(every_rule())
    uses: tuple[tuple[str, bool], ...] = (
        *days.rules.has._asdict().items(),
        *days.load.has._asdict().items(),
        ("further calls", days.further is not None),
        ("callbacks", days.backs is not None and days.backs.has.laws),
        ("talks elsewhere", days.elsewhere is not None and days.elsewhere.has == Chances(True, False, False)),
    )
    unused = [name for name, used in uses if not used]
    if unused:
        raise ValueError(f"the centre with every rule does not use: {', '.join(unused)}; give it a reason to")
    return days
