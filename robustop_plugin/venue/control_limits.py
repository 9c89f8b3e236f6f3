"""Control endpoints of the loopback Binance for the order filters of a pair and for fees paid in BNB."""

from typing import Any

from robustop_plugin.venue.control_parts import above_zero, checked, instrument_of
from robustop_plugin.venue.exchange import Exchange

LIMITS, FEES = "/_control/limits", "/_control/fees"
COUNTS = ("orders", "stops")
NUMBERS = ("minimum_notional", "percent_up", "percent_down")


def set_limits(exchange: Exchange, request: Any) -> Any:
    """Change numbers of a pair's filters, which exchangeInfo then announces: `{"pair": "BTC/USDT", "stops": 1}`.

    The numbers are `minimum_notional`, `orders`, `stops`, `percent_up` and `percent_down`.

    Raises:
        ValueError: the request is invalid.
    """
    request = checked(request, {"pair"}, {*COUNTS, *NUMBERS})
    limits = instrument_of(exchange, request["pair"]).limits
    changed: dict[str, Any] = {}
    for name in COUNTS:
        count = request.get(name, getattr(limits, name))
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ValueError(f"{name} was {count!r}: it must be a whole number of at least 0")
        changed[name] = count
    for name in NUMBERS:
        changed[name] = above_zero(name, request[name]) if name in request else getattr(limits, name)
    for name, value in changed.items():
        setattr(limits, name, value)
    return {name: float(value) if name in NUMBERS else value for name, value in changed.items()}


def set_fees(exchange: Exchange, request: Any) -> Any:
    """Pay spot fees in BNB at a price in the quote currency: `{"bnb_price": 600}`; null pays in the received coin.

    Without enough BNB in the account, the received coin pays, as at Binance.

    Raises:
        ValueError: the request is invalid.
    """
    price = checked(request, {"bnb_price"})["bnb_price"]
    exchange.wallet.bnb_price = None if price is None else above_zero("bnb_price", price)
    return {"bnb_price": price}
