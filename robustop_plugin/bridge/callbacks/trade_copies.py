"""Avoids the deep copy of the trade that Freqtrade makes for each callback in a backtest.

Freqtrade passes a deep copy of the trade to each callback that a strategy implements, so that the strategy cannot
change it. Its own callbacks get the trade itself; they are recognized by their qualified name. robustop never changes a
trade, so in backtests and hyperopt its callbacks get such a name, on the instance, unless code of the user's would see
the trade behind them. If Freqtrade ever recognizes them in another way, the copies come back by themselves. Live and
dry runs keep the copies.
"""

from functools import partial
from typing import Any

from freqtrade.strategy import IStrategy

CALLBACKS = (
    "custom_stoploss",
    "custom_exit",
    "custom_roi",
    "adjust_trade_position",
    "order_filled",
    "check_entry_timeout",
)
OLD_NAMES = {"custom_exit": "custom_sell", "check_entry_timeout": "check_buy_timeout"}
"""Freqtrade's own callback still calls the one with the old name."""
INTERFACE = "IStrategy"
"""How the qualified names of Freqtrade's own callbacks begin."""


def skip_deepcopy(strategy: IStrategy, mixin: type[IStrategy]) -> list[str]:
    """Put the mixin's callbacks on the instance under Freqtrade's names; return which ones.

    Args:
        strategy: A strategy in a backtest.
        mixin: The class whose callbacks never change a trade.
    """
    skipped = [name for name in CALLBACKS if only_ours(type(strategy), mixin, name)]
    for name in skipped:
        callback: Any = partial(getattr(mixin, name), strategy)
        callback.__name__ = name
        callback.__qualname__ = f"{INTERFACE}.{name}"
        setattr(strategy, name, callback)
    return skipped


def only_ours(strategy: type[IStrategy], mixin: type[IStrategy], name: str) -> bool:
    """Return True if a callback is the mixin's, with nothing but Freqtrade's own behind it."""
    if getattr(strategy, name) is not getattr(mixin, name):
        return False
    mro = strategy.__mro__
    old = OLD_NAMES.get(name, name)
    if old != name and getattr(strategy, old) is not getattr(IStrategy, old):
        return False
    behind = mro[mro.index(mixin) + 1 : mro.index(IStrategy)]
    return not any(name in vars(base) for base in behind)
