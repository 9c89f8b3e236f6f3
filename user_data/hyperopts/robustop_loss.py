"""A hyperopt loss for stops: expectancy in R, minus giveback, minus the deepest drawdown.

    loss = - (mean(r) - 0.1 * mean(giveback) - drawdown / trades) + max(0, 1 - trades / 30)

All terms are in R per trade, so that market, stake and currency have no weight:

- `r`: the profit of a trade, net of fees and funding, in multiples of its risk R;
- `giveback`: the best profit of the trade minus the profit it kept, at least 0. Every trailing stop gives something
  back; a weight of one tenth is enough to prefer, of two stops that earn the same, the one that keeps more. What a
  losing trade loses below its entry counts in `r` only;
- `drawdown`: the deepest fall of the sum of `r`, in the order in which the trades closed. A run that only recovers
  its earlier losses has a loss of 0;
- below 30 trades a mean is unreliable: each missing trade adds a thirtieth of R.

R is the distance from the entry to the initial stop, which Freqtrade's results do not contain:
`initial_stop_loss_abs` is the strategy's hard `stoploss`, `stop_loss_abs` the last stop. `risks_of` estimates it. The
estimate is exact for trades that were stopped out at their initial stop. `robustop sweep` provides the initial stop, so
that R is exact for all trades.
"""

from typing import Any

import numpy as np
from freqtrade.optimize.hyperopt import IHyperOptLoss
from pandas import DataFrame, Series

GIVEBACK_WEIGHT = 0.1
ENOUGH_TRADES = 30
FIRST_STOP = "robustop_initial_stop"
"""Column with the initial stop, in price; provided only by `robustop sweep`."""

NO_TRADES = 1000.0
"""Worse than any result with trades; Freqtrade treats losses of 100 and more as failures."""


class RobustopLoss(IHyperOptLoss):
    """The negative value of a trade in R; smaller is better."""

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
    """Return the risk of each trade as a share of its entry, from the initial stop if it is known.

    Otherwise, for a trade with exit reason `stop_loss` the last stop is the initial one, because Freqtrade names exits
    at a moved stop differently. For other trades the risk is the median over the pair's stops that were still on the
    losing side of the entry at the end, else over all pairs, else the hard stop.
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
    """Return +1 for each long trade and -1 for each short trade."""
    return Series(np.where(trades["is_short"], -1.0, 1.0), trades.index)


def best_of(trades: DataFrame) -> Series:
    """Return the most favorable price of each trade; its entry if none is known.

    The whole exit candle counts, though the trade may have closed before its high: giveback is not underestimated.
    """
    best = trades["max_rate"].where(~trades["is_short"].astype(bool), trades["min_rate"])
    return best.fillna(trades["open_rate"])


def drawdown_of(kept: Series) -> float:
    """Return the deepest fall of a running sum that starts at 0."""
    total = kept.cumsum()
    return float((total.cummax().clip(lower=0) - total).max())
