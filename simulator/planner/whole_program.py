"""How functions become machine code: a loop and all that it calls are compiled as one program.

numba compiles, optimises and turns into machine code each function by itself, with copies of all those that it calls.
For a loop of sixty functions which are laid into each other this takes five times as long as to optimise the whole
once. So the parts here are translated only (:class:`_Part`), and linked, optimised and made machine code with the
function that starts them (:class:`_Whole`).

A part knows at once which features a centre uses (:mod:`simulator.planner.features`), and leaves out what serves others
before numba looks at it: what nobody uses costs neither time to compile nor time to run.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from llvmlite import binding
from numba.core import ir
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.ir_utils import get_definition, guard
from numba.core.typed_passes import (
    AnnotateTypes,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FixupArgs,
    IRProcessing,
    ReconstructSSA,
    TranslateByteCode,
)

_LEVEL = 2


class _Part(JITCodeLibrary):
    """The code of one function, for linking alone: it is never run by itself."""

    def _optimize_functions(self, module: binding.ModuleRef) -> None:
        module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        self._raise_if_finalized()
        for function in self._final_module.functions:
            if not function.is_declaration:
                function.linkage = "linkonce_odr"
        self._finalized = True

    def _get_module_for_linking(self) -> binding.ModuleRef:
        return self._final_module

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002 - numba asks so
        """There is none."""
        self._ensure_finalized()
        return 0

    @property
    def codegen(self) -> Any:
        """Stands in for what would tell machine code, of which there is none, where the function's environment is."""
        return self

    def set_env(self, name: str, environment: object) -> None:
        """See :meth:`codegen`."""


class _Whole(JITCodeLibrary):
    """A function that is run, with all its parts."""

    def _optimize_functions(self, module: binding.ModuleRef) -> None:
        module.data_layout = self._codegen._data_layout

    def add_linking_library(self, library: Any) -> None:
        super().add_linking_library(library)
        if isinstance(library, _Part):
            for one in library._linking_libraries:
                if one not in self._linking_libraries:
                    self.add_linking_library(one)

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage.name == "linkonce_odr":
                function.linkage = "internal"
        manager, builder = self._codegen._module_pass_manager(loop_vectorize=False, slp_vectorize=False, opt=_LEVEL)
        manager.run(self._final_module, builder)


@register_pass(mutates_CFG=False, analysis_only=False)
class _Constants(FunctionPass):
    """Puts numbers in place of names: of columns, other global numbers, and whether a centre has a feature.

    numba makes a type of its own of each number that is written down, for which it would compile every function that is
    called with it once more; not of these.
    """

    _name = "planner_constants"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Whether anything was changed."""
        code, spent = state.func_ir, set()
        for block in code.blocks.values():
            for statement in block.find_insts(ir.Assign):
                found, through = _number(statement.value, code, state.args)
                if found is not None:
                    definitions = code._definitions[statement.target.name]
                    number = ir.Const(found, statement.loc, use_literal_type=False)
                    definitions[definitions.index(statement.value)] = statement.value = number
                    spent |= through
        for block in code.blocks.values():
            block.body = [one for one in block.body if not (isinstance(one, ir.Assign) and one.target.name in spent)]
        return True


def _number(value: Any, code: Any, types_of_arguments: Any) -> tuple[int | None, set[str]]:
    """The number that ``value`` stands for, and the names that only led to it."""
    if isinstance(value, ir.Const | ir.Global | ir.FreeVar):
        return (value.value, set()) if isinstance(value.value, int) else (None, set())
    if not (isinstance(value, ir.Expr) and value.op == "getattr"):
        return None, set()
    whole = guard(get_definition, code, value.value)
    through = {value.value.name}
    if isinstance(whole, ir.Global) and isinstance(whole.value, ModuleType):
        found = getattr(whole.value, value.attr)
        return (found, through) if isinstance(found, int) else (None, set())
    if isinstance(whole, ir.Expr) and whole.op == "getattr" and whole.attr == "has":
        tables = guard(get_definition, code, whole.value)
        return getattr(types_of_arguments[tables.index].has, value.attr), through
    return None, set()


_PASSES = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    _Constants,
    DeadBranchPrune,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    IRLegalization,
    AnnotateTypes,
    NativeLowering,
    NoPythonBackend,
)
"""Those of numba that plain loops over tables need."""


class _Linked(Compiler):
    library: type[JITCodeLibrary]

    def compile_extra(self, function: Any) -> Any:
        """Compiles ``function`` into a library of our own."""
        self.state.library = self.library(self.state.targetctx.codegen(), function.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(function)

    def define_pipelines(self) -> list[PassManager]:
        """One."""
        manager = PassManager("planner")
        for each in _PASSES:
            manager.add_pass(each, each._name)
        manager.finalize()
        return [manager]


class PartCompiler(_Linked):
    """For functions that compiled ones call."""

    library = _Part


class WholeCompiler(_Linked):
    """For those that are called from Python."""

    library = _Whole
