"""The state of each trade: made at the first fill, read back after a crash, or adopted; kept right at later entries.

A resting entry is no trade yet: before the first fill there is no state, and nothing is decided.
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
    host_extreme,
    place_initial_stop,
    state_at_fill,
    state_for_adopted,
    with_new_entry,
)
from robustop_plugin.bridge.state.database_health import DatabaseSilent
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.core.errors import InvalidPosition
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.initial_stop import InitialStop
from robustop_plugin.core.side import tighter
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import RobustopBlock, Settings

logger = logging.getLogger(__name__)


class TradeStates:
    """All the states of one strategy's trades.

    Attributes:
        settings: of the strategy.
        candles: analyzed by the strategy.
        store: where states are kept.
        recorder: of how they came to be.
        simulated: a backtest or hyperopt, where an order is filled as a whole, and candles are always there.
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
        """Take where states come from; `stoploss` returns the strategy's hard stop of the moment, as a ratio."""
        self.settings = settings
        self.candles = candles
        self.store = store
        self.recorder = recorder
        self.simulated = simulated
        self._stoploss = stoploss

    def of(
        self, trade: Trade, now: datetime, price: float | None = None, *, after_fill: bool = False
    ) -> TradeState | None:
        """Return the state of a trade, made now if there is none; None for a trade to be left alone.

        Args:
            trade: Freqtrade's trade.
            now: the moment.
            price: that the trade would be closed at; None where it is not known.
            after_fill: an order was filled at this very moment: whether an entry order rests on is not known yet.
        """
        known = self.simulated or self.store.is_in_memory(trade)
        state = self._known(trade)
        if state is None:
            return self._made(trade, now, price)
        if not self.simulated:
            if not known:
                self._recover_best(trade, state)
            record = self.store.open_trades.of(trade)
            if record.entering:
                record.entering = False
                state.entries = state.entries._replace(awaits_candles=self._has_no_candles(trade.pair))
                self._place(trade, state, now, "the first fill went on", anew=True)
            self._settle(trade, state, now, after_fill=after_fill)
        return state

    def entry_filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take a filled entry order; Freqtrade reports the same order as often as it likes.

        The initial stop of a new trade is made when Freqtrade asks for it, right after the fill: only then does it know
        the liquidation price, inside which the stop has to be.
        """
        state = self._known(trade)
        if state is None:
            # A trade that Freqtrade has looked at is not new: its old entry is reported again, for its fee.
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
        """Bring a state to the trade's open rate: a later entry moves it, and a partial exit by a rounding error."""
        count = trade.nr_of_successful_entries
        if count > state.entries.filled > 0:
            # Its fill was not reported.
            state.entries = state.entries._replace(filled=count)
            self._average(trade, state, now, trade.select_filled_orders(trade.entry_side)[-1])
        else:
            least = self.settings.for_pair(trade.pair).initial_stop.min_percent
            state.position = with_new_entry(state.position, trade.open_rate, least)

    def _average(self, trade: Trade, state: TradeState, now: datetime, order: Order) -> None:
        """Take a later entry, which matters where it moves the open rate."""
        if trade.open_rate != state.position.entry:
            block, stop = self.settings.for_pair(trade.pair), state.memory.stop
            average(trade, state, order.safe_price, block)
            if block.anchor == "candle":
                # What the candle of the fill has seen before it, the averaged position has not.
                state.memory = state.memory._replace(candle=self.candles.candle(now.timestamp()))
            self.recorder.commit(trade, state, now, "averaged", price=order.safe_price, old_stop=stop)
        else:
            self.store.put(trade, state, event=True)

    def _known(self, trade: Trade) -> TradeState | None:
        """Return the state that is there; a database that cannot be read has none of a trade that is new."""
        try:
            return self.store.get(trade)
        except (SQLAlchemyError, DatabaseSilent):
            if trade.max_rate:
                raise
            return None

    def _made(self, trade: Trade, now: datetime, price: float | None) -> TradeState | None:
        """Return a new state; None before the first fill, and where no stop is possible."""
        record = self.store.open_trades.of(trade)
        if record.untouchable or not trade.amount or record.without_stop:
            return None
        try:
            return self._opened(trade, now, price)
        except InvalidPosition as error:
            # An entry at the lowest price of the grid: said once, the stop that Freqtrade holds stays.
            record.without_stop = True
            logger.error("robustop: trade %s of %s gets no stop: %s", trade.id, trade.pair, error)
            self.recorder.without_state(trade, now, f"no stop is possible: {error}")
            return None

    def _opened(self, trade: Trade, now: datetime, price: float | None) -> TradeState:
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
            # A state that was lost may have written records: their numbers are taken.
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

    def _settle(self, trade: Trade, state: TradeState, now: datetime, *, after_fill: bool) -> None:
        """Take what was not known at the first fill: that no entry order rests any more, and the candles."""
        entries = state.entries
        if entries.awaits_candles and self.candles.has_candles(trade.pair):
            state.entries = entries._replace(awaits_candles=False)
            self._place(trade, state, now, "the candles are there", anew=False)
        rests = after_fill or any(order.ft_order_side == trade.entry_side for order in trade.open_orders)
        if entries.first_continues and not rests:
            state.entries = state.entries._replace(first_continues=False)
            self.store.put(trade, state, event=True)

    def _place(self, trade: Trade, state: TradeState, now: datetime, why: str, *, anew: bool) -> None:
        """Give a state its initial stop once more, with what is known now."""
        block: RobustopBlock = self.settings.for_pair(trade.pair)
        candles = self.candles if anew else EntryCandles(self.candles, entered_at(trade))
        old_stop = state.memory.stop
        stop = place_initial_stop(trade, state, now, candles, block, self._stoploss(), anew=anew)
        self._record(trade, state, now, "initial", stop, old_stop, why)

    def _recover_best(self, trade: Trade, state: TradeState) -> None:
        """Take what Freqtrade has seen of a trade while robustop could not write it down, once after a start."""
        side, extreme, old = state.position.side, host_extreme(trade), state.entries.old_extreme
        if extreme is None or not is_price(extreme) or self.settings.for_pair(trade.pair).anchor != "price":
            return
        if tighter(side, extreme, state.memory.best) and (old is None or tighter(side, extreme, old)):
            state.memory = state.memory._replace(best=extreme)
            self.store.put(trade, state, event=False)

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
        """Record how a state came to be, and keep it."""
        why = ", ".join([*reasons, *stop.clamps]) or None
        start = Level(stop.price, None, Rule.INITIAL)
        self.recorder.commit(
            trade, state, now, action, price=trade.open_rate, old_stop=old_stop, level=start, reason=why
        )
