"""Chooses how numba is extended: what is replaced are internals, which another version may have in another form."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from robustop_plugin.lab.replay.tiers import Tier

KNOWN = (0, 68)
"""The version of numba whose internals are known. Under other versions a way to compile is tried before it is used."""

Options = dict[str, Any]
"""Options of numba's decorator."""


class Ways(NamedTuple):
    """How functions are compiled.

    Attributes:
        inner: Numba's options for a function that only compiled code calls.
        entry: Those for a function that Python calls.
    """

    inner: Options
    entry: Options


NUMBAS_OWN = Ways({}, {})
"""Without anything of ours. It takes twice the time, and the code computes the same."""


def is_known() -> bool:
    """Return True if the internals of the installed numba are known."""
    import numba  # noqa: PLC0415 (not everybody has a compiler)

    known: bool = numba.version_info[:2] == KNOWN
    return known


@cache
def ways_to_compile(tier: Tier) -> Ways:
    """Return the fastest way to compile for a tier that works with the installed numba."""
    for ways in _ways(tier):
        if is_known() or _works(ways):
            return ways
    return NUMBAS_OWN


def _ways(tier: Tier) -> Iterator[Ways]:
    """Yield the ways of a tier, the fastest first."""
    try:
        from robustop_plugin.lab.replay import inner_code, quick_code  # noqa: PLC0415 (they need the compiler)
    except ImportError:
        return
    if tier is Tier.QUICK:
        yield _with(quick_code.QuickInnerCompiler, quick_code.QuickCompiler)
    yield _with(inner_code.InnerCompiler, inner_code.EntryCompiler)


def _with(inner: Any, entry: Any) -> Ways:
    # Wrappers are for callers in Python and C.
    unwrapped = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return Ways({"pipeline_class": inner, **unwrapped}, {"pipeline_class": entry})


def _works(ways: Ways) -> bool:
    """Return True if two small functions can be compiled, called and kept this way."""
    import numba  # noqa: PLC0415 (not everybody has a compiler)

    @numba.njit(_nrt=False, **ways.inner)  # type: ignore[untyped-decorator] # numba has no types
    def next_to(number: float) -> float:
        return number + 1.0

    @numba.njit(_nrt=False, **ways.entry)  # type: ignore[untyped-decorator] # numba has no types
    def twice_the_next(number: float) -> float:
        twice: float = next_to(number) * 2.0
        return twice

    try:
        found = twice_the_next(1.5)
        (overload,) = twice_the_next.overloads.values()
        return bool(found == 5.0 and overload.library.serialize_using_object_code())  # noqa: PLR2004 (its double)
    except Exception:  # noqa: BLE001 (whatever a version lacks: there is another way)
        return False
