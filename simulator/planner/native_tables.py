"""Tables in compiled code: where their cells lie and how many there are, and nothing else of an array.

A numba array brings seven values and more into each function that takes it, looks at each use whether an index counts
from the end, and makes a type of its own of each width of a cell. With two dozen tables that was most of what the
compiler had to do. Here a set of tables is one pointer: to the places of the tables, which stand in an array of their
own (:attr:`~simulator.planner.tables.TableSet.places`) and never change while compiled code runs. Indices are never
below 0 and always inside, and whole numbers come out as 64 bits, whatever width they are kept in.

This extends numba as its documentation has it (“Low-level extension API”).
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import NativeValue, lower_builtin, models, register_model, typeof_impl, unbox

from simulator.planner.tables import TableSet

_WORD = ir.IntType(64)
_NO_OVERFLOW = ("nsw", "nuw")


class _Table(types.Type):
    def __init__(self, dtype: types.Type, dimensions: int) -> None:
        self.dtype, self.dimensions = dtype, dimensions
        super().__init__(name=f"Table({dtype}, {dimensions})")

    @property
    def cell(self) -> types.Type:
        """What a cell is to those who read it."""
        return types.int64 if self.dtype == types.int32 else self.dtype

    @property
    def row(self) -> _Table:
        """What stands under a number of the first dimension."""
        return _Table(self.dtype, self.dimensions - 1)


class _Set(types.Type):
    """A set of tables, of which it is known what they are used for."""

    def __init__(self, has: object, tables: tuple[tuple[str, _Table], ...]) -> None:
        self.has, self.tables = has, tables
        super().__init__(name="Tables")

    @property
    def key(self) -> object:
        """What makes two of them the same type."""
        return self.has, self.tables


@typeof_impl.register(TableSet)
def _type_of_set(tables: TableSet, context: object) -> _Set:
    of_each = ((name, typeof_impl(table, context)) for name, table in tables.tables())
    return _Set(getattr(tables, "has", None), tuple((name, _Table(array.dtype, array.ndim)) for name, array in of_each))


register_model(_Set)(models.OpaqueModel)


@register_model(_Table)
class _TableModel(models.StructModel):
    def __init__(self, manager: Any, kind: _Table) -> None:
        sizes = [(f"size{at}", types.int64) for at in range(kind.dimensions)]
        super().__init__(manager, kind, [("cells", types.CPointer(kind.dtype)), *sizes])


@unbox(_Set)
def _from_python(_kind: _Set, tables: Any, python: Any) -> Any:
    places, array_type = python.pyapi.object_getattr_string(tables, "places"), types.Array(types.int64, 1, "C")
    array = python.unbox(array_type, places)
    data = python.context.make_array(array_type)(python.context, python.builder, array.value).data
    python.pyapi.decref(places)  # the tables keep it
    return NativeValue(python.builder.bitcast(data, cgutils.voidptr_t), is_error=array.is_error)


@infer_getattr
class _TypeOfTable(AttributeTemplate):
    key = _Set

    def generic_resolve(self, tables: Any, name: str) -> Any:  # type: ignore[override]
        """The type of the table of that name."""
        return dict(tables.tables).get(name)


@lower_getattr_generic(_Set)
def _table(context: Any, builder: Any, tables: _Set, places: Any, name: str) -> Any:
    names = [other for other, _ in tables.tables]
    first = sum(1 + kind.dimensions for _, kind in tables.tables[: names.index(name)])
    kind = dict(tables.tables)[name]
    words = builder.bitcast(places, _WORD.as_pointer())

    def word(number: int) -> Any:
        loaded = builder.load(builder.gep(words, [_WORD(first + number)], inbounds=True))
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    table = cgutils.create_struct_proxy(kind)(context, builder)
    table.cells = builder.inttoptr(word(0), context.get_value_type(types.CPointer(kind.dtype)))
    for at in range(kind.dimensions):
        setattr(table, f"size{at}", word(1 + at))
    return table._getvalue()


@infer_global(operator.getitem)
class _TypeOfCell(AbstractTemplate):
    def generic(self, args: Any, kws: object) -> Any:  # noqa: ARG002 - numba calls it so
        table, place = args
        if not isinstance(table, _Table):
            return None
        row = isinstance(place, types.Integer) and table.dimensions > 1
        return signature(table.row if row else table.cell, table, place)


@infer_global(operator.setitem)
class _TypeOfChange(AbstractTemplate):
    def generic(self, args: Any, kws: object) -> Any:  # noqa: ARG002 - numba calls it so
        table, place, _ = args
        return signature(types.none, table, place, table.cell) if isinstance(table, _Table) else None


@infer_global(len)
class _TypeOfLength(AbstractTemplate):
    def generic(self, args: Any, kws: object) -> Any:  # noqa: ARG002 - numba calls it so
        return signature(types.int64, args[0]) if isinstance(args[0], _Table) else None


def _cell(context: Any, builder: Any, of: Any, args: Any) -> tuple[Any, Any]:
    """The table, and a pointer to the first of its cells that ``args[1]`` names."""
    kind: Any = of.args[0]
    place_type: Any = of.args[1]
    table = cgutils.create_struct_proxy(kind)(context, builder, args[0])
    if issubclass(type(place_type), types.BaseTuple):
        numbers = [(builder.extract_value(args[1], at), place_type[at]) for at in range(len(place_type))]
    else:
        numbers = [(args[1], place_type)]
    place = _WORD(0)
    for at in range(kind.dimensions):
        if at > 0:
            place = builder.mul(place, getattr(table, f"size{at}"), flags=_NO_OVERFLOW)
        if at < len(numbers):
            number = context.cast(builder, *numbers[at], types.int64)
            place = builder.add(place, number, flags=_NO_OVERFLOW) if at > 0 else number
    return table, builder.gep(table.cells, [place], inbounds=True)


@lower_builtin(operator.getitem, _Table, types.Any)
def _get(context: Any, builder: Any, of: Any, args: Any) -> Any:
    table, cell = _cell(context, builder, of, args)
    found = of.return_type
    if not isinstance(found, _Table):
        return context.cast(builder, builder.load(cell), of.args[0].dtype, found)
    row = cgutils.create_struct_proxy(found)(context, builder)
    row.cells = cell
    for at in range(found.dimensions):
        setattr(row, f"size{at}", getattr(table, f"size{at + 1}"))
    return row._getvalue()


@lower_builtin(operator.setitem, _Table, types.Any, types.Any)
def _set(context: Any, builder: Any, of: Any, args: Any) -> Any:
    _, cell = _cell(context, builder, of, args)
    builder.store(context.cast(builder, args[2], of.args[2], of.args[0].dtype), cell)
    return context.get_dummy_value()


@lower_builtin(len, _Table)
def _length(context: Any, builder: Any, of: Any, args: Any) -> Any:
    return cgutils.create_struct_proxy(of.args[0])(context, builder, args[0]).size0
