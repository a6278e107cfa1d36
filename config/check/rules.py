"""What a site's rules would do to its callers: calls that nobody can ever take, steps that never open, skills that
nobody holds. The files are right; what they say together is not what anybody can have meant.

These are warnings: a site with warnings can be served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from acd.requirement import Every, Requirement, both, describe, is_met, parse
from config.check.channels import check_capacities
from config.check.kinds import Kind, kinds_of
from config.documents import Document
from config.schema.queues import QueueModel
from config.schema.site import AgentModel, CalendarModel, SiteModel
from config.schema.workload import Profile, WorkloadModel
from config.workload import Shift, rate_at
from config.yaml_tree import Path as TreePath
from ivr.flow import Flow, Queue
from ivr.hours import Span

Skills = Mapping[str, int]

_A_MONDAY = date(2026, 11, 23)
"""Any; for the days of the week."""


def check_rules(
    site_document: Document,
    site: SiteModel,
    flow_document: Document,
    flow: Flow,
    workload: WorkloadModel | None,
) -> None:
    """Finds what callers would run into. ``flow`` is the one that calls begin with; everything was checked."""
    kinds = kinds_of(flow)
    _check_skills(site_document, site)
    check_capacities(site_document, site)
    _check_queues(site_document, site, flow, kinds)
    _check_kinds(flow_document, site, flow, kinds)
    if workload is not None:
        _check_hours(flow_document, site, flow, kinds, workload)


# -- who holds what ---------------------------------------------------------------------------------------------------


def _check_skills(document: Document, site: SiteModel) -> None:
    held = {skill for agent in site.agents.values() for skill in agent.skills}
    for skill in site.skills:
        if skill not in held:
            message = (
                f"nobody holds “{skill}”, so no agent can take a call that needs it; give it to an agent, or delete it"
            )
            document.fault(("skills", skill), message, at_key=True)


def _check_queues(document: Document, site: SiteModel, flow: Flow, kinds: Mapping[Kind, str]) -> None:
    led_to = {_queue_of(flow, kind) for kind in kinds}
    led_to |= {step.spill.to for queue in site.queues.values() for step in queue.relax if step.spill is not None}
    for name, queue in site.queues.items():
        at: TreePath = ("queues", name)
        takers = [agent for agent in site.agents.values() if site.capacity_of(agent, queue.channel)]
        profiles = _profiles(agent.skills for agent in takers)
        if name not in led_to:
            message = f"no call ever comes to “{name}”; lead an edge of flow {site.entry} to it"
            document.fault(at, message + (", or delete the queue" if len(site.queues) > 1 else ""), at_key=True)
        if (takers or not site.agents) and not _able(_ways_to_be_served(site, name), profiles):
            document.fault(
                (*at, "needs"),
                f"no agent can ever take a call of “{name}”: nobody meets {queue.needs}"
                f"{', nor what its steps ask for' if queue.relax else ''}; give an agent the skills, or ask for less",
            )
        _check_steps(document, at, queue, profiles)
        _check_times(document, at, queue)
        _check_phones(document, at, queue, _how_many(_ways_to_be_served(site, name), takers))


def _check_steps(document: Document, at: TreePath, queue: QueueModel, profiles: list[Skills]) -> None:
    needs = parse(queue.needs)
    for number, step in enumerate(queue.relax):
        path: TreePath = (*at, "relax", number)
        if queue.wait_limit is not None and step.after >= queue.wait_limit:
            document.fault(
                (*path, "after"),
                f"this step never opens: a call has left after {_duration(queue.wait_limit)} (wait_limit); "
                "let it open sooner, or let calls wait longer",
            )
        before, needs = needs, parse(step.needs) if step.needs is not None else needs
        if step.add_priority or step.spill is not None:
            continue
        if not _able([needs], [skills for skills in profiles if not is_met(before, skills)]):
            document.fault(
                path,
                f"this step changes nothing: a call that has waited {_duration(step.after)} and needs "
                f"{describe(needs)} finds no agent who could not take it before ({describe(before)}); "
                "ask for less, add points, or delete the step",
            )


def _check_times(document: Document, at: TreePath, queue: QueueModel) -> None:
    level = queue.service_level
    if queue.wait_limit is not None and queue.wait_limit < queue.ring:
        document.fault(
            (*at, "wait_limit"),
            f"a call has to leave after {_duration(queue.wait_limit)}, while the first phone still rings (ring: "
            f"{_duration(queue.ring)}): if that agent does not answer, nobody else is asked; let it wait longer",
        )
    if queue.wait_limit is not None and queue.wait_limit < level.threshold:
        document.fault(
            (*at, "wait_limit"),
            f"a call leaves after {_duration(queue.wait_limit)}, before the threshold of its service level "
            f"({_duration(level.threshold)}): whoever is answered is answered in time; let it wait longer",
        )
    if level.short_abandon > level.threshold:
        document.fault(
            (*at, "service_level", "short_abandon") if "short_abandon" in level.model_fields_set else at,
            f"a caller who gives up after {_duration(level.threshold)} has waited longer than the threshold and still "
            f"counts as a short abandon ({_duration(level.short_abandon)}); make short_abandon the smaller of the two",
        )


def _check_phones(document: Document, at: TreePath, queue: QueueModel, able: int) -> None:
    phones = queue.phones
    most = phones.at_once if phones.add_every is None else phones.most
    if 0 < able < most:
        document.fault(
            (*at, "phones"),
            f"{most} phones are to ring for a call, and {able} of the agents can ever take one; ring fewer, or give "
            "more agents the skills",
        )
    if phones.add_every is not None and queue.wait_limit is not None and phones.add_every >= queue.wait_limit:
        document.fault(
            (*at, "phones", "add_every"),
            f"no phone is ever added: a call has left after {_duration(queue.wait_limit)} (wait_limit); add one "
            "sooner, or let calls wait longer",
        )


def _how_many(ways: Iterable[Requirement], agents: Iterable[AgentModel]) -> int:
    """How many of the agents meet at least one of the requirements."""
    ways = list(ways)
    return sum(_able(ways, [agent.skills]) for agent in agents)


# -- the kinds of calls that the flow makes ---------------------------------------------------------------------------


def _check_kinds(document: Document, site: SiteModel, flow: Flow, kinds: Mapping[Kind, str]) -> None:
    """Finds needs that the way to a queue adds and that, with those of the queue, nobody meets."""
    said: set[tuple[str, frozenset[str]]] = set()
    profiles_of = _profiles_by_channel(site, site.agents)
    for kind, way in kinds.items():
        queue = _queue_of(flow, kind)
        profiles = profiles_of[site.queues[queue].channel]
        if (queue, kind.needs) in said or not kind.needs or not _able(_ways_to_be_served(site, queue), profiles):
            continue
        said.add((queue, kind.needs))
        if not _able(_ways_to_be_served(site, queue, kind.needs), profiles):
            document.fault(
                ("nodes", kind.node, "queue"),
                f"a call that comes by {way} needs {_all_needs(site, queue, kind)}, and no agent can ever take it; "
                "give an agent these skills, or let the flow ask for less",
            )


def _check_hours(
    document: Document, site: SiteModel, flow: Flow, kinds: Mapping[Kind, str], workload: WorkloadModel
) -> None:
    """Finds hours in which calls come and nobody who is on duty can take them."""
    if not workload.staff:
        return
    everybody = _profiles_by_channel(site, site.agents)
    duties = list(_duties(site, workload))
    factors = {day: factor for days, factor in workload.weekdays.items() for day in days}
    said: set[tuple[str, frozenset[str]]] = set()
    for kind, way in kinds.items():
        queue = _queue_of(flow, kind)
        ways = _ways_to_be_served(site, queue, kind.needs)
        channel = site.queues[queue].channel
        if (queue, kind.needs) in said or not _able(ways, everybody[channel]):
            continue
        said.add((queue, kind.needs))
        alone = [
            moment
            for moment, by_day in duties
            if _calls_at(workload, moment)
            and any(
                factors.get(day, 1.0) and _is_open(site, queue, kind, day, moment) and not _able(ways, on_duty[channel])
                for day, on_duty in enumerate(by_day)
            )
        ]
        if alone:
            hours = _hours(alone, [moment for moment, _ in duties])
            document.fault(
                ("nodes", kind.node, "queue"),
                f"{hours} nobody who is on duty (workload.yaml, staff) can take a call that comes by {way} and needs "
                f"{_all_needs(site, queue, kind)}; change the shifts, or close the queue at these hours",
            )


def _ways_to_be_served(site: SiteModel, queue: str, needs: Iterable[str] = ()) -> list[Requirement]:
    """What an agent may meet to take a call at some time: the needs of the queue, of its steps, and of the queues that
    these send it to, each together with ``needs`` of the call."""
    own: Requirement = parse("anybody")
    for text in sorted(needs):
        own = both(own, parse(text))
    found: list[Requirement] = []
    ahead, been = [queue], {queue}
    while ahead:
        model = site.queues[ahead.pop()]
        found.append(both(parse(model.needs), own))
        for step in model.relax:
            if step.needs is not None:
                found.append(both(parse(step.needs), own))
            if step.spill is not None and step.spill.to in site.queues and step.spill.to not in been:
                been.add(step.spill.to)
                ahead.append(step.spill.to)
    return found


def _able(ways: Iterable[Requirement], profiles: Iterable[Skills]) -> bool:
    ways = list(ways)
    return any(is_met(way, skills) for skills in profiles for way in ways)


def _profiles_by_channel(site: SiteModel, agents: Iterable[str]) -> dict[str, list[Skills]]:
    """The skills of those of the agents who take calls of a channel, by channel of some queue."""
    people = [site.agents[agent] for agent in agents]
    return {
        channel: _profiles(agent.skills for agent in people if site.capacity_of(agent, channel))
        for channel in {queue.channel for queue in site.queues.values()}
    }


def _profiles(skills: Iterable[Skills]) -> list[Skills]:
    """Skills that agents have, every combination once."""
    return [dict(profile) for profile in dict.fromkeys(tuple(sorted(one.items())) for one in skills)]


def _queue_of(flow: Flow, kind: Kind) -> str:
    node = flow.nodes[kind.node]
    assert isinstance(node, Queue)
    return node.queue


def _all_needs(site: SiteModel, queue: str, kind: Kind) -> str:
    parts = [parse(text) for text in (site.queues[queue].needs, *sorted(kind.needs)) if text != "anybody"]
    return describe(Every(tuple(parts)) if len(parts) != 1 else parts[0])


# -- the day ----------------------------------------------------------------------------------------------------------


def _duties(site: SiteModel, workload: WorkloadModel) -> Iterator[tuple[time, list[dict[str, list[Skills]]]]]:
    """The times of day from which something may be otherwise, each with the skills of those on duty from then on, by
    day of the week and by channel."""
    profiles = [profile for profile in (workload.calls_per_hour, *_own_rates(workload)) if profile is not None]
    moments = {time(), *(begin for profile in profiles for begin in profile)}
    for calendar in site.calendars.values():
        moments.update(edge for spans in calendar.week.values() for span in spans for edge in (span.start, span.end))
    shifts = [
        Shift(
            agents=tuple(shift.agents),
            hours=Span(shift.start, shift.end),
            breaks=tuple(shift.breaks),
            days=frozenset(range(7) if shift.days is None else shift.days),
        )
        for shift in workload.staff
    ]
    for shift in shifts:
        moments.update(edge for span in (shift.hours, *shift.breaks) for edge in (span.start, span.end))
    for moment in sorted(moments):
        by_day = []
        for day in range(7):
            local = datetime.combine(_A_MONDAY + timedelta(days=day), moment)
            here = [shift for shift in shifts if shift.begins_on(local) is not None and not shift.pauses_at(moment)]
            on_duty = {agent for shift in here for agent in shift.agents}
            by_day.append(_profiles_by_channel(site, sorted(on_duty)))
        yield moment, by_day


def _own_rates(workload: WorkloadModel) -> Iterator[Profile]:
    return (kind.calls_per_hour for kind in workload.callers if kind.calls_per_hour is not None)


def _calls_at(workload: WorkloadModel, moment: time) -> bool:
    """Whether anybody calls then; before the first rate of the day holds the last. A trace may speak of any time."""
    if workload.trace is not None:
        return True
    profiles = [tuple(profile.items()) for profile in (workload.calls_per_hour or {}, *_own_rates(workload))]
    return any(rate_at(profile, moment) for profile in profiles)


def _is_open(site: SiteModel, queue: str, kind: Kind, day: int, moment: time) -> bool:
    """Whether on that day of the week all calendars that the call came by as open are so, and that of the queue is."""
    own = site.queues[queue].calendar
    names = kind.open if own is None else kind.open | {own}
    return all(_open(site.calendars[name], day, moment) for name in names)


def _open(calendar: CalendarModel, day: int, moment: time) -> bool:
    if calendar.time_zone is not None:
        return True  # another clock than that of the shifts
    return any(day in days and any(span.holds(moment) for span in spans) for days, spans in calendar.week.items())


def _hours(alone: list[time], moments: list[time]) -> str:
    """“from 20:00 to 08:00”; each of ``alone`` lasts until the next of ``moments``."""
    if len(alone) == len(moments):
        return "around the clock"
    following = dict(zip(moments, [*moments[1:], moments[0]], strict=True))
    spans = []
    for begin in alone:
        if not any(following[other] == begin for other in alone):
            end = following[begin]
            while end in alone:
                end = following[end]
            spans.append(f"from {begin:%H:%M} to {end:%H:%M}")
    return " and ".join(spans)


def _duration(ms: int) -> str:
    """As it is written in the files."""
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if ms and ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"
