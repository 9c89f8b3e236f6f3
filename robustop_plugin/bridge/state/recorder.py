"""Commits an event of a trade: one audit record and the state that belongs to it, in one call."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from freqtrade.persistence import Trade

from robustop_plugin.audit.record import AuditRecord, facts_of
from robustop_plugin.audit.shadow import of_shadow
from robustop_plugin.audit.sink import AuditSink, NoAudit
from robustop_plugin.audit.table import AuditTable
from robustop_plugin.bridge.facts.identity import opened_ms, side_of
from robustop_plugin.bridge.messages.log_lines import Line
from robustop_plugin.bridge.messages.voice import Notice, Voice
from robustop_plugin.bridge.state.carried_records import carry, release, save, take_over
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decision import Level
from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)


@dataclass
class Recorder:
    """Writes audit records. A sequence number in the trade's state identifies each, so that none counts twice.

    Attributes:
        sink: Writes the records.
        store: Keeps the states.
        errors: Reports records that were not written.
        voice: Sends messages about events, and logs them; None in a backtest.
        refusals: Number of refused entries that were recorded.
        shadow: The setting whose engines only decide; None if they act.
        others: More sinks of the records, which keep none for a restart.
    """

    sink: AuditSink
    store: Store
    errors: ErrorReporter
    voice: Voice | None = None
    refusals: int = 0
    shadow: str | None = None
    others: tuple[AuditSink, ...] = ()

    def __post_init__(self) -> None:
        """Let the store report a state whose messages may not have been sent, or whose records may not be stored."""
        self.store.on_read = self._catch_up if self.voice is not None or isinstance(self.sink, AuditTable) else None
        self.store.on_drop = lambda records: save(self.sink, records)

    def _catch_up(self, trade: Trade, state: TradeState) -> None:
        """Take over what an earlier process may have left undone."""
        take_over(self.sink, state.records)
        if self.voice is not None:
            self.voice.catch_up(trade, state)

    def new_loop(self) -> None:
        """Begin a bot's loop: what was said in the last one has left the process."""
        self.errors.new_loop()
        all_left = self.voice is not None and self.errors.all_left
        for _, record in self.store.open_trades if all_left else ():
            if record.state is not None and record.state.told.unsure:
                record.state.told = record.state.told._replace(unsure=False)
                record.behind = True

    def commit(
        self,
        trade: Trade,
        state: TradeState,
        now: datetime,
        action: str,
        *,
        price: float | None = None,
        old_stop: float | None = None,
        level: Level | None = None,
        reason: str | None = None,
        **of_host: Any,
    ) -> None:
        """Write one record, then the state with its sequence number. New stop and phase are taken from the state."""
        self.record(trade, state, now, action, price=price, old_stop=old_stop, level=level, reason=reason, **of_host)
        if self.voice is None:
            self.store.put(trade, state, event=True)
            return
        engine, rule = (level.engine, str(level.rule)) if level else (of_host.get("mover"), None)
        new_stop = of_host.get("new_stop") or state.memory.stop
        line = Line(action, price, old_stop, new_stop, engine, rule, reason)
        # The state knows of the message before that is sent: a restart sends none twice.
        notice = survived(partial(self.voice.prepare, trade, state, line))
        self.store.put(trade, state, event=True)
        self.voice.send(trade, notice)

    def say_asked(self, trade: Trade, state: TradeState, tag: str, amount: float) -> bool:
        """Write a partial exit that is asked for, and send the message about it; return False if it is not written."""
        if self.voice is None:
            return self.store.put_at_once(trade, state)
        before = state.told
        notice = survived(partial(self.voice.asked, trade, state, tag, amount))
        if not self.store.put_at_once(trade, state):
            state.told = before
            return False
        self.voice.send(trade, notice)
        return True

    def record(
        self,
        trade: Trade,
        state: TradeState,
        now: datetime,
        action: str,
        *,
        price: float | None = None,
        old_stop: float | None = None,
        level: Level | None = None,
        reason: str | None = None,
        mover: str | None = None,
        new_stop: float | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Write one record without storing the state, for a trade that is closed.

        Args:
            trade: Freqtrade's trade.
            state: The state of the trade.
            now: The current time.
            action: What happened.
            price: The price at which it was decided.
            old_stop: The stop before, in price.
            level: The level that moved the stop.
            reason: Why.
            mover: Who moved the stop, if no engine did.
            new_stop: The stop after, in price; None for that of the state.
            facts: More facts.
        """
        state.sequence += 1
        if isinstance(self.sink, NoAudit):
            return

        def make() -> AuditRecord:
            record = self._record(trade, state, now, action, price, old_stop, level, reason)
            record = of_shadow(record, self.shadow, facts)
            if mover is None:
                return record
            return replace(record, engine=mover, new_stop=record.new_stop if new_stop is None else new_stop)

        self._write(trade.pair, action, make, state)

    def refused(self, pair: str, side: int, price: float, now: datetime, reason: str) -> None:
        """Write that an entry was refused. There is no trade, so the trade number is 0."""
        self.refusals += 1

        def make() -> AuditRecord:
            token = f"0:{int(now.timestamp() * 1000)}:{self.refusals}"
            return _without_state(token, 0, pair, side, "refused", now, reason, price)

        self._write(pair, "refused", make)

    def without_state(self, trade: Trade, now: datetime, reason: str) -> None:
        """Write an error of a trade without a state."""
        token = f"{trade.id}:{opened_ms(trade)}:0"
        record = _without_state(token, trade.id, trade.pair, side_of(trade), "error", now, reason, trade.open_rate)
        self._write(trade.pair, "error", lambda: of_shadow(record, self.shadow))

    def _write(self, pair: str, action: str, make: Callable[[], AuditRecord], state: TradeState | None = None) -> None:
        try:
            record = make()
            self.sink.write(record)
            if state is not None and isinstance(self.sink, AuditTable):
                carry(state, record)
            for sink in self.others:
                sink.write(record)
        except Exception as error:
            # A lost record is reported and tolerated: a stop that fails to move would be worse.
            logger.exception("robustop: the record of %s for %s was not written", action, pair)
            self.errors.report_error(pair, f"the record of {action} was not written: {error!r}")

    @staticmethod
    def _record(
        trade: Trade,
        state: TradeState,
        now: datetime,
        action: str,
        price: float | None,
        old_stop: float | None,
        level: Level | None,
        reason: str | None,
    ) -> AuditRecord:
        return AuditRecord(
            token=f"{trade.id}:{state.opened_ms}:{state.sequence}",
            time=now.timestamp(),
            trade_id=trade.id,
            pair=trade.pair,
            side=side_of(trade),
            action=action,
            price=price,
            old_stop=old_stop,
            new_stop=state.memory.stop,
            engine=level.engine if level else None,
            rule=str(level.rule) if level else None,
            phase=state.memory.phase.name,
            reason=reason,
            facts={
                **facts_of(state),
                "leverage": trade.leverage or 1.0,
                "liquidation": trade.liquidation_price,
            },
        )

    def flush(self) -> None:
        """Flush the written records to their destination."""
        try:
            self.sink.flush()
            if isinstance(self.sink, AuditTable) and self.sink.is_empty:
                release(self.store.open_trades)
        except Exception as error:
            logger.exception("robustop: the audit was not written")
            self.errors.report_error("the audit", f"it was not written: {error!r}")


def survived(prepare: Callable[[], Notice | None]) -> Notice | None:
    """Return a message; None if it cannot be made, which stops nothing."""
    try:
        return prepare()
    except Exception:
        logger.exception("robustop: a message about a trade could not be made")
    return None


def _without_state(
    token: str, trade_id: int, pair: str, side: int, action: str, now: datetime, reason: str, price: float
) -> AuditRecord:
    return AuditRecord(
        token=token,
        time=now.timestamp(),
        trade_id=trade_id,
        pair=pair,
        side=side,
        action=action,
        price=price,
        old_stop=None,
        new_stop=None,
        engine=None,
        rule=None,
        phase=None,
        reason=reason,
        facts={},
    )
