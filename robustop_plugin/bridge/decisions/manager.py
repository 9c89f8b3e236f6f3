"""The desk: takes what the host asks, decides, remembers, records, and answers in the host's terms.

A tick becomes facts, `decide` says what to do, and a stop is answered as a ratio. The trade is never touched.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.decisions.exit_list import ExitList
from robustop_plugin.bridge.decisions.fills import Fills
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.decisions.pending_exits import PendingExits, host_exits_itself
from robustop_plugin.bridge.decisions.stop_reason import with_stop_reason
from robustop_plugin.bridge.decisions.take_profit import TakeProfits, with_tag
from robustop_plugin.bridge.decisions.tick import tick_of
from robustop_plugin.bridge.entries.checks import EntryChecks
from robustop_plugin.bridge.exit_requests.requests import ExitRequests
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.identity import OpenTrades
from robustop_plugin.bridge.facts.stop_in_force import host_is_tighter, should_publish, should_restate
from robustop_plugin.bridge.facts.stop_ratio import exit_tag, stop_ratio
from robustop_plugin.bridge.partials.manager import PartialExits
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error
from robustop_plugin.bridge.state.lifecycle import TradeStates
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Decision, Exit, ExitReason, moved_to, phase_of
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import RobustopBlock, Settings


@dataclass
class TradeManager:
    """All the trades of one strategy.

    Attributes:
        settings: of the strategy.
        candles: analyzed by the strategy.
        store: the states.
        recorder: of what was decided.
        alone: no code of the user's is asked for the stop beside this desk.
        simulated: a backtest or hyperopt, where each candle is looked at twice.
        errors: reports errors that were survived.
        exit_requests: exits that are requested from outside the engines.
        stoploss: returns the strategy's hard stop of the moment, as a ratio.
        lock: held while Freqtrade is answered; a bot also asks from the threads of its API.
        open_trades: who has which number.
    """

    settings: Settings
    candles: AnalyzedCandles
    store: Store
    recorder: Recorder
    errors: ErrorReporter
    exit_requests: ExitRequests
    stoploss: Callable[[], float]
    lock: AbstractContextManager[Any]
    alone: bool
    simulated: bool
    open_trades: OpenTrades = field(default_factory=OpenTrades)
    _step_settings: dict[str, tuple[RobustopBlock, StepSettings]] = field(default_factory=dict)
    _pending_exits: PendingExits = field(default_factory=PendingExits)
    _take_profits: TakeProfits = field(default_factory=TakeProfits)

    def __post_init__(self) -> None:
        """A backtest need not write a new best price; a bot does."""
        self._no_change = NoChangeBounds(self.candles, absorbs=self.simulated)
        self.entries = EntryChecks(self.recorder)
        self.exit_list = ExitList(self.exit_requests, simulated=self.simulated)
        self.partials = PartialExits(self.settings, self.store, self.recorder, self.simulated)
        self.states = TradeStates(
            self.settings, self.candles, self.store, self.recorder, self.stoploss, simulated=self.simulated
        )
        self.fills = Fills(self.store, self.states, self.partials, self.recorder, self.open_trades, self.simulated)
        keepers = (self._pending_exits, self._no_change, self._take_profits, self.exit_list, self.exit_requests)
        for keeper in (*keepers, self.partials, self.states):
            self.open_trades.on_forget(keeper.forget)

    def meet(self, trade: Trade) -> None:
        """Take a trade that Freqtrade asks about; a bot's number may have been another trade's before."""
        if not self.simulated:
            self.open_trades.meet(trade)

    def new_loop(self) -> None:
        """Take the beginning of a bot's loop: what the database has refused is written again."""
        with self.lock:
            self.store.new_loop()

    @returns_none_on_error
    def refresh_requests(self, trade: Trade, price: float, now: datetime) -> bool:
        """Take a look at which exits are asked for from outside, before anything is decided."""
        return self.exit_requests.look(trade, price, now)

    @returns_none_on_error
    def open_tick(self, trade: Trade, price: float, now: datetime) -> bool:
        """Decide at the open of a backtest candle; return whether the host has to be given a new stop."""
        state = self.states.of(trade, now, price)
        if state is None or not is_price(price) or self.absorb_if_unchanged(trade, state, price, now):
            return False
        if now.timestamp() <= state.position.opened_at:
            # The candle of the fill opened before the fill: its open is no tick of this trade.
            return False
        self._note_exit(trade, state, now, self._decide(trade, state, price, now))
        return should_publish(trade, state, price)

    @returns_none_on_error
    def stop_at(self, trade: Trade, price: float, now: datetime, after_fill: bool) -> float | None:
        """Return the ratio that puts the host's stop where it was decided; None for no change."""
        state = self.states.of(trade, now, price, after_fill=after_fill)
        if state is None or not is_price(price):
            return None
        if not after_fill and self.absorb_if_unchanged(trade, state, price, now):
            return None
        if after_fill and self.simulated:
            self._foresee(trade, state, now)
        elif not after_fill and self._pending_exits.at(trade.id, now) is None:
            decision = self._decide(trade, state, price, now)
            if not self.simulated:
                self._note_exit(trade, state, now, decision)
        told = should_restate if after_fill else should_publish
        if not told(trade, state, price):
            return None
        return stop_ratio(trade, state.position.side, price, state.memory.stop)

    @returns_none_on_error
    def exit_at(self, trade: Trade, now: datetime) -> ExitReason | None:
        """Return why the trade is to be left at this very moment; None where it is not."""
        return self._pending_exits.at(trade.id, now) or self.exit_requests.fallback_exit(trade, now)

    def exit_tag_at(self, trade: Trade, now: datetime) -> str | None:
        """Return the tag of an exit that was decided at this moment; None where none was."""
        return exit_tag(reason) if (reason := self.exit_at(trade, now)) else None

    @returns_none_on_error
    def take_profit_at(self, trade: Trade, now: datetime) -> float | None:
        """Return the profit ratio beyond which the host is to take profit; None where no engine does."""
        rules = self._settings_of(trade.pair)
        state = self.states.of(trade, now) if rules.takes_profit else None
        if state is not None and trade.open_rate != state.position.entry:
            self.states.follow_entry(trade, state, now)
        return None if state is None else self._take_profits.ratio(trade, state, rules)

    @returns_none_on_error
    def sale_at(self, trade: Trade, price: float, now: datetime, min_stake: float | None) -> tuple[float, str] | None:
        """Return the order for a part of the position that is due, as the host's stake and a tag; None for none."""
        sells = self._settings_of(trade.pair).sale is not None
        state = self.states.of(trade, now, price) if sells else None
        if state is None or not is_price(price) or not self.partials.may_be_due(trade, state, price, now):
            return None
        self.partials.take_stock(trade, state)
        return self.partials.order(trade, state, self._decide(trade, state, price, now), price, now, min_stake)

    @returns_none_on_error
    def tagged(self, trade: Trade, strategy: IStrategy, now: datetime, exits: list[Any]) -> list[Any]:
        """Return the exits of the host, a take profit of ours under its own tag, the initial stop as a stop loss."""
        if exits and not self.simulated:
            exits = with_stop_reason(trade, self.store.get(trade), exits)
        takes_profit = exits and self._settings_of(trade.pair).takes_profit
        return with_tag(strategy, trade, now, exits, self.take_profit_at(trade, now)) if takes_profit else exits

    @returns_none_on_error
    def with_our_exits_first(self, trade: Trade, now: datetime, exits: list[Any]) -> list[Any]:
        """Return all exits in order, robustop's first."""
        return self.exit_list.arrange(trade, now, exits, self.exit_at(trade, now))

    @returns_none_on_error
    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take an order that was filled."""
        self.fills.take(trade, order, now)

    @returns_none_on_error
    def anchor_first_stop(self, trade: Trade, price: float, now: datetime) -> None:  # noqa: ARG002 (for errors)
        """Have Freqtrade keep the first stop where it is, whatever it hears of fills and fees."""
        self.fills.anchor_first_stop(trade, price)

    def report_error(self, trade: Trade, now: datetime, text: str) -> None:
        """Tell of an error that was survived: counted, recorded, and sent where there is a channel."""
        self.errors.report_error(trade.pair, text)
        state = self.store.get(trade)
        if state is not None:
            self.recorder.record(trade, state, now, "error", old_stop=state.memory.stop, reason=text)
            self.store.put(trade, state, event=True)

    def _decide(self, trade: Trade, state: TradeState, price: float, now: datetime) -> Decision:
        """Decide at one tick, and keep and record what came of it."""
        before = state.memory
        self._follow_host(trade, state, price, now)
        if trade.open_rate != state.position.entry:
            self.states.follow_entry(trade, state, now)
        rules, block = self._settings_of(trade.pair), self.settings.for_pair(trade.pair)
        tick = tick_of(
            trade, state, price, now, self.candles, block, self.exit_requests.current(trade, state, price, now)
        )
        old_stop = state.memory.stop
        outcome = decide(state.position, tick, state.memory, rules)
        state.memory = outcome.memory
        if block.anchor == "price":
            self._no_change.compute_bounds(trade.id, state, tick, rules)
        level = moved_to(outcome.decision)
        if level is not None:
            self.recorder.record(trade, state, now, "move", price=price, old_stop=old_stop, level=level)
        if state.memory != before:
            self.store.put(trade, state, event=state.memory.stop != before.stop)
        return outcome.decision

    def absorb_if_unchanged(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Return whether nothing can come of a price, and no exit waits or is asked for."""
        forced = self.exit_requests
        waits = trade.id in self._pending_exits or (not forced.idle and any(forced.current(trade, state, price, now)))
        return not waits and self._no_change.absorb_if_unchanged(trade, state, price, now)

    @returns_none_on_error  # by itself: the initial stop is told all the same
    def _foresee(self, trade: Trade, state: TradeState, now: datetime) -> None:  # noqa: ARG002 (when an error is told of)
        """Note at the first fill up to where the engines need not be asked for the first time."""
        if self.settings.for_pair(trade.pair).anchor == "price":
            self._no_change.compute_first_bounds(trade.id, state, self._settings_of(trade.pair))

    def _follow_host(self, trade: Trade, state: TradeState, price: float, now: datetime) -> None:
        """Take over a stop that the host itself has tightened: it never loosens again."""
        if not host_is_tighter(trade, state):
            return
        old_stop = state.memory.stop
        phase = max(state.memory.phase, phase_of(state.position, trade.stop_loss))
        state.memory = state.memory._replace(stop=trade.stop_loss, phase=phase)
        self.recorder.record(trade, state, now, "host", price=price, old_stop=old_stop)

    def _note_exit(self, trade: Trade, state: TradeState, now: datetime, decision: Decision) -> None:
        """Remember an exit for `custom_exit`, which the host asks next; record it once."""
        if not isinstance(decision, Exit):
            self._pending_exits.forget(trade.id)
            return
        if host_exits_itself(trade, state, decision):
            return
        if self._pending_exits.note(trade.id, now, decision.reason):
            stop, tag = state.memory.stop, exit_tag(decision.reason)
            self.recorder.record(trade, state, now, "exit", old_stop=stop, level=decision.level, reason=tag)
            self.store.put(trade, state, event=True)

    def _settings_of(self, pair: str) -> StepSettings:
        block = self.settings.for_pair(pair)
        if self._step_settings.get(pair, (None,))[0] is not block:
            self._step_settings[pair] = block, block.step_settings(pair)
        return self._step_settings[pair][1]
