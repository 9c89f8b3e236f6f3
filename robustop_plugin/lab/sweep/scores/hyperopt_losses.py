"""Freqtrade's hyperopt losses, its own and those in user_data, as objectives of a sweep."""

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
"""Columns that are made when a loss asks for them."""


@dataclass(frozen=True)
class Loss:
    """A class of Freqtrade's kind `IHyperOptLoss`.

    Attributes:
        name: of the class.
        timeframe: of the strategy.
        folder: of the user's losses; empty for Freqtrade's and `user_data/hyperopts` alone.
        userdir: Freqtrade's user data.
        run: whose trades they are.
        config: that the loss is handed.
    """

    name: str
    timeframe: str
    folder: str
    userdir: str
    run: BacktestRun
    config: dict[str, Any] = field(hash=False, compare=False)


@lru_cache
def load_loss(loss: Loss) -> Callable[..., float]:
    """Return the function of a loss.

    Raises:
        InvalidSettings: there is no such class.
    """
    folder = {"hyperopt_path": loss.folder} if loss.folder else {}
    return load_loss_function(loss.name, {**loss.config, "timeframe": loss.timeframe, **folder})


class Statistics(dict[str, Any]):
    """The host's statistics of a backtest, made when a loss asks for them."""

    def __init__(self, results: pd.DataFrame, dates: tuple[datetime, datetime], balance: float, currency: str) -> None:
        """Keep what they are made from."""
        super().__init__()
        self._facts = results, dates, balance, currency

    def __missing__(self, key: str) -> Any:
        """Make one of them."""
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


def loss_of(
    loss: Loss,
    results: pd.DataFrame,
    with_extremes: Callable[[], pd.DataFrame],
    dates: tuple[datetime, datetime],
    balance: float,
) -> float:
    """Return the loss of some trades: the smaller, the better.

    Args:
        loss: which.
        results: the trades, in Freqtrade's columns.
        with_extremes: makes the same with best and worst prices, where a loss asks for them; that takes longer.
        dates: of the first and the last candle.
        balance: at the start.

    Raises:
        InvalidSettings: the loss asks for what the trades of a sweep do not have.
    """
    try:
        try:
            return _asked(loss, results, dates, balance)
        except KeyError as error:
            if error.args[0] not in EXTREMES:
                raise
            return _asked(loss, with_extremes(), dates, balance)
    except KeyError as error:
        raise InvalidSettings(
            f"--objective was {loss.name}: it asks for {error}, which the trades of a sweep do not have; "
            "use another objective, or freqtrade hyperopt"
        ) from error


def _asked(loss: Loss, results: pd.DataFrame, dates: tuple[datetime, datetime], balance: float) -> float:
    return float(
        load_loss(loss)(
            results=results,
            trade_count=len(results),
            min_date=dates[0],
            max_date=dates[1],
            config=loss.config,
            processed={},
            backtest_stats=Statistics(results, dates, balance, loss.config["stake_currency"]),
            starting_balance=balance,
        )
    )
