"""The breaker: a question about a trade that failed several times in a row is not asked for a while.

It concerns one question about one trade. Other trades, other questions, and what protects this trade go on: Freqtrade's
own check of the stop in force, the check of robustop's stop, the guard of stops on the exchange, panic and drawdown.
Only questions for the engines pause. Errors of the others are tried again at every look, and reported once.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.record import BREAKER, BREAKER_CLOSED
from robustop_plugin.bridge.messages.texts import number, which
from robustop_plugin.bridge.state.database_health import DatabaseSilent
from robustop_plugin.bridge.state.faults import Fault
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.settings import Settings
from robustop_plugin.settings.blocks import Breaker as Limit

QUESTIONS = {
    "stop_at": "where the stop belongs",
    "sale_at": "whether a part is sold",
    "take_profit_at": "where profit is taken",
}
"""What the engines are asked, by the manager's method: these pause while the breaker is open."""

OFF = Limit.model_construct(failures=0)
"""Errors are counted, and no breaker opens."""


@dataclass
class Breaker:
    """The breaker of each of a bot's trades. In a backtest it never opens, and every error is reported.

    Attributes:
        settings: The strategy's settings.
        open_trades: The records that hold the failures.
        store: Keeps the states.
        recorder: Records errors, and that a breaker was opened or closed.
        simulated: True in a backtest and in hyperopt.
        clock: Returns the seconds of a steady clock.
        openings: How often a breaker was opened.
    """

    settings: Settings
    open_trades: OpenTrades
    store: Store
    recorder: Recorder
    simulated: bool
    clock: Callable[[], float] = time.monotonic
    openings: int = 0

    def is_failing(self, trade: Trade) -> bool:
        """Return True if the last question for a trade's stop failed, or pauses."""
        return "stop_at" in (self.open_trades.of(trade).faults or ())

    def is_paused(self, trade: Trade, question: str) -> bool:
        """Return True if a question is not to be asked now."""
        faults = self.open_trades.of(trade).faults
        if not faults or question not in QUESTIONS:
            return False
        fault = faults.get(question)
        return fault is not None and fault.paused_until is not None and self.clock() < fault.paused_until

    def succeeded(self, trade: Trade, question: str, now: datetime | None) -> None:
        """Note that a question was answered: its failures no longer count, and a breaker that was tried again closes.

        A question that does not pause may fail again at the next look, so its breaker stays open for its time.
        """
        faults = self.open_trades.of(trade).faults
        fault = faults and faults.get(question)
        if not faults or not fault:
            return
        if fault.paused_until is not None and self.clock() < fault.paused_until:
            return
        del faults[question]
        if fault.paused_until is not None and not _is_open(faults):
            self._announce(trade, now, f"{_what(question)} can be decided again: {BREAKER_CLOSED}")

    def failed(self, trade: Trade, question: str, now: datetime | None, error: Exception) -> bool:
        """Note that a question failed; return True if that is to be logged, False while its breaker is open."""
        text = f"{question}: {error!r}"
        if self.simulated:
            self._report(trade, now, text)
            return True
        if isinstance(error, SQLAlchemyError | DatabaseSilent):
            # The next loop tries again: a breaker would go on after the database is back.
            was_down = self.recorder.errors.database_down
            self.recorder.errors.database_failed(error)
            return not was_down
        limit, record = self.settings.for_pair(trade.pair).breaker or OFF, self.open_trades.of(trade)
        if record.faults is None:
            record.faults = {}
        known, paused_until = record.faults.get(question, Fault(0)), self.clock() + limit.cooldown_s
        if known.paused_until is not None:
            if self.clock() >= known.paused_until:
                record.faults[question] = Fault(known.failures + 1, paused_until)
            return False
        was_open, failures = _is_open(record.faults), known.failures + 1
        opens = failures >= limit.failures > 0
        record.faults[question] = Fault(failures, paused_until if opens else None)
        self._report(trade, now, text)
        if opens and not was_open:
            self.openings += 1
            times = "once" if failures == 1 else f"{failures} times in a row"
            again = f"tried again every {limit.cooldown_s:g} s" if question in QUESTIONS else "reported no more"
            self._announce(trade, now, f"{_what(question)} could not be decided, {times} ({error!r}): {again}")
        return True

    def _announce(self, trade: Trade, now: datetime | None, text: str) -> None:
        """Record and send that a breaker was opened or closed."""
        text_of_all = f"{which(trade)}: {text}; the stop in force, {number(trade.stop_loss)}, stays"
        self.recorder.errors.notify(text_of_all, "breaker", trade.pair)
        self._record(trade, now, BREAKER, text)

    def _report(self, trade: Trade, now: datetime | None, text: str) -> None:
        """Count an error, record it, and send a message if there is a channel."""
        self.recorder.errors.report_error(trade.pair, text)
        self._record(trade, now, "error", text)

    def _record(self, trade: Trade, now: datetime | None, action: str, text: str) -> None:
        with suppress(Exception):
            state = self.store.get(trade)
            if state is not None and now is not None:
                self.recorder.commit(trade, state, now, action, old_stop=state.memory.stop, reason=text)


def _is_open(faults: dict[str, Fault]) -> bool:
    return any(fault.paused_until is not None for fault in faults.values())


def _what(question: str) -> str:
    return QUESTIONS.get(question, question)
