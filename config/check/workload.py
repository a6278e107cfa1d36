"""Whether a workload speaks of this site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from config.build_workload import kind_name
from config.check.spans import lies_within
from config.documents import Document
from config.errors import unknown
from config.measured import read_durations, read_trace
from config.schema.laws import EmpiricalModel
from config.schema.site import SiteModel
from config.schema.values import WEEKDAYS
from config.schema.workload import NOTHING, CallersModel, Profile, WorkloadModel
from config.yaml_tree import Path as TreePath
from ivr.flow import Collect, Flow, Menu, Survey
from ivr.waiting import Music


def check_workload(
    document: Document, workload: WorkloadModel, site: SiteModel, entry: Flow | None, folder: Path
) -> None:
    """Finds queues, agents and nodes that do not exist, times that contradict each other, and what is wrong in the
    files of ``folder`` that the workload names."""
    _check_callers(document, workload, site, entry)
    _check_queues(document, ("talk",), workload.talk, site)
    missing = [queue for queue in site.queues if queue not in workload.talk]
    if missing:
        document.fault(("talk",), f"how long calls of {', '.join(missing)} last is missing; add a law", at_key=True)
    _check_when(document, workload)
    _check_again(document, workload, site)
    _check_levels(document, workload, site)
    _check_staff(document, workload, site)
    _check_files(document, workload, folder)


def _check_queues(document: Document, at: TreePath, queues: Iterable[str], site: SiteModel) -> None:
    for queue in queues:
        if queue not in site.queues:
            document.fault((*at, queue), unknown("queue", queue, site.queues), at_key=True)


def _check_when(document: Document, workload: WorkloadModel) -> None:
    """Rates, in order of time; of which a trace takes the place."""
    profiles: list[tuple[TreePath, Profile]] = []
    if workload.calls_per_hour is not None:
        profiles.append((("calls_per_hour",), workload.calls_per_hour))
    for number, kind in enumerate(workload.callers):
        if kind.calls_per_hour is not None:
            profiles.append((("callers", number, "calls_per_hour"), kind.calls_per_hour))
        _check_how_many(document, workload, ("callers", number), kind)
    for path, profile in profiles:
        keys = [key for key in document.tree.keys if key[:-1] == path]
        for key, (before, after) in zip(keys[1:], pairwise(profile), strict=True):
            if after < before:
                document.fault(key, "this time comes before the one above; order times", at_key=True)
        if workload.trace is not None:
            document.fault(path, "the trace says who calls when; delete these rates, or the trace", at_key=True)
    if workload.trace is None and not any(rate for _, profile in profiles for rate in profile.values()):
        document.fault(profiles[0][0] if profiles else (), "nobody ever calls; write a rate above 0", at_key=True)
    _check_weekdays(document, workload)


def _check_how_many(document: Document, workload: WorkloadModel, at: TreePath, kind: CallersModel) -> None:
    if kind.share is not None and kind.calls_per_hour is not None:
        document.fault((*at, "share"), "these callers have rates of their own; delete the share, or the rates")
    elif workload.trace is not None:
        return
    elif kind.share is not None and workload.calls_per_hour is None:
        document.fault((*at, "share"), "a share of what? add “calls_per_hour: …” for all callers")
    elif kind.share is None and kind.calls_per_hour is None:
        document.fault(at, "nothing says how many of them call; add “share: 1”, or “calls_per_hour: …”")


def _check_weekdays(document: Document, workload: WorkloadModel) -> None:
    seen: set[int] = set()
    keys = [path for path in document.tree.keys if path[:1] == ("weekdays",) and len(path) == 2]
    for key, days in zip(keys, workload.weekdays, strict=False):
        for day in sorted(seen.intersection(days)):
            document.fault(key, f"{WEEKDAYS[day]} has a factor already; name every day once", at_key=True)
        seen.update(days)


def _check_again(document: Document, workload: WorkloadModel, site: SiteModel) -> None:
    """Transfers lead from a queue to a kind of callers."""
    kinds = [kind_name(kind, number) for number, kind in enumerate(workload.callers)]
    for number, name in enumerate(kinds):
        if kinds.index(name) < number:
            document.fault(("callers", number, "name"), f"“{name}” stands here twice; give each its own name")
    leaving: Counter[str] = Counter()
    for number, transfer in enumerate(workload.transfers):
        if transfer.queue not in site.queues:
            document.fault(("transfers", number, "queue"), unknown("queue", transfer.queue, site.queues))
        if transfer.to not in kinds:
            document.fault(("transfers", number, "to"), unknown("kind of callers", transfer.to, kinds))
        leaving[transfer.queue] += round(transfer.share * 100_000)
        if leaving[transfer.queue] > 100_000:
            message = f"more than all callers of {transfer.queue} are sent on; write smaller shares"
            document.fault(("transfers", number, "share"), message)


def _check_levels(document: Document, workload: WorkloadModel, site: SiteModel) -> None:
    _check_queues(document, ("handling_by_level",), workload.handling_by_level, site)
    for queue, by_level in workload.handling_by_level.items():
        at: TreePath = ("handling_by_level", queue)
        if by_level.skill not in site.skills:
            document.fault((*at, "skill"), unknown("skill", by_level.skill, site.skills))
        for place, (before, after) in enumerate(pairwise(step.level for step in by_level.steps), start=1):
            if after <= before:
                document.fault((*at, "steps", place, "level"), "this level is not above the one before; order steps")


def _check_files(document: Document, workload: WorkloadModel, folder: Path) -> None:
    laws = [workload.patience, workload.key_delay, *workload.talk.values(), workload.wrap_up, workload.answer_delay]
    laws += [law for kind in workload.callers for law in (kind.patience, kind.talk, kind.wrap_up) if law is not None]
    laws += [workload.retry.delay] if workload.retry is not None else []
    if workload.callbacks is not None and workload.callbacks.answer_delay is not None:
        laws.append(workload.callbacks.answer_delay)
    for file in dict.fromkeys(law.file for law in laws if isinstance(law, EmpiricalModel) and law.file is not None):
        read_durations(folder / file, document.findings)
    if workload.trace is not None:
        kinds = [kind_name(kind, number) for number, kind in enumerate(workload.callers)]
        for call, row in zip(*read_trace(folder / workload.trace, document.findings), strict=True):
            if call.kind not in kinds:
                row.fault("kind", unknown("kind of callers", call.kind, kinds))


def _check_callers(document: Document, workload: WorkloadModel, site: SiteModel, entry: Flow | None) -> None:
    wanted = [*site.queues, NOTHING]
    for number, callers in enumerate(workload.callers):
        if callers.wants not in wanted:
            document.fault(("callers", number, "wants"), unknown("queue", callers.wants, wanted))
        if entry is None:
            continue
        asking = [name for name, node in entry.nodes.items() if isinstance(node, Menu | Collect | Survey | Music)]
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
            if not lies_within((pause.start, pause.end), (shift.start, shift.end)):
                document.fault(
                    ("staff", number, "breaks", place),
                    f"this break is not within the shift, {shift.start:%H:%M}-{shift.end:%H:%M}; move one of them",
                )
    for absence in ("no_show", "shrinkage"):
        if getattr(workload.absence, absence) >= 1:
            document.fault(("absence", absence), "nobody would ever be there; write less than 100 %")
