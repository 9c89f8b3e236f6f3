"""The objective of a sweep: one number per list of trades, larger is better.

Ratios and drawdown are those of Freqtrade's metrics, computed on arrays: Freqtrade's own functions take twenty
milliseconds per setting, longer than a replay. A test compares both.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.scores.drawdown import deepest_drawdown
from robustop_plugin.lab.sweep.scores.hyperopt_losses import HyperoptLoss, compute_loss
from robustop_plugin.lab.sweep.scores.trade_extremes import trade_extremes
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Trades

MINUTE = 60_000
"""Milliseconds."""

Dates = tuple[datetime, datetime]

ANNUALIZATION = math.sqrt(365)
INITIAL_STOP = "robustop_initial_stop"
"""Column that Freqtrade does not have; `RobustopLoss` computes R from it."""

RATIO_WITHOUT_LOSSES = -100.0
"""Value that Freqtrade returns for a ratio whose divisor is zero."""


@dataclass(frozen=True)
class Objective:
    """What a sweep maximizes.

    Attributes:
        name: One of `SCORES`, or the name of a Freqtrade hyperopt loss.
        balance: Starting balance, in the stake currency.
        candle_ms: Length of a candle, in milliseconds.
        min_trades: Settings with fewer trades get no score.
        loss: The hyperopt loss; None for a score.
    """

    name: str
    balance: float
    candle_ms: int
    min_trades: int = 1
    loss: HyperoptLoss | None = None

    def score(self, trades: Trades, window: Window) -> float | None:
        """Return the score of the trades in a window; None if there are too few trades or the score is not finite.

        Raises:
            InvalidSettings: The loss reads a column that a sweep does not have.
        """
        if len(trades.pair) < max(1, self.min_trades):
            return None
        if self.loss is not None:
            value = self._negated_loss(self.loss, trades, window)
        else:
            value = SCORES[self.name](trades, dates_of(window, self.candle_ms), self.balance)
        return float(value) if np.isfinite(value) else None

    def without_min_trades(self) -> "Objective":
        """Return the same objective with a minimum of one trade, for settings that are reported and not chosen."""
        return replace(self, min_trades=1)

    def _negated_loss(self, loss: HyperoptLoss, trades: Trades, window: Window) -> float:
        frame = as_dataframe(trades)

        def with_extremes() -> pd.DataFrame:
            lowest, highest = trade_extremes(trades, loss.run)
            return frame.assign(min_rate=lowest, max_rate=highest)

        return -compute_loss(loss, frame, with_extremes, dates_of(window, self.candle_ms), self.balance)


@lru_cache(maxsize=64)
def dates_of(window: Window, candle_ms: int) -> Dates:
    """Return the opening times of a window's first and last candle, between which Freqtrade counts days."""
    start, stop = (datetime.fromtimestamp(moment / 1000, UTC) for moment in window)
    return start, stop - timedelta(milliseconds=candle_ms)


def profit(trades: Trades, dates: Dates, balance: float) -> float:  # noqa: ARG001 (all scores have one signature)
    """Return the sum of all profits, in the stake currency."""
    return float(trades.profit_abs.sum())


def expectancy_r(trades: Trades, dates: Dates, balance: float) -> float:  # noqa: ARG001 (all scores have one signature)
    """Return the average profit of a trade in R; NaN if no initial stop is known."""
    known = r_multiples(trades)[~np.isnan(trades.initial_stop)]
    return float(known.mean()) if known.size else np.nan


def calmar(trades: Trades, dates: Dates, balance: float) -> float:
    """Return the Calmar ratio as Freqtrade computes it: annualized, returns in percent; -100 without a drawdown."""
    days = max(1, (dates[1] - dates[0]).days)
    fall = deepest_drawdown(trades, balance).share
    mean = trades.profit_abs.sum() / balance / days * 100
    return float(mean / fall * ANNUALIZATION) if fall else RATIO_WITHOUT_LOSSES


def sortino(trades: Trades, dates: Dates, balance: float) -> float:
    """Return the Sortino ratio as Freqtrade computes it, over the deviation of losing trades; -100 without losses."""
    days = max(1, (dates[1] - dates[0]).days)
    losses = trades.profit_abs[trades.profit_abs < 0] / balance
    deviation = losses.std() if losses.size else 0.0
    return (
        float(trades.profit_abs.sum() / balance / days / deviation * ANNUALIZATION)
        if deviation
        else RATIO_WITHOUT_LOSSES
    )


def max_drawdown(trades: Trades, dates: Dates, balance: float) -> float:  # noqa: ARG001 (all scores have one signature)
    """Return the deepest drawdown as a negative share of its peak."""
    return -deepest_drawdown(trades, balance).share


SCORES: dict[str, Callable[[Trades, Dates, float], float]] = {
    "profit": profit,
    "expectancy_r": expectancy_r,
    "calmar": calmar,
    "sortino": sortino,
    "max_drawdown": max_drawdown,
}


def r_multiples(trades: Trades) -> NDArray[np.float64]:
    """Return the profit of each trade in R, net of fees and funding; NaN without an initial stop.

    Freqtrade lists the last part of a position that was sold in parts, with the profit ratio of the whole: R-multiples
    are computed from that ratio. The ratio includes the entry fee in the stake, so R is larger by that fee's share.
    """
    risk = np.abs(trades.open_rate - trades.initial_stop) / trades.open_rate
    ratios: NDArray[np.float64] = trades.profit_ratio / leverage_of(trades) / risk
    return ratios


def leverage_of(trades: Trades) -> NDArray[np.float64]:
    """Return the leverage of each trade."""
    leverage: NDArray[np.float64] = trades.amount * trades.open_rate / trades.stake
    return leverage


def as_dataframe(trades: Trades) -> pd.DataFrame:
    """Return trades in Freqtrade's columns, as far as known, and their initial stops."""
    minutes = (trades.close_time - trades.open_time) // MINUTE
    columns: dict[str, Any] = {
        "pair": trades.pair,
        "stake_amount": trades.stake,
        "amount": trades.amount,
        "open_date": pd.to_datetime(trades.open_time, unit="ms", utc=True),
        "close_date": pd.to_datetime(trades.close_time, unit="ms", utc=True),
        "open_rate": trades.open_rate,
        "close_rate": trades.close_rate,
        "trade_duration": minutes,
        "profit_ratio": trades.profit_ratio,
        "profit_abs": trades.profit_abs,
        "exit_reason": trades.exit_reason,
        "is_short": trades.short,
        "leverage": leverage_of(trades),
        INITIAL_STOP: trades.initial_stop,
        "open_timestamp": trades.open_time,
        "close_timestamp": trades.close_time,
    }
    return pd.DataFrame(columns)
