"""Tables in compiled code: where their cells lie and how many there are, and nothing else of an array.

A numba array brings seven values and more into each function that takes it, looks at each use whether an index counts
from the end, and makes a type of its own of each width of a cell. With two dozen tables that was most of what the
compiler had to do. Here a set of tables is one pointer: to the places of the tables, which stand in an array of their
own (:attr:`~simulator.planner.tables.TableSet.places`) and never change while compiled code runs. Indices are never
below 0 and always inside, and whole numbers come out as 64 bits, whatever width they are kept in.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import NativeValue, models, register_model, typeof_impl, unbox

from simulator.planner.tables import TableSet

_WORD = ir.IntType(64)
_NO_OVERFLOW = ("nsw", "nuw")


class Table(types.Type):
    """As a value: where among the places the table's own stand."""

    def __init__(self, dtype: types.Type, dimensions: int) -> None:
        self.dtype, self.dimensions = dtype, dimensions
        super().__init__(name=f"Table({dtype}, {dimensions})")


class Row(types.Type):
    """What stands under a number of the first dimension of a table of two; as a value: its first cell."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"Row({dtype})")


class Set(types.Type):
    """A set of tables, of which it is known what they are used for."""

    def __init__(self, has: object, tables: tuple[tuple[str, Table], ...]) -> None:
        self.has, self.tables = has, dict(tables)
        self._key = has, tables
        # The names of compiled functions are made of those of their arguments' types, and must differ where they do.
        super().__init__(name=f"Tables-{sha256(repr(self._key).encode()).hexdigest()[:16]}")

    @property
    def key(self) -> object:
        """What makes two of them the same type."""
        return self._key


_CELLS = {np.dtype(kind.name): kind for kind in (types.int32, types.int64, types.uint64, types.float64)}


@typeof_impl.register(TableSet)
def _type_of_set(tables: TableSet, context: object) -> Set:  # noqa: ARG001 - numba calls it so
    # numba's own way to find out what an array is of looks through all that there is in NumPy first.
    kinds = tuple((name, table.dtype, table.ndim) for name, table in tables.tables())
    return _set_of(getattr(tables, "has", None), kinds)


@cache
def _set_of(has: object, kinds: tuple[tuple[str, np.dtype[Any], int], ...]) -> Set:
    return Set(has, tuple((name, Table(_CELLS[dtype], dimensions)) for name, dtype, dimensions in kinds))


register_model(Set)(models.OpaqueModel)
register_model(Table)(models.OpaqueModel)


@register_model(Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Row) -> None:
        super().__init__(manager, kind, manager.lookup(kind.dtype).get_data_type().as_pointer())


@unbox(Set)
def from_python(_kind: types.Type, tables: Any, python: Any) -> Any:
    """What Python hands over: its ``address``. What it raises instead is raised by the call."""
    builder, address = python.builder, python.pyapi.object_getattr_string(tables, "address")
    number = cgutils.alloca_once_value(builder, cgutils.get_null_value(cgutils.voidptr_t))
    failed = cgutils.is_null(builder, address)
    with builder.if_then(builder.not_(failed), likely=True):
        builder.store(python.pyapi.long_as_voidptr(address), number)
        python.pyapi.decref(address)
    return NativeValue(builder.load(number), is_error=failed)


def read(dtype: types.Type) -> types.Type:
    """What a cell of ``dtype`` is to those who read it."""
    return types.int64 if dtype == types.int32 else dtype


def type_of_item(table: types.Type, place: types.Type) -> types.Type | None:
    """What stands at a ``place`` of a table or row; None: neither is one."""
    if isinstance(table, Row):
        return read(table.dtype)
    if not isinstance(table, Table):
        return None
    row = isinstance(place, types.Integer) and table.dimensions == 2
    return Row(table.dtype) if row else read(table.dtype)


def _place(builder: ir.IRBuilder, places: ir.Value, number: int) -> ir.Value:
    return builder.gep(builder.bitcast(places, _WORD.as_pointer()), [_WORD(number)], inbounds=True)


def _loaded(builder: ir.IRBuilder, place: ir.Value) -> ir.Value:
    """What stands at a place: it never changes."""
    loaded = builder.load(place)
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def table_of(builder: ir.IRBuilder, tables: Set, places: ir.Value, name: str) -> ir.Value:
    """The table of that name."""
    first = 0
    for other, kind in tables.tables.items():
        if other == name:
            break
        first += 1 + kind.dimensions
    return builder.bitcast(_place(builder, places, first), cgutils.voidptr_t)


def length_of(builder: ir.IRBuilder, table: ir.Value) -> ir.Value:
    """How long the first dimension is."""
    return _loaded(builder, _place(builder, table, 1))


def cell_of(context: Any, builder: ir.IRBuilder, kind: Table | Row, table: ir.Value, at: list[ir.Value]) -> ir.Value:
    """A pointer to the cell ``at`` these indices; to the first one of a row, if there is one index too few."""
    if isinstance(kind, Row):
        return builder.gep(table, at, inbounds=True)
    place = at[0]
    for dimension in range(1, kind.dimensions):
        size = _loaded(builder, _place(builder, table, 1 + dimension))
        place = builder.mul(place, size, flags=_NO_OVERFLOW)
        if dimension < len(at):
            place = builder.add(place, at[dimension], flags=_NO_OVERFLOW)
    cells = context.get_value_type(types.CPointer(kind.dtype)).as_pointer()
    return builder.gep(_loaded(builder, builder.bitcast(table, cells)), [place], inbounds=True)
