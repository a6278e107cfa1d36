"""What an operation or a call of compiled code gives: found out once for each set of types.

numba tries out all that it knows of an operator, at each place where it stands, several times.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba.core import types
from numba.extending import models, register_model


class _Remembering:
    """numba's context of types, which tells again what it has told before."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._found: dict[tuple[Any, Any], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, arguments: Any, by_name: Any) -> Any:
        """The signature with which ``function`` is called."""
        if by_name:
            return self._context.resolve_function_type(function, arguments, by_name)
        known = (function, arguments)
        if known not in self._found:
            self._found[known] = self._context.resolve_function_type(function, arguments, by_name)
        return self._found[known]

    def resolve_value_type(self, value: Any) -> Any:
        """The type of a function that is named, or of an operator."""
        found = self._context.resolve_value_type(value)
        return _operation(self, found) if type(found) is types.Function else found


remembering = cache(_Remembering)
"""By numba's own context."""


class _Operation(types.Function):
    """The same for what asks the function itself, as making code of an operator does."""

    def __init__(self, context: _Remembering, function: types.Function) -> None:
        self.__dict__.update(function.__dict__)
        self._context, self._function = context, function

    def get_call_type(self, _context: Any, arguments: Any, by_name: Any) -> Any:
        """The signature with which it is called."""
        return self._context.resolve_function_type(self._function, arguments, by_name)


_operation = cache(_Operation)
register_model(_Operation)(models.OpaqueModel)
