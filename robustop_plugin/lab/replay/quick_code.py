"""Compiles with few optimizations, in less than half the time: the code runs several times slower, with equal results.

Functions that are inlined by force are, and simplified one by one; loops and calls stay as they are written, and the
machine code is that of LLVM's fastest generator. None of this may change a result: the order of operations is kept in
full code, too, and a product is fused with a sum only where `fma` says so.
"""

from typing import Any

from llvmlite import binding

from robustop_plugin.lab.replay.inner_code import EntryCompiler, EntryLibrary, InnerCompiler, InnerLibrary

SIMPLIFY = ("sroa", "simplify_cfg", "instruction_combine", "simplify_cfg")
"""Passes over single functions. Without them the code of large functions is three times as long."""
INLINE = ("always_inliner", "global_dead_code_eliminate")


def run_passes(codegen: Any, module: Any, names: tuple[str, ...]) -> None:
    """Run optimizations over an LLVM module."""
    builder = codegen._pass_builder(opt=1, loop_vectorize=False, slp_vectorize=False)  # noqa: SLF001 (numba's)
    manager: Any = binding.create_new_module_pass_manager()
    for name in names:
        getattr(manager, f"add_{name}_pass")()
    manager.run(module, builder)


def machine_code(codegen: Any, module: Any) -> bytes:
    """Return the machine code of an LLVM module, made without optimization."""
    options: dict[str, Any] = {}
    codegen._customize_tm_options(options)  # noqa: SLF001 (numba's)
    target = binding.Target.from_triple(binding.get_process_triple())
    code: bytes = target.create_target_machine(**{**options, "opt": 0}).emit_object(module)
    return code


class QuickInnerLibrary(InnerLibrary):
    """The LLVM code of a function, to be linked into others."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Simplify what makes the code long."""
        ll_module.data_layout = self._codegen._data_layout  # noqa: SLF001 (numba's)
        run_passes(self._codegen, ll_module, SIMPLIFY)


class QuickLibrary(EntryLibrary):
    """The machine code of a function that Python calls, with all that it calls."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Simplify what makes the code long."""
        ll_module.data_layout = self._codegen._data_layout  # noqa: SLF001 (numba's)
        run_passes(self._codegen, ll_module, SIMPLIFY)

    def _optimize_final_module(self) -> None:
        """Inline what is inlined by force, and drop what nothing calls any more."""
        run_passes(self._codegen, self._final_module, INLINE)

    def _finalize_final_module(self) -> None:
        """Make the machine code, and load it as if it had been kept."""
        code = machine_code(self._codegen, self._final_module)
        self.enable_object_caching()
        self._compiled_object = code
        super()._finalize_final_module()
        # Numba has forgotten it on loading, and needs it to keep it.
        self._compiled_object = code


class QuickInnerCompiler(InnerCompiler):
    """Numba's compiler, up to LLVM code."""

    LIBRARY = QuickInnerLibrary


class QuickCompiler(EntryCompiler):
    """Numba's compiler, with a `QuickLibrary`."""

    LIBRARY = QuickLibrary
