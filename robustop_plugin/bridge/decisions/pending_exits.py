"""Exits that were decided at a tick, and wait until Freqtrade asks for them."""

from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.stop_in_force import host_is_looser
from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.bridge.state.live_trade import LiveTrade, PendingExit
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.core.decision import Decision, Exit
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.exits import AT_THE_STOP
from robustop_plugin.core.trade_state import TradeState


def host_exits_itself(trade: Trade, state: TradeState, decision: Exit) -> bool:
    """Return True if Freqtrade makes an exit by itself, at its own price.

    It does so where a stop that it knows is hit, and where profit is taken: through `custom_roi`, or by an order for
    the last part of the position.
    """
    if decision.reason is ExitReason.TAKE_PROFIT:
        return True
    return decision.reason in AT_THE_STOP and decision.level is None and not host_is_looser(trade, state)


def note_decision(
    trade: Trade, state: TradeState, now: datetime, decision: Decision, record: LiveTrade, recorder: Recorder
) -> None:
    """Keep a decided exit for the list of exits, which Freqtrade asks for next; record it once."""
    if not isinstance(decision, Exit):
        record.pending_exit = None
        return
    if not host_exits_itself(trade, state, decision) and note_exit(record, now, decision.reason):
        stop, tag = state.memory.stop, exit_tag(decision.reason)
        recorder.commit(trade, state, now, "exit", old_stop=stop, level=decision.level, reason=tag)


def note_exit(record: LiveTrade, now: datetime, reason: ExitReason) -> bool:
    """Keep an exit; return True if the one before had another reason, or there was none."""
    before = record.pending_exit
    record.pending_exit = PendingExit(now, reason)
    return before is None or before.reason is not reason


def exit_at(record: LiveTrade, now: datetime) -> ExitReason | None:
    """Return why the trade is left at this very moment; None if it is not."""
    pending = record.pending_exit
    return pending.reason if pending is not None and pending.decided_at == now else None
