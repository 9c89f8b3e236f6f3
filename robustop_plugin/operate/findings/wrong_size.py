"""Finds stop orders that sell less or more than the position holds."""

from collections.abc import Iterator

from robustop_plugin.operate.exchange.account import OpenOrder
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import SAME_SHARE, Look, counted
from robustop_plugin.operate.trade_view import TradeView

NAME = "stop_of_wrong_size"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each position whose only stop has another size."""
    for trade, stops in look.with_stops():
        (first, *others), holds = stops, counted(trade)
        if others or first.amount is None:
            continue
        room, difference = _room(look, trade, holds), first.amount - holds
        if abs(difference) <= room or (difference > 0 and _is_of_before(trade, first, room)):
            continue
        is_short = difference < 0
        what = f"{number(-difference)} are not protected" if is_short else f"it sells {number(difference)} too many"
        yield Finding(
            NAME,
            Severity.CRITICAL if is_short else Severity.WARNING,
            Source.EXCHANGE,
            f"{called(trade)} holds {number(holds)}, and its stop order {first.order_id} is for "
            f"{number(first.amount)}: {what}",
            f"cancel order {first.order_id} on the exchange: a running bot then places one of the right size",
            of_what=(first.order_id, number(holds)),
        ).of(trade)


def _room(look: Look, trade: TradeView, holds: float) -> float:
    """Return how far sizes may be apart: Freqtrade rounds down to a lot."""
    market = None if look.account is None else look.account.markets.get(trade.pair)
    return max(0.0 if market is None else market.lot, holds * SAME_SHARE) * (1 + SAME_SHARE)


def _is_of_before(trade: TradeView, order: OpenOrder, room: float) -> bool:
    """Return True for an order that was sent for the position as it was before a part of it was sold.

    Freqtrade leaves it until the stop moves. It can only reduce the position, so it closes it, and no more.
    """
    return order.reduces and any(
        own.order_id == order.order_id and abs(own.remaining - (order.amount or 0.0)) <= room
        for own in trade.stop_orders
    )
