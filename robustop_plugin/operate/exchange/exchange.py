"""Looks at a bot's account on its exchange: nothing is ever changed there."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from robustop_plugin.operate.exchange.account import Account, OpenOrder, Price
from robustop_plugin.operate.exchange.client import ExchangeUnreachable, connect, is_futures, without_secrets
from robustop_plugin.operate.exchange.last_trades import LastTrades
from robustop_plugin.operate.exchange.parsing import coins_of, market_of, order_of, positions_of
from robustop_plugin.operate.exchange.stop_lists import stop_list_of

SECONDS_OF_MARKETS = 300.0
"""After this time the markets are read again: one may have been halted."""
Answer = TypeVar("Answer")


class Exchange:
    """The exchange of one bot.

    Attributes:
        name: ccxt's name of it.
        is_futures: True if futures are traded.
        is_private: False if only markets and prices are looked at, as for a dry run.
    """

    def __init__(self, config: Mapping[str, Any], *, private: bool = True) -> None:
        """Take Freqtrade's configuration.

        Raises:
            ExchangeUnreachable: the exchange is unknown, or its configuration is refused.
        """
        self._client = connect(config, with_key=private)
        self.name = str(self._client.id)
        self.is_futures, self.is_private = is_futures(config), private
        self._stop_list = stop_list_of(self.name, futures=self.is_futures)
        self._trades = LastTrades(self._client)
        self._markets_until = 0.0

    def look(self, pairs: Iterable[str], held: Iterable[str]) -> Account:
        """Return the account.

        Args:
            pairs: the pairs that matter; orders and holdings of all others are returned, too.
            held: those of which it is wanted when they were last traded.

        Raises:
            ExchangeUnreachable: it does not answer, or refuses the key.
        """
        return _asked(self.name, lambda: self._look(set(pairs), set(held)))

    def _look(self, pairs: set[str], held: set[str]) -> Account:
        self._load_markets()
        listed: Mapping[str, Any] = self._client.markets
        orders = self._open_orders(pairs) if self.is_private else ()
        holdings = self._holdings() if self.is_private else {}
        wanted = pairs | held | (set(holdings) if self.is_futures else set())
        known = sorted(pair for pair in wanted if pair in listed)
        mode = self._client.precisionMode
        return Account(
            is_futures=self.is_futures,
            orders=orders,
            holdings=holdings,
            markets={pair: market_of(listed[pair], mode) for pair in known},
            prices=self._prices(known, held),
            lists_stops=self._stop_list is not None,
        )

    def _load_markets(self) -> None:
        if time.monotonic() >= self._markets_until:
            self._client.load_markets(True)
            self._markets_until = time.monotonic() + SECONDS_OF_MARKETS

    def _holdings(self) -> dict[str, float]:
        if self.is_futures:
            return positions_of(self._client.fetch_positions(), self._client.markets)
        return coins_of(self._client.fetch_balance())

    def _open_orders(self, pairs: set[str]) -> tuple[OpenOrder, ...]:
        """Return the open orders, each once: some exchanges list a stop in both of their lists."""
        found = self._listed(pairs, {})
        if self._stop_list is not None and self._stop_list.params:
            found += self._listed(pairs, self._stop_list.params)
        markets = self._client.markets
        orders = [order_of(order, markets[order["symbol"]]) for order in found if order.get("symbol") in markets]
        return tuple({order.order_id: order for order in orders}.values())

    def _listed(self, pairs: set[str], params: Mapping[str, Any]) -> list[Any]:
        import ccxt  # noqa: PLC0415 (was imported by whoever made the exchange)

        # ccxt warns of the weight of this call; one for each pair would weigh more.
        self._client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        try:
            return list(self._client.fetch_open_orders(params=dict(params)))
        except ccxt.ArgumentsRequired:
            known = [pair for pair in sorted(pairs) if pair in self._client.markets]
            return [order for pair in known for order in self._client.fetch_open_orders(pair, params=dict(params))]

    def _prices(self, pairs: list[str], held: set[str]) -> dict[str, Price]:
        tickers, now = self._tickers(pairs), time.time()
        priced = {pair: ticker for pair, ticker in tickers.items() if pair in pairs and ticker.get("last")}
        return {
            pair: Price(float(ticker["last"]), self._trades.note(pair, ticker, now) if pair in held else None)
            for pair, ticker in priced.items()
        }

    def _tickers(self, pairs: list[str]) -> Mapping[str, Any]:
        if not pairs:
            return {}
        if len(pairs) > 1 and self._client.has.get("fetchTickers"):
            # Without names: some exchanges take only so many of them.
            tickers: Mapping[str, Any] = self._client.fetch_tickers()
            return tickers
        return {pair: self._client.fetch_ticker(pair) for pair in pairs}


def _asked(name: str, ask: Callable[[], Answer]) -> Answer:
    """Return an answer of ccxt.

    Raises:
        ExchangeUnreachable: there is none.
    """
    import ccxt  # noqa: PLC0415 (was imported by whoever made the exchange)

    try:
        return ask()
    except ccxt.AuthenticationError as error:
        raise ExchangeUnreachable(
            f"{name} refuses the key: {without_secrets(error)}; see exchange.key and exchange.secret"
        ) from error
    except ccxt.BaseError as error:
        kind = type(error).__name__
        raise ExchangeUnreachable(f"{name} could not be looked at ({kind}): {without_secrets(error)}") from error
