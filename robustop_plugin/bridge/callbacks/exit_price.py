"""Keeps a strategy's `custom_exit_price` from delaying a bot's exit at a stop.

Where `order_types.stoploss` is a limit order, which is Freqtrade's default, Freqtrade asks that callback for the price
of such an exit as well. A price on the far side of the market would rest there, and each loop would ask for it again.
"""

from collections.abc import Callable
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.exit_confirmation import STOP_EXITS
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import tighter

NAME = "custom_exit_price"

Protects = Callable[[Trade | None, str], bool]
"""Returns True for an exit that the strategy may not delay."""


class ProtectiveExitPrice:
    """Wraps a strategy's `custom_exit_price`: an exit at robustop's stop does not rest beyond the market."""

    def __init__(self, original: Callable[..., Any], protects: Protects) -> None:
        """Take the strategy's own callback, and what decides whether an exit is protective."""
        self.original = original
        self.protects = protects

    def __call__(self, *, trade: Trade, proposed_rate: float, exit_tag: str | None = None, **kwargs: Any) -> Any:
        """Return the strategy's price; the proposed one if the strategy's would delay a protective exit."""
        price = self.original(trade=trade, proposed_rate=proposed_rate, exit_tag=exit_tag, **kwargs)
        if exit_tag is None or exit_tag not in STOP_EXITS or not self.protects(trade, exit_tag):
            return price
        rests = not is_price(price) or tighter(side_of(trade), price, proposed_rate)
        return proposed_rate if rests else price


def let_protective_exits_fill(strategy: IStrategy, protects: Protects) -> None:
    """Wrap a bot's `custom_exit_price` in a `ProtectiveExitPrice`, if the strategy overrides it."""
    if getattr(type(strategy), NAME) is not getattr(IStrategy, NAME):
        original = getattr(strategy, NAME)
        if isinstance(original, ProtectiveExitPrice):
            original = original.original
        setattr(strategy, NAME, ProtectiveExitPrice(original, protects))
