"""A draft as files of a site: a new site, or one more flow of a site that is there."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from config.documents import read_document
from config.errors import Finding, SiteError
from config.imports.draft import Data, Draft
from config.imports.names import Either, one_line, unused
from config.imports.placing import put_files

_PLAIN = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[^\W\d](?:[^\s:#,\[\]{}&*!|>'%@`\\\"]|:(?=//)| (?! |$))*"
    r"|\d+ (?:s|min|ms)",
    re.IGNORECASE,
)
"""Texts that YAML reads as they stand; all others are put in quotes."""

NOBODY_WAITS = "operator"
"""The queue of a new site whose flows lead to none."""
ROOM = 110
"""Characters of a line; what is longer is written on several."""


def write_site(drafts: Sequence[Draft], folder: Path) -> bool:
    """Writes the flows into the site's folder, and a site around them where there is none yet: then it gives True.

    All of it is written or nothing. :class:`SiteError` where something is in the way.
    """
    is_new = not (folder / "site.yaml").exists()
    _check_free(drafts, folder, is_new=is_new)
    taken, before = (set[str](), "") if is_new else _prompts_of(folder)
    numbers, services = ({}, {}) if is_new else _bound(folder)
    for draft in drafts:
        taken |= _rename_prompts(draft, taken)
        draft.numbers = _rename_endpoints(draft, "number", draft.numbers, numbers)
        draft.services = _rename_endpoints(draft, "service", draft.services, services)
    prompts = "".join(prompts_text(draft) for draft in drafts)
    # The prompts first: whoever watches the folder finds them when the flows come.
    files = {"prompts.yaml": (before + prompts) or "{}\n"}
    files |= {f"flows/{draft.name}.yaml": flow_text(draft) for draft in drafts}
    if is_new:
        files["site.yaml"] = site_text(drafts)
    try:
        put_files(files, folder, replaces="" if is_new else "prompts.yaml")
    except OSError as error:
        raise SiteError([Finding(str(error.filename), 0, 0, f"cannot be written: {error.strerror}")]) from None
    return is_new


def flow_text(draft: Draft) -> str:
    """flows/<name>.yaml."""
    head: Data = {"start": draft.start, "language": draft.language}
    if draft.variables:
        starts = {"text": '""', "number": 0}
        head["variables"] = {name: {"type": kind, "start": starts[kind]} for name, kind in draft.variables.items()}
    if draft.inputs:
        head["inputs"] = draft.inputs
    title = f" “{one_line(draft.title)}”" if draft.title else ""
    lines = [f"# Imported from {one_line(Path(draft.file).name)}{title}.", *_dumped(head, 0), "nodes:"]
    for name, node in draft.nodes.items():
        lines += [f"  # {comment}" for comment in dict.fromkeys(draft.comments.get(name, ()))]
        lines += _dumped({name: node.data}, 2)
    return "\n".join(lines) + "\n"


def prompts_text(draft: Draft) -> str:
    """The part of prompts.yaml that the flow speaks."""
    lines: list[str] = []
    for name, prompt in draft.prompts.items():
        lines += [f"# {prompt.comment}"] if prompt.comment else []
        said: str | Data = {"ssml": prompt.ssml} if prompt.ssml else prompt.text
        lines += _dumped({name: dict.fromkeys(_languages(draft), said)}, 0)
    return "\n".join([*lines, ""]) if lines else ""


def _languages(draft: Draft) -> list[str]:
    """Its own first. Where recordings of one name lie in a folder for each language, all have the same text."""
    return [draft.language, *sorted(draft.languages - {draft.language})]


def is_of_the_empty_queue(warning: Finding, drafts: Sequence[Draft]) -> bool:
    """Whether a warning is about the queue that a new site has only because every site has one."""
    return not any(draft.queues for draft in drafts) and f"no call ever comes to “{NOBODY_WAITS}”" in warning.message


def site_text(drafts: Sequence[Draft]) -> str:
    """site.yaml of a site that has these flows, with what has to be filled in."""
    first = drafts[0]
    queues = {name: what for draft in drafts for name, what in draft.queues.items()} or {NOBODY_WAITS: ""}
    site: Data = {
        "name": {first.language: one_line(first.title) or first.name},
        "time_zone": "Etc/UTC",
        "languages": sorted({language for draft in drafts for language in _languages(draft)}),
        "entry": first.name,
        "queues": {name: {"title": {first.language: _title(name)}} for name in queues},
        "agents": {"agent": {"name": "Agent"}},
    }
    calendars = {name: hours for draft in drafts for name, hours in draft.hours.items()}
    if calendars:
        site["calendars"] = calendars
    numbers = {name: number for draft in drafts for name, number in draft.numbers.items()}
    if numbers:
        site["outside_numbers"] = numbers
    services = {name: {"url": address} for draft in drafts for name, address in draft.services.items()}
    if services:
        site["web_services"] = services
    head = ["# What the imported flow needs around it: put in your own time zone, queues, agents and skills."]
    head += [f"# - {one_line(sentence, 300)}" for draft in drafts for sentence in bindings(draft)]
    return "\n".join([*head, *_dumped(site, 0), ""])


def _title(name: str) -> str:
    """“Flex a1b2” of flex-a1b2."""
    return re.sub("[-_]+", " ", name).capitalize()


def bindings(draft: Draft) -> list[str]:
    """What the site has to say about what the flow names, and what else somebody has to do."""
    sentences = [f"queue “{name}”: {what}" for name, what in draft.queues.items()]
    if not draft.queues and not draft.is_part:
        sentences = [f"queue “{NOBODY_WAITS}”: no call comes to it; lead one there, or leave it until one does"]
    sentences += [f"calendar “{name}”: {what}" for name, what in draft.calendars.items()]
    sentences += [f'outside_numbers: {{{name}: "{number}"}}' for name, number in draft.numbers.items()]
    sentences += [f"web_services: {{{name}: {{url: {address}}}}}" for name, address in draft.services.items()]
    return [*sentences, *draft.to_bind]


def _check_free(drafts: Sequence[Draft], folder: Path, *, is_new: bool) -> None:
    twice = [name for name, count in Counter(draft.name for draft in drafts).items() if count > 1]
    if twice:
        file = str(folder / "flows" / f"{twice[0]}.yaml")
        message = "two of the flows would be written here; choose --name, or rename the file of the one that is run"
        raise SiteError([Finding(file, 0, 0, message)])
    names = [f"flows/{draft.name}.yaml" for draft in drafts] + (["prompts.yaml"] if is_new else [])
    found = [folder / name for name in names if (folder / name).exists()]
    if found:
        raise SiteError([Finding(str(path), 0, 0, "is there already; delete it, or choose --name") for path in found])


def _prompts_of(folder: Path) -> tuple[set[str], str]:
    """The names of the prompts that are there, and the text of their file, behind which more can be written."""
    findings: list[Finding] = []
    file = folder / "prompts.yaml"
    document = read_document(file, findings)
    if document is None or findings or not isinstance(document.tree.data, dict):
        raise SiteError(findings or [Finding(str(file), 1, 1, "these are no prompts")])
    lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    names = set(document.tree.data)
    for number, line in enumerate(lines, 1):
        if names and line.startswith("{"):
            message = "nothing can be written behind prompts in braces; write each on a line of its own, without them"
            raise SiteError([Finding(str(file), number, 1, message)])
    kept = [line for line in lines if names or line.startswith("#")]
    return names, "".join(f"{line}\n" for line in kept)


def _rename_prompts(draft: Draft, taken: set[str]) -> set[str]:
    """Gives prompts whose name another flow uses a name of their own; returns all names."""
    known = taken | set(draft.prompts)
    renamed: dict[str, str] = {}
    for name in draft.prompts:
        if name in taken:
            renamed[name] = unused(f"{draft.name[:30]}-{name[:30]}", known)
            known.add(renamed[name])
    draft.prompts = {renamed.get(name, name): prompt for name, prompt in draft.prompts.items()}
    for node in draft.nodes.values():
        for part in (node.data, node.data.get("attempts", {})):
            for key in ("prompt", "no_input", "no_match"):
                if key in part:
                    part[key] = renamed.get(part[key], part[key])
    return known


def _bound(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The numbers outside and the web services that a site has bound, as far as its file can be read."""
    document = read_document(folder / "site.yaml", [])
    site = document.tree.data if document is not None and isinstance(document.tree.data, dict) else {}
    numbers, services = (site.get(part) for part in ("outside_numbers", "web_services"))
    addresses = {
        str(name): str(service.get("url")) if isinstance(service, dict) else ""
        for name, service in (services.items() if isinstance(services, dict) else ())
    }
    return dict(numbers) if isinstance(numbers, dict) else {}, addresses


