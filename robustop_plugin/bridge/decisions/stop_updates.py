"""Updates Freqtrade's stop in one look: the strategy's own stops first, as without robustop, then robustop's level.

Freqtrade's stop only ever tightens outside of fills, so the tightest of all wins. robustop's level is applied only if
the price had not reached the stop before, because Freqtrade asks nobody either then.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.bridge.callbacks.own_stops import HOST
from robustop_plugin.bridge.decisions.host_stop import is_unbreached
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.facts.stop_in_force import is_first_fill
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error


class StopLook(NamedTuple):
    """A look at which Freqtrade's stop may move.

    Attributes:
        trade: Freqtrade's trade itself, no copy.
        price: The price to decide at; of a candle, its favorable extreme.
        worst: The price that may have reached the stop; of a candle, its unfavorable extreme.
        now: The current time.
        after_fill: True right after a fill.
    """

    trade: Trade
    price: float
    worst: float
    now: datetime
    after_fill: bool


class StopUpdates:
    """Updates the stops of one strategy's trades."""

    def __init__(self, manager: TradeManager) -> None:
        """Take the manager, which decides."""
        self._manager = manager
        self.own, self.host_stop = manager.own, manager.host_stop
        self.breaker, self.lock, self.meet = manager.breaker, manager.lock, manager.meet

    def update(self, look: StopLook, ask_host: Callable[[], None], *, by_ratio: bool) -> None:
        """Update Freqtrade's stop.

        Args:
            look: The look at the trade.
            ask_host: Lets Freqtrade update the stop, asking the strategy's own callback.
            by_ratio: True if Freqtrade asks robustop's `custom_stoploss`, and nothing of the strategy's own.
        """
        trade, price, worst, now, after_fill = look
        before = self._manager.open_trades.of(trade).host_stop if after_fill else None
        if after_fill or self.own.move_the_stop:
            self._before(trade, price, now, after_fill)
        free = is_unbreached(trade, worst)
        if self.own.after_fills or not after_fill:
            ask_host()
        if after_fill or not by_ratio:
            self._after(trade, price, now, after_fill, free, before)
        if after_fill or not self._manager.simulated:
            self._anchor(trade, price, now)

    @returns_none_on_error
    def _before(self, trade: Trade, price: float, now: datetime, after_fill: bool) -> None:
        """Note what Freqtrade did since the last look; make the state of a first fill, before other stops act."""
        if after_fill:
            self._manager.states.of(trade, now, price, after_fill=True)
        state = self._manager.store.get(trade) if self.own.move_the_stop else None
        if state is not None:
            self.host_stop.note_move(trade, state, price, now, HOST)

    @returns_none_on_error
    def _after(
        self, trade: Trade, price: float, now: datetime, after_fill: bool, free: bool, before: float | None
    ) -> None:
        """Apply robustop's level to Freqtrade's stop."""
        state = self._manager.store.get(trade)
        if state is not None and self.own.move_the_stop:
            self.host_stop.note_move(trade, state, price, now, self.own.who_moved(trade.stop_loss_pct))
        if free and after_fill and state is not None and not is_first_fill(trade, state):
            self.host_stop.restate(trade, state, price, before)
            if self.own.after_fills:
                # The strategy's own callback may have loosened its stop.
                self._manager.publish(trade, state, price)
        elif free:
            self.apply(trade, price, now, after_fill=after_fill)
        if after_fill:
            # Freqtrade itself may have tightened it at this fill: a later fill goes back to it.
            self._manager.open_trades.of(trade).host_stop = trade.stop_loss

    def apply(self, trade: Trade, price: float, now: datetime, *, after_fill: bool) -> None:
        """Decide at a price that has not reached the stop, and move Freqtrade's stop."""
        ratio = self._manager.stop_at(trade, price, now, after_fill)
        if ratio is not None:
            trade.adjust_stop_loss(price, ratio, allow_refresh=after_fill)
            self._manager.open_trades.of(trade).host_stop = trade.stop_loss

    @returns_none_on_error
    def _anchor(self, trade: Trade, price: float, now: datetime) -> None:  # noqa: ARG002 (for errors)
        """Have Freqtrade keep the first stop where it is, whatever fills and fees are reported."""
        state = self._manager.store.get(trade)
        if state is not None:
            self.host_stop.anchor_first_stop(trade, state, price)
