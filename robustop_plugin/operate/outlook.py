"""What robustop would decide about a trade at another price: one tick of the real step, and nothing is written."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit, Level, Reduce, moved_to
from robustop_plugin.core.facts import Tick
from robustop_plugin.core.grid import to_price
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.recovery import caught_up
from robustop_plugin.core.side import LONG, beyond, tighter
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.operate.costs import breakeven_of
from robustop_plugin.operate.trade_view import TradeView
from robustop_plugin.settings import RobustopBlock

FARTHEST = 64
"""How far the next change is searched for, in multiples of R."""


class Action(StrEnum):
    """What would be done."""

    HOLD = "hold"
    MOVE = "move"
    REDUCE = "reduce"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would be decided at a price.

    Attributes:
        price: the price.
        action: what would be done.
        stop: the stop after that, in price; on an exit, the stop that is left behind.
        engine: the engine that would move the stop, or whose level the price has crossed; None if none.
        rule: its rule; None if there is none.
        fraction: the part of the original amount that would be sold; None unless parts are.
        reason: why the trade would be closed; None if it would not.
        waits: a tighter level that would have to wait for the gate, or for a price above the entry; None without one.
    """

    price: float
    action: Action
    stop: float
    engine: str | None = None
    rule: str | None = None
    fraction: float | None = None
    reason: str | None = None
    waits: float | None = None

    @property
    def sells(self) -> bool:
        """True if something would be sold."""
        return self.action in (Action.REDUCE, Action.EXIT)


class Outlook:
    """A trade with its state and the settings of its pair, to be looked at at other prices.

    A stop that follows closed candles is shown as if a candle closed at the price. Momentum is not known.
    """

    def __init__(self, trade: TradeView, state: TradeState, block: RobustopBlock, now: float) -> None:
        """Take a trade, its state, the settings of its pair, and the time in seconds since the epoch."""
        self.trade, self.state, self.now = trade, state, now
        self.step = block.step_settings(trade.pair)
        self._exact = block.breakeven.mode == "exact"
        self._breakeven = breakeven_of(trade, block.breakeven.slippage_percent) if self._exact else None
        self.memory = memory_now(trade, state, self.step) if block.anchor == "price" else state.memory

    def at(self, price: float, *, on_exchange: bool = False) -> Prospect:
        """Return what would be decided at a price.

        Args:
            price: the price at which the trade would be closed.
            on_exchange: True if the gate decides which moves of the stop are sent.
        """
        trade, position, stop = self.trade, self.state.position, self.trade.stop
        if stop is not None and tighter(trade.side, stop, self.memory.stop) and beyond(trade.side, price, stop):
            return Prospect(price, Action.EXIT, stop, reason="the stop that Freqtrade has")
        tick = Tick(
            time=max(self.now, position.opened_at),
            price=price,
            on_exchange=on_exchange,
            breakeven=self._breakeven,
            publishable=not tighter(trade.side, trade.entry, price),
        )
        decision, memory, desired = decide(position, tick, self.memory, self.step)
        if isinstance(decision, Exit):
            sold = None if decision.sale is None else decision.sale.fraction
            reason, at_level = str(decision.reason), decision.level if decision.sale is None else None
            return Prospect(price, Action.EXIT, memory.stop, *_who(at_level), fraction=sold, reason=reason)
        moved = moved_to(decision)
        waits = desired.price if desired and tighter(trade.side, desired.price, memory.stop) else None
        if isinstance(decision, Reduce):
            return Prospect(price, Action.REDUCE, memory.stop, *_who(moved), decision.sale.fraction, waits=waits)
        action = Action.HOLD if moved is None else Action.MOVE
        return Prospect(price, action, memory.stop, *_who(moved), waits=waits)

    @property
    def waiting(self) -> float | None:
        """A stop that is decided and waits: for the gate, or for a price above the entry; None if none does."""
        level = self.memory.level
        return level.price if level is not None and tighter(self.trade.side, level.price, self.memory.stop) else None

    def next_change(self, start: float) -> Prospect | None:
        """Return what comes first on the way up (for a short trade down) from a price; None if nothing does.

        A sale or an exit that is due at the price itself is returned with that price. What waits for the gate already
        is not what comes next.
        """
        now = self.at(start)
        if now.sells:
            return now
        return self._next(start, lambda then: then.sells or tighter(self.trade.side, then.stop, now.stop))

    def next_sale(self, start: float) -> Prospect | None:
        """Return the first sale on the same way: a rung, or the take profit of an engine; None if there is none."""
        if not self.step.takes_profit and self.step.sale is None:
            return None
        return self._next(start, lambda then: then.sells)

    def _next(self, start: float, is_it: Callable[[Prospect], bool]) -> Prospect | None:
        """Return what is first on the way up from a price, of what stays from there on; None if nothing is."""
        grid, side = self.state.position.geometry.grid, self.trade.side
        ticks = start * grid.scale / grid.step
        first = math.floor(ticks) if side == LONG else math.ceil(ticks)
        most = math.ceil(FARTHEST * self.state.position.geometry.risk.high)
        if side != LONG:
            most = min(most, first - 1)
        found = _first(lambda steps: is_it(self.at(to_price(first + side * steps, grid))), most)
        return None if found is None else self.at(to_price(first + side * found, grid))


def memory_now(trade: TradeView, state: TradeState, step: StepSettings) -> Memory:
    """Return what the bot remembers: what it has written, with the best price that Freqtrade has seen since."""
    seen = trade.max_rate if trade.side == LONG else trade.min_rate
    if seen is None:
        return state.memory
    return caught_up(trade.side, state.memory, step.engines, seen, state.entries.old_extreme)


def _who(level: Level | None) -> tuple[str | None, str | None]:
    return (None, None) if level is None else (level.engine, str(level.rule))


def _first(is_true: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number from 1 on for which something is true that stays true; None up to `most`."""
    if most < 1 or not is_true(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if is_true(middle):
            high = middle
        else:
            low = middle
    return high
