"""The second machine: functions of the package, compiled as they stand.

One definition, two machines: what the bot runs in the interpreter for one tick, a replay runs compiled for millions
of candles. The compiler (extra `lab`) is imported when it is first asked for.
"""

import hashlib
import inspect
import os
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import robustop_plugin
from robustop_plugin.core import exact
from robustop_plugin.lab.replay.errors import NotModelled

Compiled = dict[Callable[..., Any], Callable[..., Any]]
"""Plain functions, each with its compiled self."""

INLINED = "INLINED"
"""Name under which a module tells which of its functions become part of their callers."""

LARGE = {"market", "choice", "place", "grid", "way"}
"""Parameters of functions that become part of their callers: handing these over takes longer than most of what is done
with them."""

CACHE = "ROBUSTOP_CACHE"
"""Environment variable: the folder in which compiled code is kept from one run to the next."""


def compiled(modules: Iterable[ModuleType], *, kept: bool = False) -> Compiled:
    """Return every plain function of the modules, compiled as it stands; named tuples stay what they are.

    The code object is the module's own: only the namespace is new, where the functions it calls are compiled too. One
    function alone is written for the compiler, to the same result: `core.exact.two_product`.

    Args:
        modules: in the order in which they build on each other.
        kept: machine code is kept on disk, in a folder of this very build of the package.

    Raises:
        Refused: there is no compiler.
    """
    try:
        import numba  # noqa: PLC0415 (not everybody has a compiler)
    except ImportError as error:
        raise NotModelled(
            "numba is not installed, and the replay compiles with it: pip install 'robustop[lab]'"
        ) from error

    kept = kept and _is_writable(_folder())
    folder, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(_folder()) if kept else numba.config.CACHE_DIR
    try:
        # Nothing is allocated in a replay: without counts of references a run takes two thirds of the time.
        compiler = partial(numba.njit, nogil=True, error_model="numpy", cache=kept, _nrt=False)
        return _compiled(modules, compiler)
    finally:
        numba.config.CACHE_DIR = folder


def _compiled(modules: Iterable[ModuleType], compiler: Callable[..., Any]) -> Compiled:
    from robustop_plugin.lab.replay import fma  # noqa: PLC0415 (it needs the compiler)

    found: Compiled = {exact.two_product: compiler()(fma.two_product)}
    for module in modules:
        namespace = dict(vars(module))
        for name, value in vars(module).items():
            if inspect.isfunction(value):
                namespace[name] = found.get(value, value)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and function not in found:
                plain = FunctionType(function.__code__, namespace, name, function.__defaults__)
                plain.__kwdefaults__ = function.__kwdefaults__
                plain.__module__ = function.__module__
                found[function] = namespace[name] = compiler(**inlining(module, function))(plain)
    return found


def inlining(module: ModuleType, function: FunctionType) -> dict[str, Any]:
    """Return how a function becomes part of its callers, if it does."""
    if function.__name__ in getattr(module, INLINED, ()):
        return {"inline": "always"}
    return {"forceinline": not LARGE.isdisjoint(inspect.signature(function).parameters)}


def _is_writable(folder: Path) -> bool:
    """Return whether a folder is there to be written to; where it is not, each process compiles for itself."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@cache
def _folder() -> Path:
    """Return where the machine code of this build is kept: what another build compiled is another's."""
    package = Path(robustop_plugin.__file__).parent
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(source.read_bytes())
    base = os.environ.get(CACHE) or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "robustop" / digest.hexdigest()[:16]
