"""Freqtrade's hyperopt losses, built-in and from user_data, as objectives of a sweep."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.hyperopt import load_loss_function, pair_metrics
from robustop_plugin.runner.run import BacktestRun

EXTREMES = ("min_rate", "max_rate")
"""Columns that are computed only if a loss reads them."""


@dataclass(frozen=True)
class HyperoptLoss:
    """A subclass of Freqtrade's `IHyperOptLoss`.

    Attributes:
        name: Name of the class.
        timeframe: Timeframe of the strategy.
        hyperopt_path: Folder of the user's losses; empty for Freqtrade's own and `user_data/hyperopts`.
        userdir: Freqtrade's user data folder.
        run: The backtest whose trades are scored.
        config: Configuration that is passed to the loss.
    """

    name: str
    timeframe: str
    hyperopt_path: str
    userdir: str
    run: BacktestRun
    config: dict[str, Any] = field(hash=False, compare=False)


@lru_cache
def load_loss(loss: HyperoptLoss) -> Callable[..., float]:
    """Return the function of a loss, cached per process.

    Raises:
        InvalidSettings: There is no such class.
    """
    folder = {"hyperopt_path": loss.hyperopt_path} if loss.hyperopt_path else {}
    return load_loss_function(loss.name, {**loss.config, "timeframe": loss.timeframe, **folder})


class LazyStatistics(dict[str, Any]):
    """Freqtrade's statistics of a backtest; each is computed when a loss reads it."""

    def __init__(self, results: pd.DataFrame, dates: tuple[datetime, datetime], balance: float, currency: str) -> None:
        """Store the inputs."""
        super().__init__()
        self._facts = results, dates, balance, currency

    def __missing__(self, key: str) -> Any:
        """Compute a statistic."""
        results, (start, stop), balance, currency = self._facts
        total = float(results["profit_abs"].sum())
        makers: dict[str, Callable[[], Any]] = {
            "results_per_pair": lambda: pair_metrics(results, currency, balance, start, stop),
            "total_trades": lambda: len(results),
            "profit_total_abs": lambda: total,
            "profit_total": lambda: total / balance,
        }
        if key not in makers:
            raise KeyError(key)
        self[key] = makers[key]()
        return self[key]


def compute_loss(
    loss: HyperoptLoss,
    results: pd.DataFrame,
    with_extremes: Callable[[], pd.DataFrame],
    dates: tuple[datetime, datetime],
    balance: float,
) -> float:
    """Return the loss of some trades; smaller is better.

    Args:
        loss: The loss.
        results: The trades, in Freqtrade's columns.
        with_extremes: Returns the trades with their highest and lowest prices, which takes longer.
        dates: Opening times of the first and the last candle.
        balance: Starting balance, in the stake currency.

    Raises:
        InvalidSettings: The loss reads a column that a sweep does not have.
    """
    try:
        try:
            return _call_loss(loss, results, dates, balance)
        except KeyError as error:
            if error.args[0] not in EXTREMES:
                raise
            return _call_loss(loss, with_extremes(), dates, balance)
    except KeyError as error:
        raise InvalidSettings(
            f"--objective was {loss.name}: it asks for {error}, which the trades of a sweep do not have; "
            "use another objective, or freqtrade hyperopt"
        ) from error


def _call_loss(loss: HyperoptLoss, results: pd.DataFrame, dates: tuple[datetime, datetime], balance: float) -> float:
    return float(
        load_loss(loss)(
            results=results,
            trade_count=len(results),
            min_date=dates[0],
            max_date=dates[1],
            config=loss.config,
            processed={},
            backtest_stats=LazyStatistics(results, dates, balance, loss.config["stake_currency"]),
            starting_balance=balance,
        )
    )
