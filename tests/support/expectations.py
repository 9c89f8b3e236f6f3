"""A strategy that reports every callback and fill, and the comparison with the expectation at each of them."""

from collections import Counter
from fractions import Fraction
from typing import Any, ClassVar

from freqtrade.persistence import Order, Trade

from tests.oracle.life import exact
from tests.support.expected_stops import Expected, Kind
from tests.support.order_book import Book
from tests.support.part_fills import Sold, due, is_dust, sold_of
from tests.support.resting_orders import Rests


class Watch:
    """Expectations of all open trades of one database, by trade id; it outlives the bots.

    Attributes:
        spans: candle range of each analyzed pair, which equals its ATR; a missing key means no candles yet.
        lots: smallest amount of each pair.
        known: filled trades and their expectations, each with the trade itself.
        asked: robustop's request at a position check: trade, tag, whether an order rested, price, sold.
        seen: counts of events.
        failing: True while the database takes no writes: no part is asked for then.
    """

    def __init__(self, kind: Kind, book: Book, lots: dict[str, Fraction], seen: Counter[str]) -> None:
        """Start without trades."""
        self.kind, self.book, self.lots, self.seen = kind, book, lots, seen
        self.spans: dict[str, Fraction] = {}
        self.failing = False
        self.known: dict[int, tuple[Any, Expected]] = {}
        self.asked: list[tuple[Any, str | None, bool, Fraction, Sold]] = []
        self.reported: set[str] = set()
        self.filled: set[int] = set()
        self.due: dict[int, bool] = {}

    def of(self, trade: Any) -> Expected:
        """Return the expectation of a filled trade."""
        return self.known[trade.id][1]

    def price(self, trade: Any) -> Fraction:
        """Return the price of a trade's pair."""
        return exact(self.book.at(trade.pair))

    def fill(self, trade: Any, order: Order) -> None:
        """Process a fill that Freqtrade reports, perhaps again."""
        self.filled.add(trade.id)
        first_time = order.order_id not in self.reported
        self.reported.add(order.order_id)
        if order.ft_order_side != trade.entry_side or not first_time:
            return
        entry = exact(trade.open_rate)
        if trade.id in self.known:
            self.seen["purchase"] += 1
            self.of(trade).bought(entry, exact(order.safe_price))
            return
        side, span = -1 if trade.is_short else 1, self.spans.get(trade.pair)
        expected = Expected(self.kind, side, entry, exact(trade.stop_loss), span)
        if expected.gain(self.price(trade), expected.stop) > 0:
            expected.host = expected.stop
        # Callbacks receive a copy.
        self.known[trade.id] = Trade.session.get(Trade, trade.id), expected
        self.seen["first fill" + (" without candles" if expected.waits else "")] += 1

    def check_stop(self, trade: Any) -> None:
        """Freqtrade's stop has not loosened, and equals the expected stop."""
        expected, stop = self.of(trade), exact(float(trade.stop_loss))
        reported = trade.id in self.filled
        self.filled.discard(trade.id)
        under_water = expected.gain(self.price(trade), expected.entry) < 0
        if reported and under_water and expected.gain(stop, expected.ceiling) > 0:
            # Freqtrade has placed its last ratio at the open rate, and rejects a better one under water.
            self.seen["stop moved by the host"] += 1
            expected.stop = expected.host = stop
        assert expected.gain(stop, expected.seen) >= 0, f"loosened from {float(expected.seen)} to {float(stop)}"
        low, high = float(expected.host), float(expected.ceiling)
        fits = expected.gain(stop, expected.host) >= 0 and expected.gain(stop, expected.ceiling) <= 0
        assert fits, f"the stop is {float(stop)}, and has to be from {low} to {high}"
        expected.seen = stop

    def check_exit(self, trade: Any, rate: float, exits: list[Any]) -> None:
        """The trade exits exactly when it has to."""
        expected = self.of(trade)
        left = expected.look(exact(rate), self.spans.get(trade.pair))
        reasons = [str(exit_) for exit_ in exits if exit_.exit_flag]
        assert bool(reasons) == left, f"at {rate} {reasons or 'nothing'}, and the stop is {float(expected.ceiling)}"
        self.due[trade.id] = left
        self.seen["exit due" if left else "look"] += 1
        self.check_stop(trade)

    def note_request(self, trade: Trade, tag: str | None, price: float) -> None:
        """Store robustop's request; it is compared after the loop, because Freqtrade swallows errors here."""
        if trade.id in self.known:
            own, expected = self.known[trade.id]
            sold = sold_of(own, expected, self.lots[own.pair])
            self.asked.append((own, tag, own.has_open_orders, exact(price), sold))

    def compare_parts(self) -> None:
        """The requests of this loop are what was due."""
        asked, self.asked = self.asked, []
        for trade, tag, rested, price, sold in asked:
            if trade.id not in self.known or self.known[trade.id][0] is not trade:
                continue
            expected = self.of(trade)
            assert tag is None or not rested, "a sale was asked for while an order rests"
            if self.failing:
                assert tag is None, "a sale was asked for that could not be written down"
                continue
            wanted = due(expected, sold, price)
            if rested or self.due.get(trade.id):
                continue
            excused = (sold.tried and tag is None) or is_dust(tag, wanted, sold, price * self.lots[trade.pair])
            assert excused or tag == (wanted[0] if wanted else None), f"at {float(price)} {tag}, due is {wanted}"
            self.seen["part due" if wanted else "no part due"] += 1


class Watched(Rests):
    """Reports Freqtrade's callbacks to the watch, and buys more of one pair on request.

    Attributes:
        watch: receiver of the reports.
        stakes: stake to add at the next position check, by pair.
    """

    stoploss = -0.3
    watch: ClassVar[Watch]
    stakes: ClassVar[dict[str, float]] = {}

    def should_exit(self, trade: Trade, rate: float, *args: Any, **kwargs: Any) -> list[Any]:
        """Compare before and after the exit check."""
        self.watch.check_stop(trade)
        exits = super().should_exit(trade, rate, *args, **kwargs)
        self.watch.check_exit(trade, rate, exits)
        return exits

    def order_filled(self, pair: str, trade: Trade, order: Order, *args: Any, **kwargs: Any) -> None:
        """Report a fill."""
        self.watch.fill(trade, order)
        super().order_filled(pair, trade, order, *args, **kwargs)

    def _adjust_trade_position_internal(self, trade: Any, **kwargs: Any) -> Any:
        """Record robustop's request."""
        stake, tag = super()._adjust_trade_position_internal(trade=trade, **kwargs)
        self.watch.note_request(trade, tag if stake is not None and stake < 0 else None, kwargs["current_exit_rate"])
        return stake, tag

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy; Freqtrade asks if robustop sells nothing."""
        stake = self.stakes.pop(trade.pair, 0.0)
        return stake if stake and trade.amount and not trade.has_open_orders else None


class WatchedShorts(Watched):
    """Also sells short."""

    can_short = True
