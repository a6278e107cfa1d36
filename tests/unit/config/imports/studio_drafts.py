"""What becomes of a Studio flow of a few widgets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from config.imports.draft import Draft
from config.imports.studio.importer import import_studio
from tests.unit.config.imports.studio_flows import State, flow

DATA = Path(__file__).parents[3] / "data" / "studio"


def draft_of(*states: State, **options: Any) -> Draft:
    """What is made of a flow that begins with the first widget; ``options``: of the import."""
    return import_studio(json.dumps(flow(*states), indent=1), "flow.json", name="main", **options)


def messages(draft: Draft) -> str:
    """All that the import has to say, a finding a line."""
    return "\n".join(finding.message for finding in draft.findings)


def node(draft: Draft, name: str) -> dict[str, Any]:
    """One node of what was made."""
    return draft.nodes[name].data
