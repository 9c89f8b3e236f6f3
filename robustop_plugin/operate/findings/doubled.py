"""Finds positions with more than one stop order."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import Look

NAME = "doubled_stop"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such position."""
    for trade, stops in look.with_stops():
        if len(stops) == 1:
            continue
        known = {order.order_id for order in trade.stop_orders}
        others = [stop.order_id for stop in stops if stop.order_id not in known] or [stops[0].order_id]
        opens = look.account is not None and look.account.is_futures and not all(stop.reduces for stop in stops)
        listed = ", ".join(f"{stop.order_id} at {number(stop.trigger or 0.0)}" for stop in stops)
        yield Finding(
            NAME,
            Severity.CRITICAL if opens else Severity.WARNING,
            Source.EXCHANGE,
            f"{called(trade)} has {len(stops)} stop orders: {listed}"
            + ("; what is left over would open a position on the other side" if opens else ""),
            f"cancel order {', '.join(others)} on the exchange",
            of_what=tuple(sorted(stop.order_id for stop in stops)),
        ).of(trade)
