"""The metrics that a sweep keeps of one setting."""

import math
from base64 import b64decode, b64encode
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.scores.drawdown import deepest_drawdown
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Trades

DAY = 86_400_000
"""Milliseconds."""


class Metrics(NamedTuple):
    """Metrics of one backtest.

    Attributes:
        score: Score by the objective, larger is better; None if the setting has no score.
        trades: Number of trades.
        profit: Sum of all profits, in the stake currency.
        drawdown: Deepest fall of the account from a peak, in the stake currency.
        days: Number of days in the window.
        sharpe: Mean daily return over its standard deviation, not annualized; None if the returns are constant.
        skewness: Skewness of the daily returns.
        kurtosis: Kurtosis of the daily returns; 3 for a normal distribution.
        daily: The daily returns as base64-encoded 32-bit floats; empty if they were not kept.
    """

    score: float | None
    trades: int
    profit: float
    drawdown: float
    days: int
    sharpe: float | None
    skewness: float
    kurtosis: float
    daily: str = ""


def compute_metrics(trades: Trades, objective: Objective, window: Window) -> Metrics:
    """Return the metrics of the trades in a window."""
    returns = daily_returns(trades, window, objective.balance)
    sharpe, skewness, kurtosis = sharpe_and_moments(returns)
    return Metrics(
        score=objective.score(trades, window),
        trades=len(trades.pair),
        profit=float(trades.profit_abs.sum()),
        drawdown=deepest_drawdown(trades, objective.balance).depth,
        days=len(returns),
        sharpe=sharpe,
        skewness=skewness,
        kurtosis=kurtosis,
        daily=pack_floats(returns),
    )


def pack_floats(returns: NDArray[np.float64]) -> str:
    """Return numbers as base64 text, each as a 32-bit float."""
    return b64encode(returns.astype("<f4").tobytes()).decode()


def unpack_floats(text: str) -> NDArray[np.float64]:
    """Return the numbers in a base64 text."""
    return np.frombuffer(b64decode(text), "<f4").astype(np.float64)


def daily_returns(trades: Trades, window: Window, balance: float) -> NDArray[np.float64]:
    """Return the profit of the trades closed on each day (UTC) of a window, as a share of the balance."""
    first, last = window.start // DAY, max(window.start, window.stop - 1) // DAY
    days = np.minimum(np.maximum(trades.close_time // DAY, first), last) - first
    sums = np.bincount(days, weights=trades.profit_abs, minlength=last - first + 1)
    returns: NDArray[np.float64] = sums / balance
    return returns


def sharpe_and_moments(returns: NDArray[np.float64]) -> tuple[float | None, float, float]:
    """Return Sharpe ratio per step, skewness and kurtosis; the ratio is None if the returns are constant."""
    count = len(returns)
    mean = float(returns.sum()) / count
    centred = returns - mean
    squared = centred * centred
    variance = float(squared.sum()) / count
    if count < 2 or variance == 0:  # noqa: PLR2004 (one return has no deviation)
        return None, 0.0, 3.0
    sharpe = mean / math.sqrt(variance * count / (count - 1))
    skewness, kurtosis = float(squared @ centred) / count, float(squared @ squared) / count
    return sharpe, skewness / variance**1.5, kurtosis / variance**2
