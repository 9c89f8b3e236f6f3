"""Finds partial exits that rest too long: the profit is not taken, and on spot the stop may be gone meanwhile."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import SAME_SHARE, Look, exit_side

NAME = "partial_exit_rests"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each partial exit that has rested longer than it may."""
    for trade in look.positions:
        for order in trade.resting_orders:
            is_part = order.side == exit_side(trade) and order.remaining < trade.amount * (1 - SAME_SHARE)
            rested = 0.0 if order.ordered_at is None else look.at - order.ordered_at
            if not is_part or rested < look.terms.resting:
                continue
            price = "" if order.price is None else f" at {number(order.price)}"
            tag = "" if order.tag is None else f" ({order.tag})"
            yield Finding(
                NAME,
                Severity.WARNING,
                Source.DATABASE,
                f"{called(trade)}: a partial exit{tag} of {number(order.remaining)}{price} has rested for "
                f"{rested:.0f} s",
                'set order_types.exit to "market", or unfilledtimeout.exit to a shorter time; to fill it now, cancel '
                f"order {order.order_id} (/cancel_open_order {trade.number})",
                since=order.ordered_at,
                of_what=(order.order_id,),
            ).of(trade)
