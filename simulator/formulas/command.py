"""``holdless erlang``, but for reading the command line: what agents give, or how many agents a target needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil, isfinite

from rich.console import Console
from rich.table import Column, Table

from simulator.asked import check_asked
from simulator.formulas.checks import not_negative, percent, positive, share
from simulator.formulas.erlang_c import erlang_c
from simulator.formulas.impatient import erlang_a
from simulator.formulas.patience import Exponential
from simulator.formulas.staffing import ServiceLevelTarget, Targets, least_agents, meets
from simulator.service_level import Definition
from simulator.tidy import as_csv, as_json

COLUMNS = (
    "agents",
    "rostered",
    "meets",
    "p_wait",
    "asa",
    "answered_wait_p90",
    *(definition.measure for definition in Definition),
    "abandonment",
    "occupancy",
    "mean_queue",
)
"""Of the table for machines: one row for each number of agents. Times in seconds, shares from 0 to 1."""
_AROUND = 3
"""Rows shown on each side of the answer."""
_THRESHOLD = 20.0
"""Seconds, where no service level is asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """What *agents* agents give. Times in seconds, shares from 0 to 1; None where waits grow without end."""

    agents: int
    rostered: int
    """On the roster, so that *agents* are there after shrinkage."""
    meets: bool | None
    """Whether all targets are met; None where there are none."""
    p_wait: float
    asa: float | None
    answered_wait_p90: float | None
    service_levels: dict[str, float]
    abandonment: float
    occupancy: float
    mean_queue: float | None


