"""A site's folder to a :class:`config.site.Site`: everything is read, checked and compiled, or all of it refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from config.aloud import read_aloud
from config.build import build_calendars, build_site
from config.build_flow import build_flow
from config.check.after import check_after
from config.check.calls import check_calls, check_depth, returns
from config.check.circles import check_circles, check_exits
from config.check.customers import check_customers, check_lookups
from config.check.flows import check_flow, check_prompts
from config.check.guessing import check_guessing
from config.check.plausible import check_plausible
from config.check.rules import check_rules
from config.check.secrets import check_secrets
from config.check.site import check_site
from config.check.staffing import check_staffing
from config.check.variables import check_variables
from config.check.waiting import check_waiting
from config.check.workload import check_workload
from config.documents import Document, read_document
from config.errors import Finding, SiteError
from config.schema.flows import FlowModel
from config.schema.logic import CallModel
from config.schema.prompts import PromptsModel
from config.schema.site import SiteModel
from config.schema.staffing import StaffingModel
from config.schema.workload import WorkloadModel
from config.site import Site
from config.yaml_tree import Path as TreePath
from ivr.flow import Flow

FLOWS_MOST = 500


def load_site(folder: Path) -> Site:
    """The site in ``folder``. :class:`SiteError` carries everything that is wrong, each with its place."""
    return load_and_warn(folder)[0]


def load_and_warn(folder: Path) -> tuple[Site, tuple[Finding, ...]]:
    """The site in ``folder``, and what its rules would do to callers that nobody can have meant.

    :class:`SiteError` carries everything that is wrong, each with its place.
    """
    findings: list[Finding] = []
    if not folder.is_dir():
        raise SiteError([Finding(str(folder), 0, 0, "there is no such folder; name the folder that holds site.yaml")])
    document = read_document(folder / "site.yaml", findings)
    site = document.validated(SiteModel) if document is not None else None
    prompts_document = read_document(folder / "prompts.yaml", findings)
    prompts = prompts_document.validated(PromptsModel) if prompts_document is not None else None
    flows = _read_flows(folder, findings)
    workload: tuple[Document, WorkloadModel] | None = None
    staffing: StaffingModel | None = None

    built: dict[str, Flow] = {}
    columns: tuple[str, ...] | None = None

    if document is not None and site is not None:
        check_site(document, site, flows)
        if prompts_document is not None and prompts is not None:
            check_prompts(prompts_document, prompts, site)
        built = _checked_flows(document, site, prompts, flows)
        if site.customers is not None:
            columns = check_customers(folder / site.customers, findings)
        if site.workload is not None:
            workload = _read_workload(folder, site.workload, site, built.get(site.entry), findings)
        if site.staffing is not None:
            staffing = _read_staffing(folder, site.staffing, site, findings)

    if not findings and site is not None:
        for name, flow in built.items():
            document_of_flow = _document(flows, name, findings)
            check_circles(document_of_flow, flow, site, fatal=True)
            check_waiting(document_of_flow, flow)
            check_after(document_of_flow, flow)
    if findings:
        raise SiteError(findings)
    assert document is not None
    assert site is not None
    assert prompts is not None
    warnings = _warnings(folder, document, site, flows, built, workload, columns)
    load = None if workload is None else workload[1]
    loaded = build_site(folder, site, built, build_calendars(site), prompts, load, staffing)
    documents = [document, prompts_document, *(file.document for file in flows.values() if file is not None)]
    return replace(loaded, sources=_sources(folder, documents)), warnings


def _sources(folder: Path, documents: Iterable[Document | None]) -> Mapping[str, str]:
    return {
        str(Path(document.file).relative_to(folder)): document.text for document in documents if document is not None
    }


@dataclass(frozen=True, slots=True)
class _FlowFile:
    """A file that could be read as a flow."""

    document: Document
    model: FlowModel


def _checked_flows(
    document: Document, site: SiteModel, prompts: PromptsModel | None, files: Mapping[str, _FlowFile | None]
) -> dict[str, Flow]:
    """The flows that a call could begin with; without findings about any of them only."""
    readable = {name: file for name, file in files.items() if file is not None}
    models = {name: file.model for name, file in readable.items()}
    before = len(document.findings)
    for name, file in readable.items():
        check_flow(file.document, file.model, site, prompts, models)
        check_variables(file.document, file.model, prompts)
        check_calls(file.document, file.model, models)
        check_depth(file.document, name, models)
    if site.entry in models and returns(models[site.entry]):
        document.fault(("entry",), f"“{site.entry}” returns to a flow that calls it; name one that callers begin with")
    if len(document.findings) > before or len(readable) < len(files):
        return {}
    calendars = build_calendars(site)
    aloud = read_aloud(prompts) if prompts is not None else {}
    return {name: build_flow(name, models, calendars, aloud) for name, model in models.items() if not returns(model)}


def _warnings(
    folder: Path,
    document: Document,
    site: SiteModel,
    files: Mapping[str, _FlowFile | None],
    built: Mapping[str, Flow],
    workload: tuple[Document, WorkloadModel] | None,
    columns: tuple[str, ...] | None,
) -> tuple[Finding, ...]:
    """What nobody can have meant, and works all the same; in order of place. ``columns``: of the customer records."""
    found: list[Finding] = []
    for name, flow in built.items():
        check_circles(_document(files, name, found), flow, site, fatal=False)
        check_guessing(flow, partial(_place_of, files, name, found))
    for name, file in files.items():
        assert file is not None
        check_exits(_document(files, name, found), file.model, site)
        check_lookups(_document(files, name, found), file.model, columns)
    check_rules(
        replace(document, findings=found),
        site,
        _document(files, site.entry, found),
        built[site.entry],
        None if workload is None else workload[1],
    )
    if workload is not None:
        check_plausible(replace(workload[0], findings=found), workload[1], built[site.entry])
    check_secrets(replace(document, findings=found), site, folder)
    return tuple(sorted(set(found)))


def _document(files: Mapping[str, _FlowFile | None], name: str, findings: list[Finding]) -> Document:
    file = files[name]
    assert file is not None
    return replace(file.document, findings=findings)


def _place_of(
    files: Mapping[str, _FlowFile | None], flow: str, findings: list[Finding], node: str
) -> tuple[Document, TreePath]:
    """Where a node of the flow that runs (“order/pin”) is written: in the file of the flow that is called there."""
    *calls, own = node.split("/")
    for call in calls:
        file = files[flow]
        assert file is not None
        calling = file.model.nodes[call]
        assert isinstance(calling, CallModel)
        flow = calling.flow
    return _document(files, flow, findings), ("nodes", own)


def _read_flows(folder: Path, findings: list[Finding]) -> dict[str, _FlowFile | None]:
    """Every flow file by name; None where it could not be read, which is a finding already."""
    paths = sorted((folder / "flows").glob("*.yaml"))
    if len(paths) > FLOWS_MOST:
        findings.append(
            Finding(str(folder / "flows"), 0, 0, f"holds more than {FLOWS_MOST} flows; move some elsewhere")
        )
    flows: dict[str, _FlowFile | None] = {}
    for path in paths[:FLOWS_MOST]:
        document = read_document(path, findings)
        model = document.validated(FlowModel) if document is not None else None
        flows[path.stem] = _FlowFile(document, model) if document is not None and model is not None else None
    return flows


def _read_workload(
    folder: Path, name: str, site: SiteModel, entry: Flow | None, findings: list[Finding]
) -> tuple[Document, WorkloadModel] | None:
    document = read_document(folder / name, findings)
    workload = document.validated(WorkloadModel) if document is not None else None
    if document is None or workload is None:
        return None
    check_workload(document, workload, site, entry, folder)
    return document, workload


def _read_staffing(folder: Path, name: str, site: SiteModel, findings: list[Finding]) -> StaffingModel | None:
    document = read_document(folder / name, findings)
    staffing = document.validated(StaffingModel) if document is not None else None
    if document is not None and staffing is not None:
        check_staffing(document, staffing, site)
    return staffing
