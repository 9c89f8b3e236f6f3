"""Private USD-M futures endpoints of the loopback Binance for orders and fills."""

from operator import itemgetter
from typing import Any

from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.endpoint import SignedEndpoints
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.journal import FUTURES
from robustop_plugin.venue.order import BUY, Fill, Order
from robustop_plugin.venue.order_query import fills_in_time, in_time, one_order, order_to_cancel, resting
from robustop_plugin.venue.order_request import FUTURES_KINDS, order_request
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import Refusal

Answer = dict[str, Any]

ELSEWHERE = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
CONDITIONAL = ("STOP", "TAKE_PROFIT", "TRAILING_STOP")


def _place(exchange: Exchange, query: Query) -> Answer:
    if query.get("positionSide", "BOTH") != "BOTH":
        raise Refusal(-4061, "Order's position side does not match user's setting.")
    if query.get("type", "").startswith(CONDITIONAL):
        raise Refusal(-4120, ELSEWHERE)
    request = order_request(query, FUTURES_KINDS)
    instrument, leverage = exchange.futures.of(request.symbol), exchange.margin.leverages[request.symbol]
    return _common(exchange.futures_orders.place(instrument, request, exchange.now, leverage))


def _order(exchange: Exchange, query: Query) -> Answer:
    return _full(one_order(exchange.futures_orders, exchange.futures, query))


def _cancel(exchange: Exchange, query: Query) -> Answer:
    order = order_to_cancel(exchange.futures_orders, exchange.futures, query)
    exchange.futures_orders.cancel(order, exchange.now)
    return _common(order)


def _cancel_all(exchange: Exchange, query: Query) -> Answer:
    # Conditional orders have a call of their own.
    for order in resting(exchange.futures_orders, exchange.futures, {"symbol": text(query, "symbol")}):
        exchange.futures_orders.cancel(order, exchange.now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _open_orders(exchange: Exchange, query: Query) -> list[Answer]:
    return [_full(order) for order in resting(exchange.futures_orders, exchange.futures, query)]


def _all_orders(exchange: Exchange, query: Query) -> list[Answer]:
    return [_full(order) for order in in_time(exchange.futures_orders, exchange.futures, query)]


def _user_trades(exchange: Exchange, query: Query) -> list[Answer]:
    return [_trade(order, fill) for order, fill in fills_in_time(exchange.futures_orders, exchange.futures, query)]


def _income(exchange: Exchange, query: Query) -> list[Answer]:
    """Return realized profits and fees of fills, and the funding payments that control calls made."""
    wanted = query.get("incomeType", "")
    pairs = (("REALIZED_PNL", "realized"), ("COMMISSION", "commission"))
    start, end = integer(query, "startTime") or 0, integer(query, "endTime")
    rows: list[Answer] = [
        {
            "symbol": order.market.symbol,
            "incomeType": kind,
            "income": number(-fill.commission if field == "commission" else fill.realized),
            "asset": fill.asset,
            "time": fill.time,
            "info": kind,
            "tranId": fill.number,
            "tradeId": f"{fill.number}",
        }
        for order in exchange.futures_orders.all(query.get("symbol"))
        for fill in order.fills
        for kind, field in pairs
    ]
    rows += _funding(exchange, query.get("symbol"))
    inside = [row for row in rows if start <= row["time"] and (end is None or row["time"] <= end)]
    return sorted((row for row in inside if wanted in ("", row["incomeType"])), key=itemgetter("time"))


def _funding(exchange: Exchange, symbol: str | None) -> list[Answer]:
    symbols = {instrument.market.pair: instrument.market.symbol for instrument in exchange.futures.all()}
    return [
        {
            "symbol": symbols[transaction.pair],
            "incomeType": "FUNDING_FEE",
            "income": number(entry.amount),
            "asset": entry.coin,
            "time": transaction.time,
            "info": "FUNDING_FEE",
            "tranId": transaction.time,
            "tradeId": "",
        }
        for transaction in exchange.journal.transactions
        if transaction.kind == "funding" and symbol in (None, symbols[transaction.pair])
        for entry in transaction.entries
        if entry.account == FUTURES
    ]


def _common(order: Order) -> Answer:
    """Return the fields that all order answers share."""
    return {
        "symbol": order.market.symbol,
        "orderId": order.number,
        "clientOrderId": order.client,
        "price": number(order.price),
        "avgPrice": number(order.average),
        "origQty": number(order.quantity),
        "executedQty": number(order.executed),
        "cumQty": number(order.executed),
        "cumQuote": number(order.cost),
        "status": order.status,
        "timeInForce": order.force,
        "type": order.kind,
        "origType": order.kind,
        "side": order.side,
        "positionSide": "BOTH",
        "reduceOnly": order.reduces,
        "closePosition": False,
        "stopPrice": number(0),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "updateTime": order.updated,
    }


def _full(order: Order) -> Answer:
    """Return all fields of an order, as GET answers it."""
    return {**_common(order), "time": order.time}


def _trade(order: Order, fill: Fill) -> Answer:
    return {
        "symbol": order.market.symbol,
        "id": fill.number,
        "orderId": order.number,
        "side": order.side,
        "price": number(fill.price),
        "qty": number(fill.quantity),
        "quoteQty": number(fill.price * fill.quantity),
        "realizedPnl": number(fill.realized),
        "marginAsset": order.market.settle,
        "commission": number(fill.commission),
        "commissionAsset": fill.asset,
        "time": fill.time,
        "positionSide": "BOTH",
        "buyer": order.side == BUY,
        "maker": fill.maker,
    }


ENDPOINTS: SignedEndpoints = {
    ("POST", "/fapi/v1/order"): _place,
    ("GET", "/fapi/v1/order"): _order,
    ("DELETE", "/fapi/v1/order"): _cancel,
    ("GET", "/fapi/v1/openOrders"): _open_orders,
    ("DELETE", "/fapi/v1/allOpenOrders"): _cancel_all,
    ("GET", "/fapi/v1/allOrders"): _all_orders,
    ("GET", "/fapi/v1/userTrades"): _user_trades,
    ("GET", "/fapi/v1/income"): _income,
}
