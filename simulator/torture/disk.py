"""A model of what is kept when a process, or the whole machine, stops."""

from __future__ import annotations

from centre.calls import CallRecord
from simulator.torture.world import World

SYNC_US = 200_000
"""How often the journal is brought from the kernel's memory to the disk (cti/journal)."""
_COMMIT_US = (2_000, 60_000)


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


class Database:
    """The records of ended calls. What a process has not committed dies with it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.stream("database")
        self.records: dict[str, list[CallRecord]] = {}
        """All versions of each call's record, oldest first."""
        self._gone: set[int] = set()
        self._busy_until_us = 0

    def record(self, record: CallRecord, process: int) -> None:
        """Will be committed soon, in order, unless the process with this number is gone by then."""
        self._busy_until_us = max(self._busy_until_us, self._world.now_us) + self._chance.randint(*_COMMIT_US)

        def commit() -> None:
            if process not in self._gone:
                self.records.setdefault(record.call, []).append(record)

        self._world.at(self._busy_until_us, commit)

    def process_gone(self, process: int) -> None:
        """This process has ended."""
        self._gone.add(process)
        self._busy_until_us = 0
