"""Compiles functions that only other compiled functions call: their code is optimized where it ends up, and only there.

Numba links each function with all that it calls, optimizes both, and makes machine code and a wrapper for Python. Of a
function that Python never calls, nothing of this is used: its caller contains its code and optimizes it again. So each
function's own code is kept until a function that Python calls is linked, once with each function behind it. What numba
does before that, types and plain LLVM code, is left as it is.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Unloaded:
    """Stands for the code generator where numba registers loaded code."""

    def set_env(self, _name: str, _environment: Any) -> None:
        """Do nothing: no code is loaded."""


class InnerLibrary(JITCodeLibrary):  # type: ignore[misc] # numba has no types
    """The LLVM code of a function without those that it calls, to be linked into others."""

    @property
    def codegen(self) -> Any:
        """What numba registers loaded code at."""
        return _Unloaded()

    def get_pointer_to_function(self, _name: str) -> int:
        """Return the null pointer: there is no machine code."""
        self._ensure_finalized()
        return 0

    def finalize(self) -> None:
        """Link, optimize and make nothing: that is left to functions that Python calls."""
        self._raise_if_finalized()
        self._finalized = True


def with_callees(libraries: Iterable[Any]) -> Iterator[Any]:
    """Yield libraries, and those of all functions that theirs call, each once."""
    seen: set[Any] = set()
    waiting = list(libraries)
    while waiting:
        library = waiting.pop()
        if library not in seen:
            seen.add(library)
            yield library
            # Numba's own libraries contain what their functions call.
            waiting += library._linking_libraries if isinstance(library, InnerLibrary) else []  # noqa: SLF001 (numba's)


class EntryLibrary(JITCodeLibrary):  # type: ignore[misc] # numba has no types
    """The machine code of a function that Python calls, with all that it calls."""

    _linking_libraries: list[Any]

    def finalize(self) -> None:
        """Link, optimize and make machine code as numba does."""
        self._linking_libraries = list(with_callees(self._linking_libraries))
        super().finalize()


class _OwnLibrary(Compiler):  # type: ignore[misc] # numba has no types
    """Numba's compiler, with another library.

    Attributes:
        LIBRARY: What takes the code.
    """

    LIBRARY: type[InnerLibrary | EntryLibrary]

    def define_pipelines(self) -> Any:
        """Return numba's own steps; the code goes to a library of its own."""
        if self.state.library is None:
            codegen = self.state.targetctx.codegen()
            self.state.library = self.LIBRARY(codegen, self.state.func_id.func_qualname)
            self.state.library.enable_object_caching()
        return super().define_pipelines()


class InnerCompiler(_OwnLibrary):
    """Numba's compiler, up to LLVM code."""

    LIBRARY: type[InnerLibrary] = InnerLibrary


class EntryCompiler(_OwnLibrary):
    """Numba's compiler, with an `EntryLibrary`."""

    LIBRARY: type[EntryLibrary] = EntryLibrary
