"""What an exchange says of an account: open orders, holdings, markets and prices.

Amounts are in base currency also where the exchange counts contracts, prices in price, times in seconds since the
epoch.
"""

from collections.abc import Mapping
from typing import NamedTuple

TAKES_PROFIT = "take_profit"
"""What is in the names of conditional orders that are no stops."""


class OpenOrder(NamedTuple):
    """An order that rests on the exchange.

    Attributes:
        order_id: the exchange's identifier.
        pair: its pair.
        side: buy or sell.
        kind: the exchange's name of its type, in small letters.
        price: the limit price; None for a market order.
        trigger: the price that triggers it; None for other orders.
        amount: what is not filled; None if it closes the whole position.
        reduces: True if it can only reduce a position.
        is_triggered: True if it was triggered and rests since.
    """

    order_id: str
    pair: str
    side: str
    kind: str = "limit"
    price: float | None = None
    trigger: float | None = None
    amount: float | None = None
    reduces: bool = False
    is_triggered: bool = False

    @property
    def is_stop(self) -> bool:
        """True for a stop, triggered or not."""
        return self.trigger is not None and TAKES_PROFIT not in self.kind


class Market(NamedTuple):
    """A market.

    Attributes:
        pair: its pair.
        coin: its base currency.
        is_active: False if it is halted or delisted.
        lot: the step of amounts; 0 if unknown.
        least_amount: the smallest amount of an order; 0 if unknown.
        least_cost: the smallest value of an order, in quote currency; 0 if unknown.
        tick: the step of prices; 0 if unknown.
    """

    pair: str
    coin: str
    is_active: bool = True
    lot: float = 0.0
    least_amount: float = 0.0
    least_cost: float = 0.0
    tick: float = 0.0


class Price(NamedTuple):
    """The price of a pair.

    Attributes:
        last: the last price.
        traded_at: when it was last traded, or seen to be traded; None if unknown.
    """

    last: float
    traded_at: float | None = None


class Account(NamedTuple):
    """What an exchange says, all of it read within a moment, but not at once.

    Attributes:
        is_futures: True if it holds positions, False if it holds coins.
        orders: the open orders, stops among them.
        holdings: what is held, by coin on spot, by pair on futures, where short positions are negative.
        markets: the markets of the pairs that matter, by pair.
        prices: their prices, by pair.
        lists_stops: False if this exchange is not known to list its stop orders.
    """

    is_futures: bool = False
    orders: tuple[OpenOrder, ...] = ()
    holdings: Mapping[str, float] = {}
    markets: Mapping[str, Market] = {}
    prices: Mapping[str, Price] = {}
    lists_stops: bool = True

    def stops_of(self, pair: str, side: str) -> tuple[OpenOrder, ...]:
        """Return the stops of a pair that wait for their trigger, on one side, buy or sell."""
        return tuple(
            order
            for order in self.orders
            if (order.pair, order.side) == (pair, side) and order.is_stop and not order.is_triggered
        )
