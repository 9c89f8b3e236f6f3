"""The swept parameters, each with a list of values.

`--set trail_atr=2:6:0.5` or `--set trail_atr=2,3,5`; a name alone takes the range that hyperopt would search.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import RobustopBlock, Settings
from robustop_plugin.settings.tuning import PREFIX, Tunable, TunableParameter

Values = dict[str, float]
"""Values by parameter name."""

DEFAULT_POINTS = 7
"""Number of values of a parameter whose range was not given."""

MOST_VALUES = 1000
"""Most values of one parameter: more suggests a mistyped step."""

RANGE_PARTS = 3


class Dimension(NamedTuple):
    """One swept parameter.

    Attributes:
        name: Name of the parameter, as in hyperopt.
        values: Values to try, ascending.
    """

    name: str
    values: tuple[float, ...]


class Space:
    """The settings of a strategy, and which of their parameters are swept.

    Attributes:
        dimensions: The swept parameters.
        in_force: Values of all tunable parameters before the sweep.
    """

    def __init__(self, settings: Settings, dimensions: Sequence[Dimension], in_force: Mapping[str, float]) -> None:
        """Check the ends of every dimension.

        Args:
            settings: The settings as written.
            dimensions: The swept parameters.
            in_force: Values loaded from a parameter file, by parameter name.

        Raises:
            InvalidSettings: A value is out of bounds.
        """
        self.dimensions = tuple(dimensions)
        self._shared = Tunable(settings.default)
        parameters = self._shared.knobs
        self.in_force = {**{name: parameter.value for name, parameter in parameters.items()}, **in_force}
        self._as_rounded = {name: round(parameter.value, parameter.decimals) for name, parameter in parameters.items()}
        for dimension in dimensions:
            for value in (dimension.values[0], dimension.values[-1]):
                self.block({dimension.name: value})

    def block(self, values: Mapping[str, float]) -> RobustopBlock:
        """Return the shared block with some values replaced; all others are those in force.

        Raises:
            InvalidSettings: One line that names the key, its value and the bound.
        """
        values_by_name = {**self.in_force, **values}
        # A value equal to the rounded setting is left out, so that the exact setting stays in force.
        chosen = {name: value for name, value in values_by_name.items() if self._as_rounded.get(name, value) != value}
        return self._shared.under(chosen)

    @property
    def size(self) -> int:
        """Number of combinations."""
        return math.prod(len(dimension.values) for dimension in self.dimensions)

    def baseline(self) -> Values:
        """Return the values in force of the swept parameters."""
        return {dimension.name: self.in_force[dimension.name] for dimension in self.dimensions}


def parse_dimensions(texts: Sequence[str], available: Sequence[TunableParameter]) -> list[Dimension]:
    """Return the swept parameters; all that can be tuned if no text is given.

    Args:
        texts: `name=from:to:step`, `name=value,value,...` or `name`, with or without the prefix `robustop_`.
        available: Tunable parameters, with their default ranges.

    Raises:
        InvalidSettings: An unknown parameter, a parameter given twice, or an invalid range.
    """
    if not texts:
        return [Dimension(parameter.name, evenly_spaced(parameter)) for parameter in available]
    dimensions = [_dimension(text, {parameter.name: parameter for parameter in available}) for text in texts]
    names = [dimension.name for dimension in dimensions]
    for name in names:
        if names.count(name) > 1:
            raise InvalidSettings(f"--set {name} was given twice: give all its values at once")
    return dimensions


def _dimension(text: str, available: Mapping[str, TunableParameter]) -> Dimension:
    word, _, written = text.partition("=")
    name = word.strip() if word.strip().startswith(f"{PREFIX}_") else f"{PREFIX}_{word.strip()}"
    if name not in available:
        known = ", ".join(parameter.removeprefix(f"{PREFIX}_") for parameter in available)
        raise InvalidSettings(f"--set {text} names no tunable parameter of these settings; there are {known}")
    if not written:
        return Dimension(name, evenly_spaced(available[name]))
    parts = written.split(":")
    values = _steps(text, parts) if len(parts) > 1 else [_number(text, part) for part in written.split(",")]
    return Dimension(name, tuple(sorted({float(value) for value in values})))


def _steps(text: str, parts: Sequence[str]) -> list[Decimal]:
    """Return the values of a range, its end included, as exact decimals."""
    if len(parts) != RANGE_PARTS:
        raise InvalidSettings(f"--set {text}: a range is from:to:step, as in 2:6:0.5")
    low, high, step = (_number(text, part) for part in parts)
    if step <= 0 or high < low:
        raise InvalidSettings(f"--set {text}: from must not be above to, and the step above 0")
    count = int((high - low) / step) + 1
    if count > MOST_VALUES:
        raise InvalidSettings(f"--set {text} has {count} values: give a larger step, {MOST_VALUES} are the most")
    return [low + index * step for index in range(count)]


def _number(text: str, part: str) -> Decimal:
    try:
        number = Decimal(part.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise InvalidSettings(f"--set {text}: {part!r} is not a number; give from:to:step or comma-separated values")
    return number


def evenly_spaced(parameter: TunableParameter) -> tuple[float, ...]:
    """Return equally spaced values over the range of a parameter, rounded to its decimals."""
    width = parameter.high - parameter.low
    steps = (
        round(parameter.low + width * index / (DEFAULT_POINTS - 1), parameter.decimals)
        for index in range(DEFAULT_POINTS)
    )
    return tuple(sorted(set(steps)))


def short_values(values: Mapping[str, float]) -> Iterator[str]:
    """Yield values as people write them: `trail_atr=3.5`."""
    for name, value in values.items():
        yield f"{name.removeprefix(f'{PREFIX}_')}={value:g}"
