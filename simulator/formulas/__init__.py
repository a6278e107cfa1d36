"""Queueing formulas of the planner: stationary answers without a simulation.

All of them are about a system that has settled at constant rates. Rates may be per second, minute or hour, as long as
all arguments of a call use the same unit; times come back in that unit. Loads are in erlangs (arrivals times handling
time), shares from 0 to 1.

=====================  =============================================================================================
``erlang_b``           no waiting room: who finds all busy is turned away (lines, trunks)
``erlang_c``           everybody waits as long as it takes
``impatient``          callers hang up: Erlang A, and M/M/n+G for any law of ``patience``
``priority``           Erlang C with classes of callers served by rank
``md_n``, ``mg1``      handling times that are all alike; one agent and any handling times
``square_root``        approximations for large centres, named as such
``staffing``           the least agents that meet targets
=====================  =============================================================================================
"""

from simulator.formulas.erlang_b import blocking, carried_load, least_lines
from simulator.formulas.erlang_c import ErlangC, erlang_c
from simulator.formulas.impatient import ImpatientQueue, Waits, erlang_a, mmn_g
from simulator.formulas.md_n import DeterministicQueue, md_n
from simulator.formulas.mg1 import GeneralServiceQueue, mg1
from simulator.formulas.patience import Exponential, Fixed, Lognormal, Patience
from simulator.formulas.priority import RankedClass, ranked_classes
from simulator.formulas.square_root import garnett_p_wait, halfin_whitt_grade, halfin_whitt_p_wait, square_root_staffing
from simulator.formulas.staffing import ServiceLevelTarget, Targets, least_agents
from simulator.service_level import Definition

__all__ = [
    "Definition",
    "DeterministicQueue",
    "ErlangC",
    "Exponential",
    "Fixed",
    "GeneralServiceQueue",
    "ImpatientQueue",
    "Lognormal",
    "Patience",
    "RankedClass",
    "ServiceLevelTarget",
    "Targets",
    "Waits",
    "blocking",
    "carried_load",
    "erlang_a",
    "erlang_c",
    "garnett_p_wait",
    "halfin_whitt_grade",
    "halfin_whitt_p_wait",
    "least_agents",
    "least_lines",
    "md_n",
    "mg1",
    "mmn_g",
    "ranked_classes",
    "square_root_staffing",
]
