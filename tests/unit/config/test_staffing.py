"""staffing.yaml: whom a site may hire, and what is found wrong with it."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from config import load_site
from config.staffing import Goal
from ivr.hours import Span
from tests.unit.config.sites import BANK, HERE, copy_of_the_bank, expected_at, refused

FILE = "staffing.yaml"


def test_a_queue_that_is_not_named_keeps_the_target_of_its_service_level() -> None:
    staffing = load_site(BANK).staffing
    assert staffing is not None
    assert staffing.goals["loans"] == Goal(service_level=0.75)
    assert staffing.goals["technical"] == Goal(asa_ms=25_000)


def test_a_break_that_can_be_moved_is_tried_at_every_quarter_of_an_hour(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(site, FILE, 'within: "10:30-13:30"', 'within: "10:30-11:30"')
    staffing = load_site(site).staffing
    assert staffing is not None
    early = [shift for shift in staffing.shifts if shift.name == "early"]
    assert [shift.breaks for shift in early] == [
        (Span(time(10, 30), time(11)),),
        (Span(time(10, 45), time(11, 15)),),
        (Span(time(11), time(11, 30)),),
    ]
    assert {shift.paid_ms for shift in early} == {8 * 3_600_000}
    assert {shift.paid_ms for shift in staffing.shifts if shift.name == "night"} == {9 * 3_600_000}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{cards: 5,", f"{{{HERE}card: 5,", "“card” is no skill; did you mean “cards”?"),
        ("  technical: {asa", f"  {HERE}tecnical: {{asa", "“tecnical” is no queue; did you mean “technical”?"),
        ("{asa: 25 s}", f"{HERE}{{}}", "nothing is to be reached; write “service_level: 80 %”"),
        (
            "{loans: 5, english: 7, ukrainian: 10}",
            f"{HERE}{{cards: 5, english: 7, ukrainian: 10}}",
            "the agents of “cards” can do exactly the same; keep the cheaper team, or change a level",
        ),
        ("occupancy: 90 %", f"occupancy: {HERE}0 %", "agents who are never busy serve nobody"),
        ('from: "09:00", to: "13:00"', f'from: "09:00", to: {HERE}"09:00"', "the shift ends when it begins"),
        ('["01:30-02:00"]', f'[{HERE}"08:30-09:00"]', "this break is not within the shift, 22:00-07:00"),
        ('30 min, within: "10', f'{HERE}4 h, within: "10', "longer than the hours it may be taken in"),
        ("cost_per_hour: 9}", f"cost_per_hour: {HERE}0}}", "0 does not fit; write more than 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_at_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    site = copy_of_the_bank(tmp_path)
    place = expected_at(site, FILE, old, new)
    (finding,) = (str(finding) for finding in refused(site).findings)
    assert finding.startswith(place), finding
    assert message in finding
