"""A flow whose callers speak a statement: what its file may say of the recording."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from centre.line_kind import LineKind
from config.check.menus import check_menus
from config.errors import SiteError
from config.loader import load_site
from ivr.logic import Fetch
from ivr.recordings import EVERY_KEY, Record

INSURANCE = Path(__file__).parents[3] / "config" / "examples" / "insurance"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return shutil.copytree(INSURANCE, tmp_path / "insurance")


def change(site: Path, old: str, new: str) -> None:
    flow = site / "flows" / "main.yaml"
    text = flow.read_text(encoding="utf-8")
    assert old in text
    flow.write_text(text.replace(old, new), encoding="utf-8")


def statement_of(site: Path) -> Record:
    node = load_site(site).entry_flow.nodes["report"]
    assert isinstance(node, Record)
    return node


def test_the_hash_key_ends_a_statement_unless_the_file_says_otherwise(site: Path) -> None:
    assert statement_of(site).keys == "#"
    change(site, "longest: 3 min", "longest: 3 min, terminator: any, beep: false")
    node = statement_of(site)
    assert (node.keys, node.beep, node.longest_ms) == (EVERY_KEY, False, 180_000)


def test_a_data_dip_carries_the_name_of_a_recording_and_of_a_sensitive_one_too(site: Path) -> None:
    dip = load_site(site).entry_flow.nodes["file"]
    assert isinstance(dip, Fetch)
    assert (set(dip.json), dip.secrets) == ({"caller", "recording"}, {})
    change(site, "into: statement", "into: statement, sensitive: true")
    dip = load_site(site).entry_flow.nodes["file"]
    assert isinstance(dip, Fetch)
    assert (set(dip.json), dip.secrets) == ({"caller"}, {"recording": "statement"})


def test_no_card_shows_the_name_of_a_sensitive_recording(site: Path) -> None:
    change(site, "show: {claim: claim}", "show: {claim: claim, statement: statement}")
    load_site(site)
    change(site, "into: statement", "into: statement, sensitive: true")
    with pytest.raises(SiteError, match="“statement” is sensitive: nothing may read it"):
        load_site(site)


def test_asterisk_keeps_a_second_of_silence(site: Path) -> None:
    before = check_menus(load_site(site), LineKind.ASTERISK)
    change(site, "into: statement", "into: statement, shortest: 1 s")
    (new,) = [finding.message for finding in check_menus(load_site(site), LineKind.ASTERISK) if finding not in before]
    assert new.startswith("of a caller who says nothing Asterisk keeps a second")


def test_twilio_counts_whole_seconds_and_keeps_what_it_has_recorded(site: Path) -> None:
    before = check_menus(load_site(site), LineKind.TWILIO)
    change(site, "into: statement", "into: statement, sensitive: true, shortest: 1500 ms")
    new = [finding.message for finding in check_menus(load_site(site), LineKind.TWILIO) if finding not in before]
    assert new == [
        "Twilio keeps this recording too, until somebody deletes it there",
        "the length of a message is told in whole seconds; write one that is whole",
    ]