def read_service_level(text: str) -> tuple[float, float]:
    """``80/20`` as share 0.8 and 20 seconds."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*/\s*(\d+(?:\.\d+)?)\s*s?\s*", text)
    if found is None:
        raise ValueError(f"a service level is written like 80/20, for 80 % within 20 seconds; not {text!r}")
    return share("the share of a service level in percent", float(found[1]) / 100, "80/20"), float(found[2])


def print_erlang(
    *,
    calls: float,
    aht: float,
    interval: float = 1800.0,
    patience: float | None = None,
    agents: int | None = None,
    service_level: str | None = None,
    definition: Definition = Definition.ABANDONS_NEGATIVE,
    short_abandon: float | None = None,
    asa: float | None = None,
    abandonment: float | None = None,
    occupancy: float | None = None,
    shrinkage: float = 0.0,
    json: bool = False,
    csv: bool = False,
    console: Console,
) -> None:
    """Prints what *agents* give, or the least that meet the targets, with a few more and fewer beside it.

    *calls* arrive in each *interval* (seconds), take *aht* seconds each, and hang up after a mean *patience* of so many
    seconds (Erlang A; never, Erlang C, if not given). *service_level* is text like ``80/20``, counted by *definition*;
    *short_abandon* and *asa* are seconds; *abandonment*, *occupancy* and *shrinkage* percent. Raises ``ValueError``
    with a sentence for the user.
    """
    check_asked(json=json, csv=csv)
    positive("--calls", calls, "360 in half an hour")
    positive("--interval", interval, "30 minutes")
    positive("--aht", aht, "240 seconds")
    if patience is not None:
        positive("--patience", patience, "120 seconds")
    if not 0 <= shrinkage < 100:
        raise ValueError(f"--shrinkage must be at least 0 and below 100 percent, for example 30; not {shrinkage:g}")
    if abandonment is not None and patience is None:
        raise ValueError("a target for --abandonment needs --patience, the mean in seconds, for example 120")
    if asa is not None:
        positive("--asa", asa, "30 seconds")
    if short_abandon is not None:
        not_negative("--short-abandon", short_abandon, "5 seconds")
    wanted, within = read_service_level(service_level) if service_level is not None else (None, _THRESHOLD)
    level = None if wanted is None else ServiceLevelTarget(wanted, within, definition, short_abandon)
    some = level is not None or not asa is abandonment is occupancy is None
    targets = None
    if some:
        targets = Targets(
            service_level=level,
            asa=asa,
            abandonment=None if abandonment is None else percent("--abandonment", abandonment, "3"),
            occupancy=None if occupancy is None else percent("--occupancy", occupancy, "85"),
        )
    law = None if patience is None else Exponential(1 / patience)
    if agents is not None:
        positive("--agents", agents, "55")
        middle = agents
    elif targets is not None:
        middle = least_agents(calls / interval, 1 / aht, targets, law)
    else:
        raise ValueError("say how many agents there are (--agents 55) or what to reach (--service-level 80/20)")
    rows = [
        _row(number, calls / interval, aht, patience, within, short_abandon, targets, shrinkage)
        for number in range(max(1, middle - _AROUND), middle + _AROUND + 1)
    ]
    load = calls * aht / interval
    if json or csv:
        about = {
            "model": "Erlang C" if patience is None else "Erlang A",
            "load_erlangs": load,
            "threshold": within,
            "agents": middle,
        }
        # Not through rich's layout: what is for machines must come out as it is, whatever the width of the terminal.
        table = map(_cells, rows)
        console.file.write(as_csv(COLUMNS, table) if csv else as_json(about, COLUMNS, table))
        return
    model = "nobody hangs up (Erlang C)" if patience is None else f"mean patience {patience:g} s (Erlang A)"
    console.print(
        f"{calls:g} calls in {interval / 60:g} minutes of {aht:g} s each: {load:.4g} erlangs; {model}", soft_wrap=True
    )
    impatient = patience is not None
    console.print(_measures(rows, middle, within, impatient=impatient, shrinkage=shrinkage), highlight=False)
    if impatient:
        short = within if short_abandon is None else short_abandon
        console.print(_service_levels(rows, middle, within, short), highlight=False)


def _cells(row: Row) -> list[object]:
    plain = {**asdict(row), **{one.measure: row.service_levels[one] for one in Definition}}
    return [plain[name] for name in COLUMNS]


def _row(
    agents: int,
    arrival_rate: float,
    aht: float,
    patience: float | None,
    within: float,
    short_abandon: float | None,
    targets: Targets | None,
    shrinkage: float,
) -> Row:
    rostered = ceil(agents / (1 - shrinkage / 100) - 1e-9)
    if patience is None:
        patient = erlang_c(agents, arrival_rate, 1 / aht)
        level = patient.service_level(within)
        return Row(
            agents=agents,
            rostered=rostered,
            meets=meets(patient, targets) if targets else None,
            p_wait=patient.p_wait,
            asa=_finite(patient.asa),
            answered_wait_p90=_finite(patient.wait_quantile(0.9)),
            service_levels={definition.value: level for definition in Definition},
            abandonment=0.0,
            occupancy=patient.occupancy,
            mean_queue=_finite(patient.mean_queue),
        )
    queue = erlang_a(agents, arrival_rate, 1 / aht, 1 / patience)
    return Row(
        agents=agents,
        rostered=rostered,
        meets=meets(queue, targets) if targets else None,
        p_wait=queue.p_wait,
        asa=queue.asa,
        answered_wait_p90=queue.answered_wait_quantile(0.9),
        service_levels={
            definition.value: queue.service_level(within, definition, short_abandon=short_abandon)
            for definition in Definition
        },
        abandonment=queue.abandonment,
        occupancy=queue.occupancy,
        mean_queue=queue.mean_queue,
    )


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _measures(rows: Sequence[Row], middle: int, within: float, *, impatient: bool, shrinkage: float) -> Table:
    columns: dict[str, Callable[[Row], str]] = {"Agents": lambda row: str(row.agents)}
    if shrinkage:
        columns["Roster"] = lambda row: str(row.rostered)
    columns["Have to\nwait"] = lambda row: _share(row.p_wait)
    columns["ASA"] = lambda row: _seconds(row.asa)
    columns["90 %\nwithin"] = lambda row: _seconds(row.answered_wait_p90)
    if impatient:
        columns["Hang\nup"] = lambda row: _share(row.abandonment)
    else:
        columns[f"Within\n{within:g} s"] = lambda row: _share(row.service_levels[Definition.ABANDONS_NEGATIVE])
    columns["Occu-\npancy"] = lambda row: _share(row.occupancy)
    columns["Queue"] = lambda row: "grows" if row.mean_queue is None else f"{row.mean_queue:.1f}"
    if rows[0].meets is not None:
        columns["Target"] = lambda row: "met" if row.meets else "missed"
    return _table(rows, middle, columns)


def _service_level(definition: Definition, row: Row) -> str:
    return _share(row.service_levels[definition])


def _service_levels(rows: Sequence[Row], middle: int, within: float, short: float) -> Table:
    columns: dict[str, Callable[[Row], str]] = {"Agents": lambda row: str(row.agents)}
    for definition in Definition:
        columns[definition.replace("-", " ")] = partial(_service_level, definition)
    table = _table(rows, middle, columns)
    table.title = f"Service levels: answered within {within:g} s; abandons are short up to {short:g} s"
    table.title_justify = "left"
    return table


def _table(rows: Sequence[Row], middle: int, columns: dict[str, Callable[[Row], str]]) -> Table:
    table = Table(*(Column(title, justify="right") for title in columns))
    for row in rows:
        table.add_row(*(cell(row) for cell in columns.values()), style="bold" if row.agents == middle else None)
    return table


def _share(value: float) -> str:
    return f"{value:.1%}"


def _seconds(value: float | None) -> str:
    return "grows" if value is None else f"{value:.1f} s"
