"""State machine of trades in Freqtrade's own bot: loops, full and partial fills, purchases, restarts, missing rates.

After each step the laws of `invariants.py` hold, and the stop, the sales and the end are those of `expected.py`.
"""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freqtrade.persistence import Trade
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.indicators import ATR_COLUMN
from tests.oracle.life import exact
from tests.support.bot_loops import NONE, Buying, Loops, RecordList
from tests.support.expected import ADAPTIVE, AIMS, FOCUS, SCHEDULES, ExpectedTrade, draw_from
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.invariants import LAST, LOT, Ledger, lots
from tests.support.mutants_of_the_bridge import MUTANTS, OF_A_BOT
from tests.support.selling_strategies import with_partials

pytestmark = pytest.mark.usefixtures("database")

EXAMPLES = int(os.environ.get("ROBUSTOP_EXAMPLES", "100"))
STEPS = 25

ENGINES: list[list[dict[str, Any]]] = [
    [ADAPTIVE],
    [{**ADAPTIVE, "portion": 0.35}],
    [ADAPTIVE, {"name": "r_ladder", "rungs": [[0.5, 1.5], [2.0, 0.5]]}],
    [{"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 1.5}],
    [{"name": "r_ladder", "rungs": [[0.5, 1.0], [2.0, 0.5]]}],
    [{"name": "r_ladder"}, {"name": "smart_trail", "breakeven_percent": 1.0}],
]
ATRS = st.sampled_from([0.5, 1.0, 1.5, 3.0])
IS_OPEN = precondition(lambda self: self.trade.is_open)
RESTS = precondition(lambda self: self.trade.is_open and self.trade.has_open_orders)


class Live(RuleBasedStateMachine):
    """Trades of one database, one after another."""

    def __init__(self, host: Host, path: Path, atr: list[float], seen: Counter[str], *drawn_from: Any) -> None:
        """Take the host, a path for files, the ATR of all candles, the counter of events, and what to draw from."""
        super().__init__()
        self.host, self.path, self.atr, self.seen = host, path, atr, seen
        self.atr[0], self.drawn_from = 1.5, drawn_from

    @initialize(engines=draw_from(0), schedule=draw_from(1), short=st.booleans())
    def buy(self, engines: list[dict[str, Any]], schedule: list[list[Any]], short: bool) -> None:
        """Start, and buy."""
        self.block, self.short, self.sink = with_partials(schedule, *engines), short, RecordList()
        self.start()
        self.begin()

    def start(self) -> None:
        """Start or restart the bot."""
        self.bot = Loops(self.host, self.path, Buying, robustop=self.block)
        self.bot.strategy._robustop.recorder.sink = self.sink

    def begin(self) -> None:
        """Buy, and start the ledger."""
        self.trade, self.cents = self.bot.bought(is_short=self.short), 10000
        self.ledger = Ledger(self.trade, self.block["partials"])
        self.foretold = ExpectedTrade(self.ledger, self.block, self.atr)

    @precondition(lambda self: not self.trade.is_open)
    @rule()
    def buy_again(self) -> None:
        """Buy again."""
        self.begin()

    @IS_OPEN
    @rule(move=st.integers(-60, 90), rests=st.booleans(), atr=ATRS)
    def loop(self, move: int, rests: bool, atr: float) -> None:
        """Run a loop at a rate that has moved this many cents in favor of the trade."""
        self.atr[0] = atr
        self.look(self.cents + self.ledger.side * move, rests=rests)

    @IS_OPEN
    @rule(aim=AIMS, off=st.integers(-1, 1), rests=st.booleans(), atr=ATRS)
    def loop_at(self, aim: str | int, off: int, rests: bool, atr: float) -> None:
        """Run a loop at a boundary, or a cent beside it."""
        self.atr[0] = atr
        self.look(self.foretold.aim(aim, self.cents) + off, rests=rests)

    @IS_OPEN
    @rule(move=st.integers(-60, 90), rests=st.booleans(), stake=st.sampled_from([15.0, 200.0, 900.0]))
    def loop_on_which_more_is_bought(self, move: int, rests: bool, stake: float) -> None:
        """Run a loop at which the user buys more."""
        self.look(self.cents + self.ledger.side * move, rests=rests, stake=stake)

    @IS_OPEN
    @rule()
    def loop_without_a_rate(self) -> None:
        """Run a loop while the exchange has no rate: nothing is done."""
        before, orders = self.trade.stop_loss, len(self.trade.orders)
        self.bot.loop(NONE)
        self.bot.rate = self.cents / 100
        assert (self.trade.stop_loss, len(self.trade.orders), self.trade.is_open) == (before, orders, True)

    @IS_OPEN
    @rule()
    def restart(self) -> None:
        """Let the process die: another one continues from the database alone."""
        Trade.session.expire_all()
        self.start()

    @IS_OPEN
    @rule()
    def tell_again(self) -> None:
        """Report all fills once more, as Freqtrade does after a start."""
        written = len(self.sink.records)
        for order in self.trade.orders:
            if not order.ft_is_open and order.safe_filled:
                self.bot.strategy.order_filled(pair=PAIR, trade=self.trade, order=order, current_time=at(9))
        assert len(self.sink.records) == written

    @RESTS
    @rule(percent=st.sampled_from([0, 37, 90, 100]), rests_on=st.booleans(), move=st.integers(-40, 40))
    def fill(self, percent: int, rests_on: bool, move: int) -> None:
        """Fill the resting order, or a part of it; the rest is cancelled or keeps resting, and the rate moves on."""
        (order,) = [order for order in self.trade.orders if order.ft_is_open]
        buys, side, before = order.ft_order_side == self.trade.entry_side, self.ledger.side, self.trade.stop_loss
        self.cents += side * move
        self.bot.rate = self.cents / 100
        filled = max(lots(order.safe_filled), lots(order.safe_amount) * percent // 100)
        status = "closed" if filled == lots(order.safe_amount) else "open" if rests_on else "canceled"
        self.bot.settle(order, float(filled * LOT), status)
        if not self.trade.is_open:
            return
        under_water = self.ledger.gain(self.bot.rate, self.trade.open_rate) < 0
        if buys and status != "open" and filled:
            self.foretold.average(self.trade.open_rate, order.safe_price, between_looks=True)
        if buys and under_water and self.ledger.gain(self.trade.stop_loss, before) > 0:
            # Freqtrade applies its last ratio to the new open rate, and rejects a better one.
            self.ledger.follows, self.foretold.stop = True, exact(self.trade.stop_loss)
        else:
            self.ledger.check_fill(before, self.trade.stop_loss, before)

    def look(self, cents: int, *, rests: bool, stake: float = 0.0) -> None:
        """Let the bot check a rate, and compare with the expectation."""
        self.cents, trade, bot, ledger = max(cents, 1), self.trade, self.bot, self.ledger
        rate, strategy, sold = self.cents / 100, bot.strategy, ledger.amounts()
        rested, stop = trade.has_open_orders, exact(trade.stop_loss)
        smallest = self.host.exchange.get_min_pair_stake_amount(PAIR, rate, 0.0, 1.0)
        left = self.foretold.look(rate)
        sale = None if left or rested else self.foretold.due(rate, smallest, sold)
        bot.rests, strategy.buys, strategy.asked, strategy.looked = rests, stake, None, None
        bot.loop(rate)
        if not rested and (left or sale):
            self.is_left_or_sold(left, sale)
        bought = ledger.amounts().bought > sold.bought
        if ledger.gain(rate, stop) <= 0:
            # Freqtrade cancels a resting purchase after it has counted what to sell: the rest is sold next.
            assert not trade.is_open or trade.has_open_orders or bought
        if not trade.is_open:
            return
        if bought:
            self.foretold.average(trade.open_rate, rate, between_looks=True)
        elif self.foretold.sure:
            assert exact(trade.stop_loss) == self.foretold.stop
            assert left is None or trade.has_open_orders
        ledger.check_fill(strategy.looked, trade.stop_loss, bot.known(trade).memory.stop)
        assert strategy.asked is None or (strategy.asked.stake < 0 and not strategy.asked.rested)

    def is_left_or_sold(self, left: str | None, sale: Any) -> None:
        """The bot has placed the expected order, under its tag."""
        order = self.trade.orders[-1]
        sells = order.ft_order_side == self.trade.exit_side
        if not self.foretold.sure:
            exits = not sells or left or not self.foretold.whole or not str(order.ft_order_tag).endswith("R")
            assert exits or (order.ft_order_tag, lots(order.safe_amount)) == sale
            return
        assert sells
        if left is None:
            assert (order.ft_order_tag, lots(order.safe_amount)) == sale
            assert self.trade.is_open or sale.tag == LAST
        elif left == "stop":
            first = self.foretold.stop == self.ledger.first_stop
            # At a purchase Freqtrade moves its stop back and forth, and treats it as a trailing one.
            trails = not first or (self.foretold.bought and self.trade.is_stop_loss_trailing)
            assert order.ft_order_tag == ("trailing_stop_loss" if trails else "stop_loss")
        else:
            assert order.ft_order_tag == "trailing_stop_loss"

    @invariant()
    def keeps_the_laws(self) -> None:
        """The trade, its state and its records keep the laws."""
        self.ledger.look(self.sink.records, self.bot.known(self.trade))

    def teardown(self) -> None:
        """Count the ends, and clean up."""
        for trade in Trade.get_trades().all():
            self.seen["open" if trade.is_open else str(trade.exit_reason)] += 1
            self.seen.update(str(order.ft_order_tag or "purchase") for order in trade.orders)
            trade.delete()
        Trade.commit()


def play(host: Host, path: Path, *drawn_from: Any, examples: int = EXAMPLES, shrinks: bool = True) -> Counter[str]:
    """Run the machine with a fixed seed; return the counts of events."""
    atr, seen = [1.5], Counter()
    with patch.object(AnalyzedCandles, "last", lambda _, __, column: atr[0] if column == ATR_COLUMN else None):
        run_state_machine_as_test(
            lambda: Live(host, path / "audit", atr, seen, *(drawn_from or (ENGINES, SCHEDULES))),
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


def test_trades_of_a_bot_keep_the_laws(host: Host, tmp_path: Path, tell: Callable[[str], None]) -> None:
    """The laws hold for all events in any order."""
    seen = play(host, tmp_path)
    tell(", ".join(f"{name} {count}" for name, count in sorted(seen.items())))


@pytest.mark.parametrize("name", OF_A_BOT)
def test_a_planted_bug_breaks_a_law_of_a_bot(
    host: Host, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every planted bug breaks a law."""
    focus, patches = MUTANTS[name]
    for (owner, attribute), value in patches.items():
        monkeypatch.setattr(owner, attribute, value)
    with pytest.raises(AssertionError):
        play(host, tmp_path, *FOCUS.get(focus, ()), examples=40, shrinks=False)
