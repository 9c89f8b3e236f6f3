"""State machine of real trades: orders that rest, fill in parts, are cancelled or replaced; restarts.

Hypothesis drives Freqtrade's own bot: entries by `execute_entry`, fills by `manage_open_orders`, after a restart by
`startup_update_open_orders` before any candle has arrived; trades are deleted and their ids reused; the trade
database fails. After each step the stop is the one that `expected_stops.py` computes from fills and prices alone.

`ROBUSTOP_EXAMPLES` sets the number of runs, of at most 25 steps each. 20,000 steps:

    ROBUSTOP_EXAMPLES=1000 python -m pytest tests/bridge/test_machine_real_life.py -k keep_the_laws
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import pytest
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from tests.oracle.life import exact
from tests.support.bot_process import Process
from tests.support.expectations import Watched
from tests.support.expected_stops import Kind
from tests.support.focus import (
    AIMS,
    FAR,
    FILLS,
    FOCI,
    MAYBE,
    NEAR,
    NUMBER,
    OFTEN,
    SPANS,
    Fill,
    Focus,
    kinds,
    may,
    one_of,
    trades,
)
from tests.support.host import Host
from tests.support.mutants_of_real_life import MUTANTS
from tests.support.order_book import Clock
from tests.support.part_fills import lots

EXAMPLES = int(os.environ.get("ROBUSTOP_EXAMPLES", "100"))
STEPS = 25
FOR_A_FAULT = 200
"""Runs at most, until a planted fault is found. What Hypothesis draws depends on the modules that are loaded."""


class RealLife(Process):
    """Trades of one database, and all events that may happen to them."""

    @initialize(
        stop=kinds("stops"),
        engines=kinds("engines"),
        schedule=kinds("schedules"),
        future=st.booleans(),
        live=OFTEN,
        short=st.booleans(),
    )
    def open(self, stop: str, engines: str, schedule: str, future: bool, live: bool, short: bool) -> None:
        """Start, and place an entry."""
        self.begin(Kind(stop, engines, schedule), live=live, future=future)
        self.enter(0, short=short, off=0, stake=1000.0, rests=True)

    @may("enter", lambda self: self.free(), lambda self: not (self.live and self.writes))
    @rule(number=NUMBER, short=st.booleans(), off=NEAR, stake=st.sampled_from([400.0, 1000.0]), rests=OFTEN)
    def enter(self, number: int, short: bool, off: int, stake: float, rests: bool) -> None:
        """Place an entry into a free pair, at a limit near the price."""
        pair = one_of(self.free(), number)
        Clock.moment += timedelta(seconds=1)
        self.book.rests, self.bot.strategy.factor = rests and self.focus.rests, 2.0 if self.future else 1.0
        with self.database():
            trade = self.bot.enter(pair, self.move(pair, off), stake, short=short and self.future)
        self.seen["entry " + ("rests" if trade.has_open_orders else "filled")] += 1

    def free(self) -> list[str]:
        """Return the pairs without a trade."""
        return [pair for pair in self.pairs if pair not in self.held]

    @may("fill", lambda self: self.book.open())
    @rule(fill=FILLS)
    def fill(self, fill: Fill) -> None:
        """Fill a resting order, or a part of it, after which the exchange may cancel the rest."""
        if not self.book.open():
            return
        name = one_of(self.book.open(), fill.number)
        order, lot = self.book.orders[name], self.watch.lots[self.book.orders[name]["symbol"]]
        whole = lots(order["amount"], lot)
        amount = max(lots(order["filled"], lot), whole * fill.percent // 100)
        self.book.fill(name, None if amount == whole else float(amount * lot))
        if fill.ends:
            self.book.cancel(name)
        self.seen[f"filled {fill.percent} %" + (" and cancelled" if fill.ends else "")] += 1

    @may("patience", lambda self: self.book.open())
    @rule(what=st.sampled_from(["timed out", "replaced"]), off=NEAR, moves=st.tuples(NEAR, NEAR))
    def lose_patience(self, what: str, off: int, moves: tuple[int, int]) -> None:
        """Run a loop in which resting orders have timed out, or move to another price."""
        if what == "replaced":
            self.bot.replace(self.move(self.pairs[0], off))
        self.bot.strategy.gives_up = what == "timed out"
        self.run(moves)
        self.seen[what] += 1

    # Loops

    @may("loop")
    @rule(moves=st.tuples(FAR, FAR), rests=OFTEN, span=st.sampled_from(SPANS), candle=st.booleans(), fill=MAYBE)
    def loop(self, moves: tuple[int, int], rests: bool, span: float, candle: bool, fill: Fill | None) -> None:
        """Run a loop at other prices, perhaps with a new candle, perhaps after a fill."""
        if fill is not None:
            self.fill(fill)
        self.run(moves, rests=rests, span=span if candle else None)

    @may("aim", lambda self: self.watch.known)
    @rule(number=NUMBER, what=AIMS, off=st.integers(-1, 1), rests=OFTEN, fill=MAYBE)
    def loop_at(self, number: int, what: str, off: int, rests: bool, fill: Fill | None) -> None:
        """Run a loop at a boundary of one trade, or a cent beside it."""
        if fill is not None:
            self.fill(fill)
        trade, expected = one_of(list(self.watch.known.values()), number)
        ahead = {"half": Fraction(1, 2), "span": Fraction(1), "two": Fraction(2)}.get(what)
        price = expected.ceiling if ahead is None else expected.entry + expected.side * ahead * expected.risk
        cents = round(price * 100) + off - round(self.book.rates[trade.pair] * 100)
        self.run(tuple(cents if pair == trade.pair else 0 for pair in self.pairs), rests=rests)

    @may("buy more", lambda self: self.kind.averages and self.settled())
    @rule(number=NUMBER, move=FAR, stake=st.sampled_from([200.0, 1000.0]), rests=st.booleans())
    def buy_more(self, number: int, move: int, stake: float, rests: bool) -> None:
        """Run a loop in which more of one trade is bought, at a loss or in profit."""
        pair = one_of(self.settled(), number).pair
        Watched.stakes = {pair: stake}
        self.run(tuple(move - 40 if name == pair else 0 for name in self.pairs), rests=rests)
        Watched.stakes = {}

    def settled(self) -> list[Trade]:
        """Return the trades that do not wait for candles."""
        return [trade for trade, expected in self.watch.known.values() if not expected.waits]

    # The process and the database

    @may("restart", lambda self: self.held, lambda self: not self.failing and not self.unwritten)
    @rule(late=st.integers(0, 2), moves=st.tuples(FAR, FAR), rests=OFTEN, fill=MAYBE)
    def restart(self, late: int, moves: tuple[int, int], rests: bool, fill: Fill | None) -> None:
        """Let the process die; the next one finds fills from meanwhile, and candles arrive soon or late."""
        if fill is not None:
            self.fill(fill)
        Trade.session.expire_all()
        _CustomData.session.expire_all()
        self.start()
        self.late = 0 if self.kind.engines == "adaptive" else late
        self.book.rates = {pair: self.move(pair, cents) for pair, cents in zip(self.pairs, moves, strict=True)}
        with self.database():
            self.bot.startup()
        self.forget()
        self.run((0, 0), rests=rests)
        self.seen["restart"] += 1

    @may("mishap", lambda self: self.held)
    @rule(number=NUMBER, what=st.sampled_from(["deleted", "lost", "fails", "cancelled", "told"]))
    def mishap(self, number: int, what: str) -> None:
        """Delete a trade or cancel an order by hand, lose states, report fills again, or break the database."""
        if "mishap " + what in self.focus.without:
            return
        if what == "deleted":
            self.delete(one_of(trades(self), number))
        elif what == "lost" and self.loses():
            self.lose_states()
        elif what == "fails":
            self.failing = not self.failing
        elif what == "told":
            self.tell_again(one_of(trades(self), number))
        elif what == "cancelled" and self.book.open():
            self.book.cancel(one_of(self.book.open(), number))
        self.seen[what] += 1

    def tell_again(self, trade: Trade) -> None:
        """Report the last filled entry once more, as Freqtrade does for its fee."""
        order = trade.select_order(trade.entry_side, is_open=False, only_filled=True)
        if order is not None and not trade.has_open_orders:
            with self.database(), self.book.behind(self.host.exchange):
                self.bot.bot.update_trade_state(trade, order.order_id, send_msg=False)

    def delete(self, trade: Trade) -> None:
        """Delete a trade, as a user does through the bot's API."""
        for order in trade.open_orders:
            self.book.cancel(order.order_id)
        self.book.withdraw(trade.pair)
        trade.delete()

    def lose_states(self) -> None:
        """Lose all states with the process; the candles are those of the entry again."""
        for trade, expected in self.watch.known.values():
            CustomDataWrapper.delete_custom_data(trade.id)
            best = trade.min_rate if trade.is_short else trade.max_rate
            expected.adopted(exact(best), exact(trade.stop_loss))
            self.span[trade.pair] = float(expected.atr_at_entry or self.span[trade.pair])
        # The sequence numbers of records are lost with the state.
        self.sink.records.clear()
        self.start()
        self.late = 0
        self.bot.startup()
        self.run((0, 0))


def play(spot: Host, futures: Host, focus: Focus, *, examples: int = EXAMPLES, shrinks: bool = True) -> Counter[str]:
    """Run the machine with a fixed seed; return the counts of events."""
    seen: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: RealLife(spot, futures, focus, seen),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return seen


def test_real_lives_keep_the_laws(spot: Host, futures: Host, tell: Callable[[str], None]) -> None:
    """The laws hold for all events in any order."""
    seen = play(spot, futures, Focus())
    tell(", ".join(f"{name} {count}" for name, count in sorted(seen.items())))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_of_a_running_bot_is_found(
    spot: Host, futures: Host, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fixed fault is found when planted again."""
    MUTANTS[name].plant(monkeypatch)
    with pytest.raises(AssertionError):
        play(spot, futures, FOCI[MUTANTS[name].focus], examples=FOR_A_FAULT, shrinks=False)


@pytest.mark.parametrize("focus", sorted({mutant.focus for mutant in MUTANTS.values()}))
def test_without_a_planted_fault_nothing_is_found(spot: Host, futures: Host, focus: str) -> None:
    """The search that finds a mutant finds nothing without it."""
    play(spot, futures, FOCI[focus], examples=15, shrinks=False)
