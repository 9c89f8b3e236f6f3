"""Audit records that travel in the state of their trade until they are stored, so that none dies with the process."""

import logging
from collections.abc import Iterable
from typing import Any

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.audit.sink import AuditSink
from robustop_plugin.audit.table import AuditTable
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)

MOST = 200
"""Records that a state carries at most, the last ones: it is written with each event, also where none can be stored."""


def carry(state: TradeState, record: AuditRecord) -> None:
    """Give a record to the state that is written with the same event."""
    state.records = (*state.records, record.to_dict())[-MOST:]


def release(trades: Iterable[tuple[int, LiveTrade]]) -> None:
    """Note that all records are stored: the next write of each state is without them.

    Until then a restart hands them in again, and their tokens are known.
    """
    for _, trade in trades:
        if trade.state is not None and trade.state.records:
            trade.state.records = ()


def take_over(sink: AuditSink, records: Iterable[Any]) -> None:
    """Hand in the records that an earlier process may not have stored."""
    for data in records:
        try:
            sink.write(AuditRecord(**data))
        except (TypeError, ValueError, AttributeError):
            logger.exception("robustop: a record in a state was not readable, and is not stored: %r", data)


def save(sink: AuditSink, records: Iterable[Any]) -> bool:
    """Store the records of a state that is of no use any more; return False if only the state has them."""
    if not isinstance(sink, AuditTable):
        return True
    take_over(sink, records)
    sink.flush()
    return sink.is_empty
