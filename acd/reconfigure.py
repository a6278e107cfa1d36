"""Another setup for a core with calls and agents in it: see :class:`acd.events.Reconfigured`."""

from __future__ import annotations

from collections.abc import Sequence

from acd.calls import Calls
from acd.channels import Channels
from acd.groups import Groups
from acd.roster import Roster
from acd.setup import AcdSetup, AgentSetup
from acd.state import AgentRecord


def reconfigure(setup: AcdSetup, roster: Roster, calls: Calls) -> None:
    """Puts everybody and every call that is there under ``setup``."""
    agents = _staff(setup.agents, roster.all())
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


def _staff(setups: Sequence[AgentSetup], before: Sequence[AgentRecord]) -> list[AgentRecord]:
    """The records of the agents of another setup, in its order, then of those who are gone from it but were there until
    now. Who is known keeps the record; indices and groups are those of before."""
    known = {agent.setup.id: agent for agent in before if not agent.left}
    agents = []
    for setup in setups:
        agent = known.pop(setup.id, None)
        if agent is None:
            agent = AgentRecord(setup, index=-1, group=-1)
        agent.setup, agent.gone = setup, False
        agents.append(agent)
    return agents + list(known.values())
