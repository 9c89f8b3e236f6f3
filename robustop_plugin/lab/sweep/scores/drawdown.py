"""The deepest fall of an account from a peak."""

from typing import NamedTuple

import numpy as np

from robustop_plugin.lab.trades import Trades

TIME = np.dtype("datetime64[ms]")


class Fall(NamedTuple):
    """A fall from a peak.

    Attributes:
        depth: in the stake currency.
        share: of the account at the peak.
    """

    depth: float
    share: float


def deepest_fall(trades: Trades, balance: float) -> Fall:
    """Return the deepest fall, in the stake currency, of an account whose trades count when they are closed.

    Args:
        trades: closed ones; of several at one time, the order is the one in which Freqtrade's metrics sort them.
        balance: before the first, in the stake currency.
    """
    if not trades.profit_abs.size:
        return Fall(0.0, 0.0)
    # As times, as pandas does it: numpy sorts whole numbers in another way, which leaves equal ones in another order.
    order = trades.close_time.view(TIME).argsort(kind="quicksort")
    total = trades.profit_abs[order].cumsum()
    peaks = np.maximum(0.0, np.maximum.accumulate(total))
    worst = int((peaks - total).argmax())
    depth = float(peaks[worst] - total[worst])
    return Fall(depth, depth / (balance + float(peaks[worst])))
