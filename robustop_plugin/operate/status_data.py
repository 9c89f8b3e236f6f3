"""The status of open and closed trades as JSON-ready data."""

from collections.abc import Sequence
from typing import Any

from robustop_plugin.operate.closed import ClosedTrade
from robustop_plugin.operate.costs import Result
from robustop_plugin.operate.last_records import Record
from robustop_plugin.operate.outlook import Prospect
from robustop_plugin.operate.status import Status, TradeStatus

SCHEMA = 1
MOVE_FIELDS = ("time", "action", "engine", "rule", "price", "old_stop", "new_stop", "reason")


def status_data(status: Status) -> dict[str, Any]:
    """Return the status of the open trades."""
    bot, settings = status.prices.bot, status.settings
    return {
        "schema": SCHEMA,
        "time": status.now,
        "protected": status.is_protected,
        "sentence": status.sentence,
        "unprotected": [
            {"trade_id": found.trade.number, "pair": found.trade.pair, "why": found.protection.why}
            for found in status.trades
            if not found.protection.is_protected
        ],
        "bot": None
        if bot is None
        else {"answered": bot.error is None, "runs": bot.heartbeat.runs, "looked_at": bot.heartbeat.looked_at}
        | {"error": bot.error},
        "settings": {
            "strategy": settings.strategy,
            "started_at": settings.started_at,
            "on_exchange": settings.on_exchange,
            "problem": settings.problem,
        },
        "trades": [trade_data(found, status.now) for found in status.trades],
    }


def trade_data(found: TradeStatus, now: float) -> dict[str, Any]:
    """Return one open trade; `now` in seconds since the epoch."""
    trade, seen = found.trade, found.seen
    return {
        "trade_id": trade.number,
        "opened_at": trade.opened_at,
        "pair": trade.pair,
        "side": trade.side_name,
        "age_seconds": now - trade.opened_at,
        "entry": trade.entry,
        "amount": trade.amount,
        "stake": trade.stake,
        "stake_currency": trade.stake_currency,
        "leverage": trade.leverage,
        "price": None if seen is None else seen.price,
        "price_source": None if seen is None else str(seen.source),
        "price_time": None if seen is None else seen.seen_at,
        "r": found.r,
        "best": trade.best,
        "risk": trade.risk,
        "phase": None if trade.phase is None else trade.phase.name,
        "rungs": trade.rungs,
        "initial_stop": trade.initial_stop,
        "stop": trade.stop,
        "host_stop": trade.host_stop,
        "own_stop": trade.own_stop,
        "waiting_stop": found.waiting,
        "protected": found.protection.is_protected,
        "protected_by": str(found.protection.by),
        "why": found.protection.why,
        "stop_orders": [
            {"order_id": order.order_id, "price": order.stop_price, "amount": order.remaining, "status": order.status}
            for order in trade.stop_orders
        ],
        "distance_percent": found.distance_percent,
        "distance_r": found.distance_r,
        "locked_in": _money(found.locked_in),
        "locked_in_percent": _percent(found.locked_in),
        "pending": [
            {"tag": request.tag, "amount": request.amount, "asked_at": request.asked_at} for request in trade.pending
        ],
        "next": prospect_data(found.coming),
        "next_sale": prospect_data(found.sale),
        "then": None
        if found.then is None
        else {
            **(prospect_data(found.then) or {}),
            "result": _money(found.then_result),
            "result_percent": _percent(found.then_result),
        },
        "last_move": move_data(trade.last_move),
        "shadowed": trade.stored.is_shadowed,
        "state": "ok" if trade.trouble is None else str(trade.trouble),
        "state_detail": trade.stored.detail,
    }


def prospect_data(prospect: Prospect | None) -> dict[str, Any] | None:
    """Return what would be decided at a price."""
    if prospect is None:
        return None
    names = ("price", "stop", "engine", "rule", "fraction", "reason", "waits")
    return {"action": str(prospect.action), **{name: getattr(prospect, name) for name in names}}


def move_data(record: Record | None) -> dict[str, Any] | None:
    """Return the move of a stop."""
    return None if record is None else {name: record.get(name) for name in MOVE_FIELDS}


def closed_data(trades: Sequence[ClosedTrade], now: float) -> dict[str, Any]:
    """Return closed trades; `now` in seconds since the epoch."""
    return {"schema": SCHEMA, "time": now, "closed": [closed_trade_data(closed) for closed in trades]}


def closed_trade_data(closed: ClosedTrade) -> dict[str, Any]:
    """Return one closed trade."""
    trade = closed.trade
    return {
        "trade_id": trade.number,
        "opened_at": trade.opened_at,
        "closed_at": trade.closed_at,
        "pair": trade.pair,
        "side": trade.side_name,
        "entry": trade.entry,
        "exit": trade.close_price,
        "best": trade.best,
        "profit": trade.close_profit_abs,
        "profit_percent": None if trade.close_profit is None else trade.close_profit * 100,
        "stake_currency": trade.stake_currency,
        "exit_reason": trade.exit_reason,
        "initial_stop": trade.initial_stop,
        "risk": trade.risk,
        "r": closed.r,
        "best_r": closed.best_r,
        "giveback_r": closed.giveback_r,
        "giveback_percent": closed.giveback_percent,
        "stop_path": [{"mover": name, "stop": stop, "moves": count} for name, stop, count in closed.path],
    }


def _money(result: Result | None) -> float | None:
    return None if result is None else result.money


def _percent(result: Result | None) -> float | None:
    return None if result is None else result.percent
