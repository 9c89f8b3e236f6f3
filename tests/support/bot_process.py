"""A bot process, its exchange and its database as a state machine drives them, and the invariants after every step."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import count
from typing import Any
from unittest.mock import patch

from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy.exc import OperationalError

from tests.oracle.life import exact
from tests.support.bot_loops import RecordList
from tests.support.expectations import Watch, Watched, WatchedShorts
from tests.support.expected_stops import Expected, Kind
from tests.support.focus import Focus, trades
from tests.support.host import Host
from tests.support.order_book import MINUTE, Book, Clock
from tests.support.part_fills import lots, sold_of
from tests.support.resting_orders import RestingBot, state_of

LOOPS = 2
"""Number of loops that a partly filled entry may rest in live trading."""
ORPHANS = "SELECT ft_trade_id FROM trade_custom_data WHERE ft_trade_id NOT IN (SELECT id FROM trades)"
COINS = (("HAND", Fraction(1, 1000)), ("ETH", Fraction(1, 10000)))


class Process(RuleBasedStateMachine):
    """The trades of one database.

    Attributes:
        held: pairs with an open trade after the last step: conditions of rules are asked several times between two.
    """

    def __init__(self, spot: Host, futures: Host, focus: Focus, seen: Counter[str]) -> None:
        """Take both exchanges, the focus, and the counter of events."""
        super().__init__()
        self.hosts, self.focus, self.seen, self.sink = (spot, futures), focus, seen, RecordList()
        self.failing, self.unwritten, self.writes, self.late = False, False, 0, 0
        self.held: frozenset[str] = frozenset()
        self.waiting: dict[int, int] = {}
        self.rested: dict[str, int] = {}

    def begin(self, kind: Kind, *, live: bool, future: bool) -> None:
        """Open the exchange and start the bot for the first time."""
        self.kind, self.live, self.future = kind, live, future
        suffix = "/USDT:USDT" if future else "/USDT"
        lot = {coin + suffix: size for coin, size in COINS}
        self.host, self.book, self.pairs = self.hosts[future], Book(100.0), list(lot)
        self.book.rates = dict.fromkeys(lot, 100.0)
        self.watch = Watched.watch = Watch(self.kind, self.book, lot, self.seen)
        self.span = dict.fromkeys(lot, 1.0)
        self.start()
        self.analyze()

    def start(self) -> None:
        """Start the bot process."""
        Watched.stakes, Watched.position_adjustment_enable = {}, self.focus.adjusts
        block = self.kind.block
        minutes = count(1)
        strategy = WatchedShorts if self.future else Watched
        self.bot = RestingBot(self.host, self.book, strategy, live=self.live, sink=self.sink, robustop=block)
        # A loop of the machine takes a minute, longer than any pause between two tries to write.
        self.bot.strategy._robustop.store.health.clock = lambda: 60.0 * next(minutes)
        self.watch.spans, self.rested = {}, {}

    def analyze(self) -> None:
        """Deliver the candles that are due."""
        if self.late > 0:
            self.late -= 1
            return
        for pair, span in self.span.items():
            self.bot.analyze(pair, span)
            self.watch.spans[pair] = exact(span)

    def move(self, pair: str, cents: int, start: float | None = None) -> float:
        """Return a price moved by this many cents in favor of a long trade."""
        return max(round((start or self.book.rates[pair]) * 100) + cents, 1000) / 100

    @contextmanager
    def database(self) -> Iterator[None]:
        """Make the trade database reject writes while it is failing; count the attempts per loop."""
        real, self.watch.failing = CustomDataWrapper.set_custom_data, self.failing

        def write(*args: Any, **kwargs: Any) -> None:
            self.writes += self.failing
            if self.failing:
                self.unwritten = True
                raise OperationalError("INSERT", {}, Exception("database is locked"))
            real(*args, **kwargs)

        with patch.object(CustomDataWrapper, "set_custom_data", write):
            yield

    def run(self, moves: tuple[int, ...], *, rests: bool = True, span: float | None = None) -> None:
        """Run one loop of Freqtrade."""
        self.book.rates = {pair: self.move(pair, cents) for pair, cents in zip(self.pairs, moves, strict=True)}
        self.book.rests, self.writes = rests, 0
        if span is not None:
            Clock.moment += 5 * MINUTE
            self.span = dict.fromkeys(self.span, span)
            self.bot.bot._exit_reason_cache.clear()
        if span is not None or not self.watch.spans:
            self.analyze()
        with self.database():
            self.bot.loop()
        self.after_loop()

    def after_loop(self) -> None:
        """Check the effects of a whole loop."""
        there = self.forget()
        for trade, _ in list(self.watch.known.values()):
            self.watch.check_stop(trade)
            is_left = any(order.ft_order_side == trade.exit_side for order in trade.open_orders)
            waits = bool(self.watch.due.get(trade.id)) and not is_left
            self.waiting[trade.id] = self.waiting.get(trade.id, 0) + 1 if waits else 0
            # Freqtrade counts what to sell before it cancels resting orders, and repeats no reason beside an order.
            assert self.waiting[trade.id] <= 1, "an exit is due, and no order is placed"
        self.watch.compare_parts()
        for trade in there:
            if trade.id not in self.watch.known:
                self.is_not_left_in_part(trade)
        assert self.writes <= 1, f"{self.writes} writes were tried in one loop although the database is locked"
        if not self.failing:
            self.unwritten = False

    def is_not_left_in_part(self, trade: Trade) -> None:
        """A partly filled first entry has no stop: it rests only briefly, and not at all beyond its future stop."""
        for order in trade.open_orders:
            if not self.book.orders[order.order_id]["filled"]:
                continue
            loops = self.rested[order.order_id] = self.rested.get(order.order_id, 0) + 1
            side, span = -1 if trade.is_short else 1, self.watch.spans.get(trade.pair)
            would = Expected(self.kind, side, exact(order.safe_price), exact(trade.stop_loss), span)
            away = would.gain(self.watch.price(trade), would.stop)
            assert away > 0, f"a part rests beyond the stop that it would have, {float(would.stop)}"
            assert loops <= LOOPS or not self.live, f"a part rests for {loops} loops without a stop"
            self.seen["part rests"] += 1

    def forget(self) -> list[Trade]:
        """Drop trades that were closed or deleted, and return those that are open."""
        there = trades(self)
        by_number = {trade.id: trade for trade in there}
        for number, (trade, _) in list(self.watch.known.items()):
            if by_number.get(number) is not trade:
                del self.watch.known[number]
                self.watch.due.pop(number, None)
                self.waiting.pop(number, None)
                self.watch.filled.discard(number)
        return there

    def loses(self) -> bool:
        """Return whether states can be lost with a predictable result."""
        known = [*self.watch.known.values()]
        unsure = [
            trade
            for trade, expected in known
            if trade.open_orders or expected.averaged or expected.waits or not trade.max_rate
        ]
        return bool(known) and not unsure and not self.failing and not self.unwritten

    @invariant()
    def keeps_the_laws(self) -> None:
        """States belong to their trades, nothing is sold twice, and no error is reported."""
        if not hasattr(self, "watch"):
            return
        self.seen["step"] += 1
        there = self.forget()
        self.held = frozenset(trade.pair for trade in there)
        for trade in there:
            if self.failing or self.unwritten:
                continue
            state = state_of(self.bot, trade)
            if trade.id not in self.watch.known:
                assert (state, trade.get_custom_data("robustop")) == (None, None), "a resting entry has a state"
                continue
            expected = self.watch.of(trade)
            sold = sold_of(trade, expected, self.watch.lots[trade.pair])
            assert sold.held == lots(trade.amount, self.watch.lots[trade.pair])
            self.is_not_sold_twice(trade, sold.held)
            if state is not None:
                position = state.position
                assert position.side == expected.side, "the state is of a trade of the other side"
                first = exact(position.initial_stop)
                assert first == expected.first_stop, f"S0 is {float(first)}, not {float(expected.first_stop)}"
                written = trade.get_custom_data("robustop")
                assert written is not None, "the state is not written"
                assert written["memory"]["stop"] == state.memory.stop, "another stop is written"
                assert state.opened_ms == int(trade.open_date_utc.timestamp() * 1000), "the state is of another trade"
        orphans = Trade.session.connection().exec_driver_sql(ORPHANS).all()
        assert not orphans, f"a state was written for a trade that is gone: {orphans}"
        errors = [record for record in self.sink.records if record.action == "error"]
        assert not errors or self.unwritten or self.failing, errors
        tokens = [record.token for record in self.sink.records]
        assert len(set(tokens)) == len(tokens), "a token was given twice"

    def is_not_sold_twice(self, trade: Trade, held: int) -> None:
        """Resting sell orders never exceed the position."""
        lot = self.watch.lots[trade.pair]
        resting = [order for order in trade.open_orders if order.ft_order_side == trade.exit_side]
        left = sum(lots(order.safe_amount - order.safe_filled, lot) for order in resting)
        assert left <= held, f"{left} of {held} lots are for sale"

    def teardown(self) -> None:
        """Clean up."""
        for trade in Trade.get_trades().all():
            trade.delete()
        Trade.session.connection().exec_driver_sql("DELETE FROM trade_custom_data")
        Trade.commit()
