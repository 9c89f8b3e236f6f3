"""Numbers of the order filters at the loopback Binance, per market; control calls may change them."""

from dataclasses import dataclass
from decimal import Decimal

from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.market import Market

SPOT_STOPS, FUTURES_STOPS = 5, 10
SPOT_PERCENT = (Decimal(5), Decimal("0.2"))
FUTURES_PERCENT = (Decimal("1.0500"), Decimal("0.9500"))


@dataclass
class Limits:
    """The filter numbers of one market.

    Attributes:
        minimum_notional: smallest order, in the quote currency.
        orders: most open orders.
        stops: most open stop orders that have not triggered.
        percent_up: highest limit price, as a multiple of the average price (spot) or mark price (futures, buys).
        percent_down: lowest limit price, as a multiple of the average price (spot) or mark price (futures, sells).
    """

    minimum_notional: Decimal
    orders: int = 200
    stops: int = SPOT_STOPS
    percent_up: Decimal = SPOT_PERCENT[0]
    percent_down: Decimal = SPOT_PERCENT[1]


def limits_of(market: Market) -> Limits:
    """Return the numbers that Binance announces."""
    minimum = exact(market.minimum_notional)
    if not market.settle:
        return Limits(minimum)
    up, down = FUTURES_PERCENT
    return Limits(minimum, stops=FUTURES_STOPS, percent_up=up, percent_down=down)
