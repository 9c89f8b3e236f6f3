"""The exchange: its markets at one moment, and the orders and accounts of whoever trades there."""

import itertools
import time
from collections.abc import Callable, Iterable
from decimal import Decimal

from robustop_plugin.venue import filters
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.margin import Margin
from robustop_plugin.venue.orders import Orders
from robustop_plugin.venue.refusal import unknown_symbol
from robustop_plugin.venue.wallet import Wallet

Clock = Callable[[], int]

DEPOSIT = Decimal(10000)  # of every quote currency, on spot and on futures each


def real_time() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Section:
    """Spot or futures: markets that are always up to the moment they are asked for."""

    def __init__(self, instruments: Iterable[Instrument], clock: Clock) -> None:
        """Take the markets."""
        self._by_symbol = {instrument.market.symbol: instrument for instrument in instruments}
        self._clock = clock

    def all(self) -> list[Instrument]:
        """Return every market."""
        return [self.of(symbol) for symbol in self._by_symbol]

    def of(self, symbol: str) -> Instrument:
        """Return one market.

        Raises:
            Refusal: it is not listed.
        """
        if symbol not in self._by_symbol:
            raise unknown_symbol()
        instrument = self._by_symbol[symbol]
        instrument.catch_up(self._clock())
        return instrument


class Exchange:
    """All that the venue lists, and one account of each kind.

    Attributes:
        spot: its spot markets.
        futures: its perpetuals of USD-M futures.
        wallet: the spot account.
        margin: the futures account.
        spot_orders: the orders of spot.
        futures_orders: the orders of futures.
    """

    def __init__(self, instruments: Iterable[Instrument], clock: Clock = real_time) -> None:
        """Take the markets and the clock, in milliseconds since the epoch."""
        listed = list(instruments)
        spot = [one for one in listed if not one.market.settle]
        futures = [one for one in listed if one.market.settle]
        self._clock = clock
        self.spot = Section(spot, clock)
        self.futures = Section(futures, clock)
        self.wallet = Wallet({one.market.quote: DEPOSIT for one in spot})
        self.margin = Margin({one.market.settle: DEPOSIT for one in futures})
        numbers = itertools.count(1)
        self.spot_orders = Orders(self.wallet, filters.check_spot, numbers)
        self.futures_orders = Orders(self.margin, filters.check_futures, numbers)
        for orders, markets in ((self.spot_orders, spot), (self.futures_orders, futures)):
            for one in markets:
                orders.watch(one)

    @property
    def now(self) -> int:
        """The time in milliseconds since the epoch."""
        return self._clock()
