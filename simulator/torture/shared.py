"""A model of the database that two engines share: who leads, and the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulator.torture.world import World

_TAKES_US = (500, 6_000)
"""One way to the database and what it does there."""


class SharedDatabase:
    """The row of the lease, judged by the database's own clock, and the journal's rows. What a statement does, it does
    at one instant."""

    def __init__(self, world: World, is_away: Callable[[], bool]) -> None:
        self._world = world
        self._chance = world.stream("shared database")
        self.is_away = is_away
        """Whether it answers nobody at present."""
        self.epoch = 0
        """The number of the newest lease."""
        self.lines: list[bytes] = []
        """The journal: entry 1 first."""
        self.headers: dict[int, bytes] = {}
        """By the number of the first entry below it: what says by which rules the engine goes from there."""
        self._holder = ""
        self._until_us = 0

    def takes_s(self) -> float:
        """Seconds from question to deed, or from deed to answer."""
        return self._chance.randint(*_TAKES_US) / 1e6

    def look(self) -> tuple[str, int, int] | None:
        """Who holds the lease or held it last, its number and the milliseconds it still runs; None: nobody ever."""
        return (self._holder, self.epoch, (self._until_us - self._world.now_us) // 1000) if self.epoch else None

    def claim(self, me: str, length_ms: int) -> int | None:
        """The lease, if it has run out or was ours; its new number."""
        if self.epoch and self._until_us > self._world.now_us and self._holder != me:
            return None
        self.epoch += 1
        self._holder, self._until_us = me, self._world.now_us + length_ms * 1000
        self._world.tell(me, f"has the lease {self.epoch}")
        return self.epoch

    def renew(self, epoch: int, length_ms: int) -> bool:
        """The same lease for longer; False: there is a newer one."""
        if epoch == self.epoch:
            self._until_us = self._world.now_us + length_ms * 1000
        return epoch == self.epoch

    def write(self, epoch: int, rows: Iterable[tuple[int, bytes | None, bytes]]) -> bool:
        """Entries with their numbers and the headers above them, those left out that are there already; False: of a
        lease that is over."""
        if epoch != self.epoch:
            return False
        for seq, header, line in rows:
            if seq == len(self.lines) + 1:
                self.lines.append(line)
                if header is not None:
                    self.headers[seq] = header
        return True
