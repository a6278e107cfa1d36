"""A site from the texts of its files, long after these have changed: by which rules was it run then?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config.aloud import read_aloud
from config.build import build_calendars, build_site
from config.build_flow import build_flow
from config.check.calls import returns
from config.documents import parsed
from config.errors import Finding, SiteError
from config.schema.flows import FlowModel
from config.schema.prompts import PromptsModel
from config.schema.site import SiteModel
from config.site import Site


def site_of(sources: Mapping[str, str], folder: Path) -> Site:
    """The site that had these files (:attr:`config.site.Site.sources`), without customers, workload and staffing.
    ``folder``: where its recordings are, as far as they are still there.

    They were checked when they were loaded, so nothing is but their form: :class:`~config.errors.SiteError` where this
    version knows it no more.
    """
    findings: list[Finding] = []
    documents = {name: parsed(str(folder / name), text, findings) for name, text in sources.items()}
    document, prompts_document = documents.pop("site.yaml", None), documents.pop("prompts.yaml", None)
    site = document.validated(SiteModel) if document is not None else None
    prompts = prompts_document.validated(PromptsModel) if prompts_document is not None else None
    flows = {Path(name).stem: flow.validated(FlowModel) for name, flow in documents.items() if flow is not None}
    models = {name: model for name, model in flows.items() if model is not None}
    if findings:
        raise SiteError(findings)
    if site is None or prompts is None or site.entry not in models:
        raise SiteError([Finding(str(folder), 0, 0, "its rules of before are not whole")])
    calendars, aloud = build_calendars(site), read_aloud(prompts)
    built = {name: build_flow(name, models, calendars, aloud) for name, model in models.items() if not returns(model)}
    without = site.model_copy(update={"customers": None, "workload": None, "staffing": None})
    return build_site(folder, without, built, calendars, prompts, None, None)
