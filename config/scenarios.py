"""The scenarios of a site: files in scenarios/, each a call as it should go."""

from __future__ import annotations

from dataclasses import dataclass

from config.documents import Document, read_document
from config.errors import Finding, SiteError, unknown
from config.schema.scenario import ScenarioModel
from config.site import Site
from ivr.logic import Limit


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file. ``document`` knows where each step stands."""

    name: str
    model: ScenarioModel
    document: Document


def load_scenarios(site: Site) -> tuple[Scenario, ...]:
    """All scenarios of the site, by name. :class:`SiteError` carries everything that is wrong with the files."""
    findings: list[Finding] = []
    scenarios: list[Scenario] = []
    paths = sorted((site.folder / "scenarios").glob("*.yaml"))
    if not paths:
        raise SiteError([Finding(str(site.folder / "scenarios"), 0, 0, "there is no scenario; write one, NAME.yaml")])
    for path in paths:
        document = read_document(path, findings)
        model = document.validated(ScenarioModel) if document is not None else None
        if document is not None and model is not None:
            _check(document, model, site)
            scenarios.append(Scenario(path.stem, model, document))
    if findings:
        raise SiteError(findings)
    return tuple(scenarios)


def _check(document: Document, model: ScenarioModel, site: Site) -> None:
    flows = {flow.id: flow for flow in site.flows.values()}
    if model.flow is not None and model.flow not in flows:
        document.fault(("flow",), unknown("flow that calls begin with", model.flow, flows))
        return
    flow = site.entry_flow if model.flow is None else flows[model.flow]
    for node in model.data:
        if node not in flow.nodes:
            document.fault(("data", node), unknown("node of this flow", node, flow.nodes), at_key=True)
    limits = [name for name, node in flow.nodes.items() if isinstance(node, Limit)]
    for number, name in enumerate(model.limited):
        if name not in limits:
            document.fault(("limited", number), unknown("limit of this flow", name, limits))
    for number, step in enumerate(model.steps):
        if len(step.model_fields_set) != 1:
            message = "a step says one thing; write one setting, and further ones as steps of their own"
            document.fault(("steps", number), message)
        if step.hear is not None and step.hear not in site.prompts:
            document.fault(("steps", number, "hear"), unknown("prompt", step.hear, site.prompts))
        if step.queue is not None and step.queue not in site.queues:
            document.fault(("steps", number, "queue"), unknown("queue", step.queue, site.queues))
