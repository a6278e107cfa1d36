"""What a call needs of an agent: an expression over skills and levels.

Written as text (``cards >= 2 and (english or ukrainian)``), kept as a small tree, evaluated against the
skills that an agent or a whole group of agents holds. A bare skill name means level 1 or better.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct


class Skill(Struct, frozen=True):
    """Holds ``name`` at a level between ``least`` and ``most`` (levels run from 1 to 10, 0 is "not held")."""

    name: str
    least: int = 1
    most: int = 10


class Every(Struct, frozen=True):
    """All of ``parts``; with no parts it is met by anybody."""

    parts: tuple[Requirement, ...] = ()


class Either(Struct, frozen=True):
    """At least one of ``parts``."""

    parts: tuple[Requirement, ...]


class Without(Struct, frozen=True):
    """``part`` is not met."""

    part: Requirement


Requirement = Skill | Every | Either | Without

ANYBODY = Every()


def is_met(requirement: Requirement, skills: Mapping[str, int]) -> bool:
    """Whether somebody with ``skills`` (skill to level, 1 to 10) meets ``requirement``."""
    match requirement:
        case Skill(name, least, most):
            return least <= skills.get(name, 0) <= most
        case Every(parts):
            return all(is_met(part, skills) for part in parts)
        case Either(parts):
            return any(is_met(part, skills) for part in parts)
        case Without(part):
            return not is_met(part, skills)


def first_unmet(requirement: Requirement, skills: Mapping[str, int]) -> Requirement | None:
    """The first clause of ``requirement`` that ``skills`` do not meet, as small as can be said; None if all are."""
    if is_met(requirement, skills):
        return None
    if isinstance(requirement, Every):
        for part in requirement.parts:
            unmet = first_unmet(part, skills)
            if unmet is not None:
                return unmet
    return requirement


def both(one: Requirement, other: Requirement) -> Requirement:
    """The requirement that is met where both are."""
    if one == ANYBODY:
        return other
    if other in (ANYBODY, one):
        return one
    return Every((one, other))


def skills_named(requirement: Requirement) -> Iterator[str]:
    """Every skill that ``requirement`` mentions, in the order of the text."""
    match requirement:
        case Skill(name):
            yield name
        case Every(parts) | Either(parts):
            for part in parts:
                yield from skills_named(part)
        case Without(part):
            yield from skills_named(part)


def describe(requirement: Requirement) -> str:
    """The requirement as text that :func:`parse` reads back."""
    match requirement:
        case Skill(name, least, most) if least > min(most, 10) or most < 0:
            return f"({name} and not {name})"  # a range without a level in it, such as nobody can write
        case Skill(name, 1, 10):
            return name
        case Skill(name, least, 10):
            return f"{name} >= {least}"
        case Skill(name, least, most) if least == most:
            return f"{name} == {least}"
        case Skill(name, least, most) if least <= 0:
            return f"{name} <= {most}"
        case Skill(name, least, most):
            return f"({name} >= {least} and {name} <= {most})"
        case Every(()):
            return "anybody"
        case Every(parts):
            return "(" + " and ".join(describe(part) for part in parts) + ")"
        case Either(()):
            return "not anybody"
        case Either(parts):
            return "(" + " or ".join(describe(part) for part in parts) + ")"
        case Without(part):
            return f"not {describe(part)}"
    raise AssertionError(requirement)


class RequirementError(ValueError):
    """The text is no requirement. ``column`` counts from 1 within the text."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


def parse(text: str) -> Requirement:
    """Reads ``cards >= 2 and not (loans or trainee)``; raises :class:`RequirementError` with the column.

    The grammar is the boolean part of Python's, so Python's own parser reads it; nothing is evaluated.
    """
    bare = text.strip()
    skipped = len(text) - len(text.lstrip())
    try:
        return _read(ast.parse(bare or "?", mode="eval").body)
    except RequirementError as error:
        # Python counts columns in bytes of UTF-8, people in characters.
        column = len(bare.encode()[: error.column - 1].decode(errors="ignore")) + 1
        raise RequirementError(str(error), skipped + column) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = 1
        if isinstance(error, SyntaxError):
            column = error.offset or len(bare) + 1  # Python says 0 where the text ends too soon
        raise RequirementError(
            f"“{text}” is not a requirement; write skills joined with and, or, not, "
            "for example “cards >= 2 and english”",
            skipped + column,
        ) from None


def _read(node: ast.expr) -> Requirement:
    match node:
        case ast.Name("anybody"):
            return ANYBODY
        case ast.Name(name):
            return Skill(name)
        case ast.BoolOp(ast.And(), values):
            return Every(tuple(_read(value) for value in values))
        case ast.BoolOp(ast.Or(), values):
            return Either(tuple(_read(value) for value in values))
        case ast.UnaryOp(ast.Not(), operand):
            return Without(_read(operand))
        case ast.Compare(ast.Name(name), [operator], [ast.Constant(int(level))]) if not isinstance(level, bool):
            return _compared(name, operator, level, node.col_offset + 1)
    raise RequirementError(
        "only skills, levels (“cards >= 2”), and, or, not and brackets can stand here", node.col_offset + 1
    )


def _compared(name: str, operator: ast.cmpop, level: int, column: int) -> Requirement:
    if not 0 <= level <= 10:
        raise RequirementError(f"levels run from 1 to 10, so {name} cannot be compared with {level}", column)
    match operator:
        case ast.GtE():
            return Skill(name, level)
        case ast.Gt() if level < 10:
            return Skill(name, level + 1)
        case ast.LtE():
            return Skill(name, 0, level)
        case ast.Lt() if level > 0:
            return Skill(name, 0, level - 1)
        case ast.Eq():
            return Skill(name, level, level)
        case ast.NotEq():
            return Without(Skill(name, level, level))
        case ast.Gt() | ast.Lt():
            raise RequirementError(f"levels run from 1 to 10, so nobody's {name} can be so", column)
    raise RequirementError(f"{name} can be compared with >=, >, <=, <, == and != only", column)
