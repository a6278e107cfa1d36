"""One run: the world of a plan, the engine's lives in it, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ParamSpec

from centre.effects import CallEnded, Effect
from centre.events import Event
from config.site import Site
from simulator.torture.actions import Actions
from simulator.torture.checks import SAMPLE_US, Checks, Ended, Fingerprint
from simulator.torture.complaints import complaints
from simulator.torture.disk import Database, JournalFile, SnapshotFolder
from simulator.torture.engine import CannotStart, Life, NewLife
from simulator.torture.exchange import Exchange
from simulator.torture.loop import Killed
from simulator.torture.nemesis import befall
from simulator.torture.network import Network
from simulator.torture.people import Agents, Callers
from simulator.torture.plan import AGENTS, CALM_US, Fault, Harm, Moment, Plan, S
from simulator.torture.process import Process, Reached
from simulator.torture.promises import Broken
from simulator.torture.replays import ended_in, replays
from simulator.torture.verdict import Verdict
from simulator.torture.world import Endless, World

P = ParamSpec("P")

END_US = 900 * S
"""By then everybody must have hung up."""
_QUIET_US = 45 * S
_STEP_US = 5 * S


class Run:
    """See the module."""

    def __init__(self, plan: Plan, sites: tuple[Site, Site], new_life: NewLife) -> None:
        """*sites*: by which rules it begins, and the other ones."""
        self.plan = plan
        self.sites = sites
        self.site = sites[0]
        """Whose rules hold now."""
        self.new_life = new_life
        self.world = World(str(plan.seed))
        self.network = Network(self.world)
        self.journal = JournalFile(self.world)
        self.snapshots = SnapshotFolder(self.world)
        self.database = Database(self.world)
        self.exchange = Exchange(self.network, [f"PJSIP/{agent}" for agent in AGENTS])
        self.exchange.manager.handlers = Actions(self.exchange).handlers
        self.callers = Callers(self.world, self.exchange, plan)
        self.agents = Agents(self.world, self.exchange, plan, self.reachable)
        self.checks = Checks(self.exchange)
        self.exchange.on_rung = self._checked(self.checks.rung)
        self.exchange.back.on_dialled = self._checked(self.checks.dialled)
        self.exchange.on_moved = self._checked(self.checks.moved)
        self.exchange.on_ended = self._checked(self.checks.ended)
        self._untold: dict[str, int] = {}
        """Calls of which the journal has lost how they ended; by which life."""
        self._blurred: set[str] = set()
        """Calls that were under way in a gap of the journal which a life went on after."""
        self._has_gap = False
        """Whether the journal has ever lost anything."""
        self.disk_is_full = False
        self.process: Process | None = None
        self._expected: Fingerprint | None = None
        self._armed: list[Fault] = []
        self._hits = 0
        self._broken: Broken | None = None
        self._harms: list[str] = []
        self._breakable = 0
        """Events so far in which the core might have been made to break off."""
        self._lives = 0
        self._events = 0

    def go(self) -> Verdict:
        """Runs it to its end, or to the first broken promise."""
        for fault in self.plan.faults:
            self.world.at(fault.at_us, lambda one=fault: self._harm(one))  # type: ignore[misc]
        with complaints(self.fail):
            try:
                self.start()
                self._pass()
            except Broken as found:
                self.fail(found)
            except Endless as endless:
                self.fail(Broken("end", str(endless)))
            if self.process is not None:
                self.process.loop.kill()
                self.process.loop.bury()
        broken = self._broken
        return Verdict(
            plan=self.plan,
            broken="" if broken is None else broken.check,
            text="" if broken is None else str(broken),
            happened=self.world.story,
            harms=tuple(self._harms),
            lives=self._lives,
            events=self._events,
        )

    def _pass(self) -> None:
        quiet_since = CALM_US
        while self._broken is None:
            before_calm = self.world.now_us < CALM_US
            self.world.run(self.world.now_us + (_STEP_US if before_calm else SAMPLE_US))
            if before_calm:
                continue
            self.agents.at_work = False
            if self.callers.left() or self._calls_back():
                quiet_since = self.world.now_us
            if self.world.now_us > END_US:
                raise Broken("end", f"{self.callers.left()} callers are still there")
            self.checks.difference(self.reachable())
            if self.world.now_us - quiet_since > _QUIET_US:
                self._finish()
                return

    def _calls_back(self) -> bool:
        """Whether anybody is still to be called back."""
        life = self.reachable()
        return life is not None and any(not call.caller_there for call in life.centre.calls.values())

    def _finish(self) -> None:
        process = self.process
        if process is None or process.life is None:
            raise Broken("end", "the engine does not run")
        if process.has_gap:
            raise Broken("spool", "the journal has a gap, and no snapshot of what was in it was taken")
        journal = self._journal()
        replayed = replays(self, journal, alone=not self._has_gap)
        told = [call for call, number in self._untold.items() if number == process.number]
        unsure = self._blurred | (self._untold.keys() - told)
        ended = tuple(ended_in(journal))
        called_back = {record["call"]: [record["callback"]] for record in ended if record.get("callback")}
        calls = (*(record["call"] for record in ended), *told)
        over = Ended(calls, called_back, unsure, self.database.records)
        self.checks.at_end(process.life, replayed, over, self.callers.channels)

    @property
    def folders(self) -> tuple[SnapshotFolder, ...]:
        """Where engines keep their snapshots."""
        return (self.snapshots,)

    def _journal(self) -> bytes:
        """All of it."""
        return bytes(self.journal.data)

    # The engine's lives.

    def start(self) -> None:
        """The engine's process begins."""
        self._lives += 1
        process = self.process = Process(self, self._lives)
        self.world.tell("engine", f"life {process.number} begins" if self._lives > 1 else "begins")
        process.loop.run(lambda: self._begin(process))

    def _begin(self, process: Process) -> None:
        journal = bytes(self.journal.data)
        process.life = self.new_life(self.site, process, journal)
        if self._expected not in (None, Fingerprint.of(process.life.centre)):
            self.fail(Broken("replay", "the replay of the journal is not the state that was lost"))
        self._expected = None
        self.checks.life_over(process.life.centre.calls)
        process.loop.create_task(self._live(process))

    async def _live(self, process: Process) -> None:
        assert process.life is not None
        try:
            await process.life.start()
            process.has_started()
        except CannotStart as why:
            if not process.loop.dead:  # else it was killed in the midst of its start, and is over already
                self.world.tell("engine", f"gives up: {why}")
                self._over(process, again_us=1 * S)
            raise Killed from None

    def _over(self, process: Process, again_us: int) -> None:
        """The process has ended."""
        self._blurred |= process.blurred
        process.loop.kill()
        self.database.process_gone(process.number)
        if self.process is process:
            self.process = None
            self.world.after(again_us, self.start)

    def crash(self, process: Process) -> None:
        """The fault that is due kills the process, in the midst of what it does."""
        fault = self._armed.pop(0)
        self._kill(process, fault)
        raise Killed

    def _hit(self, fault: Fault) -> None:
        self.world.tell("fault", str(fault))
        self._harms.append(fault.what)

    def _kill(self, process: Process, fault: Fault) -> None:
        self._hit(fault)
        intact = (
            not (process.is_ahead or process.has_gap) and fault.harm is not Harm.POWER and process.site is self.site
        )
        if intact and process.life is not None:
            self._expected = Fingerprint.of(process.life.centre)
        if fault.harm is Harm.POWER:
            self.journal.lose_power()
            self.snapshots.lose_power()
        self._over(process, again_us=fault.for_us)

    def due(self, moment: Moment) -> bool:
        """Whether the fault that is armed hits at this moment."""
        if not self._armed or self._armed[0].moment is not moment or self.world.now_us >= CALM_US:
            return False
        self._hits += 1
        return self._hits >= self._armed[0].nth

    def moment(self, process: Process, moment: Moment) -> None:
        """The engine has come to such a moment: it may be its last."""
        if self.due(moment):
            self.crash(process)

    def took(self, process: Process, event: Event, effects: Sequence[Effect]) -> None:
        """The engine has applied an event."""
        self._events += 1
        self.world.tell("engine", partial(_told, event, effects))
        if process.life is None:
            return  # at its start, before it is known here: other rules were put in place while no engine ran
        try:
            self.checks.after_event(process.life.centre, effects)
        except Broken as broken:
            self.fail(broken)

    def lost(self, process: Process, effects: Sequence[Effect]) -> None:
        """The journal has no room for an entry, and never will have it."""
        self._has_gap = True
        self._untold |= {one.record.call: process.number for one in effects if isinstance(one, CallEnded)}
        if process.life is not None and not process.life.says_of_journal:
            self.fail(Broken("spool", "the journal loses entries, and the engine says that all is well"))

    def breaks(self) -> bool:
        """Whether the core is to break off in the event that comes now."""
        self._breakable += 1
        breaks = self._breakable in (self.plan.poison, 2 * self.plan.poison)
        if breaks:
            self._harms.append("core of the engine breaks off")
            self.world.tell("fault", self._harms[-1])
        return breaks

    def reachable(self) -> Life | None:
        """The engine, where desks can reach it."""
        process = self.process
        if process is None or process.loop.frozen or not process.is_started:
            return None
        return Reached(process)

    # What goes wrong.

    def _harm(self, fault: Fault) -> None:
        process = self.process
        if fault.harm in (Harm.KILL, Harm.POWER):
            if fault.moment is not Moment.ANY:
                if not self._armed:
                    self._armed, self._hits = [fault], 0
            elif process is not None:
                self._kill(process, fault)
                process.loop.bury()
            return
        self._hit(fault)
        befall(self, fault)

    def reload(self) -> None:
        """Somebody puts other rules in place; a running engine loads them, one that starts later finds them."""
        self.site = self.sites[1] if self.site is self.sites[0] else self.sites[0]
        self._expected = None  # an engine that starts now does not go on as the last one stood
        if self.process is not None:
            self.process.load_rules()

    def fail(self, broken: Broken) -> None:
        """A promise is broken: the first counts."""
        if self._broken is None:
            self._broken = broken
            self.world.halted = True
            self.world.tell("BROKEN", str(broken))

    def _checked(self, check: Callable[P, None]) -> Callable[P, None]:
        def checked(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                check(*args, **kwargs)
            except Broken as broken:
                self.fail(broken)

        return checked


def _told(event: Event, effects: Sequence[Effect]) -> str:
    return f"{_short(event)} → {', '.join(map(_short, effects)) or 'nothing'}"


def _short(message: Event | Effect) -> str:
    """An event or effect in a few words."""
    words = [
        str(value)
        for name in message.__struct_fields__
        if isinstance(value := getattr(message, name), str | int) and value
    ]
    return f"{type(message).__name__}({', '.join(words[:5])})"
