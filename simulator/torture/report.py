"""What ``holdless-torture`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulator.torture.plan import S
from simulator.torture.verdict import Verdict

_STORY_MOST = 60
_WIDTH = 200


@dataclass(slots=True)
class Totals:
    """What many runs came to."""

    runs: int = 0
    lives: int = 0
    events: int = 0
    harms: Counter[str] = field(default_factory=Counter)
    broken: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """One more run."""
        self.runs += 1
        self.lives += verdict.lives
        self.events += verdict.events
        self.harms.update(verdict.harms)
        if verdict.broken:
            self.broken.append(verdict)

    def lines(self) -> Iterator[str]:
        """In words."""
        yield f"runs {self.runs:,}   broken {len(self.broken):,}"
        yield f"events {self.events:,}   starts of the engine {self.lives:,}   faults {self.harms.total():,}"
        for harm, count in sorted(self.harms.items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:>9,}  {harm}"


def told(verdict: Verdict, *, whole: bool) -> Iterator[str]:
    """The story of one run; of a long one the end, unless *whole*."""
    plan = verdict.plan
    engine = "two engines"
    if not plan.is_pair:
        batch = f"gathers entries for {plan.batch_us / 1000:g} ms" if plan.batch_us else "writes each entry at once"
        engine = f"the journal {batch}"
    yield f"seed {plan.seed}: {len(plan.callers)} callers, {len(plan.agents)} agents; {engine}"
    yield from (f"  {fault}" for fault in plan.faults)
    story = verdict.story if whole else verdict.story[-_STORY_MOST:]
    if len(story) < len(verdict.happened):
        yield f"  … {len(verdict.happened) - len(story)} lines before; --story tells them all"
    yield from _lines(story)
    yield f"broken: {verdict.text}" if verdict.broken else "every promise was kept"


def _lines(story: Iterable[tuple[int, str, str]]) -> Iterator[str]:
    for at_us, who, what in story:
        line = f"{at_us / S:10.4f} s  {who:<7} {what}"
        yield line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
