"""From a stop as a price to the ratio that Freqtrade turns back into exactly that price."""

import math
from typing import NamedTuple

from ccxt import DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade

from robustop_plugin.core.decision import ExitReason

NEAR = 1.25
SIGNIFICANT_WITHOUT_GRID = 12
"""Digits of the grid that is used where the host knows none."""

OF_STOPS = {
    ExitReason.STOP_LOSS: ExitType.STOP_LOSS.value,
    ExitReason.TRAILING_STOP: ExitType.TRAILING_STOP_LOSS.value,
}
"""Freqtrade's own reasons of exits at a stop; its protections count no others."""


class Precision(NamedTuple):
    """The host's grid of prices under the names that a trade has for it, for an entry that is no trade yet."""

    price_precision: float | None
    precision_mode_price: int


def stop_ratio(trade: Trade, side: int, rate: float, stop: float) -> float:
    """Return what `custom_stoploss` has to return at `rate` for the host's stop to become `stop`.

    The host multiplies the ratio back and rounds towards the market, so that the exact ratio lands a tick
    too tight whenever rounding errors lift it over the grid. The aim is half a tick on the far side.
    """
    aim = stop - side * _distance(trade, stop) / 2
    return abs(1 - aim / rate) * (trade.leverage or 1.0)


def tick_size_of(trade: Trade | Precision, entry: float) -> float:
    """Return the grid of a trade's stops.

    It is the host's grid of prices near the entry. Where that counts significant digits and a power of ten is
    near above, it is the coarser grid beyond, so that a stop there is still a price of the host's.
    """
    return max(_distance(trade, entry), _distance(trade, NEAR * entry))


def _distance(trade: Trade | Precision, price: float) -> float:
    """Return the distance of the host's prices for this trade, near `price`."""
    precision, mode = trade.price_precision, trade.precision_mode_price
    if precision is not None and math.isfinite(precision) and precision > 0:
        if mode == TICK_SIZE:
            return float(precision)
        if mode == DECIMAL_PLACES:
            return float(f"1e-{round(precision)}")
        if mode == SIGNIFICANT_DIGITS:
            return _significant(price, int(precision))
    return _significant(price, SIGNIFICANT_WITHOUT_GRID)


def _significant(price: float, digits: int) -> float:
    return float(f"1e{math.floor(math.log10(price)) + 1 - digits}")


def exit_tag(reason: ExitReason) -> str:
    """Return the constant tag of an exit; a tag with numbers in it would defeat the host's retry guard."""
    return OF_STOPS.get(reason) or f"robustop_{reason.value.lower()}"
