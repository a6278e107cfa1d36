"""What a figure has to reach: it is printed with what is asked, and a run that misses one says so by its exit code."""

from __future__ import annotations

from dataclasses import dataclass, field

MISSED = 2
"""The exit code: somebody waited too long, which a busy machine does too; 1 is for what must never be."""


@dataclass(slots=True)
class Bars:
    """Those of one run."""

    missed: list[str] = field(default_factory=list)

    def at_most(self, what: str, figure: float, most: float, unit: str) -> None:
        """``what`` has come to ``figure``; ``most`` is asked."""
        if not figure <= most:
            self.missed.append(what)
        verdict = "as asked" if figure <= most else "MISSED"
        print(f"  {verdict}: {what} {figure:.3g} {unit}, at most {most:g}", flush=True)

    @property
    def code(self) -> int:
        """What the process ends with."""
        return MISSED if self.missed else 0
