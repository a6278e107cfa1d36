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
    """As a value: where among the places the table's own stand."""

    def __init__(self, dtype: types.Type, dimensions: int) -> None:
        self.dtype, self.dimensions = dtype, dimensions
        super().__init__(name=f"Table({dtype}, {dimensions})")


class _Row(types.Type):
    """What stands under a number of the first dimension of a table of two; as a value: its first cell."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"Row({dtype})")


def _read(dtype: types.Type) -> types.Type:
    """What a cell is to those who read it."""
    return types.int64 if dtype == types.int32 else dtype


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


register_model(_Table)(models.OpaqueModel)


@register_model(_Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Row) -> None:
        super().__init__(manager, kind, manager.lookup(kind.dtype).get_data_type().as_pointer())


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
def _table(context: Any, builder: Any, tables: _Set, places: Any, name: str) -> Any:  # noqa: ARG001 - numba calls it so
    names = [other for other, _ in tables.tables]
    first = sum(1 + kind.dimensions for _, kind in tables.tables[: names.index(name)])
    return builder.bitcast(_place(builder, places, first), cgutils.voidptr_t)


def _place(builder: Any, places: Any, number: int) -> Any:
    return builder.gep(builder.bitcast(places, _WORD.as_pointer()), [_WORD(number)], inbounds=True)


def _loaded(builder: Any, place: Any) -> Any:
    """What stands at a place: it never changes."""
    loaded = builder.load(place)
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


@infer_global(operator.getitem)
class _TypeOfCell(AbstractTemplate):
    def generic(self, args: Any, kws: object) -> Any:  # noqa: ARG002 - numba calls it so
        table, place = args
        if isinstance(table, _Row):
            return signature(_read(table.dtype), table, place)
        if not isinstance(table, _Table):
            return None
        row = isinstance(place, types.Integer) and table.dimensions == 2
        return signature(_Row(table.dtype) if row else _read(table.dtype), table, place)


@infer_global(operator.setitem)
class _TypeOfChange(AbstractTemplate):
    def generic(self, args: Any, kws: object) -> Any:  # noqa: ARG002 - numba calls it so
        table, place, _ = args
        return signature(types.none, table, place, _read(table.dtype)) if isinstance(table, _Table) else None


@infer_global(len)
class _TypeOfLength(AbstractTemplate):
    def generic(self, args: Any, kws: object) -> Any:  # noqa: ARG002 - numba calls it so
        return signature(types.int64, args[0]) if isinstance(args[0], _Table) else None


def _cell(context: Any, builder: Any, of: Any, args: Any) -> Any:
    """A pointer to the first of the cells of a table that ``args[1]`` names."""
    kind: Any = of.args[0]
    place_type: Any = of.args[1]
    if issubclass(type(place_type), types.BaseTuple):
        numbers = [(builder.extract_value(args[1], at), place_type[at]) for at in range(len(place_type))]
    else:
        numbers = [(args[1], place_type)]
    place = context.cast(builder, *numbers[0], types.int64)
    for at in range(1, kind.dimensions):
        place = builder.mul(place, _loaded(builder, _place(builder, args[0], 1 + at)), flags=_NO_OVERFLOW)
        if at < len(numbers):
            place = builder.add(place, context.cast(builder, *numbers[at], types.int64), flags=_NO_OVERFLOW)
    cells = context.get_value_type(types.CPointer(kind.dtype)).as_pointer()
    return builder.gep(_loaded(builder, builder.bitcast(args[0], cells)), [place], inbounds=True)


@lower_builtin(operator.getitem, _Table, types.Any)
def _get(context: Any, builder: Any, of: Any, args: Any) -> Any:
    cell, found = _cell(context, builder, of, args), of.return_type
    if isinstance(found, _Row):
        return cell
    return context.cast(builder, builder.load(cell), of.args[0].dtype, found)


@lower_builtin(operator.getitem, _Row, types.Integer)
def _get_of_row(context: Any, builder: Any, of: Any, args: Any) -> Any:
    place = context.cast(builder, args[1], of.args[1], types.int64)
    cell = builder.load(builder.gep(args[0], [place], inbounds=True))
    return context.cast(builder, cell, of.args[0].dtype, of.return_type)


@lower_builtin(operator.setitem, _Table, types.Any, types.Any)
def _set(context: Any, builder: Any, of: Any, args: Any) -> Any:
    cell = _cell(context, builder, of, args)
    builder.store(context.cast(builder, args[2], of.args[2], of.args[0].dtype), cell)
    return context.get_dummy_value()


@lower_builtin(len, _Table)
def _length(context: Any, builder: Any, of: Any, args: Any) -> Any:  # noqa: ARG001 - numba calls it so
    return _loaded(builder, _place(builder, args[0], 1))
