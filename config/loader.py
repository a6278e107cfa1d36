"""A site's folder to a :class:`config.site.Site`: everything is read, checked and compiled, or all of it refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config.build import build_site
from config.check.circles import check_circles, check_exits
from config.check.flows import check_flow, check_prompts
from config.check.rules import check_rules
from config.check.site import check_customers, check_site
from config.check.workload import check_workload
from config.documents import Document, read_document
from config.errors import Finding, SiteError
from config.schema.flows import FlowModel
from config.schema.prompts import PromptsModel
from config.schema.site import SiteModel
from config.schema.workload import WorkloadModel
from config.site import Site

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
    workload: WorkloadModel | None = None

    if document is not None and site is not None:
        check_site(document, site, flows)
        if prompts_document is not None and prompts is not None:
            check_prompts(prompts_document, prompts, site)
        for flow_document, flow in flows.values():
            if flow_document is not None and flow is not None:
                check_flow(flow_document, flow, site, prompts)
        if site.customers is not None:
            check_customers(folder / site.customers, findings)
        if site.workload is not None:
            entry = flows[site.entry][1] if site.entry in flows else None
            workload = _read_workload(folder, site.workload, site, entry, findings)

    if not findings and site is not None:
        for flow_document, flow in flows.values():
            if flow_document is not None and flow is not None:
                check_circles(flow_document, flow, site, fatal=True)
    if findings:
        raise SiteError(findings)
    assert document is not None
    assert site is not None
    assert prompts is not None
    warnings = _warnings(document, site, flows, workload)
    models = {name: flow for name, (_, flow) in flows.items() if flow is not None}
    return build_site(folder, site, models, prompts, workload), warnings


def _warnings(
    document: Document,
    site: SiteModel,
    flows: dict[str, tuple[Document | None, FlowModel | None]],
    workload: WorkloadModel | None,
) -> tuple[Finding, ...]:
    """What :mod:`config.check.rules` finds, in order of place."""
    found: list[Finding] = []
    for flow_document, flow in flows.values():
        assert flow_document is not None
        assert flow is not None
        check_circles(replace(flow_document, findings=found), flow, site, fatal=False)
        check_exits(replace(flow_document, findings=found), flow, site)
    flow_document, flow = flows[site.entry]
    assert flow_document is not None
    assert flow is not None
    flow_document = replace(flow_document, findings=found)
    check_rules(replace(document, findings=found), site, flow_document, flow, workload)
    return tuple(sorted(set(found)))


def _read_flows(folder: Path, findings: list[Finding]) -> dict[str, tuple[Document | None, FlowModel | None]]:
    """Every flow file by name; None where it could not be read, which is a finding already."""
    paths = sorted((folder / "flows").glob("*.yaml"))
    if len(paths) > FLOWS_MOST:
        findings.append(
            Finding(str(folder / "flows"), 0, 0, f"holds more than {FLOWS_MOST} flows; move some elsewhere")
        )
    flows: dict[str, tuple[Document | None, FlowModel | None]] = {}
    for path in paths[:FLOWS_MOST]:
        document = read_document(path, findings)
        flows[path.stem] = (document, document.validated(FlowModel) if document is not None else None)
    return flows


def _read_workload(
    folder: Path, name: str, site: SiteModel, entry: FlowModel | None, findings: list[Finding]
) -> WorkloadModel | None:
    document = read_document(folder / name, findings)
    workload = document.validated(WorkloadModel) if document is not None else None
    if document is not None and workload is not None:
        check_workload(document, workload, site, entry, folder)
    return workload
