"""A run with two engines: one leads, the other stands by, and each is started again where it ends.

They share a database (:mod:`simulator.torture.shared`) and the exchange. The harms hit the one that leads; “disk full”
is the database's, which answers nobody then. What a stale leader sends to the exchange breaks a promise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from centre.effects import Effect
from centre.events import Event
from config.site import Site
from simulator.torture.disk import SnapshotFolder
from simulator.torture.engine import NewLife, NewPairLife
from simulator.torture.loop import Killed
from simulator.torture.menu_session import PORT as MENUS
from simulator.torture.plan import Fault, Moment, Plan, S
from simulator.torture.process import Process
from simulator.torture.promises import Broken
from simulator.torture.run import Run
from simulator.torture.shared import SharedDatabase
from simulator.torture.verdict import Verdict

MACHINES = ("alpha", "beta")
_ACTS = frozenset(b"Action: " + name for name in (b"Redirect", b"Originate", b"Hangup", b"Setvar", b"ControlPlayback"))


class PairProcess(Process):
    """One life of the engine on one of two machines."""

    def __init__(self, run: PairRun, number: int, machine: str) -> None:
        super().__init__(run, number)
        self._pair = run
        self.machine = machine
        self.epoch = 0
        """Of its lease; 0: it stands by."""
        self.shared = run.shared
        self.snapshots = run.snapshots_on[machine]
        self.loop.on_sent = self._sent

    @property
    def leads(self) -> bool:
        """Whether no other has a newer lease."""
        return self.epoch == self.shared.epoch > 0

    def begins_to_lead(self, epoch: int) -> None:
        """It has the lease, and has read the journal to its end."""
        if not self.loop.dead:
            self.epoch = epoch
            self._pair.led_by(self)

    def deposed(self, why: str) -> None:
        """It must not lead any more, and ends."""
        if not self.loop.dead:
            self._pair.deposed(self, why)
            raise Killed

    def written(self) -> None:
        """The database has taken rows, and has still to say so."""
        if not self.loop.dead and self.leads and self._run.due(Moment.IN_JOURNAL):
            self._run.crash(self)

    def committed(self, effects: Sequence[Effect]) -> None:
        """What an entry led to may leave."""
        if not self.loop.dead:
            self._ahead -= 1
            self.let_go(effects)
            self._run.moment(self, Moment.AFTER_JOURNAL)

    def _sent(self, port: int, data: bytes) -> None:
        acts = port == MENUS or any(line in _ACTS for line in data.splitlines())
        if acts and not self.leads:
            self._run.fail(Broken("stale leader", f"{self.machine}, whose lease {self.epoch} is over, sends {data!r}"))


class PairRun(Run):
    """See the module."""

    def __init__(self, plan: Plan, sites: tuple[Site, Site], new_life: NewLife, new_pair_life: NewPairLife) -> None:
        super().__init__(plan, sites, new_life)
        self._new_pair_life = new_pair_life
        self.shared = SharedDatabase(self.world, lambda: self.disk_is_full)
        self.snapshots_on = {machine: SnapshotFolder(self.world) for machine in MACHINES}
        self._processes: dict[str, PairProcess] = {}
        """The last one on each machine."""

    def go(self) -> Verdict:
        """Runs it to its end, or to the first broken promise."""
        verdict = super().go()
        for process in self._processes.values():
            process.loop.kill()
            process.loop.bury()
        return verdict

    def start(self) -> None:
        """The one begins, and some time later the other."""
        first, second = MACHINES
        self._start_on(first)
        self.world.after(self.world.stream("second engine").randint(0, 20 * S), lambda: self._start_on(second))

    @property
    def folders(self) -> tuple[SnapshotFolder, ...]:
        """Each machine has its own."""
        return tuple(self.snapshots_on.values())

    def led_by(self, process: PairProcess) -> None:
        """This one leads from now on."""
        assert process.life is not None
        self.process = process
        self.world.tell(process.machine, "leads")
        self.checks.life_over(process.life.centre.calls)

    def deposed(self, process: PairProcess, why: str) -> None:
        """The process ends, and is started again to stand by."""
        self.world.tell(process.machine, f"is out of service: {why}")
        self._over(process, again_us=1 * S)

    def moment(self, process: Process, moment: Moment) -> None:
        """Kills are for the one that leads."""
        if _leads(process):
            super().moment(process, moment)

    def took(self, process: Process, event: Event, effects: Sequence[Effect]) -> None:
        """What a stale leader decides, nobody ever hears of."""
        if _leads(process):
            super().took(process, event, effects)

    def _start_on(self, machine: str) -> None:
        self._lives += 1
        process = self._processes[machine] = PairProcess(self, self._lives, machine)
        self.world.tell(machine, f"life {process.number} begins")
        process.loop.run(lambda: self._stand_by(process))

    def _stand_by(self, process: PairProcess) -> None:
        process.life = self._new_pair_life(self.site, process)
        process.loop.create_task(self._live(process))

    def _over(self, process: Process, again_us: int) -> None:
        assert isinstance(process, PairProcess)
        process.loop.kill()
        self.database.process_gone(process.number)
        if self.process is process:
            self.process = None
        self.world.after(again_us, lambda: self._start_on(process.machine))

    def _kill(self, process: Process, fault: Fault) -> None:
        self._hit(fault)
        self._over(process, again_us=fault.for_us)

    def _journal(self) -> bytes:
        configuration, lines = "", []
        for seq, line in enumerate(self.shared.lines, 1):
            if (header := self.shared.headers.get(seq)) is not None:
                configuration = json.loads(header)["configuration"]
            lines.append(b"%d %s %s" % (seq, configuration.encode(), line))
        return b"".join(lines)


def _leads(process: Process) -> bool:
    return isinstance(process, PairProcess) and process.leads
