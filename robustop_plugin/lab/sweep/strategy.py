"""Whose stops are swept: what a prepared strategy says of itself."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from freqtrade.exchange import timeframe_to_msecs
from freqtrade.strategy.parameters import NumericParameter
from freqtrade.util import get_dry_run_wallet

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.hyperopt_losses import Loss, load_loss
from robustop_plugin.lab.sweep.scores.objective import SCORES, Objective
from robustop_plugin.lab.sweep.space import Space, dimensions_of
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.runner.run import LoadedBacktest
from robustop_plugin.settings.tuning import PREFIX, TunableParameter, tunable_parameters

SECOND = 1000
"""Milliseconds."""


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
    candle = timeframe_to_msecs(prepared.strategy.timeframe)
    return SweptStrategy(
        prepared=prepared,
        file=Path(prepared.strategy.__file__),
        window=Window(_milliseconds(prepared.start), _milliseconds(prepared.stop) + candle),
        candle=candle,
        balance=float(get_dry_run_wallet(prepared.config)),
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
    parameters = {knob.name: getattr(strategy, knob.name) for knob in tunable_parameters(written.default)}
    every = [_with_range(knob, parameters[knob.name]) for knob in tunable_parameters(written.default)]
    # What a user's own parameter leaves out of hyperopt is swept where it is named.
    searched = every if texts else [knob for knob in every if parameters[knob.name].optimize]
    if not searched:
        raise InvalidSettings("these settings have no number that could be swept: see docs/how_to/tune_the_stops.md")
    dimensions = dimensions_of(texts, searched)
    for dimension in dimensions:
        if not parameters[dimension.name].load:
            raise InvalidSettings(f"{dimension.name} has load=False in the class: a file of parameters has no effect")
    return Space(written, dimensions, {name: float(parameter.value) for name, parameter in parameters.items()})


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


def _with_range(knob: TunableParameter, parameter: NumericParameter) -> TunableParameter:
    """Return a knob with the range that hyperopt would search: a parameter of the user's wins."""
    return knob._replace(low=float(parameter.low), high=float(parameter.high))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND
