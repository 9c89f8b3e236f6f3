"""Recognizes a resting entry (no state before the first fill); creates, reads, adopts and updates states of trades.

Before the first fill, `TradeStates.of` returns None and nothing is decided. Freqtrade reports an entry that
was filled in part only when its order closes; until then `entries/part_fills.py` watches it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from freqtrade.persistence import Order, Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.entry_candles import EntryCandles
from robustop_plugin.bridge.facts.position import (
    average,
    entered_at,
    place_initial_stop,
    state_at_fill,
    state_for_adopted,
    with_new_entry,
)
from robustop_plugin.bridge.state.choice import Choice
from robustop_plugin.bridge.state.database_health import DatabaseSilent
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.core.errors import InvalidPosition
from robustop_plugin.core.initial_stop import InitialStop
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import RobustopBlock, Settings

logger = logging.getLogger(__name__)


class TradeStates:
    """Creates, finds and updates the states of one strategy's trades.

    Attributes:
        settings: The strategy's settings.
        candles: The strategy's analyzed candles.
        store: Keeps the states.
        recorder: Records how a state was created or changed.
        simulated: True in a backtest and in hyperopt, where orders fill completely and candles are never missing.
        choice: Chooses the trades to act on; None if robustop acts on all.
    """

    def __init__(
        self,
        settings: Settings,
        candles: AnalyzedCandles,
        store: Store,
        recorder: Recorder,
        stoploss: Callable[[], float],
        *,
        simulated: bool,
    ) -> None:
        """Take the parts; `stoploss` returns the strategy's current hard stop, as a ratio of the margin."""
        self.settings = settings
        self.candles = candles
        self.store = store
        self.recorder = recorder
        self.simulated = simulated
        self._stoploss = stoploss
        self.choice: Choice | None = None

    def of(
        self, trade: Trade, now: datetime, price: float | None = None, *, after_fill: bool = False
    ) -> TradeState | None:
        """Return the state of a trade, created if missing; None before the first fill, or if the trade is left alone.

        Args:
            trade: Freqtrade's trade.
            now: The current time.
            price: The price at which the trade would be closed; None if unknown.
            after_fill: True right after a fill, when it is unknown whether an entry order still rests.
        """
        state = self._stored(trade)
        if state is None:
            return self._create(trade, now, price)
        if not self.simulated:
            record = self.store.open_trades.of(trade)
            if record.entering:
                record.entering = False
                state.entries = state.entries._replace(awaits_candles=self._has_no_candles(trade.pair))
                self._place_initial_stop(trade, state, now, "the first fill went on", anew=True)
            self._update_first_fill(trade, state, now, after_fill=after_fill)
        return state

    def entry_filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Process a filled entry order. Freqtrade may report the same order several times.

        The initial stop of a new trade is computed when Freqtrade asks for it, right after the fill: only then is the
        liquidation price known, which bounds the stop.
        """
        state = self._stored(trade)
        if state is None:
            # A trade that Freqtrade has checked before is not new: its old entry is reported again because of its fee.
            if not trade.max_rate:
                self.store.open_trades.of(trade).entering = True
            return
        count, known = trade.nr_of_successful_entries, state.entries.filled
        if count > known > 0 and state.entries.first_continues:
            state.entries = state.entries._replace(filled=count)
            self.store.open_trades.of(trade).entering = True
        elif count > known:
            state.entries = state.entries._replace(filled=count)
            self._average(trade, state, now, order)

    def follow_entry(self, trade: Trade, state: TradeState, now: datetime) -> None:
        """Update a state to the open rate, which later entries move, and partial exits by a rounding error."""
        count = trade.nr_of_successful_entries
        if count > state.entries.filled > 0:
            # Freqtrade did not report the fill.
            state.entries = state.entries._replace(filled=count)
            self._average(trade, state, now, trade.select_filled_orders(trade.entry_side)[-1])
        else:
            least = self.settings.for_pair(trade.pair).initial_stop.min_percent
            state.position = with_new_entry(state.position, trade.open_rate, least)

    def _average(self, trade: Trade, state: TradeState, now: datetime, order: Order) -> None:
        """Process a later entry; it matters only if it moves the open rate."""
        if trade.open_rate != state.position.entry:
            block, stop = self.settings.for_pair(trade.pair), state.memory.stop
            average(trade, state, order.safe_price, block)
            if block.anchor == "candle":
                # Prices of the fill's candle from before the fill do not count for the averaged position.
                state.memory = state.memory._replace(candle=self.candles.candle(now.timestamp()))
            self.recorder.commit(trade, state, now, "averaged", price=order.safe_price, old_stop=stop)
        else:
            self.store.put(trade, state, event=True)

    def _stored(self, trade: Trade) -> TradeState | None:
        """Return the stored state; None for a new trade if the database cannot be read."""
        try:
            return self.store.get(trade)
        except (SQLAlchemyError, DatabaseSilent):
            if trade.max_rate:
                raise
            return None

    def _create(self, trade: Trade, now: datetime, price: float | None) -> TradeState | None:
        """Return a new state; None before the first fill, and if no stop is possible."""
        record = self.store.open_trades.of(trade)
        if record.untouchable or not trade.amount or record.without_stop:
            return None
        # Without a state, nothing is decided, and so nothing is done.
        if self.choice is not None and self.choice.is_shadowed(trade):
            return None
        try:
            return self._build(trade, now, price)
        except InvalidPosition as error:
            # An entry at the lowest valid price. This is reported once, and the stop that Freqtrade holds stays.
            record.without_stop = True
            logger.error("robustop: trade %s of %s gets no stop: %s", trade.id, trade.pair, error)
            self.recorder.without_state(trade, now, f"no stop is possible: {error}")
            return None

    def _build(self, trade: Trade, now: datetime, price: float | None) -> TradeState:
        block, stoploss = self.settings.for_pair(trade.pair), self._stoploss()
        record = self.store.open_trades.of(trade)
        if record.entering:
            record.entering = False
            state, stop = state_at_fill(trade, now, self.candles, block, stoploss)
            action = "initial"
        else:
            candles = EntryCandles(self.candles, entered_at(trade))
            state, stop = state_for_adopted(trade, now, price, candles, block, stoploss)
            action = "adopted"
        if record.lost or (action == "adopted" and not self.simulated):
            # Records of a lost state may exist, so their numbers must not be used again.
            state.sequence = int(now.timestamp())
        if not self.simulated:
            state.entries = state.entries._replace(
                first_continues=action == "initial",
                awaits_candles=self._has_no_candles(trade.pair),
            )
        self._record(trade, state, now, action, stop, old_stop=None)
        return state

    def _has_no_candles(self, pair: str) -> bool:
        return self.candles.atr(pair) is None and not self.candles.has_candles(pair)

    def _update_first_fill(self, trade: Trade, state: TradeState, now: datetime, *, after_fill: bool) -> None:
        """Apply what was unknown at the first fill: the candles, and that no entry order rests any longer."""
        entries = state.entries
        if entries.awaits_candles and self.candles.has_candles(trade.pair):
            state.entries = entries._replace(awaits_candles=False)
            self._place_initial_stop(trade, state, now, "the candles are there", anew=False)
        if not entries.first_continues or after_fill:
            return
        if not any(order.ft_order_side == trade.entry_side for order in trade.open_orders):
            state.entries = state.entries._replace(first_continues=False)
            self.store.put(trade, state, event=True)

    def _place_initial_stop(self, trade: Trade, state: TradeState, now: datetime, why: str, *, anew: bool) -> None:
        """Compute the initial stop of a state again, with what is known now."""
        block: RobustopBlock = self.settings.for_pair(trade.pair)
        candles = self.candles if anew else EntryCandles(self.candles, entered_at(trade))
        old_stop = state.memory.stop
        stop = place_initial_stop(trade, state, now, candles, block, self._stoploss(), anew=anew)
        self._record(trade, state, now, "initial", stop, old_stop, why)

    def _record(
        self,
        trade: Trade,
        state: TradeState,
        now: datetime,
        action: str,
        stop: InitialStop,
        old_stop: float | None,
        *reasons: str,
    ) -> None:
        """Record the creation or a new initial stop of a state, and store the state."""
        why = ", ".join([*reasons, *stop.clamps]) or None
        start = Level(stop.price, None, Rule.INITIAL)
        self.recorder.commit(
            trade, state, now, action, price=trade.open_rate, old_stop=old_stop, level=start, reason=why
        )
