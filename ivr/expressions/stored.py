"""An expression's functions by name: what is left of them where an expression was stored as data."""

from __future__ import annotations

from ast import literal_eval

from ivr.expressions.functions import FUNCTIONS, OPERATORS
from ivr.expressions.tree import Apply, Expression, Variable

_LIQUID = "liquid "


def applied(name: str, arguments: tuple[Expression, ...]) -> Apply:
    """The node that had this :attr:`Apply.name` and these arguments. Raises ValueError where there is none such."""
    if name.startswith(_LIQUID):
        from ivr.expressions import liquid  # noqa: PLC0415 - see ivr.expressions.parse

        variables = {one.name: one for one in arguments if isinstance(one, Variable)}
        return liquid.read(literal_eval(name.removeprefix(_LIQUID)), variables, None)
    kinds = tuple(argument.kind for argument in arguments)
    for signature in (*([FUNCTIONS[name]] if name in FUNCTIONS else []), *OPERATORS.get(name, ())):
        if signature.takes == kinds:
            return Apply(name, signature.work, arguments, signature.gives)
    raise ValueError(f"no function “{name}” of {', '.join(kinds) or 'nothing'}")
