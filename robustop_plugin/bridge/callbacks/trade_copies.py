"""Spares a backtest the copies that it would make of every trade for every callback.

Freqtrade hands each callback that a strategy implements a deep copy of the trade, so that the strategy cannot
change it; for its own callbacks it makes none, and it tells the two apart by name. robustop never changes a
trade, so in backtests and hyperopt its callbacks go by such a name, on the instance, and only where nothing
of the user's would see the trade behind them. If the host ever tells them apart in another way, the copies
come back by themselves. Live and dry runs keep the host's protection.
"""

from functools import partial
from typing import Any

from freqtrade.strategy import IStrategy

SPARED = (
    "custom_stoploss",
    "custom_exit",
    "custom_roi",
    "adjust_trade_position",
    "order_filled",
    "check_entry_timeout",
)
OLD_NAMES = {"custom_exit": "custom_sell", "check_entry_timeout": "check_buy_timeout"}
"""The host's own callback still asks for the one of the old name."""
HOST = "IStrategy"


def skip_deepcopy(strategy: IStrategy, mixin: type[IStrategy]) -> list[str]:
    """Put the mixin's own callbacks on the instance under the host's names; return which.

    Args:
        strategy: a strategy in a backtest.
        mixin: the class whose callbacks never change a trade.
    """
    spared = [name for name in SPARED if only_ours(type(strategy), mixin, name)]
    for name in spared:
        callback: Any = partial(getattr(mixin, name), strategy)
        callback.__name__ = name
        callback.__qualname__ = f"{HOST}.{name}"
        setattr(strategy, name, callback)
    return spared


def only_ours(strategy: type[IStrategy], mixin: type[IStrategy], name: str) -> bool:
    """Return whether a callback is the mixin's, with nothing but the host's own behind it."""
    if getattr(strategy, name) is not getattr(mixin, name):
        return False
    line = strategy.__mro__
    old = OLD_NAMES.get(name, name)
    if old != name and getattr(strategy, old) is not getattr(IStrategy, old):
        return False
    behind = line[line.index(mixin) + 1 : line.index(IStrategy)]
    return not any(name in vars(base) for base in behind)
