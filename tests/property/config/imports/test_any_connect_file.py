"""Whatever stands in an export of Amazon Connect, it is refused with a place or becomes a flow that can be loaded."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config.imports.connect.importer import import_connect
from tests.property.config.imports.broken import broken, outcome

DATA = Path(__file__).parents[3] / "data" / "connect"
FLOWS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(FLOWS).flatmap(broken))
def test_any_broken_flow_becomes_a_flow_or_is_refused(flow: object) -> None:
    outcome(lambda: import_connect(json.dumps(flow), "flow.json", name="main"))
