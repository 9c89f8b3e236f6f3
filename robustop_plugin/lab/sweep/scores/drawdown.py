"""The deepest drawdown of an account."""

from typing import NamedTuple

import numpy as np

from robustop_plugin.lab.trades import Trades

TIME = np.dtype("datetime64[ms]")


class Drawdown(NamedTuple):
    """A fall of the account from a peak.

    Attributes:
        depth: In the stake currency.
        share: As a share of the account at the peak.
    """

    depth: float
    share: float


def deepest_drawdown(trades: Trades, balance: float) -> Drawdown:
    """Return the deepest drawdown of an account whose trades count when they close.

    Args:
        trades: Closed trades; trades that close at the same time are ordered as Freqtrade's metrics order them.
        balance: Balance before the first trade, in the stake currency.
    """
    if not trades.profit_abs.size:
        return Drawdown(0.0, 0.0)
    # Sort as datetimes, like pandas: numpy sorts integers differently and leaves equal values in another order.
    order = trades.close_time.view(TIME).argsort(kind="quicksort")
    total = trades.profit_abs[order].cumsum()
    peaks = np.maximum(0.0, np.maximum.accumulate(total))
    worst = int((peaks - total).argmax())
    depth = float(peaks[worst] - total[worst])
    return Drawdown(depth, depth / (balance + float(peaks[worst])))
