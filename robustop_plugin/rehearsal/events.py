"""The events that a scenario waits for."""

from collections.abc import Callable
from typing import Any

from robustop_plugin.rehearsal.database import StoredTrade
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.watch import Watch

STOPS = ("STOP_LOSS", "STOP_LOSS_LIMIT", "STOP", "STOP_MARKET")
"""Binance's types of stop orders."""


def trade_of(watch: Watch, pair: str) -> StoredTrade | None:
    """Return a pair's open trade."""
    found = [trade for trade in watch.trades.values() if trade.pair == pair and trade.is_open]
    return found[-1] if found else None


def stopped_trade(watch: Watch, pair: str) -> StoredTrade | None:
    """Return a pair's open trade once it has a stop."""
    trade = trade_of(watch, pair)
    return trade if trade is not None and trade.stop is not None else None


def order_of(watch: Watch, variant: Variant, pair: str, place: str) -> dict[str, Any] | None:
    """Return a pair's resting order: its entry, its exit or its stop."""
    entry_side = "BUY" if variant.side == "long" else "SELL"
    for order in [*watch.stops, *watch.orders]:
        is_stop = order["type"] in STOPS
        found = "stop" if is_stop else "entry" if order["side"] == entry_side else "exit"
        if order["pair"] == pair and found == place:
            return {"filled": 0.0, **order}
    return None


def _filled(watch: Watch, variant: Variant, pair: str, _: str) -> bool:
    trade = trade_of(watch, pair)
    resting = order_of(watch, variant, pair, "entry")
    return trade is not None and trade.filled and trade.stop is not None and resting is None


def _resting(watch: Watch, variant: Variant, pair: str, place: str) -> bool:
    return order_of(watch, variant, pair, place) is not None


def _part_filled(watch: Watch, variant: Variant, pair: str, place: str) -> bool:
    order = order_of(watch, variant, pair, place)
    return order is not None and order["filled"] > 0


def _gone(watch: Watch, variant: Variant, pair: str, place: str) -> bool:
    return order_of(watch, variant, pair, place) is None


def has_closed(watch: Watch, pair: str) -> bool:
    """Return True if a pair had a trade and has none now."""
    return trade_of(watch, pair) is None and any(trade.pair == pair for trade in watch.trades.values())


def _closed(watch: Watch, _: Variant, pair: str, __: str) -> bool:
    return has_closed(watch, pair)


def _stop_on_exchange(watch: Watch, variant: Variant, pair: str, _: str) -> bool:
    # With its stop in the bot, a strategy is played on without one on the exchange.
    return variant.stop == "bot" or order_of(watch, variant, pair, "stop") is not None


def _faults_met(watch: Watch, _: Variant, __: str, ___: str) -> bool:
    return not watch.faults


def _bot_stopped(watch: Watch, _: Variant, __: str, ___: str) -> bool:
    return watch.has_stopped


EVENTS: dict[str, Callable[[Watch, Variant, str, str], bool]] = {
    "filled": _filled,
    "resting": _resting,
    "part_filled": _part_filled,
    "gone": _gone,
    "closed": _closed,
    "stop_on_exchange": _stop_on_exchange,
    "faults_met": _faults_met,
    "bot_stopped": _bot_stopped,
}
"""The functions that see an event, by its name in a scenario."""

NAMES = {
    "filled": "the entry's fill",
    "resting": "a resting {order} order",
    "part_filled": "a fill of a part of the {order} order",
    "gone": "the end of the {order} order",
    "closed": "the end of the trade",
    "stop_on_exchange": "a stop on the exchange",
    "faults_met": "the last of the faults",
    "bot_stopped": "the bot's end",
}
"""The events in words."""
