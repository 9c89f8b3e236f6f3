"""Private spot endpoints of the loopback Binance: orders, fills and the account."""

from collections.abc import Iterable
from typing import Any

from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.endpoint import SignedEndpoints
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.order import BUY, Fill, Order
from robustop_plugin.venue.order_query import fills_in_time, in_time, one_order, order_to_cancel, resting
from robustop_plugin.venue.order_request import SPOT_KINDS, order_request
from robustop_plugin.venue.params import Query, text
from robustop_plugin.venue.refusal import nothing_to_cancel
from robustop_plugin.venue.wallet import FEE

Answer = dict[str, Any]

POINTS = 10000  # basis points in 1


def _place(exchange: Exchange, query: Query) -> Answer:
    request = order_request(query, SPOT_KINDS)
    order = exchange.spot_orders.place(exchange.spot.of(request.symbol), request, exchange.now)
    fills = [
        {
            "price": number(fill.price),
            "qty": number(fill.quantity),
            "commission": number(fill.commission),
            "commissionAsset": fill.asset,
            "tradeId": fill.number,
        }
        for fill in order.fills
    ]
    return {**_common(order), "transactTime": order.time, "fills": fills}


def _order(exchange: Exchange, query: Query) -> Answer:
    return _full(one_order(exchange.spot_orders, exchange.spot, query))


def _cancel(exchange: Exchange, query: Query) -> Answer:
    order = order_to_cancel(exchange.spot_orders, exchange.spot, query)
    exchange.spot_orders.cancel(order, exchange.now)
    ids = {"origClientOrderId": order.client, "clientOrderId": f"cancel{order.number}"}
    return {**_common(order), **ids, "transactTime": order.updated}


def _cancel_all(exchange: Exchange, query: Query) -> list[Answer]:
    canceled = resting(exchange.spot_orders, exchange.spot, {"symbol": text(query, "symbol")})
    if not canceled:
        raise nothing_to_cancel()
    for order in canceled:
        exchange.spot_orders.cancel(order, exchange.now)
    return [_full(order) for order in canceled]


def _open_orders(exchange: Exchange, query: Query) -> list[Answer]:
    return [_full(order) for order in resting(exchange.spot_orders, exchange.spot, query)]


def _all_orders(exchange: Exchange, query: Query) -> list[Answer]:
    return [_full(order) for order in in_time(exchange.spot_orders, exchange.spot, query)]


def _my_trades(exchange: Exchange, query: Query) -> list[Answer]:
    return [_trade(order, fill) for order, fill in fills_in_time(exchange.spot_orders, exchange.spot, query)]


def _account(exchange: Exchange, _: Query) -> Answer:
    fee = number(FEE)
    return {
        "makerCommission": int(FEE * POINTS),
        "takerCommission": int(FEE * POINTS),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": fee, "taker": fee, "buyer": number(0), "seller": number(0)},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "accountType": "SPOT",
        "updateTime": exchange.now,
        "balances": list(_balances(exchange)),
        "permissions": ["SPOT"],
    }


def _balances(exchange: Exchange) -> Iterable[Answer]:
    """Yield the balance of every listed coin."""
    markets = [instrument.market for instrument in exchange.spot.all()]
    locked = exchange.wallet.locked(exchange.spot_orders.resting())
    for coin in sorted({name for market in markets for name in (market.base, market.quote)}):
        free = exchange.wallet.totals[coin] - locked[coin]
        yield {"asset": coin, "free": number(free), "locked": number(locked[coin])}


def _common(order: Order) -> Answer:
    """Return the fields that all order answers share."""
    return {
        "symbol": order.market.symbol,
        "orderId": order.number,
        "orderListId": -1,
        "clientOrderId": order.client,
        "price": number(order.price),
        "origQty": number(order.quantity),
        "executedQty": number(order.executed),
        "origQuoteOrderQty": number(0),
        "cummulativeQuoteQty": number(order.cost),
        "status": order.status,
        "timeInForce": order.force,
        "type": order.kind,
        "side": order.side,
        "workingTime": _working_since(order),
        "selfTradePreventionMode": "EXPIRE_MAKER",
        **({"stopPrice": number(order.stop)} if order.stop else {}),
    }


def _working_since(order: Order) -> int:
    """Return the time at which an order entered the book; -1 for a stop order that has not triggered."""
    if not order.stop:
        return order.time
    return -1 if order.triggered is None else order.triggered


def _full(order: Order) -> Answer:
    """Return all fields of an order, as GET answers it."""
    times = {"time": order.time, "updateTime": order.updated, "isWorking": _working_since(order) >= 0}
    return {**_common(order), "stopPrice": number(order.stop), "icebergQty": number(0), **times}


def _trade(order: Order, fill: Fill) -> Answer:
    return {
        "symbol": order.market.symbol,
        "id": fill.number,
        "orderId": order.number,
        "orderListId": -1,
        "price": number(fill.price),
        "qty": number(fill.quantity),
        "quoteQty": number(fill.price * fill.quantity),
        "commission": number(fill.commission),
        "commissionAsset": fill.asset,
        "time": fill.time,
        "isBuyer": order.side == BUY,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


ENDPOINTS: SignedEndpoints = {
    ("POST", "/api/v3/order"): _place,
    ("GET", "/api/v3/order"): _order,
    ("DELETE", "/api/v3/order"): _cancel,
    ("GET", "/api/v3/openOrders"): _open_orders,
    ("DELETE", "/api/v3/openOrders"): _cancel_all,
    ("GET", "/api/v3/allOrders"): _all_orders,
    ("GET", "/api/v3/myTrades"): _my_trades,
    ("GET", "/api/v3/account"): _account,
}
