"""Compiles functions that only other compiled functions call: their code is optimized where it ends up, and only there.

Numba optimizes each function with all that it calls, makes machine code of it, and a wrapper for Python. Of a function
that Python never calls, nothing of this is used: its caller contains its code and optimizes it again. What numba does
before that, types and plain LLVM code, is left as it is.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Unloaded:
    """Stands for the code generator where numba registers loaded code."""

    def set_env(self, _name: str, _environment: Any) -> None:
        """Do nothing: no code is loaded."""


class InnerLibrary(JITCodeLibrary):  # type: ignore[misc] # numba has no types
    """The LLVM code of a function, to be linked into others."""

    @property
    def codegen(self) -> Any:
        """What numba registers loaded code at."""
        return _Unloaded()

    def get_pointer_to_function(self, _name: str) -> int:
        """Return the null pointer: there is no machine code."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self) -> None:
        """Do nothing: the caller optimizes."""

    def _finalize_final_module(self) -> None:
        """Make no machine code."""
        self._finalize_dynamic_globals()
        self._finalized = True


class InnerCompiler(Compiler):  # type: ignore[misc] # numba has no types
    """Numba's compiler, up to LLVM code.

    Attributes:
        LIBRARY: What takes the code.
    """

    LIBRARY: type[InnerLibrary] = InnerLibrary

    def define_pipelines(self) -> Any:
        """Return numba's own steps; the code goes to a library of its own."""
        if self.state.library is None:
            codegen = self.state.targetctx.codegen()
            self.state.library = self.LIBRARY(codegen, self.state.func_id.func_qualname)
        return super().define_pipelines()


OPTIONS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of numba's decorator, beside the compiler."""
