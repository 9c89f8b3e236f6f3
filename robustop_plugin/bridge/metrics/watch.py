"""Watches a bot's loop for the metrics: put around what Freqtrade asks, so that without metrics nothing is added.

Whatever fails here is survived: the answers to Freqtrade are those of what is watched.
"""

import time
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from sqlalchemy import select

from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.facts.stop_in_force import is_under_water
from robustop_plugin.bridge.state.last_checks import LookNoted
from robustop_plugin.core.decide import is_waiting
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import beyond
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.metrics.counters import Counters


class Watch:
    """What is noted about the loops of one bot.

    Attributes:
        manager: Knows the trades.
        counters: What is counted.
        loop: Number of loops begun.
        began: When the last loop began, in seconds of a steady clock; at first, when the bot was started.
    """

    def __init__(self, manager: TradeManager, counters: Counters) -> None:
        """Start before the first loop."""
        self.manager = manager
        self.counters = counters
        self.loop = 0
        self.began = time.monotonic()

    def new_loop(self) -> None:
        """Begin a loop; positions that are gone without a report, as a person deleted them, are not open any longer."""
        with suppress(Exception):
            self._forget_deleted()
        self.loop, self.began = self.loop + 1, time.monotonic()
        self.counters.add("robustop_loops_total")

    def _forget_deleted(self) -> None:
        missed = [
            (number, record)
            for number, record in self.manager.open_trades
            if record.look is not None and record.look.loop < self.loop
        ]
        if missed and not self.manager.store.health.reads_failed:
            there = set(Trade.session.scalars(select(Trade.id).where(Trade.is_open.is_(True))))
            for number, record in missed:
                if number not in there:
                    record.look = None

    def note(self, trade: Trade, price: float) -> None:
        """Note what was seen of a position."""
        stop = trade.stop_loss
        rests = None if self.manager.exchange_stop is None else bool(trade.has_open_sl_orders)
        self.manager.open_trades.of(trade).look = LookNoted(self.loop, time.monotonic(), price, stop, rests)

    def state(self, trade: Trade) -> TradeState | None:
        """Return the state of a trade as it is in memory."""
        return self.manager.open_trades.of(trade).state


class Before(NamedTuple):
    """What was there before the stop was updated.

    Attributes:
        began: when, in seconds of a steady clock.
        state: the state of the trade, which changes.
        host_stop: Freqtrade's stop, in price; None without one.
        memory: the memory of the state.
    """

    began: float
    state: TradeState
    host_stop: float | None
    memory: Memory


class WatchedStops:
    """Measures how long a move of the stop takes, and counts levels that the gate holds back."""

    def __init__(self, acting: Any, watch: Watch) -> None:
        """Take what updates the stops."""
        self._acting = acting
        self._watch = watch

    def update(self, look: Any, ask_host: Any, *, by_ratio: bool) -> None:
        """Update Freqtrade's stop; the arguments are those of `StopUpdates.update`."""
        before: Before | None = None
        with suppress(Exception):
            before = self._before(look.trade)
        self._acting.update(look, ask_host, by_ratio=by_ratio)
        if before is not None and not look.after_fill:
            with suppress(Exception):
                self._count(look.trade, look.price, before)

    def _before(self, trade: Trade) -> Before | None:
        began, state = time.perf_counter(), self._watch.state(trade)
        return None if state is None else Before(began, state, trade.stop_loss, state.memory)

    def _count(self, trade: Trade, price: float, before: Before) -> None:
        state = before.state
        if state.memory.stop != before.memory.stop and trade.stop_loss != before.host_stop:
            self._watch.counters.observe("robustop_stop_update_seconds", time.perf_counter() - before.began)
        elif state.memory.level is not before.memory.level:
            self._count_held(trade, state, price)

    def _count_held(self, trade: Trade, state: TradeState, price: float) -> None:
        """Count a new level that waits at the gate: none that is crossed, or that Freqtrade cannot be given yet."""
        side, level = state.position.side, state.memory.level
        if self._watch.manager.exchange_stop is None or level is None or not is_waiting(side, state.memory):
            return
        if not beyond(side, price, level.price) and not is_under_water(trade, side, price):
            self._watch.counters.add("robustop_stop_moves_held_total")


class WatchedExits:
    """Notes what each look at a position has seen, and how long an order takes to follow its stop."""

    def __init__(self, acting: Any, watch: Watch) -> None:
        """Take what arranges the exits."""
        self._acting = acting
        self._watch = watch

    def arrange(self, trade: Trade, strategy: IStrategy, price: float, now: datetime, exits: list[Any]) -> list[Any]:
        """Return the exits in the order in which Freqtrade is to try them."""
        state, before = None, None
        with suppress(Exception):
            state = self._watch.state(trade)
            before = None if state is None else state.orders.stop
        found: list[Any] = self._acting.arrange(trade, strategy, price, now, exits)
        with suppress(Exception):
            self._watch.note(trade, price)
            after = None if state is None else state.orders.stop
            if state is not None and None not in (before, after) and before != after:
                waited = now.timestamp() - state.memory.published_at
                self._watch.counters.observe("robustop_stop_order_move_seconds", waited)
        return found
