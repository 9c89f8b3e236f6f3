"""Numbers of the order filters at the loopback Binance, per market; control calls may change them."""

from dataclasses import dataclass

from robustop_plugin.venue.market import Market

SPOT_STOPS, FUTURES_STOPS = 5, 10


@dataclass
class Limits:
    """The filter numbers of one market.

    Attributes:
        orders: most open orders.
        stops: most open stop orders that have not triggered.
    """

    orders: int = 200
    stops: int = SPOT_STOPS


def limits_of(market: Market) -> Limits:
    """Return the numbers that Binance announces."""
    return Limits(stops=FUTURES_STOPS if market.settle else SPOT_STOPS)
