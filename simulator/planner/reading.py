"""A function of the planner as numba reads it, without what a centre does not use.

A part knows at once which features a centre uses (:mod:`simulator.planner.features`), and leaves out what serves others
before anything else looks at it: what nobody uses costs neither time to compile nor time to run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from numba.core import ir, types
from numba.core.bytecode import ByteCode, FunctionIdentity
from numba.core.interpreter import Interpreter


class _Reader(Interpreter):
    def post_process(self, peepholes: object, code: Any) -> Any:  # noqa: ARG002 - numba calls it so
        """Nothing: what is mended here comes of ``with`` and ``*``, which the planner has none of."""
        return code


def read_function(function: Callable[..., Any], arguments: Sequence[types.Type]) -> dict[int, ir.Block]:
    """The statements of ``function`` for ``arguments`` of these types, by block."""
    identity = FunctionIdentity.from_function(function)
    code = _Reader(identity).interpret(ByteCode(identity))
    _Constants(code, arguments).put()
    return _reached(code.blocks)


class _Constants:
    """Puts numbers and functions in place of names: of columns, what modules have, and whether a centre has a feature;
    and jumps in place of branches that these decide."""

    def __init__(self, code: Any, arguments: Sequence[types.Type]) -> None:
        self._blocks, self._definitions, self._arguments = code.blocks, code._definitions, arguments

    def put(self) -> None:
        for block in self._blocks.values():
            for statement in block.body:
                if isinstance(statement, ir.Assign):
                    self._put(statement)
            end = block.body[-1]
            if isinstance(end, ir.Branch):
                decided = self._decided(end.cond)
                if decided is not None:
                    block.body[-1] = ir.Jump(end.truebr if decided else end.falsebr, end.loc)

    def _put(self, statement: ir.Assign) -> None:
        value = statement.value
        if isinstance(value, ir.Global) and isinstance(value.value, ModuleType):
            statement.value = ir.Const(None, statement.loc)  # what is made of it is put in place of that
        if not (isinstance(value, ir.Expr) and value.op == "getattr"):
            return
        whole = self._defined(value.value)
        if isinstance(whole, ir.Global) and isinstance(whole.value, ModuleType):
            self._replace(statement, ir.Global(value.attr, getattr(whole.value, value.attr), statement.loc))
        elif isinstance(whole, ir.Arg) and value.attr == "has":
            statement.value = ir.Const(None, statement.loc)
        elif isinstance(whole, ir.Expr) and whole.op == "getattr" and whole.attr == "has":
            tables = self._arguments[self._defined(whole.value).index]
            self._replace(statement, ir.Const(getattr(tables.has, value.attr), statement.loc))

    def _replace(self, statement: ir.Assign, value: ir.Const | ir.Global) -> None:
        definitions = self._definitions[statement.target.name]
        definitions[definitions.index(statement.value)] = statement.value = value

    def _defined(self, name: ir.Var) -> Any:
        """What ``name`` always stands for; None: not always the same."""
        found = self._definitions[name.name]
        if len(found) != 1:
            return None
        return self._defined(found[0]) if isinstance(found[0], ir.Var) else found[0]

    def _decided(self, condition: ir.Var) -> bool | None:
        found = self._defined(condition)
        if isinstance(found, ir.Expr) and found.op == "call":
            # Python asks for the truth of whatever decides a branch.
            asked = self._defined(found.func)
            if isinstance(asked, ir.Global) and asked.value is bool:
                found = self._defined(found.args[0])
        return bool(found.value) if isinstance(found, ir.Const | ir.Global) else None


def _reached(blocks: dict[int, ir.Block]) -> dict[int, ir.Block]:
    found, ahead = set[int](), [min(blocks)]
    while ahead:
        at = ahead.pop()
        if at not in found:
            found.add(at)
            ahead += blocks[at].terminator.get_targets()
    return {at: blocks[at] for at in sorted(found)}
