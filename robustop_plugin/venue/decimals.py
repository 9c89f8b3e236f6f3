"""Decimal grids of the loopback Binance: rounding to a grid, detecting it, formatting numbers."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

FINEST = 8  # most decimals of any price or quantity at Binance
SMALLEST = Decimal(1).scaleb(-FINEST)


def decimals_of(step: float) -> int:
    """Return the number of decimals of a power of ten: 2 for `0.01`, 8 for `1e-08`."""
    return round(-math.log10(step))


def on_grid(values: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return `values` rounded to the nearest multiples of `step`, and at least one step."""
    # Dividing an integer by a power of ten rounds once; multiplying by 1e-05 would round twice.
    scale = 10.0 ** decimals_of(step)
    return np.maximum(np.rint(values * scale), 1.0) / scale


def step_of(values: NDArray[np.float64]) -> float:
    """Return the largest power of ten up to 1 that divides all `values`; 1e-08 if there is none."""
    for decimals in range(FINEST):
        scale = 10.0**decimals
        if np.array_equal(np.rint(values * scale) / scale, values):
            return float(1 / scale)
    return float(1 / 10.0**FINEST)


def number(value: float | Decimal) -> str:
    """Return a number as Binance writes it, a string with eight decimals."""
    return f"{value:.{FINEST}f}"


def on_grid_one(value: float, step: float) -> float:
    """Return one value rounded as `on_grid` does."""
    return float(on_grid(np.array([value]), step)[0])


def exact(value: float) -> Decimal:
    """Return a price or quantity as the decimal that Binance would write."""
    return Decimal(number(value))


def floor(value: Decimal) -> Decimal:
    """Return an amount of money, rounded down to eight decimals."""
    return value.quantize(SMALLEST, ROUND_FLOOR)


def ceiling(value: Decimal) -> Decimal:
    """Return an amount of money, rounded up to eight decimals."""
    return value.quantize(SMALLEST, ROUND_CEILING)
