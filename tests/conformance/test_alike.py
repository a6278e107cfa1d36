"""Simulator, virtual line and Twilio: one scenario, one transcript."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from config.loader import load_site
from config.scenarios import Scenario, load_scenarios
from config.site import Site, Virtual
from tests.conformance.lines import on_the_virtual_line, on_twilio, stand_in
from tests.conformance.transcript import goes_alike, rehearsed, spelt_out
from tests.virtual.jumping_clock import in_jumping_time

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
TRIED_MOST = 200


@cache
def site_of(example: str) -> Site:
    return spelt_out(replace(load_site(EXAMPLES / example), virtual=Virtual()))


SCENARIOS = [
    (example, path.stem)
    for example in sorted(path.parent.name for path in EXAMPLES.glob("*/scenarios"))
    for path in sorted((EXAMPLES / example / "scenarios").glob("*.yaml"))
]


def scenario_of(example: str, name: str) -> Scenario:
    return next(one for one in load_scenarios(site_of(example)) if one.name == name)


@pytest.mark.parametrize(("example", "name"), SCENARIOS)
def test_a_scenario_is_the_same_call_on_every_line(tmp_path: Path, example: str, name: str) -> None:
    site, scenario = site_of(example), scenario_of(example, name)
    expected = rehearsed(site, scenario, scenario.model.call)

    async def tried() -> None:
        # A split draws by the name of the call, which a line gives: one that falls on the scenario's side.
        names = (f"virtual-{number}" for number in range(TRIED_MOST))
        call = next(one for one in names if goes_alike(site, scenario, one, expected))
        (tmp_path / "virtual").mkdir()
        assert await on_the_virtual_line(site, scenario, call, tmp_path / "virtual") == expected

        twilio = stand_in()
        sids = (twilio.sid("CA") for _ in range(TRIED_MOST))
        sid = next(one for one in sids if goes_alike(site, scenario, f"twilio-{one}", expected))
        (tmp_path / "twilio").mkdir()
        assert await on_twilio(site, scenario, twilio, sid, tmp_path / "twilio") == expected

    in_jumping_time(tried)()
