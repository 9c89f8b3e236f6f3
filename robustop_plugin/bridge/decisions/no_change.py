"""Finds prices that cannot change any decision, so that a backtest can skip them.

After a decision, an engine that looks only at the best price keeps its level until the gain reaches the engine's next
change; an engine that follows the ATR names a gain that grows with it. Up to there a price can at most be a new best
price, or come with another ATR: `decide` would hold. An exact breakeven moves when the trade pays or receives
something, so bounds that depend on it are checked after every payment.

If stops move only when a candle closes, the same holds for the favorable extreme of what has closed, once for each
candle. Until the next close nothing moves at all.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.callbacks.own_stops import OwnStops
from robustop_plugin.bridge.decisions.exact_breakeven import bounds_after_payment
from robustop_plugin.bridge.decisions.tick import close_of_candle
from robustop_plugin.bridge.facts.breakeven import payments_of
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.stop_in_force import host_unchanged
from robustop_plugin.bridge.state.live_trade import Bounds, LiveTrade
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.decide import is_waiting
from robustop_plugin.core.decision import Level
from robustop_plugin.core.engine import AtrChange, Engine, EngineMemory, View
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.host_margins import NO_CHANGE_MARGIN
from robustop_plugin.core.levels import engine_memory, view_at
from robustop_plugin.core.memory import Memory, fresh_memory
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState

TRAIL_MARGIN = 1 / 64
"""In ticks. A level is rounded towards the market, so a trail is tighter than one as soon as it is beyond it."""
PRECISE_TICKS = 2.0**40
"""From here on a price in ticks has rounding errors that `TRAIL_MARGIN` does not cover."""


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

        There are none if an engine has to be asked at every price, and none while a level waits to be published: any
        price may be the one at which it can be. A tick between two closes leaves the levels, and so the bounds, as they
        are.

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
        position, memory = state.position, state.memory
        asks = any(engine.next_change is None and engine.atr_change is None for engine in settings.engines)
        if asks or is_waiting(position.side, memory):
            return
        payers = tuple(engine for engine in settings.engines if engine.real_costs)
        payments = payments_of(trade) if payers else None
        if payers and payments is None:
            return
        view = view_at(position, tick, memory)
        gains = [math.inf]
        arming: list[AtrChange] = []
        trailing: list[AtrChange] = []
        for engine in settings.engines:
            kept = engine_memory(engine, memory.kept)
            if engine.atr_change is None:
                gains.append(next_change(engine, view, kept))
                continue
            change = engine.atr_change(view, kept)
            gains.append(change.clearing)
            if change.arms:
                arming.append(change)
            else:
                trailing.append(change if memory.level is None else behind_level(position, memory.level, change))
        nearest = min(gains)
        if not 0 < nearest >= view.gain.high or is_reached(trailing, position, memory.best, memory.atr):
            # An engine of its own best price may change its mind before there is a new one, and some at the entry.
            return
        if arming and memory.atr is None:
            return
        until = position.entry + position.side * (nearest - NO_CHANGE_MARGIN) * position.tick_size
        deadline = position.opened_at + settings.time_stop_hours * 3600 - 1
        record.bounds = Bounds(
            memory,
            until,
            tuple(trailing),
            deadline,
            payments,
            payers,
            at_closes,
            arming=tuple(arming),
            arms_at=arming_price(arming, position, memory.atr),
        )

    def absorb_if_unchanged(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Record the price and return True if no engine could react to it. Updates best price, ATR and candle."""
        record, moment = self.open_trades.of(trade), now.timestamp()
        # Who moves Freqtrade's stop matters only where it is not the decided one.
        composed = trade.stop_loss != state.memory.stop and self.own.move_the_stop
        bounds = valid_bounds(trade, record, state, composed=composed)
        if bounds is None or moment >= bounds.deadline:
            return False
        if not bounds.at_closes:
            return self._absorb(trade, record, state, bounds, price, moment, (price, None))
        closed = close_of_candle(trade, state, moment, self.candles)
        # Between two closes only Freqtrade acts, at a stop that it knows.
        return closed is None or self._absorb(trade, record, state, bounds, price, moment, closed)

    def _absorb(
        self,
        trade: Trade,
        record: LiveTrade,
        state: TradeState,
        bounds: Bounds,
        price: float,
        moment: float,
        seen: tuple[float, float | None],
    ) -> bool:
        """Record what was seen, an extreme and the candle that has closed with it; return True if nothing changes."""
        (extreme, candle), memory, position = seen, state.memory, state.position
        side, atr, arms_at = position.side, memory.atr, bounds.arms_at
        is_best = tighter(side, extreme, memory.best)
        if bounds.atr_changes or bounds.arming:
            atr = self.candles.atr(trade.pair, moment)
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
    if bounds.payments is not None and bounds.payments != payments_of(trade):
        bounds = record.bounds = bounds_after_payment(trade, record, state, bounds)
    return bounds


def next_change(engine: Engine, view: View, kept: EngineMemory) -> float:
    """Return the gain in ticks up to which an engine that looks at the best price alone keeps its opinion."""
    if engine.next_change is None:
        return -math.inf
    return engine.next_change(view) if engine.remember is None else engine.next_change(view, kept)


def behind_level(position: Position, level: Level, change: AtrChange) -> AtrChange:
    """Return the gain at which an engine's trail becomes tighter than the level that is desired already.

    Up to there it changes nothing, whatever the engine itself has offered last.

    Args:
        position: The position.
        level: The tightest level so far.
        change: Where the trail of an engine that offers breakeven changes; never, if it is infinite.
    """
    geometry, tick_size = position.geometry, position.tick_size
    if change.ticks < 0 or geometry.entry.high >= PRECISE_TICKS:
        return change
    gain = position.side * (level.price - position.entry) / tick_size
    return change._replace(ticks=max(change.ticks, gain + NO_CHANGE_MARGIN - TRAIL_MARGIN))


def arming_price(changes: Sequence[AtrChange], position: Position, atr: float | None) -> float | None:
    """Return the price near the first gain at which an engine arms; None if no engine has to, or without any ATR."""
    if not changes or atr is None:
        return None
    gains = [(change.ticks - NO_CHANGE_MARGIN) * position.tick_size + change.atrs * atr for change in changes]
    return position.entry + position.side * min(gains)


def is_reached(changes: Iterable[AtrChange], position: Position, best: float, atr: float | None) -> bool:
    """Return whether a best price is at one of the changes, or near it; without any ATR each of them may be."""
    gain = position.side * (best - position.entry)
    # Asked at every candle, where a generator takes longer.
    for change in changes:
        if atr is None or gain >= (change.ticks - NO_CHANGE_MARGIN) * position.tick_size + change.atrs * atr:
            return True
    return False


def with_seen(memory: Memory, best: float, atr: float | None, candle: float | None) -> Memory:
    """Return a memory with the price, the ATR and the candle that were seen, in half the time of `_replace`."""
    stop, published_at, _, phase, level, _, at_entry, _, progress, virtual, kept = memory
    return Memory(stop, published_at, best, phase, level, atr, at_entry, candle, progress, virtual, kept)
