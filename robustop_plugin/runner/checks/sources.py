"""Where the values that matter come from: a class, a configuration file, a parameter file or the environment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.runner.checks.configuration import ENVIRONMENT, Layer
from robustop_plugin.runner.checks.finding import VALUE, Finding, one_line
from robustop_plugin.settings.tuning import PREFIX

MATTER = (
    "timeframe",
    "stoploss",
    "trailing_stop",
    "trailing_stop_positive",
    "trailing_stop_positive_offset",
    "trailing_only_offset_is_reached",
    "use_custom_stoploss",
    "use_exit_signal",
    "exit_profit_only",
    "position_adjustment_enable",
    "order_types",
    "minimal_roi",
    "startup_candle_count",
    "max_open_trades",
)
"""The attributes of a strategy that decide what stops do."""

IN_PARAMETER_FILE = {
    "minimal_roi": ("roi", None),
    "stoploss": ("stoploss", "stoploss"),
    "max_open_trades": ("max_open_trades", "max_open_trades"),
    "trailing_stop": ("trailing", "trailing_stop"),
    "trailing_stop_positive": ("trailing", "trailing_stop_positive"),
    "trailing_stop_positive_offset": ("trailing", "trailing_stop_positive_offset"),
    "trailing_only_offset_is_reached": ("trailing", "trailing_only_offset_is_reached"),
}
"""Space and key of a parameter file, by attribute; without a key the space is the value."""

OLD_NAMES = {"use_exit_signal": "use_sell_signal", "exit_profit_only": "sell_profit_only"}


def values(
    strategy: IStrategy, cls: type[IStrategy], layers: Sequence[Layer], parameters: str, *, hyperopt: bool
) -> Iterator[Finding]:
    """Yield each value that matters with its source, and each key of the robustop block with its own.

    Args:
        strategy: The strategy as Freqtrade loads it.
        cls: The user's class, which may have a block.
        layers: The sources of the configuration; later ones override earlier ones.
        parameters: Name of the strategy's parameter file.
        hyperopt: True if the settings load values of robustop's own parameters.
    """
    for name in MATTER:
        try:
            value = getattr(strategy, name, None)
        except Exception as error:  # noqa: BLE001 (a property of the user's may ask for what only a bot has)
            yield Finding(name, VALUE, f"cannot be read: {type(error).__name__}: {one_line(error)}")
            continue
        yield Finding(name, VALUE, f"{shown(value)}, from {source_of(strategy, name, layers, parameters)}")
    blocks = [(f"class {_owner(cls, 'robustop')}", getattr(cls, "robustop", None))]
    blocks += [(layer.name, layer.content.get("robustop")) for layer in layers]
    for key, (source, value) in block_keys(blocks).items():
        yield Finding(key, VALUE, f"{shown(value)}, from {_named(source, key)}")
    for name, value in getattr(strategy, "_ft_params_from_file", {}).get(PREFIX, {}).items():
        effect = "" if hyperopt else f"; it has no effect, because {PREFIX}.hyperopt is false"
        yield Finding(name, VALUE, f"{value}, from parameter file {parameters}{effect}")


def source_of(strategy: IStrategy, name: str, layers: Sequence[Layer], parameters: str) -> str:
    """Return where the value of an attribute comes from."""
    cls = type(strategy)
    if isinstance(getattr(cls, name, None), property):
        # Freqtrade leaves a property as it is, whatever the configuration says.
        return f"property of class {_owner(cls, name)}"
    holders = [layer.name for layer in layers if name in layer.content]
    if holders:
        return _named(holders[-1], name)
    return f"parameter file {parameters}" if _in_parameter_file(strategy, name) else _source_in_code(strategy, name)


def _in_parameter_file(strategy: IStrategy, name: str) -> bool:
    space, key = IN_PARAMETER_FILE.get(name, ("", None))
    of_file = getattr(strategy, "_ft_params_from_file", {}).get(space)
    return of_file is not None and (key is None or key in of_file)


def _source_in_code(strategy: IStrategy, name: str) -> str:
    """Return the class that sets an attribute, or that its code does."""
    cls = type(strategy)
    old = OLD_NAMES.get(name, name)
    if hasattr(strategy, old) and old != name:
        return f"class {_owner(cls, old)}, under its old name {old}"
    owner = _owner(cls, name)
    if owner is None:
        return "Freqtrade's default"
    # Infinity stands for -1, and Freqtrade turns the keys of minimal_roi into numbers.
    own, now = getattr(cls, name), getattr(strategy, name)
    if name not in ("minimal_roi", "max_open_trades") and own != now:
        return f"code of {cls.__name__}"
    return f"class {owner}" if owner != IStrategy.__name__ else "Freqtrade's default"


def block_keys(blocks: Sequence[tuple[str, Any]]) -> dict[str, tuple[str, Any]]:
    """Return the keys of several robustop blocks with source and value; later blocks override earlier ones."""
    found: dict[str, tuple[str, Any]] = {}
    for source, block in blocks:
        for key, value in _leaves(block, "robustop") if isinstance(block, Mapping) else ():
            for below in [name for name in found if name.startswith(f"{key}.")]:
                del found[below]
            found[key] = (source, value)
    return found


def _leaves(block: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in block.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def _named(source: str, key: str) -> str:
    """Return a source; for the environment the name of the variable."""
    return source + key.replace(".", "__").upper() if source == ENVIRONMENT else source


def _owner(cls: type[IStrategy], name: str) -> str | None:
    """Return the name of the class that defines an attribute; None if it was set on the instance only."""
    return next((base.__name__ for base in cls.__mro__ if name in vars(base)), None)


def shown(value: Any) -> str:
    """Return a value as a short text."""
    return "not set" if value is None else str(value)
