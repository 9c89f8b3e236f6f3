"""Finds fills that Freqtrade has stored, and whose consequences a process took with it when it died.

Freqtrade stores a filled order first, then the amount that is left or the end of the trade, and reports the fill last.
A process that is killed in between leaves a trade whose amount does not follow from its orders. Freqtrade would sell
that amount again, or close a trade of which half is left.
"""

from freqtrade.persistence import Order, Trade

from robustop_plugin.core.trade_state import TradeState


def last_exit(trade: Trade) -> Order | None:
    """Return the last filled exit of a trade, a stop order included; None without one."""
    exits = _exits(trade)
    return exits[-1] if exits else None


def uncounted_exit(trade: Trade) -> Order | None:
    """Return the last filled exit of an open trade if the trade's amount does not account for it; None if it does."""
    exits = _exits(trade)
    if not exits:
        return None
    last = exits[-1]
    entries = trade.select_filled_orders(trade.entry_side)
    bought = sum(order.safe_amount_after_fee for order in entries)
    left = bought - sum(order.safe_amount_after_fee for order in exits)
    # The amount is rounded, and corrected by fees in coins: what counts is which of both it is closer to.
    before = left + last.safe_amount_after_fee
    return last if abs(trade.amount - before) < abs(trade.amount - left) else None


def unreported_sale(trade: Trade, state: TradeState) -> Order | None:
    """Return the filled order that answers a request for a partial exit; None if there is none."""
    request = state.orders.sale
    if request is None:
        return None
    for order in trade.select_filled_orders(trade.exit_side):
        if order.ft_order_tag == request.tag and order.order_id not in request.known:
            return order
    return None


def _exits(trade: Trade) -> list[Order]:
    return [order for order in trade.orders if order.ft_order_side != trade.entry_side and _is_filled(order)]


def _is_filled(order: Order) -> bool:
    return not order.ft_is_open and order.safe_filled > 0
