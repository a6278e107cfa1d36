"""Whether a workload speaks of this site."""

from __future__ import annotations

from datetime import time
from itertools import pairwise

from config.documents import Document
from config.errors import unknown
from config.schema.flows import CollectModel, FlowModel, MenuModel
from config.schema.site import SiteModel
from config.schema.workload import NOTHING, WorkloadModel

_DAY = 24 * 60


def check_workload(document: Document, workload: WorkloadModel, site: SiteModel, entry: FlowModel | None) -> None:
    """Finds queues, agents and nodes that do not exist, and times that contradict each other."""
    _check_callers(document, workload, site, entry)
    for queue in workload.talk:
        if queue not in site.queues:
            document.fault(("talk", queue), unknown("queue", queue, site.queues), at_key=True)
    missing = [queue for queue in site.queues if queue not in workload.talk]
    if missing:
        document.fault(("talk",), f"how long calls of {', '.join(missing)} last is missing; add a law", at_key=True)
    times = list(workload.calls_per_hour)
    keys = [path for path in document.tree.keys if path[:1] == ("calls_per_hour",) and len(path) == 2]
    for path, (before, after) in zip(keys[1:], pairwise(times), strict=True):
        if after < before:
            document.fault(path, "this time comes before the one above; order times", at_key=True)
    if not any(workload.calls_per_hour.values()):
        document.fault(("calls_per_hour",), "nobody ever calls; write a rate above 0", at_key=True)
    _check_staff(document, workload, site)


def _check_callers(document: Document, workload: WorkloadModel, site: SiteModel, entry: FlowModel | None) -> None:
    wanted = [*site.queues, NOTHING]
    for number, callers in enumerate(workload.callers):
        if callers.wants not in wanted:
            document.fault(("callers", number, "wants"), unknown("queue", callers.wants, wanted))
        if entry is None:
            continue
        asking = [name for name, node in entry.nodes.items() if isinstance(node, MenuModel | CollectModel)]
        for node in callers.keys:
            if node not in asking:
                message = unknown(f"node of flow {site.entry} that asks for keys", node, asking)
                document.fault(("callers", number, "keys", node), message, at_key=True)


def _check_staff(document: Document, workload: WorkloadModel, site: SiteModel) -> None:
    for number, shift in enumerate(workload.staff):
        for place, agent in enumerate(shift.agents):
            if agent not in site.agents:
                document.fault(("staff", number, "agents", place), unknown("agent", agent, site.agents))
        if shift.start == shift.end:
            document.fault(("staff", number, "to"), "the shift ends when it begins; write a later time")
            continue
        for place, pause in enumerate(shift.breaks):
            if not _lies_within((pause.start, pause.end), (shift.start, shift.end)):
                document.fault(
                    ("staff", number, "breaks", place),
                    f"this break is not within the shift, {shift.start:%H:%M}-{shift.end:%H:%M}; move one of them",
                )


def _lies_within(inner: tuple[time, time], outer: tuple[time, time]) -> bool:
    """Whether one daily span lies within another; both may go over midnight."""
    begin = _minute(outer[0])
    length = (_minute(outer[1]) - begin) % _DAY or _DAY
    start = (_minute(inner[0]) - begin) % _DAY
    return start + ((_minute(inner[1]) - _minute(inner[0])) % _DAY or _DAY) <= length


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
