"""Gives Freqtrade the decided stop, keeps track of whose ratio it holds, and records who moved its stop.

Freqtrade's stop is the tightest of robustop's and the strategy's own. It is moved through the trade's own
`adjust_stop_loss`, which keeps the ratio it was given and applies it to the open rate at every later fill. So it
matters whose ratio that is: the strategy's own has to act at a fill as it does without robustop, robustop's must not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.callbacks.own_stops import OwnStops
from robustop_plugin.bridge.facts.stop_in_force import host_is_looser, host_is_tighter, is_first_fill, should_restate
from robustop_plugin.bridge.facts.stop_ratio import stop_ratio
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.core.decision import phase_of
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.trade_state import TradeState

ROUNDED = 1.5
"""In ticks. A fee that changes the open rate moves Freqtrade's stop by at most one tick."""


@dataclass
class HostStop:
    """Freqtrade's stops of one strategy's trades.

    Attributes:
        own: What of the strategy's own moves them.
        open_trades: Whose records hold what Freqtrade was given.
        recorder: Records who moved a stop.
        stoploss: Returns the strategy's hard stop at this moment, as a ratio.
    """

    own: OwnStops
    open_trades: OpenTrades
    recorder: Recorder
    stoploss: Callable[[], float]

    def give(
        self, trade: Trade, state: TradeState, price: float, *, refresh: bool = False, stop: float | None = None
    ) -> None:
        """Put Freqtrade's stop where it was decided.

        Args:
            trade: Freqtrade's trade itself, no copy.
            state: The state of the trade.
            price: The price at which Freqtrade looks.
            refresh: True after a fill: the stop then counts as an initial stop, not as a trailing one.
            stop: Where to put it instead; None for the decided stop.
        """
        ratio = self.ratio_for(trade, state, price, stop)
        trade.adjust_stop_loss(price, ratio, allow_refresh=refresh)
        self.open_trades.of(trade).host_stop = trade.stop_loss

    def ratio_for(self, trade: Trade, state: TradeState, price: float, stop: float | None = None) -> float:
        """Return the ratio that puts Freqtrade's stop where it was decided, and remember that it is robustop's."""
        record = self.open_trades.of(trade)
        if not self.holds_our_ratio(trade, state):
            record.own_ratio = abs(trade.stop_loss_pct or 0.0) or None
        stop = state.memory.stop if stop is None else stop
        record.given_ratio = stop_ratio(trade, state.position.side, price, stop)
        return record.given_ratio

    def holds_our_ratio(self, trade: Trade, state: TradeState) -> bool:
        """Return True if Freqtrade's ratio is robustop's."""
        record, ratio = self.open_trades.of(trade), abs(trade.stop_loss_pct or 0.0)
        if record.given_ratio is not None:
            return bool(ratio == record.given_ratio)
        # After a start it is unknown what Freqtrade was given.
        if not self.own.move_the_stop:
            return bool(ratio != abs(self.stoploss()))
        # A stop like the decided one, and tighter than the one that Freqtrade began with.
        first, stop, tick = trade.initial_stop_loss, state.memory.stop, state.position.tick_size
        same = abs(trade.stop_loss - stop) < ROUNDED * tick
        return bool(same and first and state.position.side * (stop - first) > tick / 2)

    def is_theirs(self, trade: Trade, state: TradeState) -> bool:
        """Return True if Freqtrade's stop is the strategy's own: its hard stop, or one that it has moved."""
        if self.holds_our_ratio(trade, state):
            return False
        if self.own.move_the_stop:
            return not host_is_looser(trade, state)
        return bool(trade.initial_stop_loss and trade.stop_loss == trade.initial_stop_loss)

    def restate(self, trade: Trade, state: TradeState, price: float, before: float | None) -> None:
        """Undo after a later fill what Freqtrade makes of robustop's ratio, and let the strategy's own act.

        Freqtrade has applied the ratio it holds to the new open rate. Where it is robustop's, the decided stop is
        stated again, as a ratio of this price; then the strategy's own ratio is applied to the open rate, as Freqtrade
        would have done without robustop. A fill under water is not undone, and tightens Freqtrade's stop: a later fill
        goes back to that, and not to the looser stop that was decided.

        Args:
            trade: Freqtrade's trade itself, no copy.
            state: The state of the trade.
            price: The price at which Freqtrade looks.
            before: Freqtrade's stop before this fill, as far as it is known; None if it is not.
        """
        if not self.holds_our_ratio(trade, state):
            return
        own = self.open_trades.of(trade).own_ratio or abs(self.stoploss())
        side, stop = state.position.side, state.memory.stop
        if before is not None and tighter(side, before, stop):
            stop = before
        if should_restate(trade, state, price) and not beyond(side, price, stop):
            self.give(trade, state, price, refresh=True, stop=stop)
        trade.adjust_stop_loss(trade.open_rate, own)
        self.open_trades.of(trade).host_stop = trade.stop_loss

    def anchor_first_stop(self, trade: Trade, state: TradeState, price: float) -> None:
        """Have Freqtrade hold the first stop as a ratio of the open rate.

        Freqtrade keeps the ratio that it was given at some rate, and applies it to the open rate at every later report
        of a fill or a fee. A ratio given below the open rate would then tighten the stop and count as trailing. A ratio
        of the open rate is right at any price, so a stop that comes with the first candles need not wait.
        """
        if not is_first_fill(trade, state) or host_is_tighter(trade, state):
            return
        side, stop = state.position.side, state.memory.stop
        looser = host_is_looser(trade, state)
        if not looser and not self.holds_our_ratio(trade, state):
            # The stop is the strategy's own hard stop.
            return
        # A stop at the entry or beyond it is not a loss, and a stop that the price has reached is an exit.
        if not tighter(side, trade.open_rate, stop) or beyond(side, price, stop):
            return
        if looser or abs(trade.stop_loss_pct or 0.0) != stop_ratio(trade, side, trade.open_rate, stop):
            self.give(trade, state, trade.open_rate, refresh=True)

    def note_move(self, trade: Trade, state: TradeState, price: float, now: datetime, who: str) -> None:
        """Record a move of Freqtrade's stop that robustop did not make. It does not enter robustop's state."""
        record = self.open_trades.of(trade)
        old_stop, record.host_stop = record.host_stop, trade.stop_loss
        if old_stop is not None and old_stop != trade.stop_loss:
            self.recorder.commit(
                trade, state, now, "host", price=price, old_stop=old_stop, new_stop=trade.stop_loss, mover=who
            )

    def follow(self, trade: Trade, state: TradeState, price: float, now: datetime, who: str) -> None:
        """Take over a stop that Freqtrade itself has tightened where nothing of the strategy's own moves it."""
        if self.own.move_the_stop or not host_is_tighter(trade, state):
            return
        old_stop = state.memory.stop
        phase = max(state.memory.phase, phase_of(state.position, trade.stop_loss))
        state.memory = state.memory._replace(stop=trade.stop_loss, phase=phase)
        self.recorder.commit(trade, state, now, "host", price=price, old_stop=old_stop, mover=who)


def is_unbreached(trade: Trade, reference: float | None) -> bool:
    """Return True if a price has not reached Freqtrade's stop: only then does Freqtrade move it.

    Args:
        trade: Freqtrade's trade.
        reference: The price; of a candle, its unfavorable extreme. A missing one moves nothing.
    """
    if reference is None:
        return False
    return bool(trade.stop_loss > reference if trade.is_short else trade.stop_loss < reference)
