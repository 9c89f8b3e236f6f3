"""Registers the tunable numbers of the settings as parameters of Freqtrade's hyperopt, in the space `robustop`.

Each strategy instance has its own parameters: on the class, all strategies would share them. Their values change
between epochs without notice, so the settings are read at each decision.
"""

import logging
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.optimize.hyperopt_tools import HyperoptTools
from freqtrade.strategy import DecimalParameter, IStrategy
from freqtrade.strategy.parameters import NumericParameter

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import Settings, tuned, tuned_settings
from robustop_plugin.settings.blocks import RobustopBlock
from robustop_plugin.settings.tuning import TunableParameter, tunable_parameters

logger = logging.getLogger(__name__)

SPACE = "robustop"
SPACES_THAT_MOVE_STOPS = {
    "roi": "each epoch has a minimal_roi of its own, which takes profit before the stops",
    "trailing": "each epoch has a native trail of its own, and the tighter stop wins",
    "stoploss": "each epoch has a hard stop of its own, which bounds the first stop",
}
"""Spaces of Freqtrade that may be searched too, with the effect on the stops."""


@dataclass(frozen=True)
class HyperoptSettings(Settings):
    """Settings in which tunable numbers have the current values of the strategy's parameters.

    Attributes:
        parameters: Each tunable number of the settings, with the strategy's parameter for it.
    """

    parameters: tuple[tuple[TunableParameter, NumericParameter], ...] = ()
    _cached: dict[tuple[float, ...], Settings] = field(default_factory=dict, compare=False)

    def now(self) -> Settings:
        """Return the settings with the current values.

        Raises:
            InvalidSettings: A value is out of bounds.
        """
        values = tuple(parameter.value for _, parameter in self.parameters)
        if values not in self._cached:
            # Only the latest settings are kept, because a run has thousands of epochs.
            self._cached.clear()
            self._cached[values] = tuned_settings(Settings(self.default, self.by_pair), dict(self._chosen(values)))
        return self._cached[values]

    def _chosen(self, values: tuple[float, ...]) -> Iterator[tuple[str, float]]:
        """Yield the values that differ from the settings, whose own values keep all their decimals."""
        for (tunable, _), value in zip(self.parameters, values, strict=True):
            if value != round(tunable.value, tunable.decimals):
                yield tunable.name, value

    def for_pair(self, pair: str | None) -> RobustopBlock:
        """Return the settings of one pair."""
        return self.now().for_pair(pair)

    def blocks(self) -> tuple[RobustopBlock, ...]:
        """Return all blocks."""
        return self.now().blocks()


def add_parameters(strategy: IStrategy, settings: Settings) -> Iterator[str]:
    """Add the parameters to the instance; yield one sentence for each whose range breaks a bound of the settings.

    If the user's class has a parameter with the same name, a copy of it is used, with its range.
    """
    for tunable in _tunable_numbers(settings):
        own = getattr(type(strategy), tunable.name, None)
        parameter = deepcopy(own) if isinstance(own, NumericParameter) else parameter_of(tunable)
        setattr(strategy, tunable.name, parameter)
        for value in (parameter.low, parameter.high):
            try:
                tuned(settings.default, {tunable.name: value})
            except InvalidSettings as error:
                yield f"the range of {tunable.name} goes to {value:g}: {error}."


def parameter_of(tunable: TunableParameter) -> DecimalParameter:
    """Return the hyperopt parameter of a tunable tunable."""
    return DecimalParameter(tunable.low, tunable.high, default=tunable.value, decimals=tunable.decimals, space=SPACE)


def with_parameters(strategy: IStrategy, settings: Settings) -> Settings:
    """Return settings with the current values of the strategy's parameters; the same settings without any."""
    parameters = tuple((tunable, getattr(strategy, tunable.name)) for tunable in _tunable_numbers(settings))
    return HyperoptSettings(settings.default, settings.by_pair, parameters) if parameters else settings


def check_values(settings: Settings) -> None:
    """Refuse values from a parameter file that are out of bounds.

    Raises:
        OperationalException: Freqtrade ends with this one line.
    """
    try:
        settings.blocks()
    except InvalidSettings as error:
        raise OperationalException(f"robustop refuses to start. A parameter of space {SPACE}: {error}") from error


def _searches(strategy: IStrategy, space: str) -> bool:
    config = strategy.config
    searched = config.get("runmode") == RunMode.HYPEROPT and "spaces" in config
    return searched and bool(HyperoptTools.has_space(config, space))


def warn_of_conflicting_spaces(strategy: IStrategy) -> None:
    """Warn about searched spaces that move the bounds of the stops."""
    for space, effect in SPACES_THAT_MOVE_STOPS.items():
        if _searches(strategy, space):
            logger.warning("robustop: hyperopt searches the space %s as well: %s", space, effect)


def warn_of_parameters(strategy: IStrategy, settings: Settings) -> None:
    """Warn about values in the parameter file or in the strategy's class that have no effect."""
    of_file = getattr(strategy, "_ft_params_from_file", {}).get(SPACE, {})
    given = {*of_file, *getattr(strategy, f"{SPACE}_params", {})}
    names = {tunable.name for tunable in _tunable_numbers(settings)}
    if settings.default.hyperopt and not names:
        logger.warning("robustop: hyperopt is true, but these settings have nothing to tune")
    idle = sorted(name for name in given - names if name.startswith(f"{SPACE}_"))
    if idle and settings.default.hyperopt:
        logger.warning("robustop: parameters without effect, as the settings have no such number: %s", ", ".join(idle))
    elif idle:
        logger.warning(
            "robustop: parameters without effect, as robustop.hyperopt is false: %s; the settings hold as they are "
            "written. Set it to true to use the parameters, or delete them",
            ", ".join(idle),
        )


def _tunable_numbers(settings: Settings) -> tuple[TunableParameter, ...]:
    return tuple(tunable_parameters(settings.default)) if settings.default.hyperopt else ()
