"""Simulator, virtual line and Twilio: one scenario, one transcript."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from config.loader import load_site
from config.scenarios import Scenario, load_scenarios
from config.site import Site, Virtual
from simulator.menus.scenarios import try_scenario
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
    is_the_same_call_everywhere(site_of(example), scenario_of(example, name), tmp_path)


SLOW = """
at: "2026-11-23 10:30"
steps:
  - press: "11"
  - hear: order-number
  - press: "1"
  - wait: 2 s
  - press: "2"
  - wait: 2 s
  - press: "3"
  - wait: 3.3 s             # Twilio, which has one time only, takes three seconds to find that no key follows
  - hear: order-number
  - press: "123456#"
  - hear: order-pin
  - then: hang up
"""


def test_who_is_too_slow_with_all_keys_together_is_asked_again_on_every_line(tmp_path: Path) -> None:
    folder = tmp_path / "slow"
    shutil.copytree(EXAMPLES / "menus", folder)
    flow = folder / "flows" / "order-state.yaml"
    text = flow.read_text("utf-8")
    flow.write_text(
        text.replace("keys: {least: 4, most: 8}", "keys: {least: 4, most: 8, first_key: 3 s, all_keys: 6 s}"), "utf-8"
    )
    (folder / "scenarios" / "slow.yaml").write_text(SLOW, "utf-8")
    site = load_site(folder)
    scenario = next(one for one in load_scenarios(site) if one.name == "slow")
    assert try_scenario(site, scenario).wrong is None
    is_the_same_call_everywhere(spelt_out(replace(site, virtual=Virtual())), scenario, tmp_path)


def is_the_same_call_everywhere(site: Site, scenario: Scenario, folder: Path) -> None:
    expected = rehearsed(site, scenario, scenario.model.call)

    async def tried() -> None:
        # A split draws by the name of the call, which a line gives: one that falls on the scenario's side.
        names = (f"virtual-{number}" for number in range(TRIED_MOST))
        call = next(one for one in names if goes_alike(site, scenario, one, expected))
        (folder / "virtual").mkdir()
        assert await on_the_virtual_line(site, scenario, call, folder / "virtual") == expected

        twilio = stand_in()
        sids = (twilio.sid("CA") for _ in range(TRIED_MOST))
        sid = next(one for one in sids if goes_alike(site, scenario, f"twilio-{one}", expected))
        (folder / "twilio").mkdir()
        assert await on_twilio(site, scenario, twilio, sid, folder / "twilio") == expected

    in_jumping_time(tried)()
