"""The swept strategy: its candles, its tunable parameters and its objective."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.hyperopt_losses import HyperoptLoss, load_loss
from robustop_plugin.lab.sweep.scores.objective import SCORES, Objective
from robustop_plugin.lab.sweep.space import Space, parse_dimensions
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.runner.hyperopt import strategy_parameter
from robustop_plugin.runner.run import LoadedBacktest
from robustop_plugin.settings.tuning import PREFIX, tunable_parameters


class SweptStrategy(NamedTuple):
    """A strategy whose stops can be swept.

    Attributes:
        loaded: The backtest with candles and analyzed dataframes.
        file: The strategy's file.
        window: From the first counted candle to the end of the last.
        candle_ms: Length of a candle, in milliseconds.
        balance: Starting balance of the wallet, in the stake currency, as Freqtrade's metrics take it.
        currency: The stake currency.
    """

    loaded: LoadedBacktest
    file: Path
    window: Window
    candle_ms: int
    balance: float
    currency: str

    @property
    def candle_count(self) -> int:
        """Number of candles in the window, of all pairs together, where no pair lacks one."""
        return len(self.loaded.frames) * ((self.window.stop - self.window.start) // self.candle_ms)

    def without_candles(self) -> "SweptStrategy":
        """Return the strategy without candles and dataframes, whose memory is free once nothing else uses them."""
        return self._replace(loaded=replace(self.loaded, candles={}, frames={}))


def swept_strategy(loaded: LoadedBacktest) -> SweptStrategy:
    """Return the strategy of a loaded backtest.

    Raises:
        InvalidSettings: Freqtrade would not load a parameter file for it.
    """
    if not loaded.settings.default.hyperopt:
        raise InvalidSettings(
            f"{PREFIX}.hyperopt was False: the parameter file that a sweep writes would have no effect; "
            "set it to true in the class or in the configuration"
        )
    return SweptStrategy(
        loaded=loaded,
        file=Path(loaded.strategy.__file__),
        window=Window(*loaded.window),
        candle_ms=loaded.candle_ms,
        balance=loaded.starting_balance,
        currency=str(loaded.config["stake_currency"]),
    )


def space_of(loaded: LoadedBacktest, texts: Sequence[str]) -> Space:
    """Return the swept parameters and their values.

    Args:
        loaded: The loaded backtest.
        texts: Swept parameters, as written after `--set`.

    Raises:
        InvalidSettings: Nothing can be swept, or a text is invalid.
    """
    strategy, settings = loaded.strategy, loaded.settings
    parameters = {
        parameter.name: strategy_parameter(strategy, parameter.name)
        for parameter in tunable_parameters(settings.default)
    }
    every = [
        # A range defined by the user takes precedence.
        parameter._replace(low=parameters[parameter.name].low, high=parameters[parameter.name].high)
        for parameter in tunable_parameters(settings.default)
    ]
    # Parameters excluded from hyperopt by the user are swept only if named.
    searched = every if texts else [parameter for parameter in every if parameters[parameter.name].optimize]
    if not searched:
        raise InvalidSettings("these settings have no number that could be swept: see docs/how_to/tune_the_stops.md")
    dimensions = parse_dimensions(texts, searched)
    for dimension in dimensions:
        if not parameters[dimension.name].load:
            raise InvalidSettings(f"{dimension.name} has load=False in the class: a parameter file has no effect")
    return Space(settings, dimensions, {name: parameter.value for name, parameter in parameters.items()})


def objective_of(strategy: SweptStrategy, name: str, min_trades: int, hyperopt_path: str) -> Objective:
    """Return the objective of a sweep.

    Args:
        strategy: The swept strategy.
        name: Name of a score, or of a Freqtrade hyperopt loss.
        min_trades: Settings with fewer trades get no score.
        hyperopt_path: Folder of the user's losses; empty for the folders that Freqtrade searches.

    Raises:
        InvalidSettings: There is no such score or loss.
    """
    if name in SCORES:
        return Objective(name, strategy.balance, strategy.candle_ms, min_trades)
    config = {key: value for key, value in strategy.loaded.config.items() if key != "original_config"}
    loss = HyperoptLoss(
        name,
        str(strategy.loaded.strategy.timeframe),
        hyperopt_path,
        str(config["user_data_dir"]),
        strategy.loaded.run,
        config,
    )
    try:
        load_loss(loss)
    except InvalidSettings as error:
        raise InvalidSettings(f"{error} Other objectives are {', '.join(SCORES)}") from error
    return Objective(name, strategy.balance, strategy.candle_ms, min_trades, loss)
