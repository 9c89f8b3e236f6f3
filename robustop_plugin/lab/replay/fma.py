"""Calculates the rounding error of a product with the processor's fused multiply-add, for compiled code only.

The core needs seventeen operations for it, because `math.fma` comes with Python 3.13.
"""

from typing import Any

from numba import types
from numba.extending import intrinsic

from robustop_plugin.core.exact import Exact


@intrinsic  # type: ignore[untyped-decorator] # numba has no types
def fused(_context: Any, _first: Any, _second: Any, _third: Any) -> Any:
    """Return `first * second + third`, rounded once."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), build


def two_product(first: float, second: float) -> Exact:
    """Return `first * second` and its rounding error, as `core.exact.two_product` does."""
    product = first * second
    return Exact(product, fused(first, second, -product))
