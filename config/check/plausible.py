"""What a workload says and nobody can have meant: warnings, as a simulation runs all the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from config.check.spans import overlap, overlap_in_a_week
from config.documents import Document
from config.schema.workload import ShiftModel, WorkloadModel
from ivr.flow import Flow, Menu


def check_plausible(document: Document, workload: WorkloadModel, entry: Flow) -> None:
    """Finds people who work twice at a time, breaks at the same time, nobody at work, and keys that lead nowhere."""
    if not workload.staff:
        document.fault((), "nobody is ever at work, so nobody is answered in a simulation; add “staff: …”")
    for number, shift in enumerate(workload.staff):
        _check_shift(document, number, shift)
    _check_shifts(document, workload)
    for number, callers in enumerate(workload.callers):
        for name, keys in callers.keys.items():
            node = entry.nodes[name]
            if isinstance(node, Menu) and not any(keys.startswith(known) for known in (*node.choices, *node.commands)):
                document.fault(
                    ("callers", number, "keys", name),
                    f"“{name}” has no choice “{keys}”, so these callers are asked again; it has "
                    f"{', '.join(node.choices)}",
                )


def _check_shift(document: Document, number: int, shift: ShiftModel) -> None:
    for place, agent in enumerate(shift.agents):
        if agent in shift.agents[:place]:
            document.fault(("staff", number, "agents", place), f"“{agent}” is on this shift already; name others")
    for (_, one), (place, other) in combinations(enumerate(shift.breaks), 2):
        if overlap((one.start, one.end), (other.start, other.end)):
            document.fault(
                ("staff", number, "breaks", place),
                f"this break overlaps another one, {one.start:%H:%M}-{one.end:%H:%M}; move one of them",
            )


def _check_shifts(document: Document, workload: WorkloadModel) -> None:
    shifts_of: dict[str, list[int]] = {}
    for number, other in enumerate(workload.staff):
        for place, agent in enumerate(other.agents):
            shifts = shifts_of.setdefault(agent, [])
            for first in shifts:
                one = workload.staff[first]
                if first < number and _at_once(one, other):
                    line = document.tree.values["staff", first].line
                    document.fault(
                        ("staff", number, "agents", place),
                        f"“{agent}” works from {one.start:%H:%M} to {one.end:%H:%M} already (line {line}), and takes a "
                        "break only where both shifts have it; move one of the shifts, or name somebody else",
                    )
            shifts.append(number)


def _at_once(one: ShiftModel, other: ShiftModel) -> bool:
    return overlap_in_a_week((one.start, one.end), _days(one), (other.start, other.end), _days(other))


def _days(shift: ShiftModel) -> Sequence[int]:
    return range(7) if shift.days is None else shift.days
