"""Freqtrade's hyperopt from outside: its loss functions, its parameter files, and a strategy's own parameters."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from freqtrade.exceptions import FreqtradeException
from freqtrade.optimize.hyperopt_tools import HyperoptTools
from freqtrade.optimize.optimize_reports import generate_pair_metrics
from freqtrade.resolvers.hyperopt_resolver import HyperOptLossResolver
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.run import quiet_log


class StrategyParameter(NamedTuple):
    """A numeric hyperopt parameter of a strategy, as the strategy or the user's own definition has it.

    Attributes:
        value: The value in force.
        low: Lower end of the range that hyperopt searches.
        high: Upper end of that range.
        optimize: Whether hyperopt searches it.
        load: Whether Freqtrade loads its value from a parameter file.
    """

    value: float
    low: float
    high: float
    optimize: bool
    load: bool


def strategy_parameter(strategy: IStrategy, name: str) -> StrategyParameter:
    """Return a numeric parameter of a strategy by its attribute name."""
    parameter = getattr(strategy, name)
    return StrategyParameter(
        value=float(parameter.value),
        low=float(parameter.low),
        high=float(parameter.high),
        optimize=parameter.optimize,
        load=parameter.load,
    )


def load_loss_function(name: str, config: Mapping[str, Any]) -> Callable[..., float]:
    """Return the loss function of an `IHyperOptLoss` class.

    Args:
        name: Name of the class.
        config: Configuration with `timeframe`, and `hyperopt_path` for a folder of the user's losses.

    Raises:
        InvalidSettings: There is no such class.
    """
    try:
        with quiet_log():
            loss = HyperOptLossResolver.load_hyperoptloss({**config, "hyperopt_loss": name})
    except FreqtradeException as error:
        raise InvalidSettings(f"--objective was {name}: {error}") from error
    function: Callable[..., float] = loss.hyperopt_loss_function
    return function


def pair_metrics(results: DataFrame, currency: str, balance: float, start: datetime, stop: datetime) -> Any:
    """Return Freqtrade's statistics per pair, the total in the last row.

    Args:
        results: Trades in Freqtrade's columns.
        currency: Stake currency.
        balance: Starting balance, in the stake currency.
        start: Opening time of the first candle.
        stop: Opening time of the last candle.
    """
    return generate_pair_metrics(sorted(set(results["pair"])), currency, balance, results, start, stop)


def read_parameter_file(path: Path) -> dict[str, Any]:
    """Return the parameters in a file by space; empty if there is no such file."""
    if not path.is_file():
        return {}
    parameters: dict[str, Any] = HyperoptTools.load_params_from_file(path).get("params", {})
    return parameters


def write_parameter_file(path: Path, strategy: str, searched: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Write a parameter file as hyperopt does.

    Args:
        path: File to write; its folder is created if needed.
        strategy: Name of the strategy class.
        searched: Parameters by space, as found by a search.
        kept: Parameters by space, copied without change.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with quiet_log():
        HyperoptTools.export_params(
            {"params_not_optimized": dict(kept), "params_details": dict(searched)}, strategy, path
        )
