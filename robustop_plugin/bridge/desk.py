"""The desk: takes what the host asks, decides, remembers, records, and answers in the host's terms.

A tick of the host becomes facts; `decide` says what to do; the new stop is answered as a ratio, an exit as a
tag. The trade itself is never touched: the host applies the answer.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts import adopted, opened, with_entry
from robustop_plugin.bridge.guard import survives
from robustop_plugin.bridge.market import Market
from robustop_plugin.bridge.recorder import Recorder
from robustop_plugin.bridge.store import Store
from robustop_plugin.bridge.translate import exit_tag, stop_ratio
from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Decision, Exit, ExitReason, Level, Move, Rule, phase_of
from robustop_plugin.core.facts import Engine, Tick, is_price
from robustop_plugin.core.memory import TradeState
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

HOSTS_OWN = (ExitReason.STOP_LOSS, ExitReason.TRAILING_STOP)


@dataclass
class Desk:
    """All the trades of one strategy.

    Attributes:
        settings: of the strategy.
        stoploss: the strategy's hard stop, as a ratio.
        market: the candles.
        store: the states.
        recorder: of what was decided.
        simulated: a backtest or hyperopt, where each candle is looked at twice.
        failures: errors survived so far.
    """

    settings: Settings
    stoploss: float
    market: Market
    store: Store
    recorder: Recorder
    simulated: bool
    failures: int = 0
    _asked: tuple[int, datetime] | None = None
    _unasked_told: bool = False
    _engines: dict[str, tuple[Engine, ...]] = field(default_factory=dict)
    _exits: dict[int, tuple[datetime, ExitReason]] = field(default_factory=dict)

    @survives
    def open_tick(self, trade: Trade, price: float, now: datetime) -> bool:
        """Decide at the open of a backtest candle; return whether the host has to be given a new stop."""
        state = self._state(trade, now)
        if state is None or not is_price(price) or now.timestamp() <= state.position.opened_at:
            # The candle of the fill opened before the fill: its open is no tick of this trade.
            return False
        self._note_exit(trade, state, now, self._decide(trade, state, price, now))
        return self._to_publish(trade, state, price)

    @survives
    def stop_at(self, trade: Trade, price: float, now: datetime, after_fill: bool) -> float | None:
        """Return the ratio that puts the host's stop where it was decided; None for no change."""
        state = self._state(trade, now)
        if state is None or not is_price(price):
            return None
        if not after_fill and self._exit_at(trade, now) is None:
            decision = self._decide(trade, state, price, now)
            if not self.simulated:
                self._note_exit(trade, state, now, decision)
        if not self._to_publish(trade, state, price):
            return None
        position = state.position
        leverage = trade.leverage or 1.0
        return stop_ratio(position.side, price, state.memory.stop, position.tick_size, leverage)

    @survives
    def exit_tag_at(self, trade: Trade, now: datetime) -> str | None:
        """Return the tag of an exit that was decided at this moment; None where none was."""
        self._asked = (trade.id, now)
        reason = self._exit_at(trade, now)
        return None if reason is None else exit_tag(reason)

    def notice_unasked(self, trade: Trade, now: datetime) -> None:
        """Say once that `custom_exit` did not reach the mixin: a crossed level would not be exited."""
        if self._asked == (trade.id, now) or self._unasked_told:
            return
        self._unasked_told = True
        logger.error(
            "robustop: custom_exit of the strategy did not reach robustop for %s: exits at a crossed level "
            "are lost; let every path of it return super().custom_exit(...)",
            trade.pair,
        )

    @survives
    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take an order that was filled: open a state at the first entry, close it at the last exit."""
        if order.ft_order_side == trade.entry_side:
            self._state(trade, now, just_opened=trade.nr_of_successful_entries <= 1)
            return
        state = self.store.get(trade)
        # A backtest asks before it closes the trade, a bot after.
        closes = order.safe_amount >= trade.amount if self.simulated else not trade.is_open
        if state is None or not closes:
            return
        reason = order.ft_order_tag or trade.exit_reason or order.ft_order_side
        self.recorder.record(
            trade, state, now, "closed", price=order.safe_price, old_stop=state.memory.stop, reason=reason
        )
        self.recorder.flush()
        self._exits.pop(trade.id, None)
        self.store.forget(trade)

    def report_error(self, trade: Trade, now: datetime, text: str) -> None:
        """Tell of an error that was survived: counted, recorded, and sent where there is a channel."""
        self.failures += 1
        if not self.simulated:
            self.market.dp.send_msg(f"robustop: {trade.pair}: {text}; the stop in force stays")
        state = self.store.get(trade)
        if state is not None:
            self.recorder.record(trade, state, now, "error", old_stop=state.memory.stop, reason=text)

    def _state(self, trade: Trade, now: datetime, *, just_opened: bool = False) -> TradeState | None:
        """Return the state of a trade, made now if there is none; None for a trade to be left alone."""
        state = self.store.get(trade)
        if state is not None or self.store.is_untouchable(trade):
            return state
        settings = self.settings.for_pair(trade.pair).initial_stop
        if just_opened and not trade.is_stop_loss_trailing:
            state, stop = opened(trade, now, self.market, settings, self.stoploss)
            action = "initial"
        else:
            state, stop = adopted(trade, now, self.market, settings)
            action = "adopted"
        clamps = ", ".join(stop.clamps) or None
        start = Level(stop.price, None, Rule.INITIAL)
        self.recorder.record(trade, state, now, action, price=trade.open_rate, level=start, reason=clamps)
        self.store.put(trade, state, event=True)
        return state

    def _decide(self, trade: Trade, state: TradeState, price: float, now: datetime) -> Decision:
        """Decide at one tick, and keep and record what came of it."""
        before = state.memory
        self._follow_host(trade, state, price, now)
        state.position = with_entry(state.position, trade.open_rate)
        block = self.settings.for_pair(trade.pair)
        tick = Tick(
            time=now.timestamp(),
            price=price,
            atr=self.market.atr(trade.pair) if block.follows_atr else None,
            # A stop published under water would make the host jump at the next fill: it waits, and exits.
            publishable=not tighter(state.position.side, trade.open_rate, price),
        )
        old_stop = state.memory.stop
        outcome = decide(state.position, tick, state.memory, self._engines_of(trade.pair), block.gate_rules)
        state.memory = outcome.memory
        if isinstance(outcome.decision, Move):
            level = outcome.decision.level
            self.recorder.record(trade, state, now, "move", price=price, old_stop=old_stop, level=level)
        if state.memory != before:
            self.store.put(trade, state, event=state.memory.stop != before.stop)
        return outcome.decision

    def _follow_host(self, trade: Trade, state: TradeState, price: float, now: datetime) -> None:
        """Take over a stop that the host itself has tightened: it never loosens again."""
        memory, position = state.memory, state.position
        if not is_price(trade.stop_loss) or not tighter(position.side, trade.stop_loss, memory.stop):
            return
        if abs(trade.stop_loss - memory.stop) < position.tick_size / 4:
            return
        phase = max(memory.phase, phase_of(position, trade.stop_loss))
        state.memory = memory._replace(stop=trade.stop_loss, phase=phase)
        self.recorder.record(trade, state, now, "host", price=price, old_stop=memory.stop)

    def _to_publish(self, trade: Trade, state: TradeState, price: float) -> bool:
        """Return whether the host's stop is looser than the decided one, and the price still clears that."""
        side, stop = state.position.side, state.memory.stop
        behind = abs(stop - trade.stop_loss) >= state.position.tick_size / 4
        return behind and tighter(side, stop, trade.stop_loss) and not beyond(side, price, stop)

    def _note_exit(self, trade: Trade, state: TradeState, now: datetime, decision: Decision) -> None:
        """Remember an exit for `custom_exit`, which the host asks next; record it once."""
        if not isinstance(decision, Exit):
            self._exits.pop(trade.id, None)
            return
        lost = tighter(state.position.side, state.memory.stop, trade.stop_loss)
        if decision.reason in HOSTS_OWN and decision.level is None and not lost:
            # A stop that is hit is the host's own check, at the host's own price.
            return
        known = self._exits.get(trade.id)
        self._exits[trade.id] = (now, decision.reason)
        if known is None or known[1] is not decision.reason:
            stop = state.memory.stop
            tag = exit_tag(decision.reason)
            self.recorder.record(trade, state, now, "exit", old_stop=stop, level=decision.level, reason=tag)

    def _exit_at(self, trade: Trade, now: datetime) -> ExitReason | None:
        noted = self._exits.get(trade.id)
        return noted[1] if noted is not None and noted[0] == now else None

    def _engines_of(self, pair: str) -> tuple[Engine, ...]:
        if pair not in self._engines:
            self._engines[pair] = self.settings.for_pair(pair).build_engines()
        return self._engines[pair]
