"""What the mixin asks where trades are shadowed: for these it gets the answers of a strategy without robustop.

For all other trades the answers are those of the acting manager. What a person asks for, `robustop panic` above all, is
done to every trade.
"""

from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.forwarding import forward
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.ordered_exits import OrderedExits
from robustop_plugin.bridge.decisions.shared_callbacks import Question, SharedCallbacks, Theirs, proposed
from robustop_plugin.bridge.decisions.skipped_candles import CandleSkipper
from robustop_plugin.bridge.decisions.stop_updates import StopLook, StopUpdates
from robustop_plugin.bridge.entries.checks import EntryChecks, ProposedEntry
from robustop_plugin.bridge.entries.limits import EntryLimits
from robustop_plugin.bridge.shadows.shadows import Shadows
from robustop_plugin.bridge.state.choice import Choice
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error


class SkippedCandles:
    """Skips no candle of a shadowed trade, and lets the shadows see every candle."""

    def __init__(self, acting: CandleSkipper, shadows: Shadows) -> None:
        """Take what skips candles of other trades."""
        self._acting = acting
        self._shadows = shadows
        self.asks_for_adjustments = acting.asks_for_adjustments

    def skip_exit_checks(
        self,
        trade: Trade,
        strategy: IStrategy,
        price: float,
        now: datetime,
        low: float | None,
        high: float | None,
        more: object,
    ) -> bool:
        """Return True if a candle cannot change a trade that robustop acts on."""
        self._shadows.before_exits(trade, price, now, low, high)
        if self._shadows.leaves_alone(trade):
            return False
        return self._seen(
            trade, price, now, self._acting.skip_exit_checks(trade, strategy, price, now, low, high, more)
        )

    def move_without_host(
        self,
        trade: Trade,
        strategy: IStrategy,
        price: float,
        now: datetime,
        low: float | None,
        high: float | None,
        more: object,
    ) -> bool:
        """Move the stop of a trade that robustop acts on; return True if no exit is due."""
        if self._shadows.leaves_alone(trade):
            return False
        return self._seen(
            trade, price, now, self._acting.move_without_host(trade, strategy, price, now, low, high, more)
        )

    def _seen(self, trade: Trade, price: float, now: datetime, skipped: bool) -> bool:
        """Let the shadows see a candle at which Freqtrade is not asked for exits."""
        if skipped:
            self._shadows.after_exits(trade, price, now, [])
        return skipped

    def skip_partials(self, trade: Trade, price: float | None, now: datetime) -> bool:
        """Return True if no part of a position that robustop acts on can be due."""
        return not self._shadows.leaves_alone(trade) and self._acting.skip_partials(trade, price, now)

    def skip_stop_update(self, trade: Trade, low: float | None, high: float | None, now: datetime) -> bool:
        """Return True if a candle cannot change the stop of a trade that robustop acts on."""
        return not self._shadows.leaves_alone(trade) and self._acting.skip_stop_update(trade, low, high, now)


class UpdatedStops:
    """Leaves the stops of shadowed trades to Freqtrade and the strategy."""

    def __init__(self, acting: StopUpdates, shadows: Shadows) -> None:
        """Take what updates the stops of other trades."""
        self._acting = acting
        self._shadows = shadows

    def update(self, look: StopLook, ask_host: Any, *, by_ratio: bool) -> None:
        """Update Freqtrade's stop; the arguments are those of `StopUpdates.update`."""
        if not self._shadows.leaves_alone(look.trade):
            self._acting.update(look, ask_host, by_ratio=by_ratio)
        elif self._acting.own.after_fills or not look.after_fill:
            ask_host()
        if look.after_fill:
            self._shadows.after_fill(look.trade, look.price, look.now)


class ArrangedExits:
    """Leaves the exits of shadowed trades as Freqtrade has found them, unless a person closes the trade."""

    def __init__(self, acting: OrderedExits, manager: TradeManager, shadows: Shadows) -> None:
        """Take what arranges the exits of other trades, and the acting manager, which knows what persons ask for."""
        self._acting = acting
        self._manager = manager
        self._shadows = shadows
        self.breaker, self.lock, self.meet = manager.breaker, manager.lock, manager.meet

    def arrange(self, trade: Trade, strategy: IStrategy, price: float, now: datetime, exits: list[Any]) -> list[Any]:
        """Return the exits in the order in which Freqtrade is to try them."""
        if self._shadows.leaves_alone(trade):
            exits = self._with_a_person_s(trade, now, exits) or exits
        else:
            exits = self._acting.arrange(trade, strategy, price, now, exits)
        self._shadows.after_exits(trade, price, now, exits)
        return exits

    @returns_none_on_error
    def _with_a_person_s(self, trade: Trade, now: datetime, exits: list[Any]) -> list[Any]:
        manager = self._manager
        if manager.exit_requests.is_requested(trade, now):
            return manager.exit_list.arrange(trade, now, exits, manager.exit_at(trade, now))
        # Nothing may be canceled for an exit that is the strategy's own.
        manager.open_trades.of(trade).due_exit = None
        return exits


