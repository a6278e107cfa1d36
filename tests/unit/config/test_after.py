"""What may follow on a conversation, and what may not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from centre.line_kind import LineKind
from config.check.menus import check_menus
from config.errors import SiteError
from config.loader import load_site
from ivr.flow import Survey
from ivr.scale import Scale

INSURANCE = Path(__file__).parents[3] / "config" / "examples" / "insurance"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return shutil.copytree(INSURANCE, tmp_path / "insurance")


def change(site: Path, old: str, new: str) -> None:
    flow = site / "flows" / "main.yaml"
    text = flow.read_text(encoding="utf-8")
    assert old in text
    flow.write_text(text.replace(old, new), encoding="utf-8")


def refused(site: Path) -> list[str]:
    with pytest.raises(SiteError) as caught:
        load_site(site)
    return [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize(
    "node",
    [
        "{do: queue, queue: claims, otherwise: goodbye}",
        "{do: voicemail, prompt: why, next: goodbye, otherwise: goodbye}",
    ],
)
def test_a_call_whose_conversation_is_over_goes_nowhere(site: Path, node: str) -> None:
    change(site, "  goodbye: {do", f"  again: {node}\n  goodbye: {{do".replace("again", "elsewhere"))
    change(site, "into: why, longest: 1 min, next: goodbye", "into: why, longest: 1 min, next: elsewhere")
    (message,) = refused(site)
    assert message.startswith("a call can come here whose conversation is over")


def test_nobody_is_asked_how_it_was_who_has_talked_to_nobody(site: Path) -> None:
    change(site, '"2": {next: claims, ', '"2": {next: likely, ')
    assert [message[:48] for message in refused(site)] == ["a call can come here that has talked to nobody; "]


def test_a_score_is_a_number_that_expressions_read_and_only_behind_the_question(site: Path) -> None:
    change(site, "when: likely <= 6", 'when: likely == "6"')
    assert "number" in refused(site)[0]
    change(site, 'when: likely == "6"', "when: likely <= 6")
    change(site, "next: likely, otherwise: goodbye}", "next: likely, otherwise: unhappy}")
    assert "before anything was put into “likely”" in refused(site)[0]


def test_a_ten_takes_two_digits_and_other_scores_count_at_once(site: Path) -> None:
    nodes = load_site(site).entry_flow.nodes
    likely, satisfied = nodes["likely"], nodes["satisfied"]
    assert isinstance(likely, Survey)
    assert isinstance(satisfied, Survey)
    assert (likely.scale, likely.keys.most, likely.keys.terminator) == (Scale.NPS, 2, "#")
    assert set(likely.keys.at_once) == set("023456789*")
    assert (satisfied.scale, satisfied.keys.most, satisfied.keys.at_once) == (Scale.CSAT, 1, "")


def test_twilio_takes_a_single_digit_of_ten_only_after_a_while(site: Path) -> None:
    assert check_menus(load_site(site), LineKind.VIRTUAL) == ()
    ahead, score = (finding.message for finding in check_menus(load_site(site), LineKind.TWILIO))
    assert ahead.startswith("keys pressed before this question begins are lost")
    assert score.startswith("one time for all keys: a single digit is taken only once")
