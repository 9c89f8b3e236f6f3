"""Private USD-M futures endpoints of the loopback Binance for conditional (algo) orders, where stops go."""

from typing import Any

from robustop_plugin.venue.algo_order import AlgoOrder, algo_request
from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.endpoint import SignedEndpoints
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.order_query import window
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import Refusal, no_order, nothing_to_cancel

Answer = dict[str, Any]

NEITHER = "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!"


def _place(exchange: Exchange, query: Query) -> Answer:
    if query.get("positionSide", "BOTH") != "BOTH":
        raise Refusal(-4061, "Order's position side does not match user's setting.")
    request = algo_request(query)
    return _new(exchange.algo_orders.place(exchange.futures.of(request.order.symbol), request, exchange.now))


def _order(exchange: Exchange, query: Query) -> Answer:
    return _full(_one(exchange, query))


def _cancel(exchange: Exchange, query: Query) -> Answer:
    try:
        order = _one(exchange, query)
    except Refusal as refusal:
        if refusal.code == no_order().code:
            raise nothing_to_cancel() from None
        raise
    exchange.algo_orders.cancel(order, exchange.now)
    return {"algoId": order.number, "clientAlgoId": order.client, "code": "200", "msg": "success"}


def _cancel_all(exchange: Exchange, query: Query) -> Answer:
    symbol = exchange.futures.of(text(query, "symbol")).market.symbol
    for order in exchange.algo_orders.waiting(symbol):
        exchange.algo_orders.cancel(order, exchange.now)
    return {"code": "200", "msg": "The operation of cancel all open order is done."}


def _open_orders(exchange: Exchange, query: Query) -> list[Answer]:
    symbol = query.get("symbol")
    if symbol is None:
        exchange.futures.all()
    else:
        exchange.futures.of(symbol)
    return [_full(order) for order in exchange.algo_orders.waiting(symbol)]


def _all_orders(exchange: Exchange, query: Query) -> list[Answer]:
    symbol = exchange.futures.of(text(query, "symbol")).market.symbol
    rows = ((order.time, order) for order in exchange.algo_orders.all(symbol))
    return [_full(order) for order in window(rows, query)]


def _one(exchange: Exchange, query: Query) -> AlgoOrder:
    """Bring the markets up to now and return the order that a request names."""
    number, client = integer(query, "algoId"), query.get("clientAlgoId")
    if number is None and not client:
        raise Refusal(-1102, NEITHER)
    exchange.futures.all()
    return exchange.algo_orders.of(number, client)


def _new(order: AlgoOrder) -> Answer:
    """Return the fields that all answers share."""
    request = order.request
    return {
        "algoId": order.number,
        "clientAlgoId": order.client,
        "algoType": "CONDITIONAL",
        "orderType": request.kind,
        "symbol": request.order.symbol,
        "side": request.order.side,
        "positionSide": "BOTH",
        "timeInForce": "GTE_GTC" if request.closes else request.order.force,
        "quantity": number(request.order.quantity),
        "algoStatus": order.status,
        "triggerPrice": number(request.trigger),
        "price": number(request.order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": request.working,
        "priceMatch": "NONE",
        "closePosition": request.closes,
        "priceProtect": False,
        "reduceOnly": request.order.reduces,
        "createTime": order.time,
        "updateTime": order.updated,
        "triggerTime": order.triggered,
        "goodTillDate": 0,
    }


def _full(order: AlgoOrder) -> Answer:
    """Return all fields, as GET answers them."""
    actual = order.actual
    return {
        **_new(order),
        "actualOrderId": "" if actual is None else f"{actual.number}",
        "actualPrice": number(0 if actual is None else actual.average),
    }


ENDPOINTS: SignedEndpoints = {
    ("POST", "/fapi/v1/algoOrder"): _place,
    ("GET", "/fapi/v1/algoOrder"): _order,
    ("DELETE", "/fapi/v1/algoOrder"): _cancel,
    ("DELETE", "/fapi/v1/algoOpenOrders"): _cancel_all,
    ("GET", "/fapi/v1/openAlgoOrders"): _open_orders,
    ("GET", "/fapi/v1/allAlgoOrders"): _all_orders,
}
