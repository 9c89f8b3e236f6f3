"""Finds positions that nothing protects: no stop at all, or no order where the stop should rest on the exchange."""

from collections.abc import Iterator

from robustop_plugin.operate.exchange.account import Account
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import Look, exit_side, stop_to_rest
from robustop_plugin.operate.findings.unexplained import is_held
from robustop_plugin.operate.trade_view import TradeView

NAME = "position_without_protection"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such position."""
    for trade in look.positions:
        why = _why(look, trade)
        if why is None:
            continue
        yield Finding(
            NAME,
            Severity.CRITICAL,
            Source.DATABASE if look.account is None or trade.stop is None else Source.EXCHANGE,
            f"{called(trade)}, {number(trade.amount)} held, has no protection: {why}",
            "look at the bot's log; if it does not place the stop within a minute, place one by hand, or close the "
            f"position (/forceexit {trade.number})",
            # An entry that is filled in part gets its stop once the rest of it is given up, two loops later.
            patience=look.terms.two_loops * (2 if trade.resting_orders else 1),
        ).of(trade)


def _why(look: Look, trade: TradeView) -> str | None:
    """Return why a position is unprotected; None if it is not, or that is not known."""
    stop = stop_to_rest(trade)
    if stop is None:
        return "neither Freqtrade nor robustop knows a stop"
    if not look.stops_rest:
        return None
    if look.account is None or not look.account.lists_stops:
        missing = not trade.stop_orders
        return f"no stop order is known that rests at {number(stop)}" if missing else None
    if not is_held(look, trade) or look.account.stops_of(trade.pair, exit_side(trade)):
        return None
    return f"no stop order rests on the exchange, it belongs at {number(stop)}{_hint(look.account, trade)}"


def _hint(account: Account, trade: TradeView) -> str:
    own = [order for order in account.orders if (order.pair, order.side) == (trade.pair, exit_side(trade))]
    triggered = [order for order in own if order.is_triggered and order.is_stop]
    if triggered:
        limit = "" if triggered[0].price is None else f" at {number(triggered[0].price)}"
        return f"; order {triggered[0].order_id} was triggered and rests unfilled{limit}"
    if own and not account.is_futures:
        return f"; order {own[0].order_id}, an exit that rests, blocks the coins"
    return ""
