"""Computes the initial stop of an entry: once to size the entry, and again at its fill."""

from typing import NamedTuple

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.stop_ratio import Precision, tick_size_of
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.initial_stop import InitialStop, initial_stop
from robustop_plugin.core.side import tighter
from robustop_plugin.settings import RobustopBlock


class EntryFill(NamedTuple):
    """An entry that was filled, or is about to be.

    Attributes:
        pair: The pair's name.
        side: +1 long, -1 short.
        rate: Fill price.
        leverage: Leverage of the trade, 1 for none.
        stoploss: The strategy's hard stop, as a ratio of the margin.
    """

    pair: str
    side: int
    rate: float
    leverage: float
    stoploss: float


def initial_stop_for(
    fill: EntryFill,
    precision: Precision,
    candles: AnalyzedCandles,
    block: RobustopBlock,
    atr: float | None,
    *,
    in_force: float | None = None,
    liquidation: float | None = None,
) -> InitialStop:
    """Return the initial stop, and the bounds that clamped it.

    Args:
        fill: The entry.
        precision: Price precision: Freqtrade's trade, or what a trade will get.
        candles: Source of the technical stop.
        block: The settings of the pair.
        atr: ATR of the last closed candle, in price; None if unknown.
        in_force: The stop that Freqtrade holds already, in price; None without a trade.
        liquidation: Price at which the exchange closes the position; None if unknown, as before the fill.
    """
    pair, side, entry, leverage, stoploss = fill
    hard_stop = entry * (1 - side * abs(stoploss) / leverage)
    if in_force is not None and is_price(in_force) and tighter(side, in_force, hard_stop):
        hard_stop = in_force
    settings = block.initial_stop
    return initial_stop(
        side,
        entry,
        tick_size_of(precision, entry),
        candles.technical_stop(pair, side, entry, settings, atr),
        settings.bounds,
        hard_stop,
        liquidation,
    )
