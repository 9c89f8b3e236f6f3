"""Finds if a trade exits at a candle, why and at which price: robustop's exits, then Freqtrade's, in its order."""

import math
from typing import NamedTuple

from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, entry_candle_trail_price, profit_taken, stop_fill_price
from robustop_plugin.lab.replay.kernel.scalars import Position
from robustop_plugin.lab.replay.kernel.step import CROSSED, REQUESTED, TIME_STOP
from robustop_plugin.lab.replay.kernel.tables import Market, Table

STILL_OPEN, STOP_LOSS, TRAILING_STOP, ROI, TAKE_PROFIT, SIGNAL, CROSSED_LEVEL, TOO_OLD, FORCED, DRAWDOWN = range(10)
COUNCIL_SELL = 10
"""Why a trade ended."""

SECONDS = 60
"""A younger trade counts for Freqtrade as opened in this candle."""


class CandleExit(NamedTuple):
    """An exit at a candle.

    Attributes:
        reason: One of the constants above; `STILL_OPEN` for no exit.
        price: The exit's price.
    """

    reason: int
    price: float


def exit_at_candle(
    market: Market,
    run: Table,
    roi: Table,
    candle: int,
    signalled: bool,
    action: int,
    position: Position,
    fill: Fill,
    host_stop: HostStop,
    target: float,
    funding: float,
) -> CandleExit:
    """Return the exit of a trade at a candle.

    Args:
        market: The market.
        run: The configuration.
        roi: Freqtrade's `minimal_roi`.
        candle: Index of the candle.
        signalled: True if the exit signal is set.
        action: Action of the step at the open.
        position: The position.
        fill: Its fill.
        host_stop: What Freqtrade knows of the stop, this candle included.
        target: Price a quarter of a tick before the bracket's target; NaN for none.
        funding: Funding so far, positive for a gain.
    """
    row, low, high = market.candles[candle], market.low[candle], market.high[candle]
    side, price, stop = position.side, row.open, host_stop.stop
    favorable, adverse = (high, low) if side > 0 else (low, high)
    hit = beyond(side, adverse, stop)
    result = CandleExit(STILL_OPEN, price)
    if action == REQUESTED:
        result = CandleExit(COUNCIL_SELL, price)
    elif action in (TIME_STOP, CROSSED):
        result = CandleExit(TOO_OLD if action == TIME_STOP else CROSSED_LEVEL, price)
    elif signalled:
        result = CandleExit(SIGNAL, price)
    elif hit and not host_stop.moved:
        result = CandleExit(STOP_LOSS, stop_fill_price(side, stop, favorable, price))
    else:
        enters = row.enters_long if side > 0 else row.enters_short
        if not (run.ignores_roi and enters):
            taken = profit_taken(position, fill, run, roi, target, funding, row.time, price, low, high)
            if not math.isnan(taken.price):
                return CandleExit(TAKE_PROFIT if taken.ours else ROI, taken.price)
        if hit:
            result = CandleExit(TRAILING_STOP, stop_fill_price(side, stop, favorable, price))
            if row.time - position.opened_at < SECONDS and not tighter(side, stop, favorable):
                result = CandleExit(
                    TRAILING_STOP, entry_candle_trail_price(side, adverse, price, host_stop.ratio, fill.leverage)
                )
    return result
