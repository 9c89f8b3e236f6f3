"""Stop orders in the control calls of the loopback Binance: those that wait for their trigger price."""

from typing import Any

from robustop_plugin.venue.algo_order import AlgoOrder
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.order import Order


def waiting_stops(exchange: Exchange) -> list[Any]:
    """Return all stop orders, spot and futures, that have not triggered."""
    return [
        *(spot_stop(order) for order in exchange.spot_orders.resting() if order.is_waiting),
        *(algo_stop(exchange, order) for order in exchange.algo_orders.waiting()),
    ]


def algo_named(exchange: Exchange, number: Any, pair: str | None) -> list[AlgoOrder]:
    """Return the waiting futures stops with an id, or of a pair."""
    waiting = exchange.algo_orders.waiting()
    return [order for order in waiting if order.number == number or _pair(exchange, order) == pair]


def spot_stop(order: Order) -> dict[str, Any]:
    """Return a spot stop order as the state shows it."""
    return {
        "order": order.number,
        "pair": order.market.pair,
        "side": order.side,
        "type": order.kind,
        "stop": float(order.stop),
        "limit": float(order.price),
        "quantity": float(order.remaining),
        "working_type": "CONTRACT_PRICE",
        "status": order.status,
    }


def algo_stop(exchange: Exchange, order: AlgoOrder) -> dict[str, Any]:
    """Return a futures stop order as the state shows it; its quantity is 0 if it closes the position."""
    request = order.request
    return {
        "order": order.number,
        "pair": _pair(exchange, order),
        "side": request.order.side,
        "type": request.kind,
        "stop": float(request.trigger),
        "limit": float(request.order.price) or None,
        "quantity": float(request.order.quantity),
        "working_type": request.working,
        "status": order.status,
    }


def _pair(exchange: Exchange, order: AlgoOrder) -> str:
    return exchange.futures.of(order.request.order.symbol).market.pair
