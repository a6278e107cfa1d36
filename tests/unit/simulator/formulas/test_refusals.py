"""What the formulas refuse, and that they say what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import cast

import pytest

from simulator.formulas import (
    Exponential,
    Fixed,
    Lognormal,
    ServiceLevelTarget,
    Targets,
    blocking,
    erlang_a,
    erlang_c,
    garnett_p_wait,
    halfin_whitt_p_wait,
    least_agents,
    least_lines,
    md_n,
    mg1,
    mmn_g,
    ranked_classes,
    square_root_staffing,
)


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: blocking(-1, 5.0), "agents must be 0 or more .* for example 12; not -1"),
        (lambda: blocking(5, nan), "load must be 0 or more .* for example 9.5 erlangs; not nan"),
        (lambda: least_lines(5.0, 0.0), "most_blocked must lie between 0 and 1"),
        (lambda: erlang_c(0, 1.0, 1.0), "agents must be a number above 0"),
        (lambda: erlang_c(5, -1.0, 1.0), "arrival_rate must be 0 or more"),
        (lambda: erlang_c(5, 1.0, 0.0), "service_rate must be a number above 0"),
        (lambda: erlang_c(5, inf, 1.0), "arrival_rate must be 0 or more"),
        (lambda: erlang_c(5, 1e9, 1e-9), "the load, arrival_rate / service_rate,"),
        (lambda: erlang_c(5, 1.0, 1.0).service_level(-1.0), "within must be 0 or more"),
        (lambda: erlang_c(5, 1.0, 1.0).wait_quantile(1.0), "q must lie between 0 and 1, .* for example 0.9; not 1.0"),
        (lambda: erlang_a(5, 1.0, 1.0, 0.0), "the abandonment rate, 1 / mean patience, must be a number above 0"),
        (lambda: erlang_a(5, 1.0, 1.0, 1e-12), "for callers who never hang up use Erlang C"),
        (lambda: erlang_a(5, 1.0, 1.0, 1.0).waits(nan), "within must be 0 or more"),
        (lambda: mmn_g(5, 1.0, 1.0, Fixed(0.0)), "the fixed patience must be a number above 0"),
        (lambda: mmn_g(5, 1.0, 1.0, Lognormal(1.0, -1.0)), "the patience's cv"),
        (lambda: ranked_classes(5, (), 1.0), "a rate for every class, highest first"),
        (lambda: ranked_classes(5, (1.0, -2.0), 1.0), "an arrival rate must be 0 or more"),
        (lambda: md_n(0, 1.0, 1.0), "agents must be a number above 0"),
        (lambda: md_n(cast(int, 2.5), 1.0, 1.0), "agents must be a whole number"),
        (lambda: md_n(2, 1.9999, 1.0), "2 agents are too few for 1.9999 erlangs: .* at most 0.999"),
        (lambda: md_n(2, 1.0, 1.0).service_level(2500.0), "Simulate instead"),
        (lambda: mg1(0.5, 1.0, -0.1), "service_cv must be 0 or more"),
        (lambda: square_root_staffing(0.0, 1.0), "load must be a number above 0"),
        (lambda: halfin_whitt_p_wait(0.0), "grade must be a number above 0"),
        (lambda: garnett_p_wait(0.5, 1.0, 0.0), "abandonment_rate must be a number above 0"),
        (Targets, "give at least one target"),
        (lambda: Targets(occupancy=85), "the target for occupancy must lie between 0 and 1, .* 0.85; not 85"),
        (lambda: Targets(asa=0.0), "the target for the ASA must be a number above 0"),
        (lambda: Targets(abandonment=1.5), "the target for abandonment must lie between 0 and 1"),
        (lambda: ServiceLevelTarget(80, 20.0), "the service level's share must lie between 0 and 1"),
        (lambda: ServiceLevelTarget(0.8, -1.0), "the service level's threshold must be 0 or more"),
        (lambda: least_agents(5.0, 1.0, Targets(abandonment=0.03)), "needs to know the callers' patience"),
        (lambda: least_agents(1e6, 1.0, Targets(occupancy=1e-6)), "ask for a higher occupancy"),
        (lambda: least_agents(1e6, 1.0, Targets(occupancy=1e-6), Exponential(1.0)), "ask for a higher occupancy"),
    ],
)
def test_a_wrong_number_is_refused_with_what_to_write(refused: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        refused()
