"""Checks at start whether stops can rest on the exchange with robustop, and lets the gate decide when orders move."""

import logging
from collections.abc import Iterator
from functools import partial

from freqtrade.enums import RunMode, TradingMode
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.early_confirmation import Protects, early_confirmation
from robustop_plugin.bridge.callbacks.emergency_exit import refuse_needless_emergency_exits
from robustop_plugin.bridge.callbacks.own_stops import OwnStops
from robustop_plugin.bridge.callbacks.switches import set_switch
from robustop_plugin.bridge.decisions.lost_stops import LostStops
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.entries.coin_fees import CoinFees
from robustop_plugin.bridge.entries.exchange_terms import exchange_of, refresh_wallets
from robustop_plugin.bridge.facts.exchange_stop import ExchangeStop, exchange_stop_of
from robustop_plugin.bridge.facts.stop_search import StopSearch
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

INTERVAL = "stoploss_on_exchange_interval"
RATIO = "stoploss_on_exchange_limit_ratio"


def exchange_stop_conflicts(strategy: IStrategy, settings: Settings) -> Iterator[str]:
    """Yield one sentence for each reason why stops cannot rest on the exchange, with the remedy."""
    stop = exchange_stop_of(strategy)
    if stop is None:
        return
    if not stop.is_possible:
        yield (
            f"order_types.stoploss_on_exchange was True: Freqtrade cannot place stop orders on {stop.exchange} in this "
            "trading mode; set it to False, so that the bot checks the stops itself."
        )
        return
    if stop.limit_ratio is not None and not 0 < stop.limit_ratio < 1:
        yield (
            f"order_types.{RATIO} was {stop.limit_ratio:g}: below 1 is needed, because the stop order is a limit order "
            "and with a limit at the stop price any slippage leaves it resting; 0.99 is Freqtrade's default."
        )
    exit_type = strategy.order_types.get("exit")
    if stop.blocks_coins and exit_type != "market" and any(block.sells_parts for block in settings.blocks()):
        yield (
            f'order_types.exit was "{exit_type}" with partial exits and a stop on the exchange: on {stop.exchange} the '
            "stop order blocks the coins, so Freqtrade cancels it, and a resting partial exit would leave the whole "
            'position without a stop; set order_types.exit to "market", or partials to [], or '
            "order_types.stoploss_on_exchange to False."
        )


def describe_limit(stop: ExchangeStop) -> str | None:
    """Return what a gap beyond the limit of a stop order does; None if stop orders are market orders."""
    if stop.limit_ratio is None:
        return None
    room = 100 * (1 - stop.limit_ratio)
    return (
        f"stop orders on {stop.exchange} are limit orders, with the limit {room:.4g} % beyond the stop: if the price "
        "jumps farther than that, the order rests unfilled, and the bot leaves at market within two loops "
        "(robustop_stop_guard)"
    )


def let_gate_decide(strategy: IStrategy, stop: ExchangeStop, own: OwnStops) -> None:
    """Switch off Freqtrade's own interval between moves of a stop order, if every move passes the gate.

    The strategy's own stops, such as a native trail, do not pass it. With them, the strategy's interval stays.
    """
    if limit := describe_limit(stop):
        logger.info("robustop: %s", limit)
    if own.move_the_stop:
        logger.info("robustop: the strategy's own stops move too, so order_types.%s stays as it is", INTERVAL)
        return
    set_switch(strategy, "order_types", {**strategy.order_types, INTERVAL: 0})


def keep_stops_resting(strategy: IStrategy, manager: TradeManager, protects: Protects) -> None:
    """Keep Freqtrade from giving up a stop that rests on the exchange without need."""
    orders, exchange = manager.stop_orders, exchange_of(strategy)
    if orders is None or exchange is None:
        return

    def rate_of(trade: Trade) -> float:
        return float(exchange.get_rate(trade.pair, refresh=True, side="exit", is_short=trade.is_short))

    choice = manager.states.choice
    leaves_alone = None if choice is None else choice.is_shadowed
    refuse_needless_emergency_exits(strategy, rate_of, orders.report_refusal, leaves_alone)
    if strategy.config.get("runmode") == RunMode.LIVE:
        refresh = partial(refresh_wallets, strategy)
        is_spot = strategy.config.get("trading_mode") != TradingMode.FUTURES
        fees = CoinFees(strategy, manager.open_trades, manager.errors.notify) if is_spot else None
        orders.lost = LostStops(StopSearch(exchange), manager.store, manager.recorder, refresh, fees, leaves_alone)
    if orders.guard.stop.blocks_coins:
        orders.early = early_confirmation(strategy, protects)
