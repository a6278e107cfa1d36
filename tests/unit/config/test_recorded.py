"""Queues whose conversations are recorded: which lines can, and what a site is told of those that cannot."""

from __future__ import annotations

from pathlib import Path

from centre.line_kind import LineKind
from config.check.menus import check_menus
from config.loader import load_site
from tests.unit.config.sites import copy_of_the_bank, expected_at, refused

TWILIO = Path(__file__).parents[3] / "config" / "examples" / "twilio"


def test_a_site_without_a_line_that_records_is_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    at = expected_at(site, "site.yaml", "  cards:\n", "  cards:\n    record: \u2038true\n")
    message = f"{at}no line of this site records conversations; take it out, or add a section “twilio”"
    assert message in str(refused(site))


def test_of_a_line_that_does_not_record_the_check_says_so() -> None:
    site = load_site(TWILIO)
    said = "its conversations are not recorded on Asterisk"
    assert said in [finding.message for finding in check_menus(site, LineKind.ASTERISK)]
    assert not any("recorded" in finding.message for finding in check_menus(site, LineKind.TWILIO))


def test_another_wish_to_record_is_another_configuration() -> None:
    site = load_site(TWILIO)
    assert site.centre.recorded == {"bookings"}
    assert site.digest == load_site(TWILIO).digest
