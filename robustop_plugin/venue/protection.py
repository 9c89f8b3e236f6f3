"""How much of a position at the loopback Binance has a live stop order: what is held, and what stops cover."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.algo_orders import AlgoOrders
from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.journal import SPOT, Journal
from robustop_plugin.venue.margin import Margin
from robustop_plugin.venue.order import BUY, SELL, ZERO
from robustop_plugin.venue.orders import Orders
from robustop_plugin.venue.wallet import Wallet


class Protection(NamedTuple):
    """A position and its stops.

    Attributes:
        held: size of the position, in the base currency; 0 without one.
        covered: part of it that waiting stop orders would close, in the base currency.
    """

    held: Decimal
    covered: Decimal


NOTHING = Protection(ZERO, ZERO)


class SpotProtections:
    """Coins of the spot account beyond what was deposited, and the sell stops for them."""

    def __init__(self, wallet: Wallet, orders: Orders, journal: Journal, instruments: Sequence[Instrument]) -> None:
        """Look at the spot account's parts."""
        self._wallet = wallet
        self._orders = orders
        self._journal = journal
        self._instruments = instruments

    def representative(self, instrument: Instrument) -> Instrument:
        """Return the first pair with the same base currency, under which the coins are reported."""
        return next(other for other in self._instruments if other.market.base == instrument.market.base)

    def of(self, instrument: Instrument) -> Protection:
        """Return the coins and their stops; an amount below the smallest order is dust, held or uncovered."""
        coin, price = instrument.market.base, exact(instrument.tape.last or 0)
        dust = instrument.limits.minimum_notional
        total = self._wallet.totals.get(coin, ZERO)
        held = min(total, total - self._journal.transferred[SPOT, coin])
        if held * price < dust:
            return NOTHING
        covered = sum(
            (
                order.remaining
                for other in self._instruments
                if other.market.base == coin
                for order in self._orders.resting(other.market.symbol)
                if order.is_waiting and order.side == SELL
            ),
            ZERO,
        )
        return Protection(held, held if (held - covered) * price < dust else covered)


class FuturesProtections:
    """Positions of the futures account, and the stops on their other side."""

    def __init__(self, margin: Margin, algo_orders: AlgoOrders) -> None:
        """Look at the futures account's parts."""
        self._margin = margin
        self._algo_orders = algo_orders

    def of(self, instrument: Instrument) -> Protection:
        """Return the position and its stops."""
        symbol = instrument.market.symbol
        amount = self._margin.positions[symbol].amount
        if not amount:
            return NOTHING
        closing, held = SELL if amount > 0 else BUY, abs(amount)
        stops = [stop.request for stop in self._algo_orders.waiting(symbol) if stop.request.order.side == closing]
        if any(stop.closes for stop in stops):
            return Protection(held, held)
        return Protection(held, min(held, sum((stop.order.quantity for stop in stops), ZERO)))
