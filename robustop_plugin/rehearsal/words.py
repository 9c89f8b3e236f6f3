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
    what = f"{order['type']} {order['side']} {number(order['quantity'])} {order['pair']}"
    return f"{what} at {number(order['price'])} rests on the exchange"


def stop(trade: StoredTrade) -> str:
    """Describe a new stop."""
    if trade.stop is None:
        return f"{trade.pair} has no stop"
    away = (trade.stop / trade.entry - 1) * 100 if trade.entry else 0.0
    return f"stop of {trade.pair} is {number(trade.stop)} ({away:+.2f} % from the entry)"


def closed(fact: Closed) -> str:
    """Describe a closed trade."""
    return f"trade {fact.trade} {fact.pair} closed: {fact.reason}, {fact.profit:+.2f}"
