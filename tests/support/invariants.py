"""Invariants of one trade, checked step by step: Freqtrade's stop, the stored state and the audit records.

Nothing here takes a number from robustop: the first stop, the amounts and the chain of stops are computed from the
settings and Freqtrade's orders, in exact rationals.
"""

import json
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from freqtrade.persistence import LocalTrade, Order

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.trade_state import TradeState, from_dict
from tests.oracle.life import exact, on_grid
from tests.oracle.story import PHASES
from tests.support.bots import KEY

CENT, LOT = Fraction(1, 100), Fraction(1, 1000)
TWO_OF_HUNDRED = Fraction(2, 100)
LAST = "robustop_take_profit"
"""Tag of an order that leaves nothing."""
SMALLEST = 5
"""The exchange's minimum order, in USDT."""

Schedule = Sequence[Sequence[Any]]


@lru_cache(maxsize=1 << 16)
def lots(amount: float) -> int:
    """Return an amount in lots, which must be a whole number."""
    count = exact(float(amount)) / LOT
    assert abs(count - round(count)) < CENT, amount
    return round(count)


def rung_tags(schedule: Schedule) -> list[str]:
    """Return the tags of a schedule's rungs, in order."""
    return [f"robustop_{multiple:.12g}R" for multiple, _ in schedule]


class Sold(NamedTuple):
    """Totals of the filled orders.

    Attributes:
        bought: lots.
        held: lots that are left.
        owed: lots that the last partial-exit order left unsold.
        rungs: number of rungs taken.
        portion: whether the portion was sold.
    """

    bought: int
    held: int
    owed: int
    rungs: int
    portion: bool


