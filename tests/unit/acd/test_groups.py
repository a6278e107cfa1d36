"""Agents with equal skills are one group, and the groups that may take a call are cut by how skilled they are."""

from __future__ import annotations

import pytest

from acd.groups import Groups
from acd.idle import Lots
from acd.requirement import parse
from acd.setup import AgentSetup, QueueSetup
from acd.state import AgentRecord

SKILLS = [{"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 3}, {"b": 5}, {}]


@pytest.mark.parametrize(
    ("needs", "by_level"),
    [
        ("a or b", ((5, 0b01000), (3, 0b00111))),
        ("a or b or unheard_of", ((5, 0b01000), (3, 0b00111))),
        ("a and b", ((3, 0b00011),)),
        ("b", ((5, 0b01000), (2, 0b00001), (1, 0b00010))),
        ("anybody", ((0, 0b11111),)),
    ],
)
def test_who_may_take_a_call_is_cut_by_the_sum_of_the_levels_of_the_skills_asked_for(
    needs: str, by_level: tuple[tuple[int, int], ...]
) -> None:
    groups = Groups(tuple(AgentSetup(id=str(number), skills=skills) for number, skills in enumerate(SKILLS)))
    assert groups.by_level(groups.class_of(parse(needs), QueueSetup(id="q"))) == by_level


def test_nobody_is_drawn_of_a_group_whose_last_idle_agent_has_gone() -> None:
    agents = [AgentRecord(AgentSetup(id=str(index)), index, group=index + 1) for index in range(2)]
    lots = Lots(0, 3, agents)
    for agent in agents:
        lots.add(agent, 0)
    assert lots.draw(0b010, 0) == 0
    lots.remove(agents[0])
    assert lots.draw(0b010, 1) is None
    assert lots.draw(0b100, 2) == 1
    assert lots.draw(0b110, 3) == 1
