"""What is to happen in a run, drawn from its seed: who calls, who works, what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from config.streams import stream

S = 1_000_000
"""Microseconds of a second."""
CALM_US = 130 * S
"""From here on nothing goes wrong any more."""


class Harm(StrEnum):
    """What can go wrong."""

    KILL = "kill -9 of the engine"
    POWER = "power cut of the engine's machine"
    FREEZE = "SIGSTOP of the engine"
    RESET = "manager link reset"
    SILENCE = "manager link half-open"
    REFUSE = "manager port refused"
    PASSWORD = "manager password refused"  # noqa: S105 - no password
    MUTE = "manager greets and says nothing more"
    CUT_LIST = "manager link cut in the midst of a list"
    SLOW = "network slow"
    MENUS = "menu links reset"
    DISK_FULL = "disk of the journal full"
    RESTART = "exchange restarted"
    RELOAD = "other rules loaded"
    RECORDS = "database of the records away"


class Moment(StrEnum):
    """Where in the work on an event a kill hits."""

    ANY = "at any time"
    BEFORE_JOURNAL = "before the journal"
    IN_JOURNAL = "in the midst of the journal's line"
    AFTER_JOURNAL = "after the journal, before any effect"
    BEFORE_ORDER = "between two effects"
    AFTER_ORDER = "after an effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong."""

    name: str
    at_us: int
    harm: Harm
    for_us: int
    """How long it lasts; after a kill, how long until the engine is started again."""
    moment: Moment = Moment.ANY
    nth: int = 1
    """The so-manieth such moment after :attr:`at_us`."""

    @property
    def what(self) -> str:
        """In words, without times."""
        return f"{self.harm.value} {self.moment.value}" if self.harm in (Harm.KILL, Harm.POWER) else self.harm.value

    def __str__(self) -> str:
        return f"{self.name} at {self.at_us / S:.3f} s: {self.what}, for {self.for_us / S:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerPlan:
    """One caller."""

    name: str
    at_us: int
    keys: str
    patience_us: int
    """How long after the arrival the caller stays without an agent."""
    talk_us: int
    hangs_up: bool
    """Whether it is the caller who ends the conversation."""
    presses: str = ""
    """The key that the caller presses while waiting, where it means something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole run."""

    seed: int
    callers: tuple[CallerPlan, ...]
    agents: tuple[str, ...]
    faults: tuple[Fault, ...]
    batch_us: int
    """How long the journal gathers entries before it writes them; 0: it writes each at once."""
    poison: int = 0
    """The engine's core breaks off in the middle of the so-manieth event of desks or clock, and again as many later;
    0: of none."""
    snapshot_every: int = 0
    """So many events are between two snapshots; 0: none are taken."""
    spool_bytes: int = 256 * 1024 * 1024
    """So much of the journal waits in memory at most while the disk is full."""
    is_pair: bool = False
    """Whether another engine stands by."""
    signs_out: bool = False
    """Whether agents sign out now and then, at any time, and in again."""

    def without(self, name: str) -> Plan:
        """The same without one caller, agent or fault."""
        return replace(
            self,
            callers=tuple(one for one in self.callers if one.name != name),
            agents=tuple(one for one in self.agents if one != name),
            faults=tuple(one for one in self.faults if one.name != name),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """What could be left out, faults first."""
        return (*(one.name for one in self.faults), *(one.name for one in self.callers), *self.agents)


_POISON = 0.15
"""The share of runs in which the engine's core breaks off."""
_SNAPSHOTS = 0.4
"""The share of runs in which snapshots are taken."""
_RELOADS = 0.5
"""The share of these in which other rules are loaded on the way."""
_RELOADS_ALONE = 0.15
"""The same of runs without snapshots, in which a start reads by which rules it was from the journal alone."""
_RECORDS = 0.25
"""The share of runs in which the database of the records is away for a while."""
_SPOOLS = 0.3
"""The share of runs with snapshots in which the journal's memory is small, and its disk full for long."""
_SIGNS_OUT = 0.3
"""The share of runs in which agents sign out on the way."""
_OTHER_WAYS = 0.2
"""The share of callers who choose something other than a queue."""
_BACK = 0.15
"""The share of callers who would rather be called back: before they wait, or while they do."""
_PAIR_EVERY = 10
"""Every so-manieth seed is a run with two engines."""
_LONG_US = 5 * S
"""Longer than a lease and the time to take over."""
AGENTS = ("ann", "bob", "cleo", "dan")

_WEIGHTS = {
    Harm.KILL: 8,
    Harm.POWER: 3,
    Harm.FREEZE: 2,
    Harm.RESET: 3,
    Harm.SILENCE: 2,
    Harm.REFUSE: 1,
    Harm.PASSWORD: 1,
    Harm.MUTE: 1,
    Harm.CUT_LIST: 2,
    Harm.SLOW: 2,
    Harm.MENUS: 2,
    Harm.DISK_FULL: 2,
    Harm.RESTART: 1,
}


def plan_of(seed: int) -> Plan:
    """The run with this seed."""
    chance = stream(seed, "plan")
    agents = AGENTS[: chance.randint(1, len(AGENTS))]
    rush_us = chance.choice((10, 40, 80)) * S
    callers = tuple(_caller(chance, f"c{number}", rush_us) for number in range(1, chance.randint(3, 10) + 1))
    faults = tuple(_fault(chance, f"f{number}") for number in range(1, chance.randint(0, 5) + 1))
    batch_us = chance.choice((0, 0, 1_000, 8_000))
    is_pair = seed % _PAIR_EVERY == 0
    if is_pair:
        faults = tuple(_among_two(fault) for fault in faults)
    else:
        callers = tuple(_other_way(stream(seed, "ways", caller.name), caller) for caller in callers)
    callers = tuple(_rather_back(stream(seed, "back", caller.name), caller) for caller in callers)
    poison, snapshots = stream(seed, "poison"), stream(seed, "snapshots")
    snapshot_every = snapshots.choice((3, 15, 50)) if snapshots.random() < _SNAPSHOTS else 0
    faults += tuple(_reloads(stream(seed, "reloads"), _RELOADS if snapshot_every else _RELOADS_ALONE))
    faults += tuple(_records(stream(seed, "records")))
    spool = stream(seed, "spool")
    small = {}
    if snapshot_every and not is_pair and spool.random() < _SPOOLS:
        faults += tuple(_long_full(spool))
        small = {"spool_bytes": spool.choice((1_000, 6_000, 20_000))}
    return Plan(
        seed=seed,
        callers=callers,
        agents=agents,
        faults=faults,
        batch_us=batch_us,
        poison=poison.randint(1, 20) if poison.random() < _POISON else 0,
        snapshot_every=snapshot_every,
        is_pair=is_pair,
        signs_out=stream(seed, "signs out").random() < _SIGNS_OUT,
        **small,
    )


def _reloads(chance: random.Random, share: float) -> Iterator[Fault]:
    if chance.random() < share:
        for number in range(1, chance.randint(1, 3) + 1):
            yield Fault(name=f"r{number}", at_us=chance.randint(1 * S, 90 * S), harm=Harm.RELOAD, for_us=0)


def _records(chance: random.Random) -> Iterator[Fault]:
    if chance.random() < _RECORDS:
        for_us = round(chance.choice((2, 15, 40)) * S * chance.uniform(0.5, 1.5))
        yield Fault(name="d1", at_us=chance.randint(1 * S, 90 * S), harm=Harm.RECORDS, for_us=for_us)


def _long_full(chance: random.Random) -> Iterator[Fault]:
    for number in range(1, chance.randint(1, 2) + 1):
        for_us = round(chance.choice((4, 15, 40)) * S * chance.uniform(0.5, 1.5))
        yield Fault(name=f"s{number}", at_us=chance.randint(1 * S, 70 * S), harm=Harm.DISK_FULL, for_us=for_us)


def _other_way(chance: random.Random, caller: CallerPlan) -> CallerPlan:
    """A colleague by the extension, or the PIN that callers may try so often."""
    if chance.random() >= _OTHER_WAYS:
        return caller
    return replace(caller, keys=chance.choice((f"3{chance.randint(1, len(AGENTS) + 1)}", "3", "4", "41", "42")))


def _rather_back(chance: random.Random, caller: CallerPlan) -> CallerPlan:
    if chance.random() >= _BACK:
        return caller
    if chance.random() < 0.5:
        return replace(caller, keys="2", presses="1")
    return replace(caller, keys=chance.choice(("51", "61")))


def _among_two(fault: Fault) -> Fault:
    """Half of the kills are rather standstills during which the other engine takes over."""
    if fault.harm is Harm.KILL and fault.nth % 2:
        return replace(fault, harm=Harm.FREEZE, for_us=max(fault.for_us, _LONG_US))
    return fault


def _caller(chance: random.Random, name: str, rush_us: int) -> CallerPlan:
    return CallerPlan(
        name=name,
        at_us=2 * S + chance.randrange(rush_us),
        keys=chance.choice(("1", "1", "2", "2", "", "9")),
        patience_us=round(chance.choice((8, 60, 200)) * S * chance.uniform(0.5, 1.5)),
        talk_us=round(chance.choice((0.05, 4, 25)) * S * chance.uniform(0.5, 1.5)),
        hangs_up=chance.random() < 0.5,
    )


def _fault(chance: random.Random, name: str) -> Fault:
    harm = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    return Fault(
        name=name,
        at_us=chance.randint(1 * S, 90 * S),
        harm=harm,
        for_us=round(chance.choice((0.3, 2, 12)) * S * chance.uniform(0.5, 1.5)),
        moment=chance.choice(list(Moment)),
        nth=chance.randint(1, 6),
    )
