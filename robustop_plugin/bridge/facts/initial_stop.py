"""Where the initial stop of an entry stands: asked once for the size of the entry, and again at its fill."""

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
        pair: of the entry.
        side: +1 long, -1 short.
        rate: of the fill, in price.
        leverage: of the trade.
        stoploss: the strategy's hard stop, as a ratio.
    """

    pair: str
    side: int
    rate: float
    leverage: float
    stoploss: float


def initial_stop_for(
    fill: EntryFill,
    precision: Precision,
    market: AnalyzedCandles,
    block: RobustopBlock,
    atr: float | None,
    *,
    in_force: float | None = None,
    liquidation: float | None = None,
) -> InitialStop:
    """Return the initial stop, and what bounded it.

    Args:
        fill: the entry.
        precision: the grid of the host's prices for it: a trade of the host's, or what a trade will get.
        market: for the technical stop.
        block: the settings of the pair.
        atr: of the last closed candle, in price; None where it is not known.
        in_force: a stop that the host holds already, where there is a trade.
        liquidation: price at which the exchange would close the position, where it is known: not before the fill.
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
        market.technical_stop(pair, side, entry, settings, atr),
        settings.bounds,
        hard_stop,
        liquidation,
    )
