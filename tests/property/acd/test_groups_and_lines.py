"""Masks and lines give what trying everybody gives."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from acd.groups import Groups
from acd.idle import Lots
from acd.lines import Key, Lines
from acd.requirement import Requirement, describe, is_met, parse
from acd.rules import occupancy_drops_after, occupancy_percent, pick_line, random_below
from acd.setup import AgentSetup, QueueSetup
from acd.state import AgentRecord
from tests.property.acd.centres import requirements, skill_sets


@given(st.lists(skill_sets, min_size=1, max_size=12), requirements)
def test_a_mask_of_groups_is_exactly_the_agents_who_meet_the_requirement(
    skills: list[dict[str, int]], needs: Requirement
) -> None:
    agents = tuple(AgentSetup(id=str(number), skills=held) for number, held in enumerate(skills))
    groups = Groups(agents)
    call_class = groups.class_of(needs, QueueSetup(id="q"))
    for agent, group in zip(agents, groups.group_of, strict=True):
        met = is_met(needs, agent.skills)
        assert bool(call_class.groups >> group & 1) == met
        assert (group in call_class.members()) == met
    assert call_class.groups < 1 << groups.size


@given(st.lists(skill_sets, min_size=1, max_size=12), st.lists(st.tuples(requirements, st.integers(0)), max_size=8))
def test_the_lines_open_to_a_group_are_those_of_the_classes_that_it_is_in(
    skills: list[dict[str, int]], asked: list[tuple[Requirement, int]]
) -> None:
    groups = Groups(tuple(AgentSetup(id=str(number), skills=held) for number, held in enumerate(skills)))
    for needs, closed in asked:
        groups.class_of(needs, QueueSetup(id="q"), closed=closed & (1 << groups.size) - 1)
    for group in range(groups.size):
        mask = sum(1 << call_class.index for call_class in groups.classes if call_class.groups >> group & 1)
        assert groups.lines_open_to(group) == mask


@given(st.lists(skill_sets, min_size=1, max_size=12), requirements)
def test_cutting_a_class_by_level_loses_and_doubles_nobody(skills: list[dict[str, int]], needs: Requirement) -> None:
    groups = Groups(tuple(AgentSetup(id=str(number), skills=held) for number, held in enumerate(skills)))
    call_class = groups.class_of(needs, QueueSetup(id="q"))
    together = 0
    for _, mask in groups.by_level(call_class):
        assert not together & mask
        together |= mask
    assert together == call_class.groups


@given(st.lists(skill_sets, min_size=2, max_size=12))
def test_agents_share_a_group_exactly_if_their_skills_are_equal(skills: list[dict[str, int]]) -> None:
    groups = Groups(tuple(AgentSetup(id=str(number), skills=held) for number, held in enumerate(skills)))
    for one, one_group in zip(skills, groups.group_of, strict=True):
        for other, other_group in zip(skills, groups.group_of, strict=True):
            assert (one == other) == (one_group == other_group)


@given(requirements, skill_sets)
def test_a_requirement_written_out_and_read_back_means_the_same(needs: Requirement, skills: dict[str, int]) -> None:
    assert is_met(parse(describe(needs)), skills) == is_met(needs, skills)


keys = st.tuples(st.integers(-2, 2), st.integers(0, 5))
steps = st.lists(st.tuples(st.integers(0, 29), keys, st.booleans()), max_size=120)


@settings(deadline=None)
@given(steps, st.lists(st.integers(0, 2**30 - 1), min_size=1, max_size=5))
def test_lines_find_the_first_head_that_a_mask_allows(
    steps: list[tuple[int, tuple[int, int], bool]], masks: list[int]
) -> None:
    lines, standing = Lines(30), dict[int, list[Key]]()
    for order, (line, (rank, since), leaves) in enumerate(steps):
        queue = standing.setdefault(line, [])
        if leaves and queue:
            lines.remove(line, queue.pop(order % len(queue)))
        else:
            key = (rank, since, order)
            lines.add(line, key)
            queue.append(key)
        for mask in masks:
            allowed = [key for at, entries in standing.items() if mask >> at & 1 for key in entries]
            assert lines.first(mask) == min(allowed, default=None)


@settings(deadline=None, max_examples=30)
@given(st.randoms(use_true_random=False), st.floats(0, 1), st.lists(st.integers(0, 2**600 - 1), min_size=1, max_size=9))
def test_among_many_occupied_lines_it_is_still_the_first_allowed(draw: Random, share: float, masks: list[int]) -> None:
    heads, lines = {line: (0, draw.randrange(300), line) for line in range(600)}, Lines(600)
    for line in draw.sample(range(600), 600):
        lines.add(line, heads[line])
    for line in draw.sample(range(600), int(share * 600)):
        lines.remove(line, heads.pop(line))
    for mask in masks:
        assert lines.first(mask) == min((key for line, key in heads.items() if mask >> line & 1), default=None)


@given(st.lists(st.tuples(keys, st.integers(0, 99)), max_size=20, unique_by=lambda item: item[1]))
def test_the_rule_picks_the_least_of_rank_since_and_order(items: list[tuple[tuple[int, int], int]]) -> None:
    rank, since = [item[0][0] for item in items], [item[0][1] for item in items]
    order = [item[1] for item in items]
    best = min(range(len(items)), key=lambda at: (rank[at], since[at], order[at]), default=-1)
    assert pick_line(range(len(items)), 0, len(items), rank, since, order) == best


@given(st.integers(0, 10**8), st.integers(0, 10**8))
@example(1, 0)
@example(0, 1)
def test_occupancy_falls_to_the_next_per_cent_exactly_when_said(busy_ms: int, ready_ms: int) -> None:
    percent, falls = occupancy_percent(busy_ms, ready_ms), occupancy_drops_after(busy_ms, ready_ms)
    assert percent == int(Fraction(100 * busy_ms, busy_ms + ready_ms or 1))
    if falls < 0:
        assert percent == 0
    else:
        assert falls > 0
        assert occupancy_percent(busy_ms, ready_ms + falls - 1) == percent
        assert occupancy_percent(busy_ms, ready_ms + falls) < percent


@given(st.integers(), st.integers(0), st.integers(0, 20), st.integers(1, 10**9))
def test_a_draw_is_within_its_limit(seed: int, number: int, attempt: int, limit: int) -> None:
    assert 0 <= random_below(seed, number, attempt, limit) < limit


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=40), st.data())
def test_a_lot_draws_only_who_is_idle_and_allowed(people: list[tuple[int, int]], data: st.DataObject) -> None:
    agents = [
        AgentRecord(AgentSetup(id=str(index), weight=weight), index, group)
        for index, (group, weight) in enumerate(people)
    ]
    lots = Lots(data.draw(st.integers(0, 9)), 10, agents)
    for agent in agents:
        lots.add(agent, 0)
    if data.draw(st.booleans()):
        lots.draw(-1, 0)  # whoever has come is taken in
    gone = data.draw(st.lists(st.sampled_from(range(len(agents))), unique=True))
    for index in gone:
        lots.remove(agents[index])
    mask = data.draw(st.integers(0, 2**10 - 1))
    allowed = {agent.index for agent in agents if mask >> agent.group & 1 and agent.index not in gone}
    drawn = {lots.draw(mask, number) for number in range(20)}
    assert drawn <= allowed if allowed else drawn == {None}
