"""Virtual time: what is due when, in one order that depends on nothing but the seed; and the story of a run."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush

from config.streams import stream

START_MS = 1_795_428_000_000
"""12:00 of Monday, 23 November 2026 in Kyiv, in Unix milliseconds: when every run begins."""
STEPS_MOST = 2_000_000
"""So many events in one run mean that something goes round in circles."""


Story = list[tuple[int, str, Callable[[], str] | str]]
"""When something happened, to whom, and what: in words, or how to put it into words. Few stories are ever read."""


class Endless(Exception):
    """The run does not come to its end."""


class World:
    """The clock (microseconds since the run began) and everything that is to happen."""

    def __init__(self, seed: str) -> None:
        self.now_us = 0
        self.story: Story = []
        """What happened, for people."""
        self.halted = False
        """Whether time stands still, for good."""
        self._seed = seed
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def now_ms(self) -> int:
        """The time, Unix milliseconds."""
        return START_MS + self.now_us // 1000

    def stream(self, *purpose: str | int) -> random.Random:
        """Random numbers of their own for each purpose, so that leaving one thing out changes no other."""
        return stream(self._seed, *purpose)

    def at(self, when_us: int, do: Callable[[], None]) -> None:
        """Does it then, after everything that is due earlier or was planned before for the same instant."""
        self._count += 1
        heappush(self._due, (max(when_us, self.now_us), self._count, do))

    def after(self, delay_us: int, do: Callable[[], None]) -> None:
        """Does it so many microseconds from now."""
        self.at(self.now_us + delay_us, do)

    def tell(self, who: str, what: Callable[[], str] | str) -> None:
        """One line of the story."""
        self.story.append((self.now_us, who, what))

    def run(self, until_us: int) -> None:
        """Lets time pass up to that instant, which counts as past."""
        while self._due and self._due[0][0] <= until_us and not self.halted:
            if self._count > STEPS_MOST:
                raise Endless(f"{STEPS_MOST} events, and no end")
            self.now_us, _, do = heappop(self._due)
            do()
        if not self.halted:
            self.now_us = max(self.now_us, until_us)
