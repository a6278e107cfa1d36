"""Another setup for a core with calls and agents in it: see :class:`acd.events.Reconfigured`."""

from __future__ import annotations

from acd.calls import Calls
from acd.groups import Groups
from acd.roster import Roster, staff
from acd.setup import AcdSetup


def reconfigure(setup: AcdSetup, roster: Roster, calls: Calls) -> None:
    """Puts everybody and every call that is there under ``setup``."""
    agents = staff(setup.agents, roster.all())
    roster.dismiss({agent.id for agent in setup.agents})
    groups = Groups(tuple(agent.setup for agent in agents))
    moved = {agent.index: index for index, agent in enumerate(agents) if agent.index >= 0}
    for index, agent in enumerate(agents):
        agent.index, agent.group = index, groups.group_of[index]
    calls.routing.reconfigure([*setup.queues, *calls.queues.outliving(setup)], setup.seed, agents, groups)
    roster.reconfigure(agents)
    calls.reconfigure(setup, moved)
