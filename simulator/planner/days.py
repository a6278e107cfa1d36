"""What one replication differs in from the next: how busy its day is, who is absent, and its calls.

How busy and who is absent is drawn by what draws them for the twin, once a replication; under the same seed two
scenarios have the same busy days and the same absences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from config.arrivals import Factors
from config.workload import Busyness
from simulator.planner.called_back import back_laws, with_backs
from simulator.planner.compiler import compile_rules, duty_rows
from simulator.planner.draws import draw_calls
from simulator.planner.duties import duties_of_shifts
from simulator.planner.elsewhere import draw_talks, laws_elsewhere
from simulator.planner.further_calls import Calls, by_themselves, with_further
from simulator.planner.load import compile_further, compile_load
from simulator.planner.model import Absences, Model
from simulator.planner.tables import BackLaws, Families, Ints, Ints32, Load, Rules, TalkLaws
from simulator.staff import Roster

_Busy = tuple[str, date, tuple[date, int]]
"""What a factor of busyness goes by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A model, ready for any replication."""

    rules: Rules
    load: Load
    busyness: Busyness
    busy: tuple[_Busy, ...]
    busy_of: Ints
    """Segment of constant rate to the number of its factor in ``busy``."""
    absences: Absences | None
    further: Families | None
    elsewhere: TalkLaws | None
    backs: BackLaws | None

    def rules_of(self, seed: int, replication: int) -> Rules:
        """The setup, with those who are there in that replication."""
        absences = self.absences
        if absences is None:
            return self.rules
        roster = Roster(absences.plan, absences.absence, _day(seed, replication))
        return replace(self.rules, duties=duty_rows(duties_of_shifts(roster, absences.agents, absences.begin)))

    def load_of(self, seed: int, replication: int) -> Load:
        """How the calls of that replication are drawn, as busy as its day is."""
        if not self.busy:
            return self.load
        factors = Factors(self.busyness, _day(seed, replication))
        segments = self.load.segments.copy()
        segments[:, 2] *= np.array([factors.of(*key) for key in self.busy])[self.busy_of]
        return replace(self.load, segments=segments)

    def calls_of(self, seed: int, replication: int, room: Ints32 | None = None) -> Calls:
        """The calls of that replication, in ``room`` if they fit and no others may come of them."""
        load = self.load_of(seed, replication)
        table = draw_calls(load, seed, replication, room)
        calls = by_themselves(table)
        if self.further is not None:
            calls = with_further(load, self.further, seed, replication, table)
        if self.elsewhere is not None:
            calls = calls._replace(talks=draw_talks(self.elsewhere, seed, replication, calls.table))
        if self.backs is not None:
            calls = with_backs(self.backs, seed, replication, calls)
        return calls


class Callers:
    """The calls of replications, drawn once for all scenarios that meet the same callers: their models differ in
    agents and duties alone, and run under one seed. Threads may share it."""

    def __init__(self, most_bytes: int = 100_000_000) -> None:
        """Beyond ``most_bytes`` calls are drawn anew each time."""
        self._left = most_bytes
        self._drawn: dict[int, Calls] = {}

    def calls_of(self, days: Days, seed: int, replication: int, room: Ints32 | None = None) -> Calls:
        """As :meth:`Days.calls_of`."""
        drawn = self._drawn.get(replication)
        if drawn is None:
            drawn = days.calls_of(seed, replication, room)
            size = sum(one.nbytes for one in (drawn.table, drawn.later, drawn.talks, drawn.backs))
            if size <= self._left:
                self._left -= size
                self._drawn[replication] = drawn._replace(table=drawn.table.copy())
            return drawn
        if room is None or len(room) < len(drawn.table):
            return drawn._replace(table=drawn.table.copy())
        room[: len(drawn.table)] = drawn.table
        return drawn._replace(table=room[: len(drawn.table)])


def days_of(model: Model) -> Days:
    """Raises :class:`~simulator.planner.model.PlannerError` for what the planner cannot run."""
    busyness, busy = model.busyness, dict[_Busy, int]()
    busy_of = []
    if busyness.day_sd or busyness.interval_sd:
        for kind in model.kinds:
            for rate in kind.rates:
                # Without a factor for each interval, one for the day is all there is.
                entry = rate.entry if busyness.interval_sd else (rate.day, 0)
                busy_of.append(busy.setdefault((kind.callers, rate.day, entry), len(busy)))
    return Days(
        rules=compile_rules(model),
        load=compile_load(model),
        busyness=busyness,
        busy=tuple(busy),
        busy_of=np.array(busy_of, np.int64),
        absences=model.absences,
        further=compile_further(model),
        elsewhere=laws_elsewhere(model.kinds),
        backs=back_laws(model.kinds, model.acd),
    )


def _day(seed: int, replication: int) -> str:
    return f"{seed}/{replication}"
