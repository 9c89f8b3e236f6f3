"""What only decides about trades: the engines on shadowed trades, and the engines of `shadow` on all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.shadows.shadow import Shadow


@dataclass
class Shadows:
    """The shadows of one strategy's trades.

    Attributes:
        leaves_alone: Returns True for a trade that robustop does not act on.
        main: Decides about those trades with the strategy's engines; None if there are none.
        second: Decides about all trades of some pairs with the engines of `shadow`; None without these.
        has_second: Returns True for a pair with engines of `shadow`.
    """

    leaves_alone: Callable[[Trade], bool]
    main: Shadow | None
    second: Shadow | None
    has_second: Callable[[str], bool]

    def _of(self, trade: Trade) -> Iterator[Shadow]:
        if self.main is not None and self.leaves_alone(trade):
            yield self.main
        if self.second is not None and self.has_second(trade.pair):
            yield self.second

    def new_loop(self) -> None:
        """Begin a loop of a bot."""
        for shadow in (self.main, self.second):
            if shadow is not None:
                shadow.new_loop()

    def before_exits(self, trade: Trade, price: float, now: datetime, low: float | None, high: float | None) -> None:
        """Decide before Freqtrade looks for exits; `low` and `high` of a backtest candle, None in a bot."""
        for shadow in self._of(trade):
            shadow.before_exits(trade, price, now, low, high)

    def after_exits(self, trade: Trade, price: float, now: datetime, exits: list[Any]) -> None:
        """Decide after Freqtrade has found its exits."""
        for shadow in self._of(trade):
            shadow.after_exits(trade, price, now, exits)

    def after_fill(self, trade: Trade, price: float, now: datetime) -> None:
        """Take a fill."""
        for shadow in self._of(trade):
            shadow.after_fill(trade, price, now)

    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take a filled order."""
        for shadow in self._of(trade):
            shadow.filled(trade, order, now)
