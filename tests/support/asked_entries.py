"""A live strategy that Freqtrade asks about entries and additions, and the orders of an exchange."""

from datetime import datetime
from typing import Any

from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.order_search import OrderSearch
from tests.support.hand_candles import PAIR, Hand
from tests.support.host import Host


class Asked:
    """A live strategy that Freqtrade asks about entries, and an exchange's list of orders.

    Attributes:
        orders: the orders of the exchange, as it reports them.
        searches: how often they were searched.
        silent: True if they cannot be searched.
    """

    def __init__(self, host: Host, **over: Any) -> None:
        """Start the strategy."""
        self.orders: list[dict[str, Any]] = []
        self.searches, self.silent = 0, False
        self.strategy = host.start(Hand, runmode="live", **over)
        limits = self.strategy._robustop_entry_limits
        limits.lost.search = limits.additions._lost.search = OrderSearch(self._fetch)

    def _fetch(self, pair: str, since: datetime) -> list[dict[str, Any]]:
        self.searches += 1
        if self.silent:
            raise TemporaryError("503")
        return [order for order in self.orders if order["time"] >= since]

    def enters(self, now: datetime, amount: float = 1.0, side: str = "long") -> bool:
        """Return whether the entry is made."""
        entry = ("market", amount, 100.0, "GTC", now, None, side)
        return bool(self.strategy.confirm_trade_entry(PAIR, *entry))

    def has(self, now: datetime, amount: float = 1.0, **over: Any) -> None:
        """Give the exchange a filled order to buy."""
        order = {"id": f"{len(self.orders) + 1}", "side": "buy", "amount": amount, "filled": amount}
        self.orders.append({**order, "status": "closed", "time": now, **over})

    def adds(self, trade: Trade, now: datetime, stake: float = 1000.0) -> bool:
        """Return whether an addition is made."""
        self.strategy.adjust_trade_position = lambda **_: stake
        self.strategy._robustop_skipper.asks_for_adjustments = True
        rates = dict.fromkeys(("current_rate", "current_entry_rate", "current_exit_rate"), 100.0)
        profits = dict.fromkeys(("current_profit", "current_entry_profit", "current_exit_profit"), 0.0)
        asked = {"trade": trade, "current_time": now, "min_stake": None, "max_stake": 1e6, **rates, **profits}
        answer: tuple[float | None, str] = self.strategy._adjust_trade_position_internal(**asked)
        return answer[0] is not None
