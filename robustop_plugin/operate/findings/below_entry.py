"""Finds positions that have gained more than they risked, and whose stop still lies on the losing side of the entry."""

from collections.abc import Iterator

from robustop_plugin.core.side import tighter
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import Look, gain_in_r
from robustop_plugin.operate.trade_view import TradeView

NAME = "profit_with_stop_below_entry"
ENOUGH = 1.0
"""Gain from which on the stop should be at the entry or better, in R."""
STILL = "bracket"
"""The engine that never moves a stop."""


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such position; what the gate holds back is none."""
    for trade in look.positions:
        price, stop = look.price(trade), trade.stop
        gain = None if price is None else gain_in_r(trade, price)
        if price is None or stop is None or gain is None or gain < ENOUGH or not _is_below(look, trade, stop):
            continue
        wanted = _wanted(trade)
        yield Finding(
            NAME,
            Severity.WARNING if wanted is None else Severity.CRITICAL,
            Source.EXCHANGE,
            f"{called(trade)} has gained {gain:.2f} R at {number(price)}, and its stop at {number(stop)} is still on "
            f"the losing side of the entry at {number(trade.entry)}"
            + ("" if wanted is None else f"; robustop wants it at {number(wanted)}"),
            f"see why with `robustop audit --trade-id {trade.number}`; if your settings are meant to leave it there, "
            f"add --ignore {NAME}",
            since=_since(look, trade, wanted),
            patience=(look.terms.interval(trade.pair) if look.has_gate else 0.0) + look.terms.two_loops,
        ).of(trade)


def _is_below(look: Look, trade: TradeView, stop: float) -> bool:
    """Return True if a stop is on the losing side of the entry, by more than the gate holds back, and should move."""
    block = look.terms.settings.for_pair(trade.pair)
    if all(engine.name == STILL for engine in block.engines):
        return False
    room = stop * block.gate.min_improvement_percent / 100 if look.has_gate else 0.0
    return tighter(trade.side, trade.entry, stop + trade.side * room)


def _wanted(trade: TradeView) -> float | None:
    """Return the level that robustop wants; None if it wants none at the entry or better."""
    level = None if trade.state is None else trade.state.memory.level
    if level is None or tighter(trade.side, trade.entry, level.price):
        return None
    return level.price


def _since(look: Look, trade: TradeView, wanted: float | None) -> float | None:
    """Return when the gate began to count, if robustop wants a level that does not pass it; else None."""
    if trade.state is None or wanted is None or not look.has_gate:
        return None
    return trade.state.memory.published_at
