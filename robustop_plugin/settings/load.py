"""Merges layers of plain data (class attribute, configuration, environment) into the settings of each pair."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings.blocks import RobustopBlock
from robustop_plugin.settings.describe import describe, shown
from robustop_plugin.settings.environment import read_layer
from robustop_plugin.settings.magnitude import refuse_what_no_float_holds


@dataclass(frozen=True)
class Settings:
    """The settings of all pairs.

    Attributes:
        default: the block of pairs without their own settings.
        by_pair: the blocks of pairs with their own settings, by pair.
    """

    default: RobustopBlock
    by_pair: dict[str, RobustopBlock] = field(default_factory=dict)

    def for_pair(self, pair: str | None) -> RobustopBlock:
        """Return the settings of one pair; a pair that the environment names in lower case is any of that name."""
        if not self.by_pair or pair is None:
            return self.default
        return self.by_pair.get(pair) or self.by_pair.get(pair.lower(), self.default)

    def blocks(self) -> tuple[RobustopBlock, ...]:
        """Return all blocks, the default first."""
        return (self.default, *self.by_pair.values())


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` overridden by `over`: blocks are merged, everything else (lists too) is replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both and below is not None else value
    return result


def with_full_names(pairs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return blocks by pair, those that the environment names in lower case merged into those with the full name.

    A name in lower case that no other name equals but for its case stays; `Settings.for_pair` finds it for any case.
    """
    full = {str(pair): block for pair, block in pairs.items() if str(pair) != str(pair).lower()}
    result = dict(full)
    for pair, block in pairs.items():
        if pair not in full:
            for name in [name for name in full if name.lower() == str(pair)] or [str(pair)]:
                below = full.get(name)
                both = isinstance(below, Mapping) and isinstance(block, Mapping)
                result[name] = merged(below, block) if both and below is not None else block
    return result


def load_settings(*layers: Mapping[str, Any] | None, name: str = "robustop") -> Settings:
    """Return the settings of several layers; later layers override earlier ones.

    Args:
        layers: blocks as read; None for a missing layer.
        name: the name of the block in errors.

    Raises:
        InvalidSettings: with the first invalid key, its value and the bound.
    """
    block: dict[str, Any] = {}
    for given in layers:
        layer = read_layer(given, RobustopBlock, name)
        if layer is not None and not isinstance(layer, Mapping):
            raise InvalidSettings(f"{name} was {shown(layer)}: it must be a block of settings (a dictionary)")
        refuse_what_no_float_holds(layer, name)
        block = merged(block, layer or {})
    pairs = block.pop("pairs", {})
    if not isinstance(pairs, Mapping):
        raise InvalidSettings(f"{name}.pairs was {pairs!r}: it must map pairs to blocks of settings")
    by_pair = {}
    for pair, over in with_full_names(pairs).items():
        if not isinstance(over, Mapping):
            raise InvalidSettings(f"{name}.pairs.{pair} was {over!r}: it must be a block of settings")
        by_pair[pair] = _validated(merged(block, over), f"{name}.pairs.{pair}")
    default = _validated(block, name, more_keys=("pairs",))
    for pair, own in by_pair.items():
        if own.max_drawdown_percent != default.max_drawdown_percent:
            raise InvalidSettings(
                f"{name}.pairs.{pair}.max_drawdown_percent was {own.max_drawdown_percent}: the drawdown is that of the "
                f"whole portfolio; set {name}.max_drawdown_percent, which was {default.max_drawdown_percent}"
            )
        if own.metrics != default.metrics:
            raise InvalidSettings(
                f"{name}.pairs.{pair}.metrics was {own.metrics!r}: the metrics are those of the whole bot; set "
                f"{name}.metrics"
            )
    return Settings(default, by_pair)


def _validated(block: dict[str, Any], name: str, more_keys: tuple[str, ...] = ()) -> RobustopBlock:
    try:
        return RobustopBlock.model_validate(block)
    except ValidationError as error:
        raise InvalidSettings(describe(error, name, RobustopBlock, more_keys=more_keys)) from error
