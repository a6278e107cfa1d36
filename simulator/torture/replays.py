"""What the next process would make of a run's journal, and whether it can know what it would have to know for that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from centre.events import ConfigurationChanged
from centre.machine import Centre
from simulator.torture.disk import SnapshotFolder
from simulator.torture.engine import Life
from simulator.torture.process import Process
from simulator.torture.promises import Broken

if TYPE_CHECKING:
    from simulator.torture.run import Run

_CHANGED = ConfigurationChanged.__name__.encode()


def replays(run: Run, journal: bytes) -> Iterator[Centre | None]:
    """What another process makes of the journal: from the newest snapshot on, if there is any, and from the journal
    alone; None where it cannot know all the rules that were gone by."""
    for snapshots in (*(folder for folder in run.folders if folder.kept), SnapshotFolder(run.world)):
        other = Process(run, 0)
        other.snapshots = snapshots
        if not (snapshots.kept or knows_its_rules(run, other, journal)):
            continue
        built: list[Life] = []
        other.loop.run(partial(_build, run, other, journal, built))
        other.loop.kill()
        if not built:
            raise Broken("replay", "the journal cannot be gone on from")
        yield built[0].centre if knows_its_rules(run, other, journal) else None


def knows_its_rules(run: Run, process: Process, journal: bytes) -> bool:
    """Whether a process that begins now knows all the rules by which the centre went in what it has read of the
    journal. If not, calls and agents are what today's rules make of them."""
    knows = [run.site.digest]
    if process.began_from:
        knows.append(process.began_by)
    elif run.went_by_others or run.site is not run.sites[0]:
        return False
    whole = journal[: journal.rfind(b"\n") + 1]  # a crash may have left a torn end
    lines = whole.splitlines()[process.began_from :]
    changes = (json.loads(line)["event"]["configuration"] for line in lines if _CHANGED in line)
    return all(change.startswith(tuple(knows)) for change in changes)


def _build(run: Run, process: Process, journal: bytes, built: list[Life]) -> None:
    built.append(run.new_life(run.site, process, journal))
