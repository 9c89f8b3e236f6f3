"""Leaves out what numba does beside compiling: a fifth of its time, in a process that only compiles the replay.

Numba reports to listeners when each step and each call of LLVM begins and ends, computes again after each step which
variables live, and compares the options of functions one by one. The code that it makes is the same without this.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from robustop_plugin.lab.replay.numba_internals import is_known


def leave_out_extras() -> bool:
    """Replace functions of numba for the rest of this process, which must do nothing else.

    Returns:
        False if another version of numba is installed than the one that is known: then it is left as it is.
    """
    if not is_known():
        return False
    _silence(importlib.import_module("numba.core.event"))
    _compare_set_options(importlib.import_module("numba.core.targetconfig").TargetConfig)
    _defer_lifetimes(importlib.import_module("numba.core.postproc"), importlib.import_module("numba.core.transforms"))
    return True


def _silence(event: Any) -> None:
    """Have no events: they time the steps of the compiler for who asks for it."""

    def say_nothing(*_: Any, **__: Any) -> None:
        """Report nothing."""

    @contextmanager
    def time_nothing(*_: Any, **__: Any) -> Iterator[None]:
        """Run the block."""
        yield

    event.start_event = event.end_event = say_nothing
    event.trigger_event = event.install_timer = time_nothing


def _compare_set_options(options: Any) -> None:
    """Compare options by those that were set. Numba's hash of options is the same for all."""

    def equals(self: Any, other: Any) -> bool:
        return isinstance(other, options) and self._values == other._values  # noqa: SLF001 (numba's)

    options.__eq__ = equals
    options.__hash__ = lambda self: hash(frozenset(self._values))


def _defer_lifetimes(postproc: Any, transforms: Any) -> None:
    """Compute after a step only what the next one needs; the life of variables is computed when it is asked for."""
    run_all = postproc.PostProcessor.run

    def run(self: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
        if emit_dels or self.func_ir.is_generator:
            run_all(self, emit_dels, extend_lifetimes)
            return
        self.func_ir.blocks = transforms.canonicalize_cfg(self.func_ir.blocks)
        self.func_ir.variable_lifetime = postproc.VariableLifetime(self.func_ir.blocks)
        self.func_ir.generator_info = None

    postproc.PostProcessor.run = run
