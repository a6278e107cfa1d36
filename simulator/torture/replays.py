"""What a run's journal says, and what the next process would make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from centre.effects import CallEnded
from centre.machine import Centre
from simulator.torture.disk import SnapshotFolder
from simulator.torture.engine import Life
from simulator.torture.process import Process
from simulator.torture.promises import Broken

if TYPE_CHECKING:
    from simulator.torture.run import Run

_ENDED = CallEnded.__name__.encode()


def replays(run: Run, journal: bytes, *, alone: bool) -> Iterator[Centre]:
    """What another process makes of the journal: from the newest snapshot on, if there is any, and, where *alone*, from
    the journal alone."""
    nothing = [SnapshotFolder(run.world)] if alone else []
    for snapshots in (*(folder for folder in run.folders if folder.kept), *nothing):
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


def ended_in(journal: bytes) -> Iterator[dict[str, Any]]:
    """The records of the calls of which the journal says that they ended, as often as it says so."""
    for line in journal.splitlines():
        if _ENDED in line:
            effects = json.loads(line[line.index(b"{") :])["effects"]
            yield from (effect["record"] for effect in effects if effect["type"] == CallEnded.__name__)
