"""Looks for stop orders that rest on the exchange and that Freqtrade does not know, and cancels one."""

from collections.abc import Callable
from typing import Any

from robustop_plugin.bridge.facts.order_search import UnknownOrder, is_known, unknown_order

FLAG = {"stop": True, "trigger": True}
"""Where stop orders are a list of their own, such as on Binance futures, ccxt shows them only with these."""


class StopSearch:
    """The resting stop orders of one exchange. Each search is a request."""

    def __init__(self, exchange: Any) -> None:
        """Take Freqtrade's exchange."""
        self._exchange = exchange

    def unknown_orders(self, pair: str) -> list[UnknownOrder]:
        """Return the stop orders of a pair that rest, and that are in no trade of Freqtrade's.

        Raises:
            Exception: The exchange cannot be asked.
        """
        own_list = bool(self._exchange.get_option("stoploss_query_requires_stop_flag"))
        # Freqtrade has no method for resting orders.
        fetch: Callable[..., list[Any]] = self._exchange._api.fetch_open_orders  # noqa: SLF001
        convert = self._exchange._order_contracts_to_amount  # noqa: SLF001
        orders = [unknown_order(convert(order)) for order in fetch(pair, params=dict(FLAG) if own_list else {})]
        stops = [order for order in orders if order.stop_price is not None]
        return [order for order in stops if not is_known(order.order_id, pair)]

    def cancel(self, order_id: str, pair: str) -> None:
        """Cancel a stop order.

        Raises:
            freqtrade.exceptions.FreqtradeException: The exchange refuses, or cannot be asked.
        """
        self._exchange.cancel_stoploss_order(order_id, pair)
