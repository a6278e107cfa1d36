"""What a flow can work out: small, typed and total expressions over the variables of a call.

``tries + 1``, ``balance > 100 and language == "en"``, ``last(card, 4)``. There is no way to call anything but the
functions listed in :mod:`ivr.expressions.functions`, no loop, and no expression that fails once it was read: whatever
the values are, a value of the expression's kind comes out. :mod:`ivr.expressions.parse` reads, and finds mistakes with
their column; :mod:`ivr.expressions.tree` holds and evaluates.
"""

from ivr.expressions.errors import ExpressionError
from ivr.expressions.parse import RESERVED, is_template, kind_in_words, parse
from ivr.expressions.tree import Constant, Expression, Kind, Value, Variable, as_text, empty, evaluate, from_text, names

__all__ = [
    "RESERVED",
    "Constant",
    "Expression",
    "ExpressionError",
    "Kind",
    "Value",
    "Variable",
    "as_text",
    "empty",
    "evaluate",
    "from_text",
    "is_template",
    "kind_in_words",
    "names",
    "parse",
]
