"""Numbers of the settings as parameters of Freqtrade's hyperopt, in a space of their own.

Every strategy instance has parameters of its own: on a class they would be one object for all strategies. Their
values change between two epochs without any notice, so the settings are looked up where a decision is made.
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
    "stoploss": "each epoch has a hard stop of its own, which bounds the first stop",
}
"""Spaces of the host's that can be searched beside ours, and what that does."""


@dataclass(frozen=True)
class FollowingSettings(Settings):
    """Settings in which the numbers that may be tuned have the values of the moment.

    Attributes:
        parameters: of the strategy, each beside what the settings say.
    """

    parameters: tuple[tuple[TunableParameter, NumericParameter], ...] = ()
    _made: dict[tuple[float, ...], Settings] = field(default_factory=dict, compare=False)

    def now(self) -> Settings:
        """Return the settings with the values of the moment.

        Raises:
            InvalidSettings: a value is out of its bounds.
        """
        values = tuple(parameter.value for _, parameter in self.parameters)
        if values not in self._made:
            # Only the latest are kept: a run has thousands of epochs.
            self._made.clear()
            self._made[values] = tuned_settings(Settings(self.default, self.by_pair), dict(self._chosen(values)))
        return self._made[values]

    def _chosen(self, values: tuple[float, ...]) -> Iterator[tuple[str, float]]:
        """Yield the values that were chosen; what the settings say is not rounded to the decimals of a parameter."""
        for (knob, _), value in zip(self.parameters, values, strict=True):
            if value != round(knob.value, knob.decimals):
                yield knob.name, value

    def for_pair(self, pair: str | None) -> RobustopBlock:
        """Return the settings of one pair."""
        return self.now().for_pair(pair)

    def blocks(self) -> tuple[RobustopBlock, ...]:
        """Return all the blocks."""
        return self.now().blocks()


def add_parameters(strategy: IStrategy, settings: Settings) -> Iterator[str]:
    """Put what may be tuned on the instance; yield one sentence for each parameter that could break a bound.

    A parameter that the user's class has under the same name is copied: its range wins.
    """
    for knob in _knobs(settings):
        own = getattr(type(strategy), knob.name, None)
        parameter = deepcopy(own) if isinstance(own, NumericParameter) else parameter_of(knob)
        setattr(strategy, knob.name, parameter)
        for value in (parameter.low, parameter.high):
            try:
                tuned(settings.default, {knob.name: value})
            except InvalidSettings as error:
                yield f"the range of {knob.name} goes to {value:g}: {error}."


def parameter_of(knob: TunableParameter) -> DecimalParameter:
    """Return a parameter of hyperopt."""
    return DecimalParameter(knob.low, knob.high, default=knob.value, decimals=knob.decimals, space=SPACE)


def with_parameters(strategy: IStrategy, settings: Settings) -> Settings:
    """Return settings that follow the parameters of a strategy; the same where none may be tuned."""
    parameters = tuple((knob, getattr(strategy, knob.name)) for knob in _knobs(settings))
    return FollowingSettings(settings.default, settings.by_pair, parameters) if parameters else settings


def check_values(settings: Settings) -> None:
    """Refuse values that a file of parameters brought and that are out of bounds.

    Raises:
        OperationalException: Freqtrade ends with this one line.
    """
    try:
        settings.blocks()
    except InvalidSettings as error:
        raise OperationalException(f"robustop refuses to start. A parameter of space {SPACE}: {error}") from error


def conflicting_spaces(strategy: IStrategy) -> Iterator[str]:
    """Yield one sentence where the run would search what neutralises the stops, with what to do."""
    if _searches(strategy, "trailing"):
        yield (
            "hyperopt was to search the space trailing (all includes it): each epoch would have trailing_stop on, and "
            f"two trailing stops would compete; name the spaces, as in --spaces {SPACE} buy."
        )


def _searches(strategy: IStrategy, space: str) -> bool:
    config = strategy.config
    searched = config.get("runmode") == RunMode.HYPEROPT and "spaces" in config
    return searched and bool(HyperoptTools.has_space(config, space))


def warn_of_conflicting_spaces(strategy: IStrategy) -> None:
    """Tell of spaces that move what the stops are bounded by."""
    for space, effect in SPACES_THAT_MOVE_STOPS.items():
        if _searches(strategy, space):
            logger.warning("robustop: hyperopt searches the space %s as well: %s", space, effect)


def warn_of_parameters(strategy: IStrategy, settings: Settings) -> None:
    """Tell of values that are there, in the file beside the strategy or in its class, and have no effect."""
    of_file = getattr(strategy, "_ft_params_from_file", {}).get(SPACE, {})
    given = {*of_file, *getattr(strategy, f"{SPACE}_params", {})}
    tunable = {knob.name for knob in _knobs(settings)}
    if settings.default.hyperopt and not tunable:
        logger.warning("robustop: hyperopt is true, and these settings have nothing that could be tuned")
    idle = sorted(name for name in given - tunable if name.startswith(f"{SPACE}_"))
    if idle and settings.default.hyperopt:
        logger.warning("robustop: parameters without effect, as the settings have no such number: %s", ", ".join(idle))
    elif idle:
        logger.warning(
            "robustop: parameters without effect, as robustop.hyperopt is false: %s; the settings hold as they are "
            "written. Set it to true to use the parameters, or delete them",
            ", ".join(idle),
        )


def _knobs(settings: Settings) -> tuple[TunableParameter, ...]:
    return tuple(tunable_parameters(settings.default)) if settings.default.hyperopt else ()
