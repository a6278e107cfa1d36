"""References inside site.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from acd.requirement import RequirementError, parse, skills_named
from config.check.channels import check_channels
from config.check.twilio import check_twilio
from config.documents import Document
from config.errors import unknown
from config.schema.queues import QueueModel
from config.schema.site import CalendarModel, SiteModel
from config.schema.values import PHONE_CHARS_MAX, WEEKDAYS
from config.yaml_tree import Path as TreePath


def check_site(document: Document, site: SiteModel, flows: Iterable[str]) -> None:
    """Finds references in site.yaml to what does not exist; ``flows`` are the names of the flow files."""
    if site.entry not in (names := sorted(flows)):
        document.fault(("entry",), unknown("flow", site.entry, names))
    for language in {language for language in site.languages if site.languages.count(language) > 1}:
        document.fault(("languages",), f"“{language}” stands here twice; keep one")
    for name, queue in site.queues.items():
        check_requirement(document, ("queues", name, "needs"), queue.needs, site.skills)
        _check_steps(document, name, queue, site)
        if queue.calendar is not None and queue.calendar not in site.calendars:
            document.fault(("queues", name, "calendar"), unknown("calendar", queue.calendar, site.calendars))
        if queue.callback is not None and site.callbacks is None:
            message = "nothing says whom the site may call back; add “callbacks: {country: UA}”, with your country"
            document.fault(("queues", name, "callback"), message, at_key=True)
        if queue.callback is not None and site.asterisk is not None and site.asterisk.trunk is None:
            message = "nothing says how numbers outside are dialled; add “trunk” to the section “asterisk”"
            document.fault(("queues", name, "callback"), message, at_key=True)
        if queue.record and site.twilio is None:
            message = "no line of this site records conversations; take it out, or add a section “twilio”"
            document.fault(("queues", name, "record"), message)
    check_channels(document, site)
    _check_agents(document, site)
    for name, calendar in site.calendars.items():
        _check_week(document, name, calendar)
    for number, agent_name in enumerate(site.virtual.played):
        if agent_name not in site.agents:
            document.fault(("virtual", "played", number), unknown("agent", agent_name, site.agents))
    _check_endpoint(document, site)
    check_twilio(document, site)


def _check_steps(document: Document, name: str, queue: QueueModel, site: SiteModel) -> None:
    for number, step in enumerate(queue.relax):
        path: TreePath = ("queues", name, "relax", number)
        check_requirement(document, (*path, "needs"), step.needs, site.skills)
        if number and step.after <= queue.relax[number - 1].after:
            document.fault((*path, "after"), "this step comes no later than the one before; order steps by time")
        if step.spill is None:
            continue
        others = [other for other in site.queues if other != name]
        if step.spill.to == name:
            document.fault((*path, "spill", "to"), "a queue cannot spill to itself; name another queue")
        elif step.spill.to not in others:
            document.fault((*path, "spill", "to"), unknown("queue", step.spill.to, others))


def _check_agents(document: Document, site: SiteModel) -> None:
    for name, agent in site.agents.items():
        for skill in agent.skills:
            if skill not in site.skills:
                path: TreePath = ("agents", name, "skills", skill)
                document.fault(path, unknown("skill", skill, site.skills), at_key=True)
        for queue_name in agent.queues:
            if queue_name not in site.queues:
                path = ("agents", name, "queues", queue_name)
                document.fault(path, unknown("queue", queue_name, site.queues), at_key=True)


def check_requirement(document: Document, path: TreePath, text: str | None, skills: Mapping[str, object]) -> None:
    """Finds what is wrong with a requirement, and skills in it that the site does not have."""
    if text is None or path not in document.tree.values:
        return
    try:
        named = list(dict.fromkeys(skills_named(parse(text))))
    except RequirementError as error:
        document.fault(path, str(error), at=error.column - 1)
        return
    for skill in named:
        if skill not in skills:
            document.fault(path, unknown("skill", skill, skills), at=_place_of(skill, text))


def _place_of(skill: str, text: str) -> int:
    found = re.search(rf"\b{re.escape(skill)}\b", text)
    return found.start() if found else 0


def _check_week(document: Document, name: str, calendar: CalendarModel) -> None:
    seen: set[int] = set()
    keys = [path for path in document.tree.keys if path[:3] == ("calendars", name, "week") and len(path) == 4]
    for path, days in zip(keys, calendar.week, strict=True):
        for day in sorted(seen.intersection(days)):
            document.fault(path, f"{WEEKDAYS[day]} has hours already; name every day once", at_key=True)
        seen.update(days)


def _check_endpoint(document: Document, site: SiteModel) -> None:
    if site.asterisk is None:
        return
    if site.asterisk.trunk is not None and "{number}" not in site.asterisk.trunk:
        document.fault(("asterisk", "trunk"), "every number would be the same; write {number} where the number goes")
    if "{agent}" in site.asterisk.endpoint:
        for name, agent in site.agents.items():
            if agent.phone is None and len(site.asterisk.endpoint.replace("{agent}", name)) > PHONE_CHARS_MAX:
                document.fault(
                    ("agents", name),
                    f"the name and asterisk.endpoint make a phone of more than {PHONE_CHARS_MAX} characters; "
                    "shorten one of them, or give the agent a phone",
                    at_key=True,
                )
        return
    if any(agent.phone is None for agent in site.agents.values()):
        document.fault(
            ("asterisk", "endpoint"),
            "every agent would have the same phone; write {agent} where the agent's name goes, "
            "or give every agent a phone",
        )
