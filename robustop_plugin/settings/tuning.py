"""The parameters of the settings that can be tuned: names, ranges, and the block for chosen values.

Ranges surround the values of the settings, so that they fit any timeframe; to search elsewhere, change the value.
Periods cannot be tuned: columns are computed once, before the first choice.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings.blocks import RobustopBlock
from robustop_plugin.settings.describe import describe
from robustop_plugin.settings.load import Settings

PREFIX = "robustop"
WIDTH = 3.0
"""A range goes from the value divided by this factor to the value times this factor."""

DIGITS = 3
"""Significant digits of the smallest value tried; at least two decimals."""

SMALLEST_SCALE = 0.1

Path = tuple[str | int, ...]


class TunableParameter(NamedTuple):
    """One number of the settings that can be tuned.

    Attributes:
        name: the name of the parameter.
        path: the keys that lead to the number in the block.
        value: the value in the settings.
        low: the smallest value tried.
        high: the largest value tried.
        decimals: number of decimals of the values tried.
    """

    name: str
    path: Path
    value: float
    low: float
    high: float
    decimals: int


def tunable_parameters(block: RobustopBlock) -> Iterator[TunableParameter]:
    """Yield the tunable parameters of a block: of its initial stop and of its engines."""
    stop = block.initial_stop
    if stop.kind == "atr":
        yield from _parameter("initial_stop_multiplier", ("initial_stop", "multiplier"), stop.multiplier)
    elif stop.kind == "percent":
        path = ("initial_stop", "percent")
        # Beyond these bounds every value gives the same stop.
        yield from _parameter("initial_stop_percent", path, stop.percent, (stop.min_percent, stop.max_percent))
    for index, engine in enumerate(block.engines):
        yield from _of_engine(("engines", index), engine.model_dump())


def _of_engine(path: Path, engine: dict[str, Any]) -> Iterator[TunableParameter]:
    """Yield the tunable parameters of one engine. An engine without any needs no case here."""
    name = engine["name"]
    match name:
        case "atr_guard":
            yield from _scalars(path, engine, "breakeven_atr", "trail_atr")
        case "smart_trail":
            yield from _scalars(path, engine, "activation_percent", "distance_percent")
        case "bracket":
            bounds = (engine["min_ratio"], engine["max_ratio"])
            base, where = engine["base_ratio"], (*path, "base_ratio")
            yield from _parameter("bracket_base_ratio", where, base, bounds, whole=True)
        case "hand_span":
            yield from _of_hand_span(path, engine)
        case "r_ladder":
            for rung, (multiple, distance) in enumerate(engine["rungs"]):
                if distance != "breakeven":
                    yield from _parameter(
                        f"r_ladder_distance_at_{_word(multiple)}", (*path, "rungs", rung, 1), distance
                    )


def _scalars(path: Path, engine: dict[str, Any], *keys: str) -> Iterator[TunableParameter]:
    for key in keys:
        yield from _parameter(f"{engine['name']}_{key}", (*path, key), engine[key])


def _of_hand_span(path: Path, engine: dict[str, Any]) -> Iterator[TunableParameter]:
    """Yield the tunable parameters of the hand span, only of options that are on."""
    if engine["adaptive"] is not None:
        where, scale = (*path, "adaptive", "min_scale"), engine["adaptive"]["min_scale"]
        yield from _parameter("hand_span_adaptive_min_scale", where, scale, (SMALLEST_SCALE, 1.0), whole=True)
    if engine["tighten"] is not None:
        where, lag = (*path, "tighten", "lag"), engine["tighten"]["lag"]
        yield from _parameter("hand_span_tighten_lag", where, lag, (0.0, 1.0), whole=True)


def _parameter(
    name: str, path: Path, value: float, bounds: tuple[float, float] = (0.0, math.inf), *, whole: bool = False
) -> Iterator[TunableParameter]:
    """Yield a parameter, or nothing without a range to search.

    Args:
        name: the name without the prefix.
        path: the keys that lead to the number in the block.
        value: the value in the settings.
        bounds: limits of the range.
        whole: True if the range is everything between the bounds, whatever the value.
    """
    low, high = bounds if whole else (max(bounds[0], value / WIDTH), min(bounds[1], value * WIDTH))
    if low >= high:
        return
    decimals = max(2, DIGITS - 1 - math.floor(math.log10(low or high)))
    yield TunableParameter(f"{PREFIX}_{name}", path, value, round(low, decimals), round(high, decimals), decimals)


def _word(multiple: float) -> str:
    """Return a number as part of a name."""
    return repr(float(multiple)).removesuffix(".0").replace("+", "").replace("-", "_").replace(".", "_")


class Tunable:
    """A block and its tunable parameters, looked up once for all values tried.

    Attributes:
        block: the block as written.
        parameters: the tunable parameters, by name.
    """

    def __init__(self, block: RobustopBlock) -> None:
        """Look up the tunable parameters of a block."""
        self.block = block
        self.parameters = {parameter.name: parameter for parameter in tunable_parameters(block)}
        self._written = block.model_dump()

    def under(self, values: Mapping[str, float]) -> RobustopBlock:
        """Return the block with the given values of some parameters; unknown names are ignored.

        Raises:
            InvalidSettings: with the key, its value and the bound.
        """
        known = self.parameters
        chosen = [(known[name].path, float(value)) for name, value in values.items() if name in known]
        if not chosen:
            return self.block
        data: Any = self._written
        for path, value in chosen:
            data = _with(data, path, value)
        try:
            return RobustopBlock.model_validate(data)
        except ValidationError as error:
            raise InvalidSettings(describe(error, PREFIX, RobustopBlock)) from error


def _with(data: Any, path: Path, value: float) -> Any:
    """Return data with one number replaced; only the parts on the path are copied."""
    if not path:
        return value
    step, *rest = path
    copied = data.copy()
    copied[step] = _with(data[step], tuple(rest), value)
    return copied


def tuned(block: RobustopBlock, values: Mapping[str, float]) -> RobustopBlock:
    """Return a block with the given values, as `Tunable.under` does.

    Raises:
        InvalidSettings: with the key, its value and the bound.
    """
    return Tunable(block).under(values)


def tuned_settings(settings: Settings, values: Mapping[str, float]) -> Settings:
    """Return the settings of all pairs with the given values.

    A pair keeps numbers that it sets itself; a pair with `hyperopt` off keeps all its settings.
    """
    shared = _values(settings.default) if settings.by_pair else {}
    by_pair = {}
    for pair, block in settings.by_pair.items():
        own = _values(block)
        common = {name: value for name, value in values.items() if own.get(name) == shared.get(name)}
        by_pair[pair] = tuned(block, common) if block.hyperopt else block
    return Settings(tuned(settings.default, values), by_pair)


def with_block(settings: Settings, block: RobustopBlock) -> Settings:
    """Return settings with another shared block; tuned values carry over to the blocks of single pairs."""
    if not settings.by_pair:
        return Settings(block, {})
    if block == settings.default:
        return settings
    before = {parameter.name: parameter.value for parameter in tunable_parameters(settings.default)}
    values = {
        parameter.name: parameter.value
        for parameter in tunable_parameters(block)
        if parameter.value != before.get(parameter.name)
    }
    return Settings(block, tuned_settings(settings, values).by_pair)


def _values(block: RobustopBlock) -> dict[str, float]:
    return {parameter.name: parameter.value for parameter in tunable_parameters(block)}


def untunable(settings: Settings) -> Iterator[str]:
    """Yield one sentence per pair that is tuned while the default block is not, with what to do."""
    for pair, block in settings.by_pair.items():
        if block.hyperopt and not settings.default.hyperopt:
            yield (
                f"{PREFIX}.pairs.{pair}.hyperopt was True while {PREFIX}.hyperopt was False: one choice of values is "
                "tried for all pairs; set the latter to True, and hyperopt to False for the pairs to leave alone."
            )
