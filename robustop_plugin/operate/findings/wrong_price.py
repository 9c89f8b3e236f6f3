"""Finds stop orders at a price where nobody wanted them."""

from collections.abc import Iterator

from robustop_plugin.core.side import tighter
from robustop_plugin.operate.exchange.account import OpenOrder
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import Look, stop_to_rest
from robustop_plugin.operate.trade_view import TradeView

NAME = "stop_at_wrong_price"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each position whose only stop is elsewhere; one that follows slowly is no such order."""
    for trade, stops in look.with_stops():
        (first, *others), wanted = stops, stop_to_rest(trade)
        if others or first.trigger is None or wanted is None or look.is_same(trade, first.trigger, wanted):
            continue
        is_tighter = tighter(trade.side, first.trigger, wanted)
        if not is_tighter and was_sent(look, trade, first):
            continue
        effect = "it closes the position too early" if is_tighter else "it protects less than the stop in force"
        yield Finding(
            NAME,
            Severity.WARNING if is_tighter else Severity.CRITICAL,
            Source.EXCHANGE,
            f"{called(trade)} has its stop at {number(wanted)}, and stop order {first.order_id} rests at "
            f"{number(first.trigger)}: {effect}",
            f"cancel order {first.order_id} on the exchange: a running bot then places one at the right price",
            of_what=(first.order_id, first.trigger),
        ).of(trade)


def was_sent(look: Look, trade: TradeView, order: OpenOrder) -> bool:
    """Return True if Freqtrade has sent a stop order, at the price at which it rests."""
    known = next((own for own in trade.stop_orders if own.order_id == order.order_id), None)
    if known is None or order.trigger is None:
        return False
    # Freqtrade does not write down the trigger of every exchange's orders.
    return known.stop_price is None or look.is_same(trade, order.trigger, known.stop_price)
