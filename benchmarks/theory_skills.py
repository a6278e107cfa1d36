"""Skill-based centres whose exact answer is known: calls that try groups of agents in an order, and agents who try
queues in an order. Those of ``tests/data/truth/skill_models.json`` are here; :mod:`benchmarks.theory_chains` has more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from acd.requirement import Skill
from acd.setup import AcdSetup, AgentSetup, Preference, QueueSetup, Strategy
from benchmarks.theory_case import MINUTE, Case, Measures, exponential
from benchmarks.theory_cases import TRUTH, rows
from simulator.planner.laws import Never
from simulator.planner.model import CallKind

_BEST = 9
"""The level of a skill with which a group is tried first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillModel:
    """Classes of calls and groups of agents; rates a minute."""

    rates: Sequence[float]
    """By class."""
    leaving: Sequence[float]
    """By class: at which rate a waiting caller gives up; 0: never."""
    agents: Sequence[int]
    """By group."""
    service: Sequence[Sequence[float]]
    """By class and group; 0: the group does not take them."""
    to_groups: Sequence[Sequence[int]]
    """By class: the groups that an arriving call tries, in order."""
    to_classes: Sequence[Sequence[int]]
    """By group: the queues that a freed agent tries, in order."""
    most: Sequence[int | None] = ()
    """By class: how many may wait; who comes then is turned away. Empty: nobody is."""
    longest_idle: bool = False
    """A call goes to the agent idle longest of all its groups, rather than to the first group that has one."""

    def members(self, group: int) -> tuple[str, ...]:
        """The agents of a group."""
        return tuple(f"g{group}-{number}" for number in range(self.agents[group]))

    def case(self, name: str, exactly: Sequence[Measures], groups: Sequence[Measures], within: float = 0.5) -> Case:
        """This model as a centre: groups tried in an order are levels of a skill, classes tried in an order are an
        agent's ranks of queues. ``within``: every queue's threshold, minutes."""
        classes, everybody = range(len(self.rates)), range(len(self.agents))
        acd = AcdSetup(
            queues=tuple(
                QueueSetup(
                    id=f"q{kind}",
                    needs=Skill(f"s{kind}"),
                    strategy=Strategy.LONGEST_IDLE if self.longest_idle else Strategy.BEST_SKILL,
                    wrap_up_ms=0,
                    threshold_ms=round(within * MINUTE),
                    max_waiting=self.most[kind] if self.most else None,
                )
                for kind in classes
            ),
            agents=tuple(
                AgentSetup(
                    id=agent,
                    skills={**self._levels(group), f"group{group}": 1},
                    queues={f"q{kind}": Preference(rank=rank) for rank, kind in enumerate(self.to_classes[group])},
                )
                for group in everybody
                for agent in self.members(group)
            ),
        )
        least = min(min(own for own in served if own) for served in self.service)
        slowest = min([least, *(leaving for leaving in self.leaving if leaving)])
        return Case(
            name=name,
            acd=acd,
            calls=[(self._kind(f"{name} {kind}", kind), float(self.rates[kind])) for kind in classes],
            settles=4 / slowest,
            exactly=exactly,
            groups=groups,
        )

    def _levels(self, group: int) -> dict[str, int]:
        return {
            f"s{kind}": _BEST if self.longest_idle else _BEST - order.index(group)
            for kind, order in enumerate(self.to_groups)
            if group in order
        }

    def _kind(self, name: str, kind: int) -> CallKind:
        leaving = self.leaving[kind]
        return CallKind(
            name=name,
            queue=f"q{kind}",
            talk=exponential(1),
            patience=exponential(leaving) if leaving else Never(),
            pace={
                agent: 1 / service
                for group, service in enumerate(self.service[kind])
                if service not in (0, 1)
                for agent in self.members(group)
            },
        )


def tabled() -> Iterator[Case]:
    """The models of the table; where two service levels are known, another run for the second."""
    known: dict[tuple[str, str, int], dict[str, float]] = {}
    for row in rows("skill_models"):
        if row["entity"] in ("class", "group"):
            known.setdefault((row["model"], row["entity"], int(row["index"])), {})[row["metric"]] = float(row["value"])
    for name, told in json.loads((TRUTH / "skill_models.json").read_text()).items():
        model = SkillModel(
            rates=told["lam"],
            leaving=told["theta"],
            agents=told["n"],
            service=told["mu"],
            to_groups=told["to_groups"],
            to_classes=told["to_classes"],
            longest_idle=told.get("agent") == "lisf",
        )
        classes = [known[name, "class", kind] for kind in range(len(model.rates))]
        shares = [rate / sum(model.rates) for rate in model.rates]
        groups = [
            {
                "occupancy": known[name, "group", group]["occupancy"],
                # What is known is a group's share of each class; a simulation counts what it takes of all together.
                "share taken": sum(
                    share * own.get(f"share_served_by_group_{group}", 0.0)
                    for share, own in zip(shares, classes, strict=True)
                ),
            }
            for group in range(len(model.agents))
        ]
        exactly = [
            {
                "mean_wait": own["mean_wait_all_min"],
                "p_wait": own["p_must_wait"],
                "p_abandon": own["p_abandon"],
                **_answered(own, 0.5),
            }
            for own in classes
        ]
        yield model.case(f"S {name}", exactly, groups)
        if all(sooner := [_answered(own, 0.25) for own in classes]):
            yield model.case(f"S {name} 0.25", sooner, (), within=0.25)


def _answered(own: Mapping[str, float], within: float) -> dict[str, float]:
    column = f"p_answered_within_{within}_min"
    return {"sl_negative": own[column]} if column in own else {}
