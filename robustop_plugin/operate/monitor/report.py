"""The report of a run as plain data: `docs/reference/monitor_report.schema.json` says what is in it."""

from typing import Any

from robustop_plugin.operate.exchange.account import OpenOrder
from robustop_plugin.operate.findings.finding import Severity
from robustop_plugin.operate.findings.look import Look, exit_side, gain_in_r
from robustop_plugin.operate.monitor.suspicions import Suspicion
from robustop_plugin.operate.monitor.watch import Watch
from robustop_plugin.operate.trade_view import TradeView

SCHEMA = 1
NOTHING_FOUND, FOUND, NOT_SEEN = 0, 1, 2


def report_of(watch: Watch, began: float, ended: float) -> dict[str, Any]:
    """Return the report of a run, JSON-ready; its times are in seconds since the epoch.

    Args:
        watch: what has watched the bot.
        began: when the run began.
        ended: when it ended, or now.
    """
    look, found = watch.last, [_finding(suspicion) for suspicion in watch.suspicions.confirmed]
    return {
        "schema": SCHEMA,
        "began": began,
        "ended": ended,
        "looks": watch.looks,
        "status": status_of(watch),
        "bot": {
            "exchange": str((watch.config.get("exchange") or {}).get("name", "")),
            "trading_mode": str(watch.config.get("trading_mode") or "spot"),
            "dry_run": watch.is_dry_run,
            "pulse": None if look is None else str(look.bot.pulse),
            "activity": None if look is None else look.bot.activity,
            "looked_at": None if look is None else look.bot.looked_at,
            "stops_rest": None if look is None else look.stops_rest,
        },
        "not_seen": [{"source": str(source), "why": why} for source, why in sorted(watch.troubles.items())],
        "findings": found,
        "trades": [] if look is None else [_trade(look, trade) for trade in look.trades],
        "notes": watch.notes,
    }


def status_of(watch: Watch) -> int:
    """Return the exit status of a run: 2 if its last look was not complete, else 1 if anything serious was found."""
    if watch.troubles or watch.last is None:
        return NOT_SEEN
    serious = any(suspicion.finding.severity != Severity.INFO for suspicion in watch.suspicions.confirmed)
    return FOUND if serious else NOTHING_FOUND


def _finding(suspicion: Suspicion) -> dict[str, Any]:
    finding = suspicion.finding
    return {
        "name": finding.name,
        "severity": str(finding.severity),
        "trade": None if finding.trade is None else finding.trade.number,
        "pair": finding.pair,
        "since": suspicion.since,
        "last_seen": suspicion.last_seen,
        "is_open": suspicion.is_open,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
    }


def _trade(look: Look, trade: TradeView) -> dict[str, Any]:
    price, stop = look.price(trade), trade.stop
    gain = None if price is None else gain_in_r(trade, price)
    return {
        "trade": trade.number,
        "pair": trade.pair,
        "side": trade.side_name,
        "amount": trade.amount,
        "entry": trade.entry,
        "price": price,
        "gain_in_r": gain,
        "phase": None if trade.phase is None else trade.phase.name,
        "stop": stop,
        "stop_orders": [_stop(order) for order in _stops(look, trade)],
    }


def _stops(look: Look, trade: TradeView) -> tuple[OpenOrder, ...]:
    return () if look.account is None else look.account.stops_of(trade.pair, exit_side(trade))


def _stop(order: OpenOrder) -> dict[str, Any]:
    return {"order": order.order_id, "trigger": order.trigger, "limit": order.price, "amount": order.amount}
