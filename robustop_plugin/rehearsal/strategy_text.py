"""The strategy file of a rehearsal: the user's class, with or without robustop, without the signals of its columns."""

from pathlib import Path

PREFIX = "rehearsed_"

TEXT = '''"""{strategy} as it is rehearsed; written by `robustop rehearse`."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

from freqtrade.strategy import IStrategy

import robustop_plugin
{empty}
sys.path.insert(0, {folder!r})
_spec = spec_from_file_location({module!r}, {file!r})
_module = sys.modules[_spec.name] = module_from_spec(_spec)
_spec.loader.exec_module(_module)
_strategy = getattr(_module, {strategy!r})


class {strategy}({bases}):
    """The user's strategy: its stops, callbacks and sizes are its own; the scenario says when there is a position."""

    def populate_entry_trend(self, dataframe, metadata):
        """Take the entry signals away{but}."""
        dataframe = super().populate_entry_trend(dataframe, metadata)
        dataframe = _without(dataframe, "enter_long", "enter_short", "buy"){signal}
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        """Take the exit signals away."""
        return _without(super().populate_exit_trend(dataframe, metadata), "exit_long", "exit_short", "sell")


def _without(dataframe, *columns):
    for column in columns:
        if column in dataframe:
            dataframe[column] = 0
    return dataframe
'''

EMPTY = '''

class RobustopMixin(IStrategy):
    """Nothing: the strategy is rehearsed without robustop."""


robustop_plugin.RobustopMixin = RobustopMixin
sys.modules["robustop_plugin.bridge.mixin"] = robustop_plugin
'''


def strategy_text(strategy: str, file: Path, *, protected: bool, plain: bool, signal: str | None = None) -> str:
    """Return the text of a strategy file.

    Args:
        strategy: name of the user's class; the written one has the same.
        file: the copy of the user's file.
        protected: True if the class has robustop's mixin.
        plain: True to leave robustop out.
        signal: the column of a standing entry signal; None without one.
    """
    adds = not plain and not protected
    return TEXT.format(
        strategy=strategy,
        folder=str(file.parent),
        file=str(file),
        module=f"{PREFIX}from_{''.join(letter if letter.isalnum() else '_' for letter in file.stem)}",
        but="" if signal is None else ", but for the scenario's",
        signal="" if signal is None else f"\n        dataframe[{signal!r}] = 1",
        empty=EMPTY if plain else "",
        bases="robustop_plugin.RobustopMixin, _strategy" if adds else "_strategy",
    )
