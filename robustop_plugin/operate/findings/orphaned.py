"""Finds stop orders that rest although no open trade is behind them."""

from collections.abc import Iterator

from robustop_plugin.operate.exchange.account import OpenOrder
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called, number
from robustop_plugin.operate.findings.look import Look, exit_side
from robustop_plugin.operate.trade_view import TradeView

NAME = "orphaned_stop"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such order of the pairs that the bot trades, or has traded."""
    if look.account is None or look.is_dry_run:
        return
    guarded = {(trade.pair, exit_side(trade)) for trade in look.positions}
    for order in look.account.orders:
        if not order.is_stop or order.pair not in look.pairs or (order.pair, order.side) in guarded:
            continue
        trade = _left_by(look, order)
        opens = look.account.is_futures and not order.reduces
        whose = "no open trade is behind it" if trade is None else f"{called(trade)}, the last of this pair, is closed"
        yield Finding(
            NAME,
            Severity.CRITICAL if opens else Severity.WARNING,
            Source.EXCHANGE,
            f"stop order {order.order_id} rests at {number(order.trigger or 0.0)} to {order.side} {order.pair}: {whose}"
            + ("; it would open a position" if opens else ""),
            f"if you did not place it yourself, cancel order {order.order_id} on the exchange",
            trade=trade,
            pair=order.pair,
            of_what=(order.order_id,),
        )


def _left_by(look: Look, order: OpenOrder) -> TradeView | None:
    """Return the closed trade that has left an order, else the last one of its pair; None without one."""
    of_pair = [trade for trade in look.closed if trade.pair == order.pair]
    known = [trade for trade in of_pair if any(own.order_id == order.order_id for own in trade.orders)]
    return next(iter([*known, *of_pair]), None)
