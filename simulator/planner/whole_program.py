"""How functions become machine code: a loop and all that it calls are compiled as one program.

numba compiles, optimises and turns into machine code each function by itself, with copies of all those that it calls.
For a loop of sixty functions which are laid into each other this takes five times as long as to optimise the whole
once. So the functions here are :mod:`parts <simulator.planner.part>`, which are translated into one text
(:mod:`simulator.planner.translation`), and what Python calls is one of them in a wrapper of numba's, which also keeps
it on disk.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

from llvmlite import binding
from llvmlite import ir as llvm
from numba.core import compiler, types
from numba.core.callconv import CPUCallConv, create_error_model
from numba.core.codegen import JITCodeLibrary
from numba.core.cpu import CPUContext
from numba.core.descriptors import TargetDescriptor
from numba.core.dispatcher import Dispatcher
from numba.core.environment import Environment
from numba.core.funcdesc import PythonFunctionDescriptor
from numba.core.registry import CPUTarget
from numba.core.typing import builtins as operators
from numba.core.typing import context as typing_context
from numba.core.typing import mathdecl, templates
from numba.cpython import builtins, mathimpl, numbers, tupleobj  # noqa: F401 - they register themselves

from simulator.planner.disk_cache import DiskCache
from simulator.planner.part import Part
from simulator.planner.translation import Program

_LEVEL = 1
"""Of optimisation: with the four passes that are added it takes half as long as the second level, for loops as fast."""


def _of_operators(template: type) -> bool:
    return any(base.__module__ == operators.__name__ for base in template.__mro__)


_OPERATORS = templates.Registry()
_OPERATORS.functions += filter(_of_operators, templates.builtin_registry.functions)
_OPERATORS.globals += [
    (value, kind)
    for value, kind in templates.builtin_registry.globals
    if isinstance(kind, types.Function) and all(map(_of_operators, kind.templates))
]


class _Typing(typing_context.BaseContext):
    """What operators, and mathematical functions, are for."""

    def load_additional_registries(self) -> None:
        """Of all that numba knows only these. The rest, to be told of, loads what serves NumPy."""
        self.install_registry(mathdecl.registry)
        self.install_registry(_OPERATORS)

    def _load_builtins(self) -> None:
        """See :meth:`load_additional_registries`."""


class _NeverRaising(CPUCallConv):
    def return_user_exc(self, builder: Any, *_what: Any, **_more: Any) -> None:
        """Where numba would raise something, a part never comes: as with a step of 0."""
        builder.unreachable()


class _Context(CPUContext):
    """The code for these."""

    def load_additional_registries(self) -> None:
        """Of all that numba knows only these."""
        self.install_registry(mathimpl.registry)

    def add_linking_libs(self, libraries: Sequence[object]) -> None:
        """Raises for what numba makes of functions of its own: a module more, of which no part can be made."""
        if libraries:
            raise NotImplementedError("the planner's compiler links nothing of numba's; write it without")

    @property
    def call_conv(self) -> _NeverRaising:
        """Used in place of numba's own."""
        return _NeverRaising(self)


class _Target(TargetDescriptor):
    options = CPUTarget.options

    @cached_property
    def typing_context(self) -> _Typing:
        """One."""
        return _Typing()

    @cached_property
    def target_context(self) -> _Context:
        """One."""
        return _Context(self.typing_context, "cpu")

    @cached_property
    def program(self) -> Program:
        """All that was translated so far."""
        self.target_context.refresh()
        context = self.target_context.subtarget(error_model=create_error_model("numpy", self.target_context))
        return Program(context)


_TARGET = _Target("planner")


class _Whole(JITCodeLibrary):
    """The code of a function that Python calls, with all its parts."""

    def _optimize_functions(self, module: binding.ModuleRef) -> None:
        module.data_layout = self._codegen._data_layout

    def add_text(self, text: str) -> None:
        """Code as LLVM reads it."""
        self.add_llvm_module(binding.parse_assembly(text))

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and not function.name.startswith("_ZN"):
                function.linkage = "internal"
        manager, builder = self._codegen._module_pass_manager(loop_vectorize=False, slp_vectorize=False, opt=_LEVEL)
        manager.add_new_gvn_pass()
        manager.add_jump_threading_pass()
        manager.add_instruction_combine_pass()
        manager.add_simplify_cfg_pass()
        manager.run(self._final_module, builder)


class _Compiler:
    """What numba asks to compile a function for types of arguments."""

    def __init__(self, typing: Any, context: _Context, _library: None, arguments: Any, *_more: Any) -> None:
        self._typing, self._context, self._arguments = typing, context, arguments

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """``function`` and all that it calls."""
        with _collecting_later():
            return self._compiled(function)

    def _compiled(self, function: Callable[..., Any]) -> Any:
        program = _TARGET.program
        part = program.translated(Part(function), self._arguments)
        library = _Whole(self._context.codegen(), function.__qualname__)
        library.enable_object_caching()
        names = tuple(function.__code__.co_varnames[: function.__code__.co_argcount])
        described = PythonFunctionDescriptor(
            True, function.__module__, function.__qualname__, function.__qualname__, "", {}, part.result, {}, names, (),
            argtypes=tuple(self._arguments),
        )  # fmt: skip
        library.add_text(program.text(part))
        environment = Environment.from_fndesc(described)
        context = self._context.subtarget(environment=environment, fndesc=described)
        helper = self._for_numba(context, library, described, part.code)
        context.create_cpython_wrapper(library, described, environment, helper, release_gil=True)
        return compiler.compile_result(
            typing_context=self._typing,
            target_context=context,
            entry_point=context.get_executable(library, described, environment),
            type_annotation="",
            signature=templates.signature(part.result, *self._arguments),
            objectmode=False,
            lifted=(),
            fndesc=described,
            library=library,
            call_helper=helper,
            environment=environment,
            metadata={},
            reload_init=[],
        )

    def _for_numba(self, context: _Context, library: _Whole, described: Any, part: llvm.Function) -> Any:
        """The part as numba calls functions."""
        module = library.create_ir_module(described.qualname)
        context.declare_env_global(module, context.get_env_name(described))
        builder = llvm.IRBuilder(context.declare_function(module, described).append_basic_block())
        helper = context.call_conv.init_call_helper(builder)
        given = context.call_conv.decode_arguments(builder, described.argtypes, builder.function)
        found = builder.call(llvm.Function(module, part.ftype, part.name), given)
        if described.restype is types.none:
            found = context.get_dummy_value()
        context.call_conv.return_value(builder, context.get_return_value(builder, described.restype, found))
        library.add_ir_module(module)
        return helper


@contextmanager
def _collecting_later() -> Iterator[None]:
    """To compile makes very many objects that all stay; to look through them for garbage takes a tenth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class Entry(Dispatcher):
    """A function that Python calls."""

    targetdescr = _TARGET

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(
            function,
            targetoptions={"nopython": True, "nogil": True, "_nrt": False},
            pipeline_class=cast("type[compiler.CompilerBase]", _Compiler),
        )

    def enable_caching(self) -> None:
        """From now on compiled code is kept on disk. Raises ``RuntimeError`` where there is no place for it."""
        self._cache = DiskCache(self.py_func)
