"""The lines of a timeline."""

from typing import Any

from robustop_plugin.rehearsal.database import StoredTrade
from robustop_plugin.rehearsal.facts import Closed, Fill


def number(value: float) -> str:
    """Return a price or a quantity without needless digits."""
    return f"{value:.10g}"


def fill(fact: Fill) -> str:
    """Describe a fill."""
    verb = "bought" if fact.sign > 0 else "sold"
    who = " by hand" if fact.by_hand else ""
    return f"{verb}{who} {number(fact.quantity)} {fact.pair} at {number(fact.price)}"


def resting(order: dict[str, Any]) -> str:
    """Describe an order that rests on the exchange."""
    filled = f", {number(order['filled'])} filled" if order["filled"] else ""
    return f"order {order['order']} rests on the exchange: {_what(order)} at {number(order['price'])}{filled}"


def waiting(stop: dict[str, Any]) -> str:
    """Describe a stop order that waits on the exchange for its price."""
    limit = f", limit {number(stop['limit'])}" if stop["limit"] else ""
    return f"order {stop['order']} waits on the exchange: {_what(stop)} at a stop of {number(stop['stop'])}{limit}"


def _what(order: dict[str, Any]) -> str:
    return f"{order['type']} {order['side']} {number(order['quantity'])} {order['pair']}"


def stop(trade: StoredTrade) -> str:
    """Describe a new stop."""
    if trade.stop is None:
        return f"{trade.pair} has no stop"
    away = (trade.stop / trade.entry - 1) * 100 if trade.entry else 0.0
    return f"stop of {trade.pair} is {number(trade.stop)} ({away:+.2f} % from the entry)"


def closed(fact: Closed) -> str:
    """Describe a closed trade."""
    return f"trade {fact.trade} {fact.pair} closed: {fact.reason}, {fact.profit:+.2f}"
