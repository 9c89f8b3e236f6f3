"""A hyperopt loss for stops: expectancy in R, less what was given back, less the deepest fall.

    loss = - (mean(r) - 0.1 * mean(giveback) - drawdown / trades) + max(0, 1 - trades / 30)

All of it is in R per trade, so that no market, stake or currency has a weight of its own:

- `r`: the profit of a trade, net of fees and funding, in multiples of its risk R;
- `giveback`: the best profit the trade had, less the profit it kept, never less than 0. A trail has to give
  something back, or it would leave at the first tick: a tenth is enough to prefer, of two stops that earn the same,
  the one that keeps more. What a losing trade loses below its entry counts in `r` alone;
- `drawdown`: the deepest fall of the sum of `r`, in the order in which the trades closed. A run that only won back
  what it once lost has a loss of 0;
- below 30 trades a mean says little: each one that is missing adds a thirtieth of R.

R is the distance from the entry to the first stop, and Freqtrade's results do not hold the first stop:
`initial_stop_loss_abs` is the strategy's hard `stoploss`, `stop_loss_abs` the last stop. See `risks_of` for what is
taken instead. It is exact for the trades that were stopped out at their first stop, and an estimate for the rest.
`robustop sweep` hands the first stop over, and then R is exact for all trades.
"""

from typing import Any

import numpy as np
from freqtrade.optimize.hyperopt import IHyperOptLoss
from pandas import DataFrame, Series

GIVEBACK_WEIGHT = 0.1
ENOUGH_TRADES = 30
FIRST_STOP = "robustop_initial_stop"
"""The column of the first stop, in price; only `robustop sweep` has it."""

NO_TRADES = 1000.0
"""Worse than anything that trades; Freqtrade takes no result from 100 on for a good one."""


class RobustopLoss(IHyperOptLoss):
    """The smaller, the better: minus the R that a trade is worth."""

    @staticmethod
    def hyperopt_loss_function(*, results: DataFrame, **_: Any) -> float:
        """Return the loss of one epoch."""
        if results.empty:
            return NO_TRADES
        trades = results.sort_values("close_date", kind="stable")
        risks = risks_of(trades)
        kept = trades["profit_ratio"] / trades["leverage"].fillna(1.0) / risks
        reached = sides_of(trades) * (best_of(trades) / trades["open_rate"] - 1) / risks
        giveback = (reached - kept.clip(lower=0)).clip(lower=0)
        score = kept.mean() - GIVEBACK_WEIGHT * giveback.mean() - drawdown_of(kept) / len(trades)
        return float(max(0.0, 1 - len(trades) / ENOUGH_TRADES) - score)


def risks_of(trades: DataFrame) -> Series:
    """Return the risk of each trade, as a share of its entry: from the first stop, where that is known.

    Else the last stop is the first one where a trade left by `stop_loss`: Freqtrade has other names for a stop that has
    moved. Elsewhere it is what is usual: the median of the pair's stops that were still on the losing side of the
    entry at the end, else that of all pairs, else the hard stop.
    """
    open_rate, sides = trades["open_rate"], sides_of(trades)
    if FIRST_STOP in trades:
        return (trades[FIRST_STOP] / open_rate - 1).abs()
    distance = (sides * (1 - trades["stop_loss_abs"] / open_rate)).where(lambda share: share > 0)
    of_pair = distance.groupby(trades["pair"]).transform("median")
    hard = (sides * (1 - trades["initial_stop_loss_abs"] / open_rate)).where(lambda share: share > 0)
    usual = of_pair.fillna(distance.median()).fillna(hard).fillna(1.0)
    return distance.where(trades["exit_reason"] == "stop_loss").fillna(usual)


def sides_of(trades: DataFrame) -> Series:
    """Return +1 for each long trade, -1 for each short one."""
    return Series(np.where(trades["is_short"], -1.0, 1.0), trades.index)


def best_of(trades: DataFrame) -> Series:
    """Return the most favourable price of each trade; its entry where none is known.

    The high of the candle of the exit counts, though the trade may have left before it: giveback is not too small.
    """
    best = trades["max_rate"].where(~trades["is_short"].astype(bool), trades["min_rate"])
    return best.fillna(trades["open_rate"])


def drawdown_of(kept: Series) -> float:
    """Return the deepest fall of a running sum that starts at 0."""
    total = kept.cumsum()
    return float((total.cummax().clip(lower=0) - total).max())
