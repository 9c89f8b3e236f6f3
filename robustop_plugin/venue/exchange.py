"""State of the loopback Binance: its markets, orders and accounts."""

import itertools
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial

from robustop_plugin.venue import filters
from robustop_plugin.venue.algo_orders import AlgoOrders
from robustop_plugin.venue.coverage import Coverage
from robustop_plugin.venue.fault import Faults
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.journal import FUTURES, SPOT, Journal
from robustop_plugin.venue.margin import Margin
from robustop_plugin.venue.orders import Orders
from robustop_plugin.venue.protection import FuturesProtections, SpotProtections
from robustop_plugin.venue.refusal import unknown_symbol
from robustop_plugin.venue.wallet import Wallet

Clock = Callable[[], int]

DEPOSIT = Decimal(10000)  # initial balance of every quote and settle currency, per account


def real_time() -> int:
    """Return the current time, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Section:
    """The markets of spot or futures. Every lookup brings them up to the current time."""

    def __init__(self, instruments: Iterable[Instrument], clock: Clock) -> None:
        """List the instruments; `clock` returns milliseconds since the epoch."""
        self._by_symbol = {instrument.market.symbol: instrument for instrument in instruments}
        self._clock = clock

    def all(self) -> list[Instrument]:
        """Return every market."""
        return [self.of(symbol) for symbol in self._by_symbol]

    def of(self, symbol: str) -> Instrument:
        """Return the market of a symbol.

        Raises:
            Refusal: the symbol is not listed.
        """
        if symbol not in self._by_symbol:
            raise unknown_symbol()
        instrument = self._by_symbol[symbol]
        instrument.catch_up(self._clock())
        return instrument


class Exchange:
    """All markets and orders, one spot account and one futures account.

    Attributes:
        spot: spot markets.
        futures: USD-M perpetuals.
        wallet: the spot account.
        margin: the futures account.
        spot_orders: spot orders.
        futures_orders: futures orders.
        algo_orders: conditional futures orders.
        journal: all transactions.
        coverage: positions and their stops over time.
        faults: pending faults of the HTTP interface, and counts of its calls.
        ahead: lead of the server's clock over the real one, in milliseconds.
        key_revoked: True if the API key is refused.
    """

    def __init__(self, instruments: Iterable[Instrument], clock: Clock = real_time) -> None:
        """List the instruments; `clock` returns milliseconds since the epoch."""
        listed = list(instruments)
        spot = [instrument for instrument in listed if not instrument.market.settle]
        futures = [instrument for instrument in listed if instrument.market.settle]
        self._clock = clock
        self.faults, self.ahead, self.key_revoked = Faults(), 0, False
        self.spot = Section(spot, clock)
        self.futures = Section(futures, clock)
        self.wallet = Wallet({instrument.market.quote: DEPOSIT for instrument in spot})
        self.margin = Margin({instrument.market.settle: DEPOSIT for instrument in futures})
        numbers, self.journal = itertools.count(1), Journal()
        self.spot_orders = Orders(self.wallet, filters.check_spot, numbers, self.journal)
        self.futures_orders = Orders(self.margin, filters.check_futures, numbers, self.journal)
        self.algo_orders = AlgoOrders(self.futures_orders, self.margin, numbers)
        for orders, watched in ((self.spot_orders, spot), (self.futures_orders, futures)):
            for instrument in watched:
                orders.watch(instrument)
        for instrument in futures:
            self.algo_orders.watch(instrument)
        self.coverage = Coverage()
        self._spot_protections = SpotProtections(self.wallet, self.spot_orders, self.journal, spot)
        self._futures_protections = FuturesProtections(self.margin, self.algo_orders)
        self._watch_coverage(spot, futures)
        for account, balances in ((SPOT, self.wallet.totals), (FUTURES, self.margin.totals)):
            for coin, amount in balances.items():
                self.journal.transfer(clock(), account, coin, amount)

    def _watch_coverage(self, spot: list[Instrument], futures: list[Instrument]) -> None:
        """Observe positions and stops after each trade and each change of an order."""
        by_symbol = [{instrument.market.symbol: instrument for instrument in section} for section in (spot, futures)]
        self.spot_orders.on_change.append(lambda symbol, time: self.observe(by_symbol[0][symbol], time))
        for orders in (self.futures_orders, self.algo_orders):
            orders.on_change.append(lambda symbol, time: self.observe(by_symbol[1][symbol], time))
        for instrument in (*spot, *futures):
            instrument.on_trade.append(partial(self._on_trade, instrument))

    def _on_trade(self, instrument: Instrument, time: int, _: float) -> None:
        self.observe(instrument, time)

    def observe(self, instrument: Instrument, time: int) -> None:
        """Record the position in a market and its stops at a time, in milliseconds since the epoch."""
        if instrument.market.settle:
            self.coverage.observe(instrument.market.pair, self._futures_protections.of(instrument), time)
        else:
            shown = self._spot_protections.representative(instrument)
            self.coverage.observe(shown.market.pair, self._spot_protections.of(shown), time)

    @property
    def now(self) -> int:
        """The current time, in milliseconds since the epoch."""
        return self._clock()

    @property
    def server_time(self) -> int:
        """The time that the server shows and checks signatures with, in milliseconds since the epoch."""
        return self.now + self.ahead