class Ledger:
    """Everything observed of one trade.

    Attributes:
        side: +1 long, -1 short.
        first_stop: two percent from the first fill, on the grid.
        stop: Freqtrade's stop at the last check.
        phase: the trade's phase so far.
        follows: Freqtrade may have tightened its stop at a purchase; the next check records it.
    """

    def __init__(self, trade: LocalTrade, schedule: Schedule) -> None:
        """Take a trade that was just bought."""
        self.side = -1 if trade.is_short else 1
        entry = exact(trade.open_rate)
        self.first_stop = on_grid(self.side, entry * (1 - self.side * TWO_OF_HUNDRED), CENT)
        self.tags, self.trade = rung_tags(schedule), trade
        self.stop, self.phase = self.first_stop, 0
        self.follows = False

    def gain(self, price: float | Fraction, over: float | Fraction) -> Fraction:
        """Return how much better one price is than another for the trade."""
        first, second = (number if isinstance(number, Fraction) else exact(number) for number in (price, over))
        return self.side * (first - second)

    def look(self, records: Sequence[AuditRecord], known: TradeState | None) -> None:
        """Check the trade and its records against the laws; `known` is the strategy's state."""
        self.is_never_sold_twice()
        history = [record for record in records if record.trade_id == self.trade.id]
        self.is_recorded_once(history)
        if self.trade.is_open:
            self.is_protected()
            assert known is not None
            self.is_stored(known, history)
            self.has_come_as_far(known)

    def is_protected(self) -> None:
        """Freqtrade's stop is on the grid and never looser than before, so never looser than the first stop."""
        stop = exact(float(self.trade.stop_loss))
        assert (stop / CENT).denominator == 1
        assert self.gain(stop, self.stop) >= 0, (float(self.stop), float(stop))
        self.stop = stop

    def check_fill(self, before: float, after: float, decided: float) -> None:
        """Fills leave the stop alone, or move it at most to the decided stop."""
        assert after == before or (self.gain(after, before) > 0 and self.gain(decided, after) >= 0), (before, after)

    def amounts(self) -> Sold:
        """Return the totals of the orders; sales never exceed purchases."""
        bought = held = owed = 0
        for order in self.trade.orders:
            filled = 0 if order.ft_is_open else lots(order.safe_filled)
            if order.ft_order_side == self.trade.entry_side:
                bought, held = bought + filled, held + filled
                continue
            held -= filled
            assert held >= 0
            if filled and self.is_part(order):
                owed = lots(order.safe_amount) - filled
        rungs = max([0, *(self.tags.index(tag) + 1 for tag in self.rungs())])
        return Sold(bought, held, owed, rungs, any("portion" in tag for tag in self.parts()))

    def is_part(self, order: Order) -> bool:
        """Return whether an order was placed for rungs or a portion."""
        tag = str(order.ft_order_tag)
        return tag in self.tags or tag.startswith("robustop_portion")

    def parts(self) -> list[str]:
        """Return the tags of partial-exit orders that have sold something."""
        return [
            str(order.ft_order_tag)
            for order in self.trade.orders
            if not order.ft_is_open and lots(order.safe_filled) and self.is_part(order)
        ]

    def rungs(self) -> list[str]:
        """Return the rungs for which partial-exit orders were placed."""
        named = [tag.replace("_portion", "") for tag in self.parts()]
        return [tag for tag in named if tag in self.tags]

    def is_never_sold_twice(self) -> None:
        """Each rung and the portion are sold once, robustop only sells, and no dust is left."""
        held = self.amounts().held
        rungs, portions = self.rungs(), [tag for tag in self.parts() if "portion" in tag]
        places = [self.tags.index(tag) for tag in rungs]
        assert all(first < second for first, second in pairwise(places)), rungs
        assert len(portions) <= 1
        assert held == lots(self.trade.amount) if self.trade.is_open else held == 0
        ours = [order for order in self.trade.orders if str(order.ft_order_tag).startswith("robustop")]
        assert all(order.ft_order_side == self.trade.exit_side for order in ours)
        last = self.trade.orders[-1]
        if held and last in ours and last.status == "closed":
            assert held * LOT * exact(float(last.safe_price)) >= SMALLEST

    def is_recorded_once(self, history: Sequence[AuditRecord]) -> None:
        """Each record has its own sequence number and continues from the stop of the record before."""
        tokens = [record.token.split(":") for record in history]
        assert [int(token[2]) for token in tokens] == list(range(1, len(history) + 1))
        assert len({tuple(token[:2]) for token in tokens}) == 1
        assert all(after.old_stop in (None, before.new_stop) for before, after in pairwise(history))
        assert (history[0].action, exact(float(history[0].new_stop or 0))) == ("initial", self.first_stop)
        moved = [record for record in history if record.action in ("move", "host")]
        assert all(self.gain(record.new_stop or 0, record.old_stop or 0) > 0 for record in moved)
        still = [record for record in history if record not in moved and record.old_stop is not None]
        assert all(record.new_stop == record.old_stop for record in still)
        assert not [record for record in history if record.action == "error"]
        ends = [record.action for record in history].count("closed")
        assert ends == (0 if self.trade.is_open else 1)
        if not self.trade.is_open:
            assert history[-1].action == "closed"
            ahead = self.gain(self.trade.stop_loss, history[-1].new_stop or 0)
            # A sale of everything comes before the stop that was decided with it.
            sold = self.trade.exit_reason == LAST
            assert ahead == 0 or (ahead > 0 and self.follows) or (ahead < 0 and sold)

    def is_stored(self, known: TradeState, history: Sequence[AuditRecord]) -> None:
        """The stored state is readable, equals the one in memory, and its stop is Freqtrade's."""
        raw = self.trade.get_custom_data(KEY)
        read = Store(ErrorReporter(None, silent=True), durable=True).get(self.trade)
        assert from_dict(json.loads(json.dumps(raw))) == read
        assert read is not None
        assert (read.memory.stop, read.sequence) == (known.memory.stop, len(history))
        assert exact(read.position.initial_stop) == self.first_stop
        assert history[-1].new_stop == read.memory.stop
        ahead = self.gain(self.stop, read.memory.stop)
        assert ahead == 0 or (ahead > 0 and self.follows), (read.memory.stop, self.stop)
        self.follows = self.follows and ahead > 0

    def has_come_as_far(self, known: TradeState) -> None:
        """The phase matches the sold rungs or the stop, and never goes back."""
        phase, sold = PHASES.index(known.memory.phase.name), self.amounts()
        assert phase >= self.phase
        assert phase == 1 + min(sold.rungs, 3) if sold.rungs else phase <= 1
        assert tuple(known.memory.progress) == (sold.rungs, sold.portion)
        self.phase = phase
