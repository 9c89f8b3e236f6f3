"""Converts a stop price to the ratio that Freqtrade converts back to exactly that price."""

import math
from typing import NamedTuple

from ccxt import DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade

from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.host_margins import STOP_AIM

NEAR = 1.25
"""As a multiple of the entry: up to this price, a coarser tick size above the entry counts."""
SIGNIFICANT_WITHOUT_GRID = 12
"""Significant digits of prices if Freqtrade knows no price precision."""

STOP_EXIT_TYPES = {
    ExitReason.STOP_LOSS: ExitType.STOP_LOSS.value,
    ExitReason.TRAILING_STOP: ExitType.TRAILING_STOP_LOSS.value,
}
"""Freqtrade's own exit reasons for exits at a stop. Its protections count only these."""


class Precision(NamedTuple):
    """Price precision of an entry before there is a trade, with the field names of Freqtrade's trade.

    Attributes:
        price_precision: A tick size in price, or a number of digits, as the mode says; None if unknown.
        precision_mode_price: One of ccxt's `TICK_SIZE`, `DECIMAL_PLACES` and `SIGNIFICANT_DIGITS`.
    """

    price_precision: float | None
    precision_mode_price: int


def stop_ratio(trade: Trade, side: int, rate: float, stop: float) -> float:
    """Return the ratio that `custom_stoploss` has to return at `rate` for Freqtrade's stop to become `stop`.

    Freqtrade multiplies the ratio back and rounds toward the market. A rounding error could make the exact ratio land
    one tick too tight, so the ratio aims half a tick to the far side of the stop.
    """
    aim = stop - side * STOP_AIM * _distance(trade, stop)
    return abs(1 - aim / rate) * (trade.leverage or 1.0)


def tick_size_of(trade: Trade | Precision, entry: float) -> float:
    """Return the tick size of a trade's stops, in price.

    It is Freqtrade's tick size near the entry. If prices have significant digits and the next power of ten is near, it
    is the coarser tick size beyond that power, so that a stop there is still a valid price.
    """
    return max(_distance(trade, entry), _distance(trade, NEAR * entry))


def _distance(trade: Trade | Precision, price: float) -> float:
    """Return the distance between two neighboring prices near `price`, for this trade."""
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
    """Return the tag of an exit. It contains no numbers: they would defeat Freqtrade's guard against retries."""
    return STOP_EXIT_TYPES.get(reason) or f"robustop_{reason.value.lower()}"
