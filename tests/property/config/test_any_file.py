"""Whatever stands in a site's files, the site loads or is refused with findings: nothing else ever happens."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config import Site, SiteError, load_site
from tests.unit.config.sites import BANK, copy_of_the_bank

FILES = ["site.yaml", "flows/main.yaml", "prompts.yaml", "workload.yaml", "customers.csv"]

SHARDS = [
    *("\t", "\n", "\r", "  ", "-", ":", ": ", "#", "'", '"', "[", "]", "{", "}", "&a ", "*a", "!!int ", "? ", "|", ">"),
    *("%YAML 9.9\n", "---\n", "...\n", "<<: ", "\x00", "\x85", "\u2028", "\ufeff", "\ud7ff", "🏦", "🏦" * 300),
    *("0", "-1", "1e999", ".nan", "9" * 400, "null", "~", "true", "no", "0123", "2026-02-30", '"25:00-26:00"'),
    *("{}", "[]", "{a: {b: [c]}}", "? [a]\n: b\n", "not ", "cards >= ", "(" * 300, "and", "../../etc/passwd", "99 h"),
]

broken_text = st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SHARDS) | st.text(max_size=5))


def outcome(site: Path) -> Site | SiteError:
    try:
        return load_site(site)
    except SiteError as error:
        return error


def assert_loads_or_is_refused(file: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = copy_of_the_bank(Path(folder))
        (site / file).write_bytes(content)
        match outcome(site):
            case Site() as loaded:
                assert loaded.entry_flow.nodes
            case SiteError() as error:
                assert error.findings
                assert all("\n" not in finding.message for finding in error.findings)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FILES), st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_bytes_load_or_are_refused(file: str, content: bytes) -> None:
    assert_loads_or_is_refused(file, content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.lists(broken_text, min_size=1, max_size=3))
def test_a_good_file_broken_anywhere_loads_or_is_refused(file: str, breaks: list[tuple[float, int, str]]) -> None:
    text = (BANK / file).read_text(encoding="utf-8")
    for where, cut, shard in breaks:
        place = round(where * len(text))
        text = text[:place] + shard + text[place + cut :]
    assert_loads_or_is_refused(file, text.encode(errors="replace"))
