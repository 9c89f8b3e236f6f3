"""From a decision about a trade to an audit record."""

from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.audit.record import AuditRecord, AuditSink, facts_of
from robustop_plugin.bridge.facts import side_of
from robustop_plugin.core.decision import Level
from robustop_plugin.core.memory import TradeState


@dataclass
class Recorder:
    """Writes records to where they are kept; a number in the trade's state makes each one exactly-once."""

    sink: AuditSink

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
    ) -> None:
        """Write one record; the new stop and the phase are those of the state."""
        state.sequence += 1
        self.sink.write(
            AuditRecord(
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
                facts=facts_of(state),
            )
        )

    def flush(self) -> None:
        """Bring what was written to where it is kept."""
        self.sink.flush()
