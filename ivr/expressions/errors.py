"""What is wrong with an expression, and the variables that one may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.expressions.tree import Kind, Variable

Unknown = Callable[[str], str]
"""Words the mistake of a name that is no variable."""


class ExpressionError(ValueError):
    """The text is no expression; ``at`` is the character, from 0, and the message says what to write."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


def readable(name: str, at: int, variables: Mapping[str, Variable], unknown: Unknown | None) -> Variable:
    """The variable that an expression calls ``name`` at the character ``at``.

    Raises :class:`ExpressionError` where there is none, or where it is a secret.
    """
    variable = variables.get(name)
    if variable is None:
        raise ExpressionError(at, f"“{name}” is no variable" if unknown is None else unknown(name))
    if variable.kind is Kind.SECRET:
        raise ExpressionError(
            at, f"“{name}” is sensitive: nothing may read it, and only the json of a data dip carry it"
        )
    return variable
