"""Has Freqtrade's loop read trades again that another thread, that of the API, may have just changed.

`/forceenter` makes a trade in a thread of the API, and writes it first as ordered, then as filled, with its stop. A
loop that has read it in between would place the first stop order from its older copy: at the strategy's `stoploss`, and
on spot for coins that went for the fee. Freqtrade reads all open trades again right after the analysis, under the lock
that the other thread holds, but keeps what it knows of each unless that has expired.

`/forceexit` of a part leaves a loop with an older amount, which the balance does not cover. Freqtrade then takes all
orders of the trade from the exchange once more, and if half was sold, it takes the trade for closed.
"""

from freqtrade.persistence import Trade


def read_again() -> None:
    """Expire the open trades of this thread that have no stop order, so that the next query reads them."""
    session = Trade.session()
    changed = session.dirty
    for trade in list(session.identity_map.values()):
        # Attributes that are not loaded would each be a query.
        known = vars(trade) if isinstance(trade, Trade) and trade not in changed else {}
        orders = known.get("orders", [])
        if not known.get("is_open") or any(order in changed for order in orders):
            continue
        loaded = [vars(order) for order in orders]
        if not any(order.get("ft_order_side") == "stoploss" and order.get("ft_is_open") for order in loaded):
            for order in orders:
                session.expire(order)
            session.expire(trade)


def read_amounts_again() -> None:
    """Expire the amounts of this thread's open trades, so that the next query reads them."""
    session = Trade.session()
    changed = session.dirty
    for trade in list(session.identity_map.values()):
        if isinstance(trade, Trade) and trade not in changed and vars(trade).get("is_open"):
            session.expire(trade, ["amount"])