class SharedAnswers(SharedCallbacks):
    """Answers the shared callbacks for shadowed trades as if robustop were not there.

    An entry has no number yet, so that it cannot be drawn: robustop sizes and refuses entries only into pairs of which
    it acts on every trade. In a panic it refuses all.
    """

    def __init__(self, acting: SharedCallbacks, choice: Choice | None, shadows: Shadows) -> None:
        """Take over from what answers for other trades."""
        super().__init__(acting.manager, acting.limits, asks_custom_roi=acting.asks_custom_roi)
        self._shadows = shadows
        self._choice = choice
        self._halted = EntryChecks(acting.manager.recorder, [self._objection_of_halt])

    def _order_filled(self, theirs: Theirs, question: Question) -> None:
        trade = question["trade"]
        self._shadows.filled(trade, question["order"], question["current_time"])
        if self._shadows.leaves_alone(trade):
            forward(theirs, question)
            if not trade.is_open:
                self.manager.open_trades.forget(trade.id)
        else:
            super()._order_filled(theirs, question)

    def _confirm_trade_entry(self, theirs: Theirs, question: Question) -> bool:
        if self._acts_always(question["pair"]):
            return super()._confirm_trade_entry(theirs, question)
        entry = proposed(question, question["rate"], question["amount"])
        return self._halted.allow(entry) and bool(forward(theirs, question))

    def _custom_stake_amount(self, theirs: Theirs, question: Question) -> float:
        if self._acts_always(question["pair"]):
            return super()._custom_stake_amount(theirs, question)
        stake: float = forward(theirs, question)
        return stake

    def _custom_roi(self, theirs: Theirs, question: Question) -> float | None:
        if not self._shadows.leaves_alone(question["trade"]):
            return super()._custom_roi(theirs, question)
        profit: float | None = forward(theirs, question) if self.asks_custom_roi else None
        return profit

    def _check_entry_timeout(self, theirs: Theirs, question: Question) -> bool:
        if not self._shadows.leaves_alone(question["trade"]):
            return super()._check_entry_timeout(theirs, question)
        return bool(forward(theirs, question))

    def _acts_always(self, pair: str) -> bool:
        return self._choice is None or self._choice.acts_always(pair)

    def _objection_of_halt(self, entry: ProposedEntry) -> str | None:
        """Return why a halt refuses an entry; a halt by the drawdown counts only where robustop acts."""
        requests = self.manager.exit_requests
        reason = requests.refuses(entry)
        acts = self.manager.settings.for_pair(entry.pair).canary_share > 0
        return reason if acts or requests.halt.panic is not None else None


class LoopEnd:
    """The limits of entries, for pairs of which robustop acts on every trade; the shadows get their loops here.

    Attributes:
        additions: Checks additions to open trades.
    """

    def __init__(self, limits: EntryLimits, manager: TradeManager, choice: Choice | None, shadows: Shadows) -> None:
        """Take the limits of other entries."""
        self._limits = limits
        self._choice = choice
        self._shadows = shadows
        self.additions = limits.additions if choice is None else AllowedAdditions(limits, manager, choice)

    def after_analysis(self) -> None:
        """End the analysis of a bot's loop."""
        self._shadows.new_loop()
        if self._choice is None or self._choice.may_act:
            self._limits.after_analysis()


class AllowedAdditions:
    """Allows what a strategy adds to its trades in pairs of which robustop does not act on every trade."""

    def __init__(self, limits: EntryLimits, manager: TradeManager, choice: Choice) -> None:
        """Take what checks additions to other trades."""
        self._acting = limits.additions
        self._manager = manager
        self._choice = choice

    def allowed(self, trade: Trade, now: datetime, wanted: Any, question: Any) -> Any:
        """Return the adjustment that a strategy wants; no addition in a panic."""
        if self._choice.acts_always(trade.pair) and not self._choice.is_shadowed(trade):
            return self._acting.allowed(trade, now, wanted, question)
        is_more = wanted[0] is not None and wanted[0] > 0
        if is_more and self._manager.exit_requests.is_halted(trade, now) and self._manager.exit_requests.halt.panic:
            return None, ""
        return wanted
