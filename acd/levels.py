"""With which levels an agent would meet a requirement."""

from __future__ import annotations

from collections.abc import Mapping

from acd.requirement import Either, Every, Requirement, Skill, Without, is_met

LEVEL_MOST = 10
_TRIED_MOST = 64
"""Ways to meet a part of a requirement that are followed up."""


def levels_to_meet(needs: Requirement, skills: Mapping[str, int]) -> dict[str, int] | None:
    """The levels to change, by as few levels as possible, for ``needs`` to be met; None if no levels meet them."""
    found = [change for change in _changes(needs, skills, met=True) if is_met(needs, {**skills, **change})]
    return min(found, key=lambda change: distance(change, skills)) if found else None


def distance(change: Mapping[str, int], skills: Mapping[str, int]) -> int:
    """By how many levels, over all skills, an agent with ``skills`` would have to change for ``change``."""
    return sum(abs(level - skills.get(skill, 0)) for skill, level in change.items())


def _changes(needs: Requirement, skills: Mapping[str, int], *, met: bool) -> list[dict[str, int]]:
    """Small sets of levels by which ``needs`` might become met (or not met). They are to be tried: where clauses
    contradict each other some do not help."""
    match needs:
        case Without(part):
            return _changes(part, skills, met=not met)
        case Skill(name, least, most) if (least <= skills.get(name, 0) <= most) == met:
            return [{}]
        case Skill(name, least, most):
            tried = [least, most] if met else [least - 1, most + 1]
            return [{name: level} for level in tried if 0 <= level <= LEVEL_MOST]
        case Every(parts) | Either(parts):
            if isinstance(needs, Every) is not met:  # one of them is enough
                return [change for part in parts for change in _changes(part, skills, met=met)]
            together: list[dict[str, int]] = [{}]
            for part in parts:
                together = [{**one, **other} for one in together for other in _changes(part, skills, met=met)]
                together = sorted(together, key=lambda change: distance(change, skills))[:_TRIED_MOST]
            return together
