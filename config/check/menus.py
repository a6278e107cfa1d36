"""What nobody can have meant in a site's menus: keys that work nowhere, texts that nobody hears. Warnings all."""

from __future__ import annotations

from collections.abc import Mapping

from centre.capabilities import CAPABILITIES
from centre.line_kind import LineKind
from config.check.aloud import check_marks, check_recordings
from config.check.edges import inherited_keys
from config.check.flows import prompts_of
from config.check.lines import check_line
from config.documents import Document, read_document
from config.errors import Finding
from config.schema.flows import FlowModel, GlobalKeyModel, HoursModel, MenuModel
from config.schema.logic import CallModel
from config.site import Site


def check_menus(site: Site, line: LineKind | None = None) -> tuple[Finding, ...]:
    """Warnings about the flows of a site that was loaded: their files are read again, for the places."""
    findings: list[Finding] = []
    files: dict[str, tuple[Document, FlowModel]] = {}
    for path in sorted((site.folder / "flows").glob("*.yaml")):
        document = read_document(path, findings)
        model = document.validated(FlowModel) if document is not None else None
        if document is not None and model is not None:
            files[path.stem] = (document, model)
    flows = {name: flow for name, (_, flow) in files.items()}
    for document, flow in files.values():
        _check_keys(document, flow, flows)
        _check_holidays(document, flow, site)
        if line is not None:
            check_line(document, flow, site, CAPABILITIES[line])
    _check_used(site, files)
    _check_prompts(site, files, findings, line)
    return tuple(sorted(set(findings)))


def _check_keys(document: Document, flow: FlowModel, flows: Mapping[str, FlowModel]) -> None:
    for key, one in flow.global_keys.items():
        if not _works(key, one, flow, flows):
            document.fault(
                ("global_keys", key),
                "this key works nowhere: every menu uses it otherwise, or turns global keys off; delete it",
                at_key=True,
            )
    for name, node in flow.nodes.items():
        if not isinstance(node, MenuModel):
            continue
        if len(node.choices) > 1 and len({choice.next for choice in node.choices.values()}) == 1:
            message = "all keys lead to the same node, so the question asks nothing; lead them apart, or leave it out"
            document.fault(("nodes", name, "choices"), message, at_key=True)


def _check_holidays(document: Document, flow: FlowModel, site: Site) -> None:
    for name, node in flow.nodes.items():
        if isinstance(node, HoursModel) and node.holiday is not None and not site.calendars[node.calendar].has_holidays:
            message = (
                f"no call goes this way: “{node.calendar}” has no holidays; add them to its exceptions in site.yaml, "
                'such as "2026-12-25": closed'
            )
            document.fault(("nodes", name, "holiday"), message)


def _works(key: str, one: GlobalKeyModel, flow: FlowModel, flows: Mapping[str, FlowModel]) -> bool:
    """Whether the key does this at any question of the flow, or of one that it calls and that has no such key."""
    flow = flow.model_copy(update={"global_keys": {key: one}})
    for node in flow.nodes.values():
        if isinstance(node, CallModel):
            called = flows.get(node.flow) if node.global_keys else None
            if called is not None and key not in called.global_keys and _works(key, one, called, flows):
                return True
        elif key in inherited_keys(flow, node):
            return True
    return False


def _check_used(site: Site, files: dict[str, tuple[Document, FlowModel]]) -> None:
    called = {node.flow for _, flow in files.values() for node in flow.nodes.values() if isinstance(node, CallModel)}
    for name, (document, _) in files.items():
        if name not in called and name != site.entry_flow.id:
            document.fault((), f"no call comes to “{name}”: it is not the entry, and no flow calls it")


def _check_prompts(
    site: Site, files: dict[str, tuple[Document, FlowModel]], findings: list[Finding], line: LineKind | None
) -> None:
    document = read_document(site.folder / "prompts.yaml", findings)
    if document is None:
        return
    spoken = {prompt for _, flow in files.values() for node in flow.nodes.values() for _, prompt in prompts_of(node)}
    for prompt in site.prompts:
        if prompt not in spoken:
            document.fault((prompt,), f"no flow speaks “{prompt}”; delete it, or let a node speak it", at_key=True)
    if line is not None and CAPABILITIES[line].needs_recordings:
        check_recordings(document, site)  # what is recorded was spoken by somebody who knows how
    elif line is not None:
        check_marks(document, site, CAPABILITIES[line])
