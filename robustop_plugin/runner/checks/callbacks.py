"""The strategy's own callbacks, and how they work beside robustop."""

from collections.abc import Iterator, Sequence

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.conflicts import MIXIN
from robustop_plugin.runner.checks.finding import OK, Finding

BESIDE = {
    "custom_stoploss": "the tightest of its stop and robustop's is in force",
    "custom_exit": "its exits are made as before; robustop's come first",
    "custom_exit_price": "it still prices limit exits",
    "custom_entry_price": "it still prices limit entries",
    "custom_roi": "the lower of its profit and a bracket's is taken",
    "custom_stake_amount": "it sizes entries, unless risk.percent_per_trade does",
    "adjust_trade_position": "it is asked whenever robustop sells no part",
    "adjust_entry_price": "it still moves resting entries",
    "adjust_exit_price": "it still moves resting exits",
    "adjust_order_price": "it still moves resting orders",
    "confirm_trade_entry": "it can refuse any entry",
    "confirm_trade_exit": "it can refuse the strategy's own exits; robustop's exits pass",
    "check_entry_timeout": "it can cancel resting entries; robustop may cancel them earlier",
    "check_exit_timeout": "it can cancel resting exits; robustop cancels them when an exit of its own is due",
    "order_filled": "it is called for every fill",
    "leverage": "initial stops and risk take the leverage into account",
}
"""What a callback does beside robustop."""


def callbacks_beside(strategy: IStrategy, problems: Sequence[str]) -> Iterator[Finding]:
    """Yield one finding for each callback of the user's classes, unless a problem is about it."""
    for base in type(strategy).__mro__:
        if base is IStrategy:
            return
        if base.__name__ == MIXIN:
            continue
        for name, effect in BESIDE.items():
            if name not in vars(base) or any(f".{name} " in problem for problem in problems):
                continue
            if name == "custom_stoploss" and not strategy.use_custom_stoploss:
                effect = "use_custom_stoploss is False: Freqtrade does not ask it"  # noqa: PLW2901
            if name == "adjust_trade_position" and not strategy.position_adjustment_enable:
                effect = "position_adjustment_enable is False: Freqtrade does not ask it"  # noqa: PLW2901
            yield Finding(f"{base.__name__}.{name}", OK, f"works beside robustop: {effect}")
