"""What type each name of a function of the planner is of, and with which types its operators are called.

numba's own inference takes it that a name may stand for something else at each place, and that nothing is known of a
function until all of it is. Here a name is of one type for good, which the first value tells that it is given; and what
an operator gives is asked once for each set of types.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.core import ir, types

from simulator.planner.native_tables import Set, Table, type_of_item
from simulator.planner.part import LengthType, MadeType, Part, PartType, RangeType

if TYPE_CHECKING:
    from simulator.planner.translation import Translated

_PLAIN = {bool: types.boolean, int: types.int64, float: types.float64, type(None): types.none}
_MADE = {bool: types.boolean, int: types.int64, float: types.float64}
"""What these are called for: to turn a number into another."""
_RANGES = ((types.int64,), (types.int64, types.int64))
"""Steps are of one."""
_NAMED = {len: LengthType("len"), range: RangeType("range")}


class Operators:
    """What operators and numba's functions give, by the types that they are called with."""

    def __init__(self, typing: Any) -> None:
        self._typing = typing
        self._types: dict[object, Any] = {}
        self._signatures: dict[tuple[object, ...], Any] = {}

    def type_of(self, function: object) -> Any:
        """The type of one of numba's."""
        known = type(function), function
        found = self._types.get(known)
        if found is None:
            found = self._types[known] = self._typing.resolve_value_type(function)
        return found

    def signature(self, function: object, *arguments: types.Type) -> Any:
        """With which it is called: the types to which ``arguments`` are turned, and what it gives."""
        known = (function, *arguments)
        found = self._signatures.get(known)
        if found is None:
            kind = function if isinstance(function, types.Type) else self.type_of(function)
            found = self._typing.resolve_function_type(kind, arguments, {})
            if found is None:
                raise TypeError(f"{function} is not for {', '.join(map(str, arguments))}")
            self._signatures[known] = found
        return found


Translate = Callable[[Part, tuple[types.Type, ...]], "Translated"]


@dataclass(frozen=True, slots=True)
class Typed:
    """A function, of the types of its arguments."""

    blocks: dict[int, ir.Block]
    arguments: Sequence[types.Type]
    names: dict[str, types.Type] = field(default_factory=dict)
    calls: dict[ir.Expr, Any] = field(default_factory=dict)
    """Operators, and calls of what is numba's, to how they are called."""
    parts: dict[ir.Expr, Translated] = field(default_factory=dict)
    """Calls of parts to what is called."""
    returns: list[types.Type] = field(default_factory=list)


def infer(
    blocks: dict[int, ir.Block], arguments: Sequence[types.Type], operators: Operators, translated: Translate
) -> Typed:
    """The types of all in ``blocks``. ``translated`` gives a part for types of arguments, as it is called from here."""
    typed = Typed(blocks, arguments)
    _Inference(typed, operators, translated).run()
    return typed


class _Inference:
    def __init__(self, typed: Typed, operators: Operators, translated: Translate) -> None:
        self._typed, self._operators, self._translated = typed, operators, translated
        self._names = typed.names

    def run(self) -> None:
        for block in self._typed.blocks.values():
            for statement in block.body:
                if isinstance(statement, ir.Assign):
                    self._assign(statement)
                elif isinstance(statement, ir.Return):
                    self._typed.returns.append(self._names[statement.value.name])
        if len(set(self._typed.returns)) != 1:
            found = " and now ".join(map(str, self._typed.returns)) or "never"
            raise TypeError(f"returns now {found}; return one type")

    def _assign(self, statement: ir.Assign) -> None:
        name, found = statement.target.name, self._type_of(statement.value)
        known = self._names.setdefault(name, found)
        if known is not found and known != found:
            raise TypeError(f"{statement.loc}: “{name}” was of {known} and is now of {found}; use two names")

    def _type_of(self, value: Any) -> Any:
        if isinstance(value, ir.Var):
            return self._names[value.name]
        if isinstance(value, ir.Expr):
            return self._type_of_expression(value)
        if isinstance(value, ir.Arg):
            return self._typed.arguments[value.index]
        return self._type_of_constant(value.value)

    def _type_of_constant(self, value: Any) -> Any:
        if type(value) is int and value >= 1 << 63:
            return types.uint64
        plain = _PLAIN.get(type(value))
        if plain is not None:
            return plain
        if isinstance(value, Part):
            return value.type
        if isinstance(value, Hashable) and value in _NAMED:
            return _NAMED[value]
        if isinstance(value, type) and (value in _MADE or issubclass(value, np.number)):
            return MadeType(_MADE[value] if value in _MADE else self._operators.type_of(value).instance_type)
        return self._operators.type_of(value)

    def _type_of_expression(self, value: ir.Expr) -> Any:
        match value.op:
            case "getattr":
                return self._of(value.value, Set).tables[value.attr]
            case "getitem":
                return self._item(value)
            case "binop":
                return self._called(value, value.fn, self._names[value.lhs.name], self._names[value.rhs.name])
            case "inplace_binop":
                return self._called(value, value.immutable_fn, self._names[value.lhs.name], self._names[value.rhs.name])
            case "unary":
                return self._called(value, value.fn, self._names[value.value.name])
            case "call":
                return self._call(value)
            case "build_tuple":
                return types.BaseTuple.from_types([self._names[item.name] for item in value.items])
        return self._type_of_piece(value)

    def _type_of_piece(self, value: ir.Expr) -> Any:
        """Of what is a piece of another value, or all of it."""
        match value.op:
            case "getiter":
                return self._of(value.value, types.RangeType).iterator_type
            case "iternext":
                return types.Pair(self._of(value.value, types.RangeIteratorType).yield_type, types.boolean)
            case "pair_first":
                return self._of(value.value, types.Pair).first_type
            case "pair_second":
                return self._of(value.value, types.Pair).second_type
            case "exhaust_iter":
                return self._of(value.value, types.BaseTuple)
            case "static_getitem":
                return self._of(value.value, types.BaseTuple)[value.index]
            case "cast":
                return self._names[value.value.name]
        raise NotImplementedError(f"{value.loc}: the planner's compiler has no “{value.op}”; write it without")

    def _of(self, name: ir.Var, kind: type[Any]) -> Any:
        found = self._names[name.name]
        if not isinstance(found, kind):
            raise TypeError(f"{name.loc}: “{name.name}” is of {found}")
        return found

    def _item(self, value: ir.Expr) -> types.Type:
        found = type_of_item(self._names[value.value.name], self._names[value.index.name])
        if found is None:
            raise TypeError(f"{value.loc}: “{value.value.name}” is no table")
        return found

    def _called(self, value: ir.Expr, function: object, *arguments: types.Type) -> Any:
        self._typed.calls[value] = found = self._operators.signature(function, *arguments)
        return found.return_type

    def _call(self, value: ir.Expr) -> Any:
        function = self._names[value.func.name]
        arguments = tuple(self._names[argument.name] for argument in value.args)
        if value.kws or value.vararg:
            raise NotImplementedError(f"{value.loc}: functions of the planner are called by position alone")
        if isinstance(function, PartType):
            self._typed.parts[value] = found = self._translated(function.part, arguments)
            return found.result
        if isinstance(function, MadeType):
            return function.made
        if isinstance(function, LengthType) and isinstance(arguments[0], Table):
            return types.int64
        if isinstance(function, RangeType) and arguments in _RANGES:
            return types.range_state64_type
        return self._called(value, function, *arguments)
