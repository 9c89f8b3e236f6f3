"""Decimal grids: rounding whole columns to one, finding the one a column lies on, writing numbers."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

FINEST = 8  # no price or quantity of Binance has more decimals
SMALLEST = Decimal(1).scaleb(-FINEST)


def decimals_of(step: float) -> int:
    """Return the decimals of a power of ten: 2 for `0.01`, 8 for `1e-08`."""
    return round(-math.log10(step))


def on_grid(values: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return the floats nearest to the multiples of `step` nearest to `values`; none falls below one step."""
    # Dividing a whole number by a power of ten rounds once; multiplying by 1e-05 would round twice.
    scale = 10.0 ** decimals_of(step)
    return np.maximum(np.rint(values * scale), 1.0) / scale


def step_of(values: NDArray[np.float64]) -> float:
    """Return the largest power of ten, 1 at most, that all `values` are multiples of; 1e-08 where none is."""
    for decimals in range(FINEST):
        scale = 10.0**decimals
        if np.array_equal(np.rint(values * scale) / scale, values):
            return float(1 / scale)
    return float(1 / 10.0**FINEST)


def number(value: float | Decimal) -> str:
    """Return a number as Binance writes it: a string of eight decimals."""
    return f"{value:.{FINEST}f}"


def on_grid_one(value: float, step: float) -> float:
    """Return what `on_grid` makes of one value."""
    return float(on_grid(np.array([value]), step)[0])


def exact(value: float) -> Decimal:
    """Return a price or a size as the decimal that Binance would write."""
    return Decimal(number(value))


def floor(value: Decimal) -> Decimal:
    """Return an amount of money, rounded down to eight decimals."""
    return value.quantize(SMALLEST, ROUND_FLOOR)


def ceiling(value: Decimal) -> Decimal:
    """Return an amount of money, rounded up to eight decimals."""
    return value.quantize(SMALLEST, ROUND_CEILING)
