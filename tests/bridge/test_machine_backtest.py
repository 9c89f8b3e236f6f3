"""State machine of trades in Freqtrade's backtester: candles, gaps, resting orders, purchases, the next trade.

After each step the laws of `invariants.py` hold, and the stop, the sales and the end are those of `expected.py`.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from freqtrade.persistence import LocalTrade
from freqtrade.persistence.custom_data import CustomDataWrapper
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
from tests.support.backtest_walks import Walk
from tests.support.expected import ADAPTIVE, AIMS, FOCUS, SCHEDULES, ExpectedTrade, Order, draw_from
from tests.support.hand_candles import PAIR
from tests.support.host import Host
from tests.support.invariants import LAST, Ledger, Sold, lots
from tests.support.mutants_of_the_bridge import MUTANTS, OF_A_BACKTEST
from tests.support.selling_strategies import with_partials

EXAMPLES = int(os.environ.get("ROBUSTOP_EXAMPLES", "120"))
STEPS = 30

ENGINES: list[list[dict[str, Any]]] = [
    [ADAPTIVE],
    [{**ADAPTIVE, "portion": 0.35}],
    [{**ADAPTIVE, "tighten": {"after_hours": 0.5, "lag": 0.2}}],
    [{"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 1.5}],
    [{"name": "smart_trail", "activate_after_minutes": 20, "distance_percent": 0.4}],
    [{"name": "atr_guard", "breakeven_atr": 1.0}],
    [{"name": "r_ladder", "rungs": [[0.5, 1.0], [2.0, 0.5]]}],
    [ADAPTIVE, {"name": "atr_guard", "breakeven_atr": 0.5, "trail_atr": 1.2}],
    [{"name": "r_ladder"}, {"name": "smart_trail", "breakeven_percent": 1.0}],
    [{"name": "hand_span", "portion": 0.5}, {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [3.0, 2.0]]}],
]
FAR = 10**4
CENTS = st.integers(-35, 60)
ATRS = st.sampled_from([0.5, 1.0, 1.5, 3.0])
WICKS = st.tuples(st.integers(0, 60), st.integers(0, 30) | st.integers(0, 120))


class Backtest(RuleBasedStateMachine):
    """Trades of one strategy, one after another."""

    def __init__(self, host: Host, atr: list[float], seen: Counter[str], *drawn_from: Any) -> None:
        """Take the host, the ATR of all candles, the counter of events, and what to draw from."""
        super().__init__()
        self.host, self.atr, self.seen = host, atr, seen
        self.atr[0], self.drawn_from = 1.5, drawn_from

    @initialize(
        engines=draw_from(0),
        schedule=draw_from(1),
        short=st.booleans(),
        leverage=st.sampled_from([1.0, 3.0]),
        amount=st.sampled_from([0.12, 0.333, 10.0]),
    )
    def buy(
        self, engines: list[dict[str, Any]], schedule: list[list[Any]], short: bool, leverage: float, amount: float
    ) -> None:
        """Start, and buy."""
        self.block, self.side = with_partials(schedule, *engines), -1 if short else 1
        self.over = {"is_short": short, "leverage": leverage, "amount": amount}
        self.over["stake_amount"] = amount * 100 / leverage
        self.walk = Walk(self.host, self.block, **self.over)
        self.begin()

    def begin(self) -> None:
        """Start the ledger."""
        self.close = 10000
        self.ledger = Ledger(self.walk.trade, self.block["partials"])
        self.foretold = ExpectedTrade(self.ledger, self.block, self.atr, self.walk.candles)

    @precondition(lambda self: not self.walk.trade.is_open)
    @rule()
    def buy_again(self) -> None:
        """Buy again, under another id."""
        self.walk.buy_again(**self.over)
        self.begin()

    @precondition(lambda self: self.walk.trade.is_open)
    @rule(gap=CENTS, body=CENTS, wicks=WICKS, atr=ATRS)
    def candle(self, gap: int, body: int, wicks: tuple[int, int], atr: float) -> None:
        """Process a candle whose orders all fill at once. From here on the ATR changes."""
        self.atr[0] = atr
        self.live(gap, body, wicks)

    @precondition(lambda self: self.walk.trade.is_open)
    @rule(gap=CENTS, body=CENTS, away=st.sampled_from([20, 150, FAR]))
    def candle_on_which_sales_rest(self, gap: int, body: int, away: int) -> None:
        """Process a candle on which sales ask for a price out of reach."""
        self.live(gap, body, (10, 10), away=away)

    @precondition(lambda self: self.walk.trade.is_open)
    @rule(
        gap=CENTS, body=CENTS, stake=st.sampled_from([15.0, 200.0, 900.0]), below=st.sampled_from([0, 0, 30, 120, FAR])
    )
    def candle_on_which_more_is_bought(self, gap: int, body: int, stake: float, below: int) -> None:
        """Process a candle on which the user buys, at once or below the open."""
        self.live(gap, body, (10, 10), below=below, stake=stake)

    @precondition(lambda self: self.walk.trade.is_open)
    @rule(aim=AIMS, off=st.integers(-1, 1), wicks=WICKS, atr=ATRS, away=st.sampled_from([0, 0, 0, FAR]))
    def candle_at(self, aim: str | int, off: int, wicks: tuple[int, int], atr: float, away: int) -> None:
        """Open at a boundary, or a cent beside it."""
        self.atr[0] = atr
        self.live(self.side * (self.foretold.aim(aim, self.close) + off - self.close), 0, wicks, away=away)

    @precondition(lambda self: self.walk.trade.is_open and self.walk.resting())
    @rule(percent=st.sampled_from([0, 10, 37, 90]))
    def cancel(self, percent: int) -> None:
        """Cancel the resting order; a partial-exit order may be partly filled before."""
        (order,), trade, before = self.walk.resting(), self.walk.trade, self.walk.trade.stop_loss
        sells = order.ft_order_side == trade.exit_side and order.safe_amount < trade.amount
        filled = lots(order.safe_amount) * percent // 100 if sells else 0
        self.walk.settle(filled / 1000, self.close / 100)
        self.ledger.check_fill(before, trade.stop_loss, before)

    def live(
        self, gap: int, body: int, wicks: tuple[int, int], away: int = 0, below: int = 0, stake: float = 0
    ) -> None:
        """Process a candle, given in cents in favor of the trade; then compare with the expectation."""
        walk, strategy, side = self.walk, self.walk.strategy, self.side
        opening = self.close + side * gap
        self.close = opening + side * body
        best, worst = max(gap, gap + body) + wicks[0], min(gap, gap + body) - wicks[1]
        favour, against = (opening + side * (reach - gap) for reach in (best, worst))
        strategy.away, strategy.below, strategy.buys = away, below, stake
        rested, before, stop = bool(walk.resting()), self.ledger.amounts(), exact(walk.trade.stop_loss)
        left, sale = self.foretell(opening, before)
        high, low = max(favour, against), min(favour, against)
        walk.candle((opening / 100, high / 100, low / 100, self.close / 100))
        for span in strategy.spans:
            self.ledger.check_fill(*span)
        # A crossed level exits at the open, past resting orders and whatever the custom price.
        waits = left != "crossed" and (rested or away > 0)
        if self.ledger.gain(against / 100, stop) <= 0 and not waits:
            assert not walk.trade.is_open
        bought = self.ledger.amounts().bought > before.bought
        self.is_asked_for(sale, sure=not rested and not left)
        if bought:
            self.foretold.average(walk.trade.open_rate, opening / 100)
        elif self.foretold.sure:
            closes = sale is not None and sale.tag == LAST and not waits
            left = "sold" if closes else left or self.foretold.reaches(favour / 100, against / 100)
            self.ends_as_foretold(left, opening / 100, waits=waits)

    def foretell(self, opening: int, before: Sold) -> tuple[str | None, Order | None]:
        """Return the expected exit at the open of a candle, or the expected sale there."""
        price = opening / 100
        smallest = self.host.exchange.get_min_pair_stake_amount(PAIR, price, -0.1)
        left = self.foretold.opens(price)
        return left, None if left else self.foretold.due(price, smallest, before)

    def is_asked_for(self, sale: Order | None, *, sure: bool) -> None:
        """The request of robustop is a sale, and the expected one."""
        asked = self.walk.strategy.asked
        if asked is None:
            assert not (sure and self.foretold.sure and sale)
            return
        assert asked.stake < 0
        assert not asked.rested
        if sure and (self.foretold.sure or self.foretold.whole):
            assert (asked.tag, asked.lots) == sale

    def ends_as_foretold(self, left: str | None, opening: float, *, waits: bool) -> None:
        """The exit is the expected one, or else the stop is; a resting exit may fill later, or never."""
        trade, stop = self.walk.trade, self.foretold.stop
        if trade.is_open:
            assert waits or left is None
            assert exact(trade.stop_loss) == stop
            return
        assert waits or left is not None
        if left == "stop":
            assert exact(trade.stop_loss) == stop
        if left == "stop" and not waits:
            assert trade.exit_reason == ("stop_loss" if stop == self.ledger.first_stop else "trailing_stop_loss")
        elif left == "crossed":
            assert (trade.exit_reason, trade.close_rate) == ("trailing_stop_loss", opening)
        elif left is not None and not waits:
            assert trade.exit_reason == LAST

    @invariant()
    def keeps_the_laws(self) -> None:
        """The trade, its state and its records keep the laws."""
        self.ledger.look(self.walk.records, self.walk.known())

    def teardown(self) -> None:
        """Count the ends, and clean up."""
        trades = [*LocalTrade.bt_trades, *LocalTrade.bt_trades_open]
        self.seen.update(str(trade.exit_reason) if not trade.is_open else "open" for trade in trades)
        self.seen.update(str(order.ft_order_tag or "purchase") for trade in trades for order in trade.orders)
        LocalTrade.reset_trades()
        CustomDataWrapper.reset_custom_data()


def play(host: Host, *drawn_from: Any, examples: int = EXAMPLES, shrinks: bool = True) -> Counter[str]:
    """Run the machine with a fixed seed; return the counts of events."""
    atr, seen = [1.5], Counter()
    with patch.object(AnalyzedCandles, "last", lambda _, __, column: atr[0] if column == ATR_COLUMN else None):
        run_state_machine_as_test(
            lambda: Backtest(host, atr, seen, *(drawn_from or (ENGINES, SCHEDULES))),
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


def test_trades_of_a_backtest_keep_the_laws(host: Host, tell: Callable[[str], None]) -> None:
    """The laws hold for all events in any order."""
    seen = play(host)
    tell(", ".join(f"{name} {count}" for name, count in sorted(seen.items())))


@pytest.mark.parametrize("name", OF_A_BACKTEST)
def test_a_planted_bug_breaks_a_law_of_a_backtest(host: Host, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every planted bug breaks a law."""
    focus, patches = MUTANTS[name]
    for (owner, attribute), value in patches.items():
        monkeypatch.setattr(owner, attribute, value)
    with pytest.raises(AssertionError):
        play(host, *FOCUS.get(focus, ()), examples=60, shrinks=False)
