"""Whatever stands in a Studio export, it is refused with a place or becomes a flow that can be loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import SiteError
from config.imports.studio.importer import import_studio
from tests.property.config.imports.broken import broken, outcome

DATA = Path(__file__).parents[3] / "data" / "studio"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(DATA.glob("*.json"))]
SHARDS = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "\\",
    "\t",
    "\x00",
    "NaN",
    "-",
    "1e9999",
    "9" * 500,
    "\ufeff",
    "//",
    "{{",
    "🏦",
]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(TEXTS).flatmap(lambda text: broken(json.loads(text))))
def test_any_broken_flow_becomes_a_flow_or_is_refused(flow: object) -> None:
    outcome(lambda: import_studio(json.dumps(flow), "flow.json", name="main"))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.sampled_from(SHARDS)), min_size=1, max_size=3),
)
def test_any_text_becomes_a_flow_or_is_refused(text: str, breaks: list[tuple[float, int, str]]) -> None:
    for where, cut, shard in breaks:
        place = round(where * len(text))
        text = text[:place] + shard + text[place + cut :]
    outcome(lambda: import_studio(text, "flow.json", name="main"))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(json.dumps))
def test_what_is_no_flow_is_refused(text: str) -> None:
    with pytest.raises(SiteError):
        import_studio(text, "flow.json")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"states": [' + "{}," * 100_000 + "{}]}"])
def test_what_is_too_deep_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(SiteError, match="no menu"):
        import_studio(text, "flow.json")
