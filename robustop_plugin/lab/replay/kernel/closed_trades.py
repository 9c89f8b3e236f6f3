"""Lists the closed trades of runs in columns, in the order of their exits, with numbers rounded as Freqtrade does."""

import math

from robustop_plugin.lab.replay.kernel.host_arithmetic import rounded
from robustop_plugin.lab.replay.kernel.tables import Floats, Market, Portfolio, Whole

WHOLE_COLUMNS = ("pair", "reason", "candle", "side", "open_time", "close_time")
"""Columns of whole numbers. Times are in milliseconds since the epoch; `candle` is the index of the exit's candle."""

FLOAT_COLUMNS = ("open_rate", "close_rate", "amount", "stake", "profit_abs", "profit_ratio", "initial_stop")
"""Columns of floats: rates and the stop in price, the amount in base currency, stake and profit in stake currency."""


def list_closed(market: Market, portfolios: Portfolio, wholes: Whole, floats: Floats) -> None:
    """Fill columns with the closed trades of portfolios, one portfolio after the other.

    Args:
        market: The market.
        portfolios: The finished runs.
        wholes: A row for each of `WHOLE_COLUMNS`, a column for each closed trade.
        floats: The same for `FLOAT_COLUMNS`.
    """
    column = 0
    for row in range(len(portfolios.totals)):
        trades = portfolios.trades[row]
        for number in range(portfolios.totals[row][0].closed):
            trade = trades[trades[number].closed]
            signal = market.signals[trade.signal]
            wholes[0, column], wholes[1, column] = signal.pair, trade.reason
            wholes[2, column], wholes[3, column] = trade.candle, signal.side
            wholes[4, column], wholes[5, column] = milliseconds(signal.time), milliseconds(trade.time)
            floats[0, column], floats[1, column] = signal.rate, trade.price
            floats[2, column], floats[3, column] = rounded(trade.amount), rounded(trade.stake)
            floats[4, column], floats[5, column], floats[6, column] = (
                trade.profit,
                trade.profit_ratio,
                trade.initial_stop,
            )
            column += 1


def milliseconds(seconds: float) -> int:
    """Return a time in seconds as whole milliseconds."""
    return math.floor(seconds * 1000 + 0.5)
