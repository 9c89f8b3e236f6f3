"""Prices at which a backtest would end a stand-in inside a candle, and whether the strategy's own exit is earlier.

The rules are Freqtrade's: an initial stop comes before a profit target, and that before a stop that has moved.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from freqtrade.enums import ExitType
from freqtrade.exchange import price_to_precision
from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.facts.shadow_trade import Ending, ShadowTrade
from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.side import LONG, better, beyond, tighter

SECONDS = 60
AT_OPEN, INITIAL_STOP, TARGET, MOVED_STOP = range(4)
"""The order in which Freqtrade tries the exits of a candle."""
ORDER = {
    ExitType.STOP_LOSS: INITIAL_STOP,
    ExitType.LIQUIDATION: INITIAL_STOP,
    ExitType.ROI: TARGET,
    ExitType.TRAILING_STOP_LOSS: MOVED_STOP,
}
TARGET_TAG = exit_tag(ExitReason.TAKE_PROFIT)


class CandleSeen(NamedTuple):
    """A candle of a backtest: prices of its open, low and high."""

    open: float
    low: float
    high: float


class Found(NamedTuple):
    """An ending inside a candle, and its place in Freqtrade's order."""

    ending: Ending
    place: int


def ending_inside(
    stand_in: ShadowTrade, candle: CandleSeen, now: datetime, profit: float | None, timeframe_seconds: float
) -> Found | None:
    """Return how a stand-in ends inside a candle; None if it does not.

    Args:
        stand_in: The stand-in, whose stop was moved at the candle's favorable extreme.
        candle: The candle.
        now: Its opening time.
        profit: The profit ratio beyond which profit is taken; None if no engine takes any.
        timeframe_seconds: Length of the strategy's candles.
    """
    side = side_of(stand_in)
    best, worst = (candle.high, candle.low) if side == LONG else (candle.low, candle.high)
    hit = beyond(side, worst, stand_in.stop_loss)
    age = int((now - stand_in.open_date_utc).total_seconds() // SECONDS)
    if hit and not stand_in.is_stop_loss_trailing:
        price = _stop_price(side, stand_in.stop_loss, best, candle.open)
        return Found(Ending(now.timestamp(), price, ExitType.STOP_LOSS.value), INITIAL_STOP)
    if profit is not None and stand_in.calc_profit_ratio(best) > profit:
        price = _on_grid(stand_in, _target_price(stand_in, candle, profit, age, timeframe_seconds))
        return Found(Ending(now.timestamp(), price, TARGET_TAG), TARGET)
    if not hit:
        return None
    price = _stop_price(side, stand_in.stop_loss, best, candle.open)
    if age == 0 and not tighter(side, stand_in.stop_loss, best):
        # Freqtrade's worst case: the price rises just enough to move the stop, and falls at once.
        ratio = abs((stand_in.stop_loss_pct or 0.0) / (stand_in.leverage or 1.0))
        price = _on_grid(stand_in, better(side, worst, candle.open * (1 - side * ratio)))
    return Found(Ending(now.timestamp(), price, ExitType.TRAILING_STOP_LOSS.value), MOVED_STOP)


def _on_grid(stand_in: ShadowTrade, price: float) -> float:
    """Return the price of an order, as Freqtrade rounds it."""
    return float(price_to_precision(price, stand_in.price_precision, stand_in.precision_mode_price))


def _stop_price(side: int, stop: float, best: float, opened: float) -> float:
    """Return the price of a hit stop: the stop itself, or the open if the whole candle lies beyond it."""
    return opened if tighter(side, stop, best) else stop


def _target_price(
    stand_in: ShadowTrade, candle: CandleSeen, profit: float, age: int, timeframe_seconds: float
) -> float:
    """Return the price at which profit is taken: the target, or the open if that is beyond it."""
    price = float(stand_in.calc_close_rate_for_roi(profit))
    if age > 0 and age * SECONDS % timeframe_seconds == 0 and tighter(side_of(stand_in), candle.open, price):
        return candle.open
    return min(max(price, candle.low), candle.high)


def host_is_first(trade: Trade, stand_in: ShadowTrade, exits: Sequence[Any], found: Found) -> bool:
    """Return True if an exit of Freqtrade's in the same candle comes before an ending of the stand-in."""
    if not exits:
        return False
    place = ORDER.get(exits[0].exit_type, AT_OPEN)
    if place != found.place or place == TARGET:
        return place <= found.place
    return tighter(side_of(trade), trade.stop_loss, stand_in.stop_loss)
