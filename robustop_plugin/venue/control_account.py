"""Control endpoints of the loopback Binance for accounts: what a person or the exchange does beside the bot."""

from decimal import Decimal
from typing import Any

from robustop_plugin.venue.control_parts import above_zero, checked, exact_number, instrument_of, perpetual_of
from robustop_plugin.venue.decimals import exact, floor
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.journal import FUTURES, SPOT
from robustop_plugin.venue.order import BUY, MARKET, SELL, ZERO, Order
from robustop_plugin.venue.order_request import OrderRequest

TRADE, TRANSFER = "/_control/trade", "/_control/transfer"
FUNDING, REDUCE = "/_control/funding", "/_control/reduce"
CLIENTS = {"liquidation": "autoclose-venue", "adl": "adl_autoclose", "settlement": "settlement_autoclose-venue"}
"""Client order ids by which Binance marks its own orders."""


def trade(exchange: Exchange, request: Any) -> Any:
    """Buy or sell at market as a person would beside the bot: `{"pair": "BTC/USDT", "side": "SELL", "quantity": 0.01}`.

    Raises:
        ValueError: the request is invalid.
        Refusal: the order is refused, for example because a stop locks the coins.
    """
    request = checked(request, {"pair", "side", "quantity"})
    if request["side"] not in (BUY, SELL):
        raise ValueError(f"side was {request['side']!r}: it must be BUY or SELL")
    quantity = above_zero("quantity", request["quantity"])
    return _place(exchange, request["pair"], request["side"], quantity, "web_venue")


def reduce(exchange: Exchange, request: Any) -> Any:
    """Reduce or close a futures position as the exchange does.

    `{"pair": "BTC/USDT:USDT", "reason": "liquidation"}`, or `"adl"` (auto-deleveraging) or `"settlement"`; without
    `quantity`, the whole position. A liquidation first expires the open orders of the pair, but not its stops.

    Raises:
        ValueError: the request is invalid, or there is no position.
    """
    request = checked(request, {"pair", "reason"}, {"quantity"})
    if request["reason"] not in CLIENTS:
        raise ValueError(f"reason was {request['reason']!r}: it must be {', '.join(CLIENTS)}")
    symbol = perpetual_of(exchange, request["pair"]).market.symbol
    amount = exchange.margin.positions[symbol].amount
    if not amount:
        raise ValueError(f"pair was {request['pair']}: it has no position")
    quantity = above_zero("quantity", request["quantity"]) if "quantity" in request else abs(amount)
    if request["reason"] == "liquidation":
        exchange.futures_orders.expire(symbol, exchange.now)
    side, client = SELL if amount > 0 else BUY, CLIENTS[request["reason"]]
    return _place(exchange, request["pair"], side, quantity, client, forced=True)


def transfer(exchange: Exchange, request: Any) -> Any:
    """Deposit a coin, or withdraw it if the amount is negative: `{"account": "spot", "coin": "BTC", "amount": 0.1}`.

    Raises:
        ValueError: the request is invalid, or the free balance is too small.
    """
    request = checked(request, {"account", "coin", "amount"})
    account, coin, amount = request["account"], request["coin"], exact_number("amount", request["amount"])
    if account not in (SPOT, FUTURES) or not isinstance(coin, str) or not coin:
        raise ValueError(f"the request was {request!r}: account must be spot or futures, and coin a currency")
    if account == SPOT:
        totals, resting = exchange.wallet.totals, exchange.spot_orders.resting()
        free = totals.get(coin, ZERO) - exchange.wallet.locked(resting)[coin]
    else:
        totals, resting = exchange.margin.totals, exchange.futures_orders.resting()
        free = exchange.margin.free(coin, resting)
    if free + amount < 0:
        raise ValueError(f"amount was {amount}: only {free:f} {coin} are free")
    totals[coin] += amount
    exchange.journal.transfer(exchange.now, account, coin, amount)
    for instrument in exchange.spot.all():
        if instrument.market.base == coin:
            exchange.observe(instrument, exchange.now)
    return {"account": account, "coin": coin, "total": float(totals[coin])}


def pay_funding(exchange: Exchange, request: Any) -> Any:
    """Settle funding of a position now: `{"pair": "BTC/USDT:USDT", "rate": 0.0001}`.

    A long pays the rate times the notional at the mark price to shorts; a negative rate turns that around. It is paid
    out of the position's margin, and can take no more than that.

    Raises:
        ValueError: the request is invalid, or there is no position.
    """
    request = checked(request, {"pair", "rate"})
    instrument, rate = perpetual_of(exchange, request["pair"]), exact_number("rate", request["rate"])
    position = exchange.margin.positions[instrument.market.symbol]
    if not position.amount:
        raise ValueError(f"pair was {request['pair']}: it has no position")
    owed = position.amount * exact(instrument.mark.last or 0) * rate
    received = exchange.margin.fund(instrument.market.symbol, instrument.market.settle, floor(-owed))
    exchange.journal.funding(exchange.now, instrument.market.pair, instrument.market.settle, received)
    return {"pair": instrument.market.pair, "received": float(received)}


def _place(exchange: Exchange, pair: Any, side: str, quantity: Decimal, client: str, *, forced: bool = False) -> Any:
    instrument = instrument_of(exchange, pair)
    symbol, futures = instrument.market.symbol, bool(instrument.market.settle)
    orders = exchange.futures_orders if futures else exchange.spot_orders
    request = OrderRequest(symbol, side, MARKET, quantity, ZERO, "GTC", client, reduces=forced)
    leverage = exchange.margin.leverages[symbol] if futures else 1
    return _shown(orders.place(instrument, request, exchange.now, leverage, forced=forced))


def _shown(order: Order) -> Any:
    return {
        "order": order.number,
        "status": order.status,
        "filled": float(order.executed),
        "price": float(order.average),
    }
