"""How good a list of trades is, in one number: the larger, the better.

Ratios and drawdown are those of Freqtrade's metrics, on arrays: its own take twenty milliseconds for each setting,
longer than a replay. A test compares the two.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.scores.drawdown import deepest_fall
from robustop_plugin.lab.sweep.scores.hyperopt_losses import Loss, loss_of
from robustop_plugin.lab.sweep.scores.trade_extremes import extremes_of
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Trades

MINUTE = 60_000
"""Milliseconds."""

Dates = tuple[datetime, datetime]

YEARLY = math.sqrt(365)
FIRST_STOP = "robustop_initial_stop"
"""A column that Freqtrade does not have: `RobustopLoss` takes R from it."""

NOTHING_LOST = -100.0
"""What Freqtrade gives where a ratio has nothing to divide by."""


@dataclass(frozen=True)
class Objective:
    """What a sweep looks for.

    Attributes:
        name: one of `SCORES`, or of a Freqtrade hyperopt loss.
        balance: at the start, in the stake currency.
        candle: length of one, in milliseconds.
        least_trades: fewer say too little: such a setting has no score.
        loss: where the name is that of a loss.
    """

    name: str
    balance: float
    candle: int
    least_trades: int = 1
    loss: Loss | None = None

    def score(self, trades: Trades, window: Window) -> float | None:
        """Return how good the trades of a window are; None where that cannot be said.

        Raises:
            InvalidSettings: the loss asks for what a sweep does not have.
        """
        if len(trades.pair) < max(1, self.least_trades):
            return None
        if self.loss is not None:
            value = self._minus_loss(self.loss, trades, window)
        else:
            value = SCORES[self.name](trades, self._dates(window), self.balance)
        return float(value) if np.isfinite(value) else None

    def of_any_trades(self) -> "Objective":
        """Return the same objective for what is not chosen by it, however few trades there are."""
        return replace(self, least_trades=1)

    def _minus_loss(self, loss: Loss, trades: Trades, window: Window) -> float:
        frame = frame_of(trades)

        def with_extremes() -> pd.DataFrame:
            lowest, highest = extremes_of(trades, loss.run)
            return frame.assign(min_rate=lowest, max_rate=highest)

        return -loss_of(loss, frame, with_extremes, self._dates(window), self.balance)

    def _dates(self, window: Window) -> Dates:
        """Return when the first and the last candle of a window open: between these Freqtrade's metrics count days."""
        start, stop = (datetime.fromtimestamp(moment / 1000, UTC) for moment in window)
        return start, stop - timedelta(milliseconds=self.candle)


def profit(trades: Trades, dates: Dates, balance: float) -> float:  # noqa: ARG001 (all scores are asked alike)
    """Return the sum of all profits, in the stake currency."""
    return float(trades.profit_abs.sum())


def expectancy_r(trades: Trades, dates: Dates, balance: float) -> float:  # noqa: ARG001 (all scores are asked alike)
    """Return what a trade brings on average, in multiples of its risk; NaN where no first stop is known."""
    known = multiples(trades)[~np.isnan(trades.initial_stop)]
    return float(known.mean()) if known.size else np.nan


def calmar(trades: Trades, dates: Dates, balance: float) -> float:
    """Return the Calmar ratio as Freqtrade computes it: yearly, its returns in percent; -100 without a drawdown."""
    days = max(1, (dates[1] - dates[0]).days)
    fall = deepest_fall(trades, balance).share
    mean = trades.profit_abs.sum() / balance / days * 100
    return float(mean / fall * YEARLY) if fall else NOTHING_LOST


def sortino(trades: Trades, dates: Dates, balance: float) -> float:
    """Return the Sortino ratio as Freqtrade computes it: over the deviation of the losing trades; -100 without any."""
    days = max(1, (dates[1] - dates[0]).days)
    losses = trades.profit_abs[trades.profit_abs < 0] / balance
    deviation = losses.std() if losses.size else 0.0
    return float(trades.profit_abs.sum() / balance / days / deviation * YEARLY) if deviation else NOTHING_LOST


def max_drawdown(trades: Trades, dates: Dates, balance: float) -> float:  # noqa: ARG001 (all scores are asked alike)
    """Return the deepest fall of the account from a peak, as a negative share of that peak."""
    return -deepest_fall(trades, balance).share


SCORES: dict[str, Callable[[Trades, Dates, float], float]] = {
    "profit": profit,
    "expectancy_r": expectancy_r,
    "calmar": calmar,
    "sortino": sortino,
    "max_drawdown": max_drawdown,
}


def multiples(trades: Trades) -> NDArray[np.float64]:
    """Return the profit of each trade in multiples of its risk R, net of fees and funding; NaN without a first stop.

    Of a position that was sold in parts Freqtrade lists the last part, and the profit ratio of the whole: from this
    ratio it is computed. It counts the entry's fee as part of the stake, so that R is larger by that fee's share.
    """
    risk = np.abs(trades.open_rate - trades.initial_stop) / trades.open_rate
    ratios: NDArray[np.float64] = trades.profit_ratio / leverages(trades) / risk
    return ratios


def leverages(trades: Trades) -> NDArray[np.float64]:
    """Return the leverage of each trade."""
    leverage: NDArray[np.float64] = trades.amount * trades.open_rate / trades.stake
    return leverage


def frame_of(trades: Trades) -> pd.DataFrame:
    """Return trades in Freqtrade's columns, as far as they are known, with the first stop of robustop's."""
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
        "leverage": leverages(trades),
        FIRST_STOP: trades.initial_stop,
        "open_timestamp": trades.open_time,
        "close_timestamp": trades.close_time,
    }
    return pd.DataFrame(columns)
