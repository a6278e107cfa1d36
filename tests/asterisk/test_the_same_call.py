"""Every scenario is the same call on a real Asterisk as in the simulator: SIPp presses the keys, and what the caller
hears is what Asterisk has played. (For the other lines see tests/conformance.)"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache

import pytest

from config.site import Site
from tests.asterisk.same_call import Part, plain, transcripts
from tests.conformance.test_alike import SCENARIOS, scenario_of, site_of
from tests.conformance.transcript import Transcript, rehearsed

Played = Mapping[tuple[str, str], Transcript | Exception]


@cache
def plain_site(example: str) -> Site:
    return plain(site_of(example))


@pytest.fixture(scope="module")
def on_asterisk(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """All scenarios, played at once."""
    parts = [Part((example, name), plain_site(example), scenario_of(example, name)) for example, name in SCENARIOS]
    return asyncio.run(transcripts(parts, tmp_path_factory.mktemp("same")))


@pytest.mark.parametrize(("example", "name"), SCENARIOS)
def test_a_scenario_is_the_same_call_on_asterisk(on_asterisk: Played, example: str, name: str) -> None:
    scenario, found = scenario_of(example, name), on_asterisk[example, name]
    if isinstance(found, Exception):
        raise found
    assert found == rehearsed(plain_site(example), scenario, scenario.model.call)
