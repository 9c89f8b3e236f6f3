"""Whether a trade ends at a candle, why and at which price: robustop's exits, then Freqtrade's, in its order."""

import math
from typing import NamedTuple

from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, entry_candle_trail_price, profit_taken, stop_fill_price
from robustop_plugin.lab.replay.kernel.step import CROSSED, TIME_STOP, Position
from robustop_plugin.lab.replay.kernel.tables import Market, Table

STILL_OPEN, STOP_LOSS, TRAILING_STOP, ROI, TAKE_PROFIT, SIGNAL, CROSSED_LEVEL, TOO_OLD, FORCED = range(9)
"""Why a trade ended."""

SECONDS = 60
"""A trade that is younger counts, for the host, as one that was opened in this candle."""


class CandleExit(NamedTuple):
    """Why a trade is left at a candle, and at which price."""

    why: int
    price: float


def exit_at_candle(
    market: Market,
    run: Table,
    roi: Table,
    candle: int,
    signalled: bool,
    says: int,
    place: Position,
    deal: Fill,
    told: HostStop,
    target: float,
    paid: float,
) -> CandleExit:
    """Return whether a trade is left at a candle: robustop's exits, then the host's in their order, each at its price.

    Args:
        market: the candles.
        run: the host's configuration.
        roi: its table of profit ratios.
        candle: its number.
        signalled: an exit signal stands.
        says: the step at the open.
        place: the position.
        deal: with the host.
        told: what the host was told of the stop, at this candle too.
        target: price a quarter of a tick before the bracket's, NaN for none.
        paid: funding so far.
    """
    row, low, high = market.candles[candle], market.low[candle], market.high[candle]
    side, price, stop = place.side, row.open, told.stop
    good, bad = (high, low) if side > 0 else (low, high)
    hit = beyond(side, bad, stop)
    why = CandleExit(STILL_OPEN, price)
    if says in (TIME_STOP, CROSSED):
        why = CandleExit(TOO_OLD if says == TIME_STOP else CROSSED_LEVEL, price)
    elif signalled:
        why = CandleExit(SIGNAL, price)
    elif hit and not told.moved:
        why = CandleExit(STOP_LOSS, stop_fill_price(side, stop, good, price))
    else:
        enters = row.enters_long if side > 0 else row.enters_short
        if not (run.ignores_roi and enters):
            taken = profit_taken(place, deal, run, roi, target, paid, row.time, price, low, high)
            if not math.isnan(taken.price):
                return CandleExit(TAKE_PROFIT if taken.ours else ROI, taken.price)
        if hit:
            why = CandleExit(TRAILING_STOP, stop_fill_price(side, stop, good, price))
            if row.time - place.opened_at < SECONDS and not tighter(side, stop, good):
                why = CandleExit(TRAILING_STOP, entry_candle_trail_price(side, bad, price, told.ratio, deal.leverage))
    return why
