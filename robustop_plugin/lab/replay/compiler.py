"""Compiles functions of the package as they stand, so that a replay runs them over millions of candles.

The bot runs the same functions in the interpreter, one tick at a time. The compiler (extra `lab`) is imported when it
is first needed.
"""

import inspect
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, get_type_hints

from robustop_plugin.core import exact
from robustop_plugin.core.grid import Grid
from robustop_plugin.lab.replay.code_cache import prepared_folder
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel import (
    drawdown,
    partial_sales,
    risk_sizing,
    setting_tables,
)
from robustop_plugin.lab.replay.kernel.partial_open import TradeContext
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Position
from robustop_plugin.lab.replay.kernel.tables import Market
from robustop_plugin.lab.replay.numba_internals import ways_to_compile
from robustop_plugin.lab.replay.tiers import Tier, forced_tier

Compiled = dict[Callable[..., Any], Callable[..., Any]]
"""Plain functions, each with its compiled version."""

LARGE = frozenset({Grid, Market, EngineSet, Position, TradeContext})
"""Types of parameters. A function that takes one of them is inlined, because passing the value costs more than most of
what the function does with it."""

SEPARATE: frozenset[object] = frozenset(
    {
        partial_sales.less,
        risk_sizing.foreseen_stop,
        risk_sizing.risk_of_entry,
        drawdown.halt,
        drawdown.funding_now,
    }
)
"""Functions that take a large value and are not inlined by force all the same: they are large, or called seldom."""

SOURCES = (Path(__file__).name, "fma.py", "inner_code.py", "lean_compiler.py", "numba_internals.py", "quick_code.py")
"""The files of this folder that decide how functions are compiled."""

RETURNS_RECORDS: frozenset[object] = frozenset(
    {setting_tables.run_settings_at, setting_tables.engine_set_at, setting_tables.settings_of_pair}
)
"""Functions that numba inlines before it compiles them: compiled code cannot return records of a table."""


def compiled(
    modules: Iterable[ModuleType],
    *,
    kept: bool = False,
    entries: Collection[Callable[..., Any]] | None = None,
    tier: Tier | None = None,
) -> Compiled:
    """Return the compiled version of every function of the modules, or of entries. Named tuples stay what they are.

    The code object is the module's own. Only the namespace is new: there the functions that it calls are compiled, too.
    One function has a version of its own with the same result: `core.exact.two_product`.

    Args:
        modules: In dependency order.
        kept: True if machine code is kept on disk, where a folder is writable.
        entries: The functions that Python calls, the only ones that are returned; None for all. The others are compiled
            for their callers only, in half the time.
        tier: How far the code is optimized; None for what the environment says, and else fully.

    Raises:
        NotModelled: Numba is not installed.
    """
    try:
        import numba  # noqa: PLC0415 (not everybody has a compiler)
    except ImportError as error:
        raise NotModelled(
            "numba is not installed, and the replay compiles with it: pip install 'robustop[lab]'"
        ) from error

    from robustop_plugin.lab.replay import fma  # noqa: PLC0415 (it needs the compiler)

    modules, tier = tuple(modules), tier or forced_tier() or Tier.FULL
    folder = folder_of(modules, tier) if kept else None
    # Nothing is allocated in a replay: without counts of references a run takes two thirds of the time.
    plain = partial(numba.njit, nogil=True, error_model="numpy", _nrt=False)

    ways = ways_to_compile(tier)

    def compiler(function: Any) -> Callable[..., Any]:
        is_inner = entries is not None and function not in entries
        options = ways.inner if is_inner else ways.entry | {"cache": folder is not None}
        return partial(plain, **options, **inlining(function))

    before = numba.config.CACHE_DIR
    try:
        numba.config.CACHE_DIR = before if folder is None else str(folder)
        found = _compiled(modules, compiler, {exact.two_product: compiler(fma.two_product)()(fma.two_product)})
    finally:
        numba.config.CACHE_DIR = before
    # What was compiled for its callers has no machine code of its own.
    return found if entries is None else {function: found[function] for function in entries}


def folder_of(modules: Iterable[ModuleType], tier: Tier) -> Path | None:
    """Return the folder for the compiled code of modules, or None if it is not writable."""
    return prepared_folder(tuple(modules), tuple(map(Path(__file__).with_name, SOURCES)), tier)


def _compiled(modules: Iterable[ModuleType], compiler: Callable[[Any], Any], found: Compiled) -> Compiled:
    for module in modules:
        namespace = dict(vars(module))
        for name, value in vars(module).items():
            if is_plain(value):
                namespace[name] = found.get(value, value)
        for name, function in inspect.getmembers(module, is_plain):
            if function.__module__ == module.__name__ and function not in found:
                bare = inspect.unwrap(function)
                plain = FunctionType(bare.__code__, namespace, name, bare.__defaults__)
                plain.__kwdefaults__ = bare.__kwdefaults__
                plain.__module__ = function.__module__
                found[function] = namespace[name] = compiler(function)()(plain)
    return found


def is_plain(value: object) -> bool:
    """Return True for a plain function, also if the interpreter remembers its results, which compiled code does not."""
    return inspect.isfunction(value) or (inspect.isroutine(value) and inspect.isfunction(inspect.unwrap(value)))


def inlining(function: FunctionType) -> dict[str, Any]:
    """Return the compiler's options that inline a function into its callers, or leave that to the compiler.

    The types of its parameters decide, whatever their names are.
    """
    if function in RETURNS_RECORDS:
        return {"inline": "always"}
    hints = get_type_hints(function)
    taken = {hints.get(name) for name in inspect.signature(function).parameters}
    return {"forceinline": function not in SEPARATE and not LARGE.isdisjoint(taken)}
