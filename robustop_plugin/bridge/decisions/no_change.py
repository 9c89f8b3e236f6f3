"""Finds prices that cannot change any decision, so that a backtest can skip them.

After a decision, bounds say how far the price can go before an engine changes its mind (see `change_bounds.py`). Up to
there a price can at most be a new best price, or come with another ATR: `decide` would hold. An exact breakeven moves
when the trade pays or receives something, so bounds that depend on it are checked after every payment.

If stops move only when a candle closes, the same holds for the favorable extreme of what has closed, once for each
candle. Until the next close nothing moves at all.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.callbacks.own_stops import OwnStops
from robustop_plugin.bridge.decisions.change_bounds import arming_price, bounds_after, is_reached
from robustop_plugin.bridge.decisions.exact_breakeven import bounds_after_payment
from robustop_plugin.bridge.decisions.tick import close_of_candle
from robustop_plugin.bridge.facts.breakeven import has_paid_since, payments_of
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.stop_in_force import host_unchanged
from robustop_plugin.bridge.state.live_trade import Bounds, LiveTrade
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.facts import Tick
from robustop_plugin.core.memory import Memory, fresh_memory
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState


@dataclass
class NoChangeBounds:
    """Computes how far a price can go after a decision before one of the engines can change its mind.

    Attributes:
        candles: for the ATR.
        open_trades: whose records hold the bounds.
        absorbs: True if a new ATR is kept without a decision; False in a bot, where its age has to be checked.
        own: what of the strategy's own moves its stop.
    """

    candles: AnalyzedCandles
    open_trades: OpenTrades
    absorbs: bool
    own: OwnStops

    def compute_first_bounds(
        self, trade: Trade, state: TradeState, settings: StepSettings, *, at_closes: bool = False
    ) -> None:
        """Compute the bounds after the first fill: at the entry itself no engine offers a level, so no costs matter."""
        position, memory = state.position, state.memory
        if memory == fresh_memory(position, memory.atr):
            self.compute_bounds(trade, state, Tick(position.opened_at, position.entry), settings, at_closes=at_closes)

    def compute_bounds(
        self, trade: Trade, state: TradeState, tick: Tick, settings: StepSettings, *, at_closes: bool = False
    ) -> None:
        """Compute the bounds after a decision at a tick.

        A tick between two closes leaves the levels, and so the bounds, as they are.

        Args:
            trade: Freqtrade's trade.
            state: The state of the trade.
            tick: The tick that was decided on.
            settings: The settings of the pair.
            at_closes: True if stops move only when a candle closes.
        """
        record = self.open_trades.of(trade)
        if tick.inside_candle:
            return
        record.bounds = None
        if at_closes and not self.absorbs:
            return
        payers = tuple(engine for engine in settings.engines if engine.real_costs)
        payments = payments_of(trade) if payers else None
        if payers and payments is None:
            return
        record.bounds = bounds_after(
            state.position, state.memory, tick, settings, payers, payments, at_closes=at_closes
        )

    def absorb_if_unchanged(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Record the price and return True if no engine could react to it. Updates best price, ATR and candle."""
        record = self.open_trades.of(trade)
        # Who moves Freqtrade's stop matters only where it is not the decided one.
        composed = trade.stop_loss != state.memory.stop and self.own.move_the_stop
        bounds = valid_bounds(trade, record, state, composed=composed)
        # A time stop is rare, and the seconds of a date take as long as all the rest.
        if bounds is None or (bounds.deadline < math.inf and now.timestamp() >= bounds.deadline):
            return False
        if not bounds.at_closes:
            return self._absorb(trade, record, state, bounds, price, now, price, None)
        closed = close_of_candle(trade, state, now.timestamp(), self.candles)
        # Between two closes only Freqtrade acts, at a stop that it knows.
        return closed is None or self._absorb(trade, record, state, bounds, price, now, *closed)

    def _absorb(
        self,
        trade: Trade,
        record: LiveTrade,
        state: TradeState,
        bounds: Bounds,
        price: float,
        now: datetime,
        extreme: float,
        candle: float | None,
    ) -> bool:
        """Record what was seen, an extreme and the candle that has closed with it; return True if nothing changes."""
        memory, position = state.memory, state.position
        side, atr, arms_at = position.side, memory.atr, bounds.arms_at
        is_best = tighter(side, extreme, memory.best)
        if bounds.atr_changes or bounds.arming:
            atr = self.candles.atr(trade.pair, now.timestamp())
            if atr is None:
                # Only a decision drops an ATR that is too old.
                return False
            if atr != memory.atr:
                arms_at = arming_price(bounds.arming, position, atr)
        if arms_at is not None and not tighter(side, arms_at, extreme):
            return False
        is_known = atr == memory.atr and candle == memory.candle
        if (is_known and not is_best) or not (is_known or self.absorbs):
            return is_known
        best = extreme if is_best else memory.best
        # At a stop that is hit nothing else is looked at, not even the ATR.
        if beyond(side, price, memory.stop) or (is_best and not tighter(side, bounds.until, best)):
            return False
        if bounds.atr_changes and is_reached(bounds.atr_changes, position, best, atr):
            return False
        state.memory = with_seen(memory, best, atr, candle)
        record.bounds = Bounds(state.memory, *bounds[1:-1], arms_at)
        return True


def valid_bounds(trade: Trade, record: LiveTrade, state: TradeState, *, composed: bool) -> Bounds | None:
    """Return the bounds of the last decision; None if they no longer hold.

    Args:
        trade: Freqtrade's trade.
        record: The record of the trade.
        state: The state of the trade.
        composed: True if stops of the strategy's own move Freqtrade's as well.
    """
    bounds = record.bounds
    if bounds is None or bounds.memory is not state.memory or not host_unchanged(trade, state, composed=composed):
        return None
    if bounds.payments is not None and has_paid_since(trade, bounds.payments):
        bounds = record.bounds = bounds_after_payment(trade, record, state, bounds)
    return bounds


def with_seen(memory: Memory, best: float, atr: float | None, candle: float | None) -> Memory:
    """Return a memory with the price, the ATR and the candle that were seen, in half the time of `_replace`."""
    stop, published_at, _, phase, level, _, at_entry, _, progress, virtual, kept = memory
    return Memory(stop, published_at, best, phase, level, atr, at_entry, candle, progress, virtual, kept)
