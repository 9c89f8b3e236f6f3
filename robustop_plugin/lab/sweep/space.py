"""What is swept: some of the numbers that may be tuned, each over a list of values.

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
"""Values by the names of their knobs."""

POINTS = 7
"""Values of a knob whose range was not given."""

MOST_VALUES = 1000
"""Of one knob: more is a slip of the step."""

RANGE_PARTS = 3


class Dimension(NamedTuple):
    """One number that is swept.

    Attributes:
        name: of the knob, as hyperopt calls it.
        values: to try, ascending.
    """

    name: str
    values: tuple[float, ...]


class Space:
    """The settings of a strategy, and what of them is swept.

    Attributes:
        dimensions: what is swept.
        in_force: the values of all knobs before the sweep.
    """

    def __init__(self, settings: Settings, dimensions: Sequence[Dimension], in_force: Mapping[str, float]) -> None:
        """Take what is swept.

        Args:
            settings: as they are written.
            dimensions: what is swept.
            in_force: values that a file of parameters brought, by the names of their knobs.

        Raises:
            InvalidSettings: a value is out of its bounds.
        """
        self.dimensions = tuple(dimensions)
        self._shared = Tunable(settings.default)
        knobs = self._shared.knobs
        self.in_force = {**{name: knob.value for name, knob in knobs.items()}, **in_force}
        self._as_rounded = {name: round(knob.value, knob.decimals) for name, knob in knobs.items()}
        for dimension in dimensions:
            for value in (dimension.values[0], dimension.values[-1]):
                self.block({dimension.name: value})

    def block(self, values: Mapping[str, float]) -> RobustopBlock:
        """Return the shared block under some values, the others as in force.

        Raises:
            InvalidSettings: naming the key, its value and the bound.
        """
        together = {**self.in_force, **values}
        # What the settings say is not rounded to the decimals of a parameter.
        chosen = {name: value for name, value in together.items() if self._as_rounded.get(name, value) != value}
        return self._shared.under(chosen)

    @property
    def size(self) -> int:
        """How many settings there are in all."""
        return math.prod(len(dimension.values) for dimension in self.dimensions)

    def yours(self) -> Values:
        """Return the values in force, of what is swept."""
        return {dimension.name: self.in_force[dimension.name] for dimension in self.dimensions}


def dimensions_of(texts: Sequence[str], available: Sequence[TunableParameter]) -> list[Dimension]:
    """Return what is swept; everything that may be tuned, where nothing is named.

    Args:
        texts: `knob=from:to:step`, `knob=value,value,...` or `knob`, with or without the prefix of the name.
        available: knobs, with the ranges that are searched by default.

    Raises:
        InvalidSettings: an unknown knob, one that is named twice, or a range that is none.
    """
    if not texts:
        return [Dimension(knob.name, spread(knob)) for knob in available]
    found = [_dimension(text, {knob.name: knob for knob in available}) for text in texts]
    names = [dimension.name for dimension in found]
    for name in names:
        if names.count(name) > 1:
            raise InvalidSettings(f"--set {name} was given twice: give all its values at once")
    return found


def _dimension(text: str, available: Mapping[str, TunableParameter]) -> Dimension:
    word, _, written = text.partition("=")
    name = word.strip() if word.strip().startswith(f"{PREFIX}_") else f"{PREFIX}_{word.strip()}"
    if name not in available:
        known = ", ".join(one.removeprefix(f"{PREFIX}_") for one in available)
        raise InvalidSettings(f"--set {text} names no number of these settings; there are {known}")
    if not written:
        return Dimension(name, spread(available[name]))
    parts = written.split(":")
    values = _steps(text, parts) if len(parts) > 1 else [_number(text, part) for part in written.split(",")]
    return Dimension(name, tuple(sorted({float(value) for value in values})))


def _steps(text: str, parts: Sequence[str]) -> list[Decimal]:
    """Return the values of a range, its end included, each the decimal that a person would write."""
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
        raise InvalidSettings(f"--set {text}: {part!r} is no number; give from:to:step or values with commas")
    return number


def spread(knob: TunableParameter) -> tuple[float, ...]:
    """Return values from one end of a knob's range to the other, in equal steps, with the knob's decimals."""
    width = knob.high - knob.low
    steps = (round(knob.low + width * index / (POINTS - 1), knob.decimals) for index in range(POINTS))
    return tuple(sorted(set(steps)))


def tidy(values: Mapping[str, float]) -> Iterator[str]:
    """Yield values as people write them: `trail_atr=3.5`."""
    for name, value in values.items():
        yield f"{name.removeprefix(f'{PREFIX}_')}={value:g}"
