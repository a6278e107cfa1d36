"""What the next process would make of a run's journal."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from centre.machine import Centre
from simulator.torture.disk import SnapshotFolder
from simulator.torture.engine import Life
from simulator.torture.process import Process
from simulator.torture.promises import Broken

if TYPE_CHECKING:
    from simulator.torture.run import Run


def replays(run: Run, journal: bytes) -> Iterator[Centre]:
    """What another process makes of the journal: from the newest snapshot on, if there is any, and from the journal
    alone."""
    for snapshots in (*(folder for folder in run.folders if folder.kept), SnapshotFolder(run.world)):
        other = Process(run, 0)
        other.snapshots = snapshots
        built: list[Life] = []
        other.loop.run(partial(_build, run, other, journal, built))
        other.loop.kill()
        if not built:
            raise Broken("replay", "the journal cannot be gone on from")
        yield built[0].centre


def _build(run: Run, process: Process, journal: bytes, built: list[Life]) -> None:
    built.append(run.new_life(run.site, process, journal))