def _rename_endpoints(draft: Draft, part: str, own: dict[str, str], bound: dict[str, str]) -> dict[str, str]:
    """The flow's own names with their addresses, each by another name where the site has bound that to another address;
    ``bound`` grows by them. ``part``: where nodes name them."""
    renamed: dict[str, str] = {}
    for name, address in own.items():
        renamed[name] = name
        if bound.get(name, address) != address:
            renamed[name] = unused(f"{draft.name[:30]}-{name[:30]}", Either(bound, own, renamed.values()))
        bound[renamed[name]] = address
    for node in draft.nodes.values():
        if node.data["do"] in ("transfer", "http") and part in node.data:
            node.data[part] = renamed[node.data[part]]
    return {renamed[name]: address for name, address in own.items()}


def _dumped(data: Data, indent: int) -> list[str]:
    """The lines of YAML: a group on one line where it has room there."""
    yaml = YAML()
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_styled(data, ROOM - indent, is_outermost=True), stream)
    return [" " * indent + line for line in stream.getvalue().splitlines()]


def _styled(data: Any, room: int, *, is_outermost: bool = False) -> Any:
    if isinstance(data, dict):
        group: Any = CommentedMap()
        for name, value in data.items():
            group[_styled(name, room)] = _styled(
                value, room - 2 - (len(name) + 2 if not isinstance(value, dict | list) else 0)
            )
    elif isinstance(data, list):
        group = CommentedSeq([_styled(value, room - 4) for value in data])
    else:
        return (
            data
            if not isinstance(data, str) or _PLAIN.fullmatch(data) or '"' in data
            else DoubleQuotedScalarString(data)
        )
    if not is_outermost and (not data or len(repr(data)) <= room):
        _flatten(group)
    return group


def _flatten(group: Any) -> None:
    group.fa.set_flow_style()
    for inner in group.values() if isinstance(group, CommentedMap) else group:
        if isinstance(inner, CommentedMap | CommentedSeq):
            _flatten(inner)
