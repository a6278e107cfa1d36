"""Whether the teams, goals and shifts of staffing.yaml fit this site, and each other."""

from __future__ import annotations

from math import prod

from config.build_staffing import times_of
from config.check.spans import lies_within
from config.documents import Document
from config.errors import unknown
from config.schema.site import SiteModel
from config.schema.staffing import StaffingModel
from ivr.hours import Span

WAYS_MOST = 2_000


def check_staffing(document: Document, staffing: StaffingModel, site: SiteModel) -> None:
    """Finds skills and queues that do not exist, teams that cannot be told apart and breaks outside of their shift."""
    seen: dict[tuple[tuple[str, int], ...], str] = {}
    for name, team in staffing.teams.items():
        for skill in team.skills:
            if skill not in site.skills:
                document.fault(("teams", name, "skills", skill), unknown("skill", skill, site.skills), at_key=True)
        twin = seen.setdefault(tuple(sorted(team.skills.items())), name)
        if twin != name:
            message = f"the agents of “{twin}” can do exactly the same; keep the cheaper team, or change a level"
            document.fault(("teams", name, "skills"), message)
    for queue in staffing.goals:
        if queue not in site.queues:
            document.fault(("goals", queue), unknown("queue", queue, site.queues), at_key=True)
    if staffing.occupancy == 0:
        document.fault(("occupancy",), "agents who are never busy serve nobody; write a share above 0 %")
    _check_shifts(document, staffing)


def _check_shifts(document: Document, staffing: StaffingModel) -> None:
    ways = 0
    for name, shift in staffing.shifts.items():
        if shift.start == shift.end:
            document.fault(("shifts", name, "to"), "the shift ends when it begins; write a later time")
            continue
        for place, pause in enumerate(shift.breaks):
            span = pause if isinstance(pause, Span) else pause.within
            if not lies_within((span.start, span.end), (shift.start, shift.end)):
                document.fault(
                    ("shifts", name, "breaks", place),
                    f"this break is not within the shift, {shift.start:%H:%M}-{shift.end:%H:%M}; move one of them",
                )
            if not times_of(pause):
                message = "the break is longer than the hours it may be taken in; write a shorter one"
                document.fault(("shifts", name, "breaks", place, "length"), message)
        ways += prod(len(times_of(pause)) for pause in shift.breaks)
    if ways > WAYS_MOST:
        document.fault(
            ("shifts",),
            f"there are {ways} ways to work these shifts with their breaks, more than {WAYS_MOST}; move fewer breaks, "
            "or within shorter hours",
            at_key=True,
        )
