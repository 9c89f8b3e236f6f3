"""Finds stop orders that stay where they are although the stop has moved."""

from collections.abc import Iterator

from robustop_plugin.core.side import tighter
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import Look, stop_to_rest
from robustop_plugin.operate.findings.wrong_price import was_sent
from robustop_plugin.operate.trade_view import TradeView

NAME = "slow_stop_update"
OF_THE_STRATEGY = ("strategy", "native", "host")
"""Engines of audit records whose moves do not pass the gate, but Freqtrade's own interval."""


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each position whose stop order is looser than the stop in force.

    A level that the gate holds back is not in force yet: it is no finding.
    """
    for trade, stops in look.with_stops():
        (first, *others), wanted = stops, stop_to_rest(trade)
        if others or first.trigger is None or wanted is None or look.is_same(trade, first.trigger, wanted):
            continue
        if tighter(trade.side, first.trigger, wanted) or not was_sent(look, trade, first):
            continue
        yield Finding(
            NAME,
            Severity.CRITICAL,
            Source.EXCHANGE,
            f"{called(trade)} has its stop at {number(wanted)}, and stop order {first.order_id} still rests at "
            f"{number(first.trigger)}",
            "look at the bot's log for refused orders; if you cancel the order by hand, a running bot places a new one",
            since=_moved_at(trade),
            patience=_interval(look, trade) + look.terms.two_loops,
            of_what=(first.order_id,),
        ).of(trade)


def _moved_at(trade: TradeView) -> float | None:
    """Return when the stop was moved last; None if the audit does not know."""
    return None if trade.last_move is None else float(trade.last_move["time"])


def _interval(look: Look, trade: TradeView) -> float:
    """Return how long a move may wait until it is sent, in seconds."""
    engine, gate = None if trade.last_move is None else trade.last_move["engine"], look.terms.interval(trade.pair)
    return max(gate, look.terms.own_gate) if engine in OF_THE_STRATEGY else gate
