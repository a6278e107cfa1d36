"""Another setup for a core with calls and agents in it: see :class:`acd.events.Reconfigured`."""

from __future__ import annotations

from acd.calls import Calls
from acd.channels import Channels
from acd.groups import Groups
from acd.roster import Roster, staff
from acd.setup import AcdSetup


def reconfigure(setup: AcdSetup, roster: Roster, calls: Calls) -> None:
    """Puts everybody and every call that is there under ``setup``."""
    agents = staff(setup.agents, roster.all())
    roster.dismiss({agent.id for agent in setup.agents})
    outliving = calls.queues.outliving(setup)
    gone = calls.routing.groups.channels.outliving(setup.channels, (queue.channel for queue in outliving))
    groups = Groups(tuple(agent.setup for agent in agents), Channels([*setup.channels, *gone]))
    moved = {agent.index: index for index, agent in enumerate(agents) if agent.index >= 0}
    for index, agent in enumerate(agents):
        agent.index, agent.group = index, groups.group_of[index]
    calls.routing.reconfigure([*setup.queues, *outliving], setup.seed, agents, groups)
    roster.reconfigure(agents)
    calls.reconfigure(setup, moved)
