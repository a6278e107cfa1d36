"""Functions of the planner as LLVM's code: translated, not yet compiled.

They call each other directly, with their arguments alone, and return what they find. numba's functions tell whether
they raised something, and asking for that at each call is as much code as all the rest; parts never raise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llvmlite import ir as llvm
from numba.core import ir, types

from simulator.planner.inference import Operators, Typed, infer
from simulator.planner.native_tables import Row, cell_of, length_of, read, table_of, type_of_item
from simulator.planner.part import LengthType, MadeType, Part, RangeType
from simulator.planner.reading import read_function

_WORD = llvm.IntType(64)


@dataclass(frozen=True, eq=False)
class Translated:
    """A part, for one set of types of its arguments."""

    code: llvm.Function
    result: types.Type
    calls: tuple[Translated, ...]

    @cached_property
    def text(self) -> str:
        """LLVM's."""
        return str(self.code)


class Program:
    """Everything that is translated in a process."""

    def __init__(self, context: Any) -> None:
        self._context, self._operators = context, Operators(context.typing_context)
        self._module = context.create_module("planner")
        self._parts: dict[tuple[object, ...], Translated] = {}

    def translated(self, part: Part, arguments: tuple[types.Type, ...]) -> Translated:
        """``part`` for ``arguments`` of these types, and before it all that it calls."""
        key = (part, *arguments)
        if key not in self._parts:
            typed = infer(read_function(part.function, arguments), arguments, self._operators, self.translated)
            name = f"{part.name}.{len(self._parts)}"
            code = _Writer(self._context, self._module, typed).write(name)
            if part.inlined:
                code.attributes.add("alwaysinline")
            result = typed.returns[0]
            self._parts[key] = Translated(code, result, tuple(dict.fromkeys(typed.parts.values())))
        return self._parts[key]

    def text(self, part: Translated) -> str:
        """All of a part, and of those that it calls, as LLVM reads it."""
        needed, ahead = {part: True}, [part]
        while ahead:
            for called in ahead.pop().calls:
                if called not in needed:
                    needed[called] = True
                    ahead.append(called)
        outside = [
            str(one) for one in self._module.global_values if isinstance(one, llvm.Function) and one.is_declaration
        ]
        head = [f'target triple = "{self._module.triple}"', f'target datalayout = "{self._module.data_layout}"']
        return "\n".join([*head, *outside, *(one.text for one in needed), *map(str, self._module.metadata)])


