"""A model of what is kept when a process, or the whole machine, stops."""

from __future__ import annotations

from collections.abc import Callable

from centre.calls import CallRecord
from simulator.torture.world import World

SYNC_US = 200_000
"""How often the journal is brought from the kernel's memory to the disk (cti/journal)."""
_COMMIT_US = (2_000, 60_000)
_SNAPSHOT_US = (5_000, 400_000)


class JournalFile:
    """A file that only grows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.stream("disk")
        self.data = bytearray()
        self._synced = 0
        self._sync_due = False

    def append(self, data: bytes) -> None:
        """Writes: a killed process loses nothing of it."""
        self.data += data
        if not self._sync_due:
            self._sync_due = True
            self._world.after(SYNC_US, self._sync)

    def tear(self, data: bytes) -> None:
        """Writes a beginning of it, and no more."""
        self.append(data[: self._chance.randrange(len(data))])

    def lose_power(self) -> None:
        """Of what was not synced, some beginning is left."""
        del self.data[self._chance.randint(self._synced, len(self.data)) :]
        self._synced = len(self.data)

    def cut(self, size: int) -> None:
        """What a new process makes of it: cut at the last whole line."""
        del self.data[size:]
        self._synced = min(self._synced, size)

    def _sync(self) -> None:
        self._sync_due = False
        self._synced = len(self.data)


class SnapshotFolder:
    """The newest two snapshots. A child process writes one: it outlives a killed engine, but not a power cut."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.stream("snapshots")
        self.kept: list[tuple[int, bytes]] = []
        """Newest first: the number of the last entry that it knows, and what it holds."""
        self._power_cuts = 0

    def write(self, seq: int, data: bytes, done: Callable[[], None]) -> None:
        """Begins to write one; calls *done* when it is there."""
        power_cuts = self._power_cuts

        def written() -> None:
            if power_cuts == self._power_cuts:
                self.kept = [(seq, data), *(one for one in self.kept if one[0] != seq)][:2]
                done()

        self._world.after(self._chance.randint(*_SNAPSHOT_US), written)

    def discard(self, seq: int) -> None:
        """A snapshot is of no use."""
        self.kept = [one for one in self.kept if one[0] != seq]

    def lose_power(self) -> None:
        """What is half written is never finished."""
        self._power_cuts += 1


class Database:
    """The records of ended calls. What a process has not committed dies with it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.stream("database")
        self.records: dict[str, list[CallRecord]] = {}
        """All versions of each call's record, oldest first."""
        self.away_until_us = 0
        """Until then it refuses, is locked, or does not answer: whoever writes keeps trying."""
        self._gone: set[int] = set()
        self._busy_until_us: dict[int, int] = {}
        """By process: until when what it has given is being committed."""

    def record(self, record: CallRecord, process: int) -> None:
        """Will be committed soon, in order, unless the process with this number is gone by then."""
        begins_us = max(self._busy_until_us.get(process, 0), self._world.now_us)
        self._busy_until_us[process] = begins_us + self._chance.randint(*_COMMIT_US)

        def commit() -> None:
            if process in self._gone:
                return
            if self._world.now_us < self.away_until_us:
                self._world.at(self.away_until_us, commit)
            else:
                self.records.setdefault(record.call, []).append(record)

        self._world.at(self._busy_until_us[process], commit)

    def process_gone(self, process: int) -> None:
        """This process has ended."""
        self._gone.add(process)
