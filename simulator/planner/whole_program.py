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
from llvmlite import ir as llvm
from numba.core import ir
from numba.core.callconv import CPUCallConv
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.cpu import CPUContext
from numba.core.ir_utils import build_definitions, get_definition, guard
from numba.core.ssa import reconstruct_ssa
from numba.core.typed_passes import (
    AnnotateTypes,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FixupArgs,
    TranslateByteCode,
)

from simulator.planner.known_types import remembering

_LEVEL = 1
"""Of optimisation: with the four passes that are added it takes half as long as the second level, for loops as fast."""


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
        manager.add_new_gvn_pass()
        manager.add_jump_threading_pass()
        manager.add_instruction_combine_pass()
        manager.add_simplify_cfg_pass()
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


class _Directly(CPUCallConv):
    """How parts are called: they return what they found. numba's functions tell whether they raised something, and
    asking for that at each call is as much code as all the rest; parts never raise."""

    def get_function_type(self, result: Any, arguments: Any) -> Any:
        """Of the code of a part."""
        packer = self._get_arg_packer(arguments)
        return llvm.FunctionType(self.get_return_type(result).pointee, list(packer.argument_types))

    def decorate_function(self, function: Any, arguments: Any, types: Any, noalias: bool = False) -> None:
        """As it is."""

    def get_arguments(self, function: Any) -> Any:
        """All of them are the part's own."""
        return function.args

    def return_value(self, builder: Any, value: Any) -> None:
        """Ends the part."""
        builder.ret(value)

    def return_user_exc(self, builder: Any, *_what: Any, **_more: Any) -> None:
        """Where numba would raise something, the part never comes: as with a step of 0."""
        builder.unreachable()

    def call_function(self, builder: Any, callee: Any, *_what: Any, **_more: Any) -> Any:
        """For what numba compiles in its own way: a module more, of which a part could not tell what it raised."""
        raise NotImplementedError(
            f"functions of the planner call each other alone, not {callee.name}; write it without what numba makes "
            "of its own (for “int” there is simulator.planner.jitted.whole)"
        )


class _PartContext(CPUContext):
    @property
    def call_conv(self) -> _Directly:
        """Used in place of numba's own."""
        return _Directly(self)

    def insert_user_function(self, function: Any, part: Any, libraries: Any = ()) -> None:
        """Whoever calls ``function`` does so :class:`directly <_Directly>`."""

        def call(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            given = context.get_arg_packer(part.argtypes).as_arguments(builder, arguments)
            found = builder.call(self.declare_function(builder.module, part), given)
            return context.get_returned_value(builder, part.restype, found)

        call.signature, call.libs = part.argtypes, tuple(libraries)  # type: ignore[attr-defined]
        self._defns[function].append(call, part.argtypes)


@register_pass(mutates_CFG=True, analysis_only=False)
class _Once(FunctionPass):
    """Gives each name one value: numba's own pass, but for how long values live, which matters to generators alone."""

    _name = "planner_once"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Whether anything was changed."""
        state.func_ir = reconstruct_ssa(state.func_ir)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _WithoutPhis(PreLowerStripPhis):
    """The same of the pass that undoes it again for LLVM."""

    _name = "planner_without_phis"

    def run_pass(self, state: Any) -> bool:
        """Whether anything was changed."""
        state.func_ir = self._strip_phi_nodes(state.func_ir)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return True


_PASSES = (
    TranslateByteCode,
    FixupArgs,
    _Constants,
    DeadBranchPrune,
    _Once,
    NopythonTypeInference,
    _WithoutPhis,
    AnnotateTypes,
    NativeLowering,
    NoPythonBackend,
)
"""Those of numba that plain loops over tables need."""


class _Linked(Compiler):
    library: type[JITCodeLibrary]

    def __init__(self, context: Any, *others: Any) -> None:
        super().__init__(remembering(context), *others)

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

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        context = self.state.targetctx
        self.state.targetctx = _PartContext.__new__(_PartContext)
        self.state.targetctx.__dict__.update(context.__dict__, typing_context=self.state.typingctx)


class WholeCompiler(_Linked):
    """For those that are called from Python."""

    library = _Whole
