"""Control endpoints of the loopback Binance for orders: fill in part, cancel, and report accounts."""

from collections.abc import Iterable
from typing import Any, TypeVar

from robustop_plugin.venue.control_parts import exact_number, instrument_of
from robustop_plugin.venue.control_stops import algo_named, algo_stop, waiting_stops
from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.order import Fill, Order
from robustop_plugin.venue.orders import Orders

Found = TypeVar("Found")

FILL = "/_control/fill"
CANCEL = "/_control/cancel"
FILL_SHAPE = '{"order": ..., "quantity": ...} or {"pair": ..., "quantity": ...}'
CANCEL_SHAPE = '{"order": ...} or {"pair": ...}'


def fill(exchange: Exchange, request: Any) -> Any:
    """Fill part of a resting order at its limit price: `{"order": 7, "quantity": 0.5}`.

    The remainder keeps resting. `"pair": "BTC/USDT"` instead of the id names a pair's only resting order.

    Raises:
        ValueError: the request is malformed, the order is not open, or the quantity is invalid.
    """
    _check_shape(request, {"quantity"}, FILL_SHAPE)
    ((orders, order),) = _only(exchange, request, _named(exchange, request))
    if order.is_waiting:
        raise ValueError(f"order {order.number} is a stop that has not triggered: it cannot fill")
    quantity = exact_number("quantity", request["quantity"], "a number above 0")
    if not 0 < quantity <= order.remaining or quantity % exact(order.market.step_size):
        step, most = order.market.step_size, order.remaining
        raise ValueError(f"quantity was {quantity}: it must be a multiple of {step} above 0 and at most {most}")
    orders.fill(order, quantity, exchange.now)
    return _order(order)


def cancel(exchange: Exchange, request: Any) -> Any:
    """Cancel a resting order or a waiting stop, as if by hand on the exchange.

    The request is `{"order": 7}`, or `{"pair": "BTC/USDT"}` for the only open order of a pair.

    Raises:
        ValueError: the request is malformed, or the order is not open.
    """
    _check_shape(request, set(), CANCEL_SHAPE)
    pair = instrument_of(exchange, request["pair"]).market.pair if "pair" in request else None
    stops, named = algo_named(exchange, request.get("order"), pair), _named(exchange, request)
    _only(exchange, request, [*named, *stops])
    for stop in stops:
        exchange.algo_orders.cancel(stop, exchange.now)
        return algo_stop(exchange, stop)
    ((orders, order),) = named
    orders.cancel(order, exchange.now)
    return _order(order)


def state(exchange: Exchange) -> Any:
    """Return balances, positions, open orders and fills. Amounts are JSON numbers."""
    both = (exchange.spot_orders, exchange.futures_orders)
    return {
        "balances": {"spot": _spot_balances(exchange), "futures": _futures_balances(exchange)},
        "positions": dict(_positions(exchange)),
        "orders": [_order(order) for orders in both for order in orders.resting()],
        "stops": waiting_stops(exchange),
        "fills": sorted(
            (_fill(order, fill) for orders in both for order in orders.all() for fill in order.fills),
            key=lambda fill: int(fill["fill"]),
        ),
    }


def _check_shape(request: Any, keys: set[str], shape: str) -> None:
    if not isinstance(request, dict) or set(request) not in ({"order"} | keys, {"pair"} | keys):
        raise ValueError(f"the request was {request!r}: it must be {shape}")


def _only(exchange: Exchange, request: Any, found: list[Found]) -> list[Found]:
    """Return a list of exactly one open order; any other number is ambiguous."""
    if len(found) != 1:
        both = (exchange.spot_orders, exchange.futures_orders)
        resting = [order.number for orders in both for order in orders.resting()]
        waiting = [order.number for order in exchange.algo_orders.waiting()]
        numbers = ", ".join(f"{number}" for number in [*resting, *waiting]) or "none"
        raise ValueError(f"the request was {request!r}: it names {len(found)} open orders; open orders: {numbers}")
    return found


def _named(exchange: Exchange, request: dict[str, Any]) -> list[tuple[Orders, Order]]:
    """Return the open orders that a request names, each with the collection that holds it."""
    both = (exchange.spot_orders, exchange.futures_orders)
    return [(orders, order) for orders in both for order in _in(exchange, orders, request) if order.is_open]


def _in(exchange: Exchange, orders: Orders, request: dict[str, Any]) -> list[Order]:
    if "pair" in request:
        market = instrument_of(exchange, request["pair"]).market
        return [order for order in orders.resting(market.symbol) if order.market == market]
    number = request["order"]
    order = orders.numbered(number) if isinstance(number, int) else None
    return [] if order is None else [order]


def _spot_balances(exchange: Exchange) -> dict[str, Any]:
    locked = exchange.wallet.locked(exchange.spot_orders.resting())
    return {
        coin: {"free": float(total - locked[coin]), "locked": float(locked[coin])}
        for coin, total in sorted(exchange.wallet.totals.items())
    }


def _futures_balances(exchange: Exchange) -> dict[str, Any]:
    resting = exchange.futures_orders.resting()
    return {
        settle: {
            "free": float(exchange.margin.free(settle, resting)),
            "locked": float(exchange.margin.held(settle) + exchange.margin.locked(settle, resting)),
        }
        for settle in sorted(exchange.margin.totals)
    }


def _positions(exchange: Exchange) -> Iterable[tuple[str, Any]]:
    for instrument in exchange.futures.all():
        position = exchange.margin.positions[instrument.market.symbol]
        if position.amount:
            fields = {"amount": position.amount, "entry": position.entry, "margin": position.margin}
            yield instrument.market.pair, {name: float(value) for name, value in fields.items()}


def _order(order: Order) -> dict[str, Any]:
    return {
        "order": order.number,
        "pair": order.market.pair,
        "side": order.side,
        "type": order.kind,
        "price": float(order.price),
        "quantity": float(order.quantity),
        "filled": float(order.executed),
        "status": order.status,
        "reduce_only": order.reduces,
    }


def _fill(order: Order, fill: Fill) -> dict[str, Any]:
    return {
        "fill": fill.number,
        "order": order.number,
        "pair": order.market.pair,
        "side": order.side,
        "price": float(fill.price),
        "quantity": float(fill.quantity),
        "fee": float(fill.commission),
        "fee_currency": fill.asset,
        "time": fill.time,
    }
