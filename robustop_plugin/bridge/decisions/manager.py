"""Answers Freqtrade about every trade: reads the facts, decides, keeps and records, and answers in its terms.

A tick becomes facts, `decide` says what to do, and a stop is answered as a ratio.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.callbacks.own_stops import HOST, OwnStops
from robustop_plugin.bridge.decisions.exit_list import ExitList
from robustop_plugin.bridge.decisions.fills import Fills
from robustop_plugin.bridge.decisions.host_stop import HostStop, is_unbreached
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.decisions.pending_exits import exit_at, note_decision
from robustop_plugin.bridge.decisions.stop_orders import StopOrders
from robustop_plugin.bridge.decisions.take_profit import take_profit_ratio
from robustop_plugin.bridge.decisions.tick import tick_of
from robustop_plugin.bridge.entries.checks import EntryChecks
from robustop_plugin.bridge.exit_requests.requests import ExitRequests
from robustop_plugin.bridge.exit_requests.stop_guard import StopGuard
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.exchange_stop import ExchangeStop
from robustop_plugin.bridge.facts.pair_settings import PairSettings
from robustop_plugin.bridge.facts.stop_in_force import should_publish, should_restate
from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.bridge.partials.manager import PartialExits
from robustop_plugin.bridge.partials.pending_sales import PendingSales
from robustop_plugin.bridge.state.breaker import Breaker
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error, survive_each
from robustop_plugin.bridge.state.lifecycle import TradeStates
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.recovery import Recovery
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Decision, moved_to
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import Settings


@dataclass
class TradeManager:
    """All the trades of one strategy.

    Attributes:
        settings: The strategy's settings.
        candles: The candles that the strategy has analyzed.
        store: Keeps the states.
        recorder: Commits what was decided.
        errors: Reports errors that were survived.
        exit_requests: Exits that are requested from outside the engines.
        stoploss: Returns the strategy's hard stop at this moment, as a ratio.
        lock: Held while Freqtrade is answered; a bot also asks from the threads of its API. None in a backtest.
        own: What of the strategy's own moves its stop.
        simulated: True in a backtest and in hyperopt, where each candle is looked at twice.
        exchange_stop: How stops rest on the exchange; None if the bot checks them itself, and in a backtest.
        pending_sales: Keeps track of a bot's unanswered partial exits; None in a backtest.
    """

    settings: Settings
    candles: AnalyzedCandles
    store: Store
    recorder: Recorder
    errors: ErrorReporter
    exit_requests: ExitRequests
    stoploss: Callable[[], float]
    lock: AbstractContextManager[Any] | None
    own: OwnStops
    simulated: bool
    exchange_stop: ExchangeStop | None = None
    pending_sales: PendingSales | None = None

    def __post_init__(self) -> None:
        """Build the parts from what is given."""
        self.open_trades = self.store.open_trades
        self.meet = self.open_trades.meet
        self.breaker = Breaker(self.settings, self.open_trades, self.store, self.recorder, self.simulated)
        self._no_change = NoChangeBounds(self.candles, self.open_trades, absorbs=self.simulated, own=self.own)
        self.entries = EntryChecks(self.recorder)
        stop = self.exchange_stop
        self.exit_list = ExitList(
            self.exit_requests, self.open_trades, simulated=self.simulated, on_exchange=stop is not None
        )
        guard = None if stop is None else StopGuard(stop, self.open_trades)
        self.stop_orders = None if guard is None else StopOrders(guard, self.store, self.recorder)
        self.partials = PartialExits(
            self.settings, self.store, self.recorder, self.simulated, self.exchange_stop, self.pending_sales
        )
        self.states = TradeStates(
            self.settings, self.candles, self.store, self.recorder, self.stoploss, simulated=self.simulated
        )
        self._settings_of = PairSettings(self.settings).step_settings
        self.store.recovery = Recovery(self.settings, self._settings_of)
        self.fills = Fills(self.store, self.states, self.partials, self.recorder, self.simulated)
        self.host_stop = HostStop(self.own, self.open_trades, self.recorder, self.stoploss)

    def new_loop(self) -> None:
        """Begin a loop of a bot: write again what the database has refused, and search for lost stop orders."""
        with self.lock or nullcontext():
            lost = None if self.stop_orders is None else self.stop_orders.lost
            # A record is stored after the state that counts it: else a restart would give its number to another.
            parts = self.recorder.new_loop, self.store.new_loop, self.recorder.flush, self.fills.new_loop
            survive_each(*parts, self.exit_requests.new_loop, *(() if lost is None else (lost.heal,)))

    @returns_none_on_error
    def refresh_requests(self, trade: Trade, price: float, now: datetime) -> None:
        """Find out which exits are requested, before anything is decided."""
        self.exit_requests.refresh(trade, price, now)

    @returns_none_on_error
    def open_tick(self, trade: Trade, price: float, now: datetime, worst: float | None = None) -> None:
        """Decide at the open of a backtest candle, and give Freqtrade a stop that moved."""
        state = self.states.of(trade, now, price)
        if state is None or not is_price(price) or self.absorb_if_unchanged(trade, state, price, now):
            return
        # The entry candle opened before the fill: its open is not a tick of this trade.
        if now.timestamp() > state.position.opened_at:
            self._note_exit(trade, state, now, self._decide(trade, state, price, now))
            # A stop that the candle's worst price reaches would keep Freqtrade from asking for the strategy's own.
            if not (self.own.move_the_stop and worst is not None and is_unbreached(trade, worst)):
                self.publish(trade, state, price)

    @returns_none_on_error
    def stop_at(self, trade: Trade, price: float, now: datetime, after_fill: bool) -> float | None:
        """Return the ratio that puts Freqtrade's stop where it was decided; None for no change."""
        state = self.states.of(trade, now, price, after_fill=after_fill)
        if state is None or not is_price(price):
            return None
        if not after_fill and self.absorb_if_unchanged(trade, state, price, now):
            return None
        if after_fill and self.simulated:
            self._foresee(trade, state, now)
        elif not after_fill and exit_at(self.open_trades.of(trade), now) is None:
            decision = self._decide(trade, state, price, now)
            if not self.simulated:
                self._note_exit(trade, state, now, decision)
        should_tell = should_restate if after_fill else should_publish
        if not should_tell(trade, state, price):
            return None
        return self.host_stop.ratio_for(trade, state, price)

    @returns_none_on_error
    def exit_at(self, trade: Trade, now: datetime) -> ExitReason | None:
        """Return why the trade is left at this very moment; None if it is not."""
        return exit_at(self.open_trades.of(trade), now) or self.exit_requests.fallback_exit(trade, now)

    def exit_tag_at(self, trade: Trade, now: datetime) -> str | None:
        """Return the tag of an exit that was decided at this moment; None if there is none."""
        return exit_tag(reason) if (reason := self.exit_at(trade, now)) else None

    def takes_profit(self, pair: str) -> bool:
        """Return True if an engine takes profit on a pair."""
        return self._settings_of(pair).takes_profit

    @returns_none_on_error
    def take_profit_at(self, trade: Trade, now: datetime) -> float | None:
        """Return the profit ratio beyond which Freqtrade takes profit; None if no engine does."""
        settings = self._settings_of(trade.pair)
        state = self.states.of(trade, now) if settings.takes_profit else None
        if state is not None and trade.open_rate != state.position.entry:
            self.states.follow_entry(trade, state, now)
        return None if state is None else take_profit_ratio(trade, self.open_trades.of(trade), state, settings)

    @returns_none_on_error
    def sale_at(
        self, trade: Trade, price: float | None, now: datetime, min_stake: float | None
    ) -> tuple[float, str] | None:
        """Return the order for a part of the position that is due, as Freqtrade's stake and a tag; None if none is."""
        sells = self._settings_of(trade.pair).sale is not None
        state = self.states.of(trade, now, price) if sells else None
        if state is None or price is None or not is_price(price):
            return None
        self.partials.sync_with_orders(trade, state)
        self.partials.settle(trade, state, now)
        if not self.partials.may_be_due(trade, state, price, now):
            return None
        self.partials.take_stock(trade, state)
        order = self.partials.order(trade, state, self._decide(trade, state, price, now), price, now, min_stake)
        if order is not None:  # the decision may have moved the stop as well: that comes first
            self.publish(trade, state, price)
        return order

    @returns_none_on_error
    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take a filled order."""
        self.fills.take(trade, order, now)

    def _decide(self, trade: Trade, state: TradeState, price: float, now: datetime) -> Decision:
        """Decide at one tick; keep and record the result."""
        self.host_stop.follow(trade, state, price, now, HOST)
        if trade.open_rate != state.position.entry:
            self.states.follow_entry(trade, state, now)
        settings, block = self._settings_of(trade.pair), self.settings.for_pair(trade.pair)
        self.exit_requests.refresh(trade, price, now)
        requested = self.exit_requests.current(trade, state, now)
        record = self.open_trades.of(trade)
        on_exchange = self.exchange_stop is not None
        tick, state.memory = tick_of(
            trade, record, state, price, now, self.candles, block, requested, on_exchange=on_exchange
        )
        old_stop = state.memory.stop
        outcome = decide(state.position, tick, state.memory, settings)
        state.memory = outcome.memory
        self._no_change.compute_bounds(trade, state, tick, settings, at_closes=block.anchor == "candle")
        if (level := moved_to(outcome.decision)) is not None:
            self.recorder.commit(trade, state, now, "move", price=price, old_stop=old_stop, level=level)
        else:
            self.store.put(trade, state, event=False)
        return outcome.decision

    def absorb_if_unchanged(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Record the price and return True if it cannot change anything, and no exit waits or is requested."""
        if self.open_trades.of(trade).pending_exit is not None:
            self.exit_requests.refresh(trade, price, now)
            return False
        if not self.exit_requests.idle:
            self.exit_requests.refresh(trade, price, now)
            if self.exit_requests.current(trade, state, now):
                return False
        absorbed = self._no_change.absorb_if_unchanged(trade, state, price, now)
        if absorbed and not self.simulated:
            self.store.put(trade, state, event=False)
        return absorbed

    @returns_none_on_error  # by itself: the initial stop is published all the same
    def _foresee(self, trade: Trade, state: TradeState, now: datetime) -> None:  # noqa: ARG002 (for errors)
        """Compute at the first fill how far the price can go before the engines have to be asked."""
        at_closes = self.settings.for_pair(trade.pair).anchor == "candle"
        self._no_change.compute_first_bounds(trade, state, self._settings_of(trade.pair), at_closes=at_closes)

    def publish(self, trade: Trade, state: TradeState, price: float) -> None:
        """Give Freqtrade the decided stop if it needs it and can take it."""
        if should_publish(trade, state, price) and is_unbreached(trade, price):
            self.host_stop.give(trade, state, price)

    def _note_exit(self, trade: Trade, state: TradeState, now: datetime, decision: Decision) -> None:
        note_decision(trade, state, now, decision, self.open_trades.of(trade), self.recorder)
