"""One setting's trades in the numbers that a sweep keeps of them."""

import math
from base64 import b64decode, b64encode
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.scores.drawdown import deepest_fall
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Trades

DAY = 86_400_000
"""Milliseconds."""


class Measured(NamedTuple):
    """What is kept of one backtest.

    Attributes:
        score: by the objective, the larger the better; None where it has none.
        trades: how many.
        profit: sum of all profits, in the stake currency.
        drawdown: largest fall of the account from a peak, in the stake currency.
        days: of the window.
        sharpe: mean of the daily returns over their standard deviation, of one day; None where nothing varies.
        skewness: of the daily returns.
        kurtosis: of the daily returns; 3 for a normal distribution.
        daily: the daily returns themselves, packed; empty where they were not kept.
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


def measure(trades: Trades, objective: Objective, window: Window) -> Measured:
    """Return what is kept of the trades of a window."""
    returns = daily_returns(trades, window, objective.balance)
    sharpe, skewness, kurtosis = moments(returns)
    return Measured(
        score=objective.score(trades, window),
        trades=len(trades.pair),
        profit=float(trades.profit_abs.sum()),
        drawdown=deepest_fall(trades, objective.balance).depth,
        days=len(returns),
        sharpe=sharpe,
        skewness=skewness,
        kurtosis=kurtosis,
        daily=packed(returns),
    )


def packed(returns: NDArray[np.float64]) -> str:
    """Return numbers as a short text: seven digits of each, in base 64."""
    return b64encode(returns.astype("<f4").tobytes()).decode()


def unpacked(text: str) -> NDArray[np.float64]:
    """Return the numbers of a text."""
    return np.frombuffer(b64decode(text), "<f4").astype(np.float64)


def daily_returns(trades: Trades, window: Window, balance: float) -> NDArray[np.float64]:
    """Return what each day (UTC) of a window brought: profits of the trades closed on it, as a share of the balance."""
    first, last = window.start // DAY, max(window.start, window.stop - 1) // DAY
    days = np.minimum(np.maximum(trades.close_time // DAY, first), last) - first
    sums = np.bincount(days, weights=trades.profit_abs, minlength=last - first + 1)
    returns: NDArray[np.float64] = sums / balance
    return returns


def moments(returns: NDArray[np.float64]) -> tuple[float | None, float, float]:
    """Return the Sharpe ratio of one step, the skewness and the kurtosis; no ratio where nothing varies."""
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
