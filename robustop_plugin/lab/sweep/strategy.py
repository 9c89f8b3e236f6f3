"""Whose stops are swept: what a prepared strategy says of itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.hyperopt_losses import Loss, load_loss
from robustop_plugin.lab.sweep.scores.objective import SCORES, Objective
from robustop_plugin.lab.sweep.space import Space, dimensions_of
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.runner.hyperopt import strategy_parameter
from robustop_plugin.runner.run import LoadedBacktest
from robustop_plugin.settings.tuning import PREFIX, tunable_parameters


class SweptStrategy(NamedTuple):
    """A strategy whose stops can be swept.

    Attributes:
        prepared: its candles and dataframes.
        file: of the strategy.
        window: from its first candle that counts to the end of the last one.
        candle: length of one, in milliseconds.
        balance: of the wallet at the start, as Freqtrade's metrics take it.
        currency: of the stake.
    """

    prepared: LoadedBacktest
    file: Path
    window: Window
    candle: int
    balance: float
    currency: str


def swept_strategy(prepared: LoadedBacktest) -> SweptStrategy:
    """Return what there is to know of a strategy.

    Raises:
        InvalidSettings: a file of parameters would have no effect on it.
    """
    if not prepared.settings.default.hyperopt:
        raise InvalidSettings(
            f"{PREFIX}.hyperopt was False: the file of parameters that a sweep writes would have no effect; "
            "set it to true in the class or in the configuration"
        )
    return SweptStrategy(
        prepared=prepared,
        file=Path(prepared.strategy.__file__),
        window=Window(*prepared.window),
        candle=prepared.candle_ms,
        balance=prepared.starting_balance,
        currency=str(prepared.config["stake_currency"]),
    )


def space_of(prepared: LoadedBacktest, texts: Sequence[str]) -> Space:
    """Return what is swept.

    Args:
        prepared: the strategy.
        texts: as `--set` takes them.

    Raises:
        InvalidSettings: nothing can be swept, or a text is none of a number and its values.
    """
    strategy, written = prepared.strategy, prepared.settings
    parameters = {knob.name: strategy_parameter(strategy, knob.name) for knob in tunable_parameters(written.default)}
    every = [
        # A parameter of the user's own wins.
        knob._replace(low=parameters[knob.name].low, high=parameters[knob.name].high)
        for knob in tunable_parameters(written.default)
    ]
    # What a user's own parameter leaves out of hyperopt is swept where it is named.
    searched = every if texts else [knob for knob in every if parameters[knob.name].optimize]
    if not searched:
        raise InvalidSettings("these settings have no number that could be swept: see docs/how_to/tune_the_stops.md")
    dimensions = dimensions_of(texts, searched)
    for dimension in dimensions:
        if not parameters[dimension.name].load:
            raise InvalidSettings(f"{dimension.name} has load=False in the class: a file of parameters has no effect")
    return Space(written, dimensions, {name: parameter.value for name, parameter in parameters.items()})


def objective_of(subject: SweptStrategy, name: str, least_trades: int, folder: str) -> Objective:
    """Return what is looked for.

    Args:
        subject: the strategy.
        name: of one of our scores, or of a Freqtrade hyperopt loss.
        least_trades: fewer have no score.
        folder: of the user's losses; empty for those that Freqtrade finds by itself.

    Raises:
        InvalidSettings: there is no such score or loss.
    """
    if name in SCORES:
        return Objective(name, subject.balance, subject.candle, least_trades)
    config = {key: value for key, value in subject.prepared.config.items() if key != "original_config"}
    loss = Loss(
        name,
        str(subject.prepared.strategy.timeframe),
        folder,
        str(config["user_data_dir"]),
        subject.prepared.run,
        config,
    )
    try:
        load_loss(loss)
    except InvalidSettings as error:
        raise InvalidSettings(f"{error} Other objectives are {', '.join(SCORES)}") from error
    return Objective(name, subject.balance, subject.candle, least_trades, loss)
