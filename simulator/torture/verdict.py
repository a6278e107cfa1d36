"""What became of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.torture.plan import Plan
from simulator.torture.world import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a run."""

    plan: Plan
    broken: str
    """The check that failed first; empty: none."""
    text: str
    happened: Story
    harms: tuple[str, ...]
    """What went wrong, in order."""
    lives: int
    """How often the engine was started."""
    events: int
    """How many events its lives took."""

    @property
    def story(self) -> tuple[tuple[int, str, str], ...]:
        """What happened: when (microseconds since the run began), to whom, what."""
        return tuple((at_us, who, what if isinstance(what, str) else what()) for at_us, who, what in self.happened)

    def untold(self) -> Verdict:
        """The same without the story."""
        return replace(self, happened=[])
