"""Reads how the stop of a bot rests as an order on the exchange, which differs between exchanges and markets.

Freqtrade describes each exchange by options: whether it can place a stop there, which kinds of orders it has for that,
and whether a resting stop blocks the coins, so that it has to be canceled before anything can be sold.
"""

from copy import deepcopy
from typing import Any, NamedTuple

import freqtrade.exchange
from freqtrade.enums import RunMode, TradingMode
from freqtrade.exchange import MAP_EXCHANGE_CHILDCLASS, Exchange
from freqtrade.misc import deep_merge_dicts
from freqtrade.strategy import IStrategy

LIMIT_RATIO = 0.99
"""Freqtrade's default for `stoploss_on_exchange_limit_ratio`."""
BOTS = (RunMode.LIVE, RunMode.DRY_RUN)


class ExchangeStop(NamedTuple):
    """How the stops of a bot rest on the exchange.

    Attributes:
        exchange: Name of the exchange in the configuration.
        is_possible: True if Freqtrade can place stop orders there.
        blocks_coins: True if a resting stop blocks the coins: Freqtrade cancels it before it sells.
        limit_ratio: Limit price of a long trade's stop order, as a multiple of its stop price; None if stop orders are
            market orders.
        triggers_on_last: True if an order triggers on the last price, as far as Freqtrade knows; False if the strategy
            chose the mark or the index price.
    """

    exchange: str
    is_possible: bool
    blocks_coins: bool
    limit_ratio: float | None
    triggers_on_last: bool = True

    def worst_price(self, side: int, stop: float) -> float:
        """Return the worst price at which a stop order is filled: its limit; the stop itself for a market order."""
        if self.limit_ratio is None:
            return stop
        return stop * (self.limit_ratio if side > 0 else 2 - self.limit_ratio)


def exchange_stop_of(strategy: IStrategy) -> ExchangeStop | None:
    """Return how a strategy's stops rest on the exchange; None if a bot checks them itself, and in a backtest."""
    return exchange_stop_of_bot(strategy) if strategy.config.get("runmode") in BOTS else None


def exchange_stop_of_bot(strategy: IStrategy) -> ExchangeStop | None:
    """Return how a strategy's stops would rest on the exchange if it were run as a bot."""
    config, orders = strategy.config, strategy.order_types
    if not orders.get("stoploss_on_exchange"):
        return None
    name = str(config.get("exchange", {}).get("name", ""))
    options = _options(name, config)
    kinds = options.get("stoploss_order_types") or {}
    wanted = orders.get("stoploss", "market")
    # Freqtrade takes the only kind there is where the exchange lacks the wanted one.
    kind = wanted if wanted in kinds or not kinds else next(iter(kinds))
    return ExchangeStop(
        exchange=name,
        is_possible=bool(options.get("stoploss_on_exchange")),
        blocks_coins=bool(options.get("stoploss_blocks_assets", True)),
        limit_ratio=float(orders.get("stoploss_on_exchange_limit_ratio", LIMIT_RATIO)) if kind == "limit" else None,
        triggers_on_last=str(orders.get("stoploss_price_type", "last")) == "last",
    )


def _options(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return Freqtrade's options of an exchange, which need no connection to it."""
    exchange = getattr(freqtrade.exchange, MAP_EXCHANGE_CHILDCLASS.get(name, name).title(), Exchange)
    # Freqtrade's own method for this is newer than the oldest release that is supported.
    layers = [exchange._ft_has_default, exchange._ft_has]  # noqa: SLF001
    if config.get("trading_mode") == TradingMode.FUTURES:
        layers.append(exchange._ft_has_futures)  # noqa: SLF001
    options: dict[str, Any] = {}
    for layer in (*layers, config.get("exchange", {}).get("_ft_has_params") or {}):
        options = deep_merge_dicts(deepcopy(layer), options)
    return options
