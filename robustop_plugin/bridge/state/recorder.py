"""Commits an event of a trade: one audit record and the state that belongs to it, in one call."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade

from robustop_plugin.audit.record import AuditRecord, facts_of
from robustop_plugin.audit.sink import AuditSink, NoAudit
from robustop_plugin.bridge.facts.identity import opened_ms, side_of
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
        refusals: Number of refused entries that were recorded.
        shadow: The setting whose engines only decide, as a fact of each record; None if they act.
    """

    sink: AuditSink
    store: Store
    errors: ErrorReporter
    refusals: int = 0
    shadow: str | None = None

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
        self.store.put(trade, state, event=True)

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
            facts: More facts; None for those of the state alone.
        """
        state.sequence += 1
        if isinstance(self.sink, NoAudit):
            return

        def make() -> AuditRecord:
            record = self._record(trade, state, now, action, price, old_stop, level, reason)
            record = self._of_shadow(replace(record, facts={**record.facts, **facts}) if facts else record)
            if mover is None:
                return record
            return replace(record, engine=mover, new_stop=record.new_stop if new_stop is None else new_stop)

        self._write(trade.pair, action, make)

    def _of_shadow(self, record: AuditRecord) -> AuditRecord:
        """Return a record as it is; if the engines only decide, with that as a fact, and with a token of its own."""
        if self.shadow is None:
            return record
        return replace(record, token=f"{record.token}:{self.shadow}", facts={**record.facts, "shadow": self.shadow})

    def refused(self, pair: str, side: int, price: float, now: datetime, reason: str) -> None:
        """Write that an entry was refused. There is no trade, so the trade number is 0."""
        self.refusals += 1
        token = f"0:{int(now.timestamp() * 1000)}:{self.refusals}"
        record = _without_state(token, 0, pair, side, "refused", now, reason, price)
        self._write(pair, "refused", lambda: record)

    def without_state(self, trade: Trade, now: datetime, reason: str) -> None:
        """Write an error of a trade without a state."""
        token = f"{trade.id}:{opened_ms(trade)}:0"
        record = _without_state(token, trade.id, trade.pair, side_of(trade), "error", now, reason, trade.open_rate)
        self._write(trade.pair, "error", lambda: self._of_shadow(record))

    def _write(self, pair: str, action: str, make: Callable[[], AuditRecord]) -> None:
        try:
            self.sink.write(make())
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
        except Exception as error:
            logger.exception("robustop: the audit was not written")
            self.errors.report_error("the audit", f"it was not written: {error!r}")


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