class _Writer:
    def __init__(self, context: Any, module: llvm.Module, typed: Typed) -> None:
        self._context, self._module, self._typed = context, module, typed
        self._builder = llvm.IRBuilder()
        self._values: dict[str, llvm.Value] = {}
        """Of names that one block alone knows, those of Python's stack."""
        self._made_of: dict[str, list[llvm.Value]] = {}
        """Of those among them that are several values."""
        self._slots: dict[str, llvm.Value] = {}

    def write(self, name: str) -> llvm.Function:
        result = self._typed.returns[0]
        given = [self._context.get_value_type(kind) for kind in self._typed.arguments]
        found = llvm.VoidType() if result is types.none else self._context.get_value_type(result)
        function = llvm.Function(self._module, llvm.FunctionType(found, given), name)
        self._arguments = function.args
        self._entry = llvm.IRBuilder(function.append_basic_block())
        self._blocks = {at: function.append_basic_block() for at in self._typed.blocks}
        for at, block in self._typed.blocks.items():
            self._builder.position_at_end(self._blocks[at])
            for statement in block.body:
                self._statement(statement)
        self._entry.position_at_end(self._entry.block)
        self._entry.branch(next(iter(self._blocks.values())))
        return function

    def _statement(self, statement: Any) -> None:
        match statement:
            case ir.Assign(value=ir.Expr(op="build_tuple" | "iternext" as what) as value):
                self._made_of[statement.target.name] = (
                    [self._load(item) for item in value.items] if what == "build_tuple" else self._next(value.value)
                )
            case ir.Assign():
                self._store(statement.target.name, self._value(statement.target.name, statement.value))
            case ir.SetItem():
                table = self._type(statement.target)
                cell = self._cell(statement.target, statement.index)
                value = self._cast(self._load(statement.value), self._type(statement.value), table.dtype)
                self._builder.store(value, cell)
            case ir.Branch():
                decides = self._cast(self._load(statement.cond), self._type(statement.cond), types.boolean)
                self._builder.cbranch(decides, self._blocks[statement.truebr], self._blocks[statement.falsebr])
            case ir.Jump():
                self._builder.branch(self._blocks[statement.target])
            case ir.Return() if self._type(statement.value) is types.none:
                self._builder.ret_void()
            case ir.Return():
                self._builder.ret(self._load(statement.value))
            case _:
                raise NotImplementedError(f"{statement.loc}: the planner's compiler has no {type(statement).__name__}")

    def _type(self, name: ir.Var) -> Any:
        return self._typed.names[name.name]

    def _load(self, name: ir.Var) -> llvm.Value:
        if name.name in self._made_of:
            return self._context.make_tuple(self._builder, self._type(name), self._made_of[name.name])
        value = self._values.get(name.name)
        return self._builder.load(self._slots[name.name]) if value is None else value

    def _store(self, name: str, value: llvm.Value) -> None:
        if name.startswith("$") and not name.startswith("$phi"):
            self._values[name] = value
            return
        if name not in self._slots:
            self._entry.position_at_end(self._entry.block)
            self._slots[name] = self._entry.alloca(value.type)
        self._builder.store(value, self._slots[name])

    def _cast(self, value: llvm.Value, of: types.Type, to: types.Type) -> llvm.Value:
        return value if of is to else self._context.cast(self._builder, value, of, to)

    def _value(self, name: str, value: Any) -> llvm.Value:
        if isinstance(value, ir.Var):
            return self._load(value)
        if isinstance(value, ir.Expr):
            return self._expression(value)
        if isinstance(value, ir.Arg):
            return self._arguments[value.index]
        kind = self._typed.names[name]
        if isinstance(kind, types.Dummy | types.Callable):
            return self._context.get_dummy_value()
        return self._context.get_constant_generic(self._builder, kind, value.value)

    def _expression(self, value: ir.Expr) -> llvm.Value:
        match value.op:
            case "getattr":
                return table_of(self._builder, self._type(value.value), self._load(value.value), value.attr)
            case "getitem":
                return self._item(value)
            case "binop" | "inplace_binop":
                function = value.fn if value.op == "binop" else value.immutable_fn
                return self._called(value, function, value.lhs, value.rhs)
            case "unary":
                return self._called(value, value.fn, value.value)
            case "call":
                return self._call(value)
            case "pair_first":
                return self._made_of[value.value.name][0]
            case "pair_second":
                return self._made_of[value.value.name][1]
            case "static_getitem":
                return self._builder.extract_value(self._load(value.value), value.index)
            case _:  # the others stand for what they are made of
                return self._load(value.value)

    def _item(self, value: ir.Expr) -> llvm.Value:
        cell, kind = self._cell(value.value, value.index), self._type(value.value)
        if isinstance(type_of_item(kind, self._type(value.index)), Row):
            return cell
        return self._cast(self._builder.load(cell), kind.dtype, read(kind.dtype))

    def _cell(self, table: ir.Var, index: ir.Var) -> llvm.Value:
        kind = self._type(index)
        kinds, numbers = [kind], self._made_of.get(index.name) or [self._load(index)]
        if isinstance(kind, types.Tuple | types.UniTuple):
            kinds = list(kind.types)
            if len(numbers) < len(kinds):
                numbers = [self._builder.extract_value(numbers[0], at) for at in range(len(kinds))]
        numbers = [self._cast(one, of, types.int64) for one, of in zip(numbers, kinds, strict=True)]
        return cell_of(self._context, self._builder, self._type(table), self._load(table), numbers)

    def _called(self, value: ir.Expr, function: object, *arguments: ir.Var) -> llvm.Value:
        how = self._typed.calls[value]
        given = [self._cast(self._load(one), self._type(one), to) for one, to in zip(arguments, how.args, strict=True)]
        return self._context.get_function(function, how)(self._builder, given)

    def _call(self, value: ir.Expr) -> llvm.Value:
        if (part := self._typed.parts.get(value)) is not None:
            return self._builder.call(part.code, [self._load(one) for one in value.args])
        match self._type(value.func):
            case MadeType(made=made):
                return self._cast(self._load(value.args[0]), self._type(value.args[0]), made)
            case LengthType():
                return length_of(self._builder, self._load(value.args[0]))
            case RangeType():
                return self._range(*(self._load(one) for one in value.args))
            case function:
                return self._called(value, function, *value.args)

    def _range(self, *bounds: llvm.Value) -> llvm.Value:
        """Where the next number stands, and the first one that is beyond."""
        first, beyond = (_WORD(0), *bounds) if len(bounds) == 1 else bounds
        self._entry.position_at_end(self._entry.block)
        place = self._entry.alloca(_WORD, 2)
        self._builder.store(first, place)
        self._builder.store(beyond, self._builder.gep(place, [_WORD(1)], inbounds=True))
        return place

    def _next(self, range_: ir.Var) -> list[llvm.Value]:
        """The next number, and whether there is one."""
        place = self._load(range_)
        number = self._builder.load(place)
        beyond = self._builder.load(self._builder.gep(place, [_WORD(1)], inbounds=True))
        self._builder.store(self._builder.add(number, _WORD(1)), place)
        return [number, self._builder.icmp_signed("<", number, beyond)]
