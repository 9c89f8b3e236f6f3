"""What sales of parts bring to the wallet, at their time: stakes that are free again, and realized profits."""

from robustop_plugin.lab.replay.kernel.partial_sales import gain_of
from robustop_plugin.lab.replay.kernel.tables import Portfolio, Table


def pay_before(book: Portfolio, stood: int, now: float) -> None:
    """Pay out what open trades sold before a moment; what they sell at this one waits for the turn of their pair."""
    for place in range(stood):
        one = book.trades[book.order[place].opened]
        for sale in range(one.sale + one.sold, one.end_sale):
            if book.sales[sale].time < now:
                pay_one(book, book.order[place].opened)


def pay_at_turn(book: Portfolio, turn: int, stood: int, now: float) -> None:
    """Pay out what a trade sells at this moment, if the turn is that of an open one."""
    if turn < stood:
        pay(book, book.standing[book.order[turn].stood].trade, now)


def pay(book: Portfolio, trade: int, now: float) -> None:
    """Pay out what a trade sold up to a moment."""
    one = book.trades[trade]
    for sale in range(one.sale + one.sold, one.end_sale):
        if book.sales[sale].time <= now:
            pay_one(book, trade)


def pay_one(book: Portfolio, trade: int) -> None:
    """Pay out the next sale of a trade: its amount and its stake are smaller."""
    one = book.trades[trade]
    sale = book.sales[one.sale + one.sold]
    one.amount, one.stake = sale.amount, sale.stake
    if sale.brought != 0.0:
        # The host keeps what it had where the sum is nothing.
        one.realized = sale.brought
    one.sold += 1


def with_sales(run: Table, book: Portfolio, trade: int, signal: Table, price: float, paid: float) -> float:
    """Return what a trade brings in all that sold parts, and what is left of it at a price.

    Args:
        run: the host's configuration.
        book: with the sales.
        trade: its number.
        signal: of the entry.
        price: at which the rest is left.
        paid: funding since the last sale.
    """
    one = book.trades[trade]
    last = book.sales[one.end_sale - 1]
    brought: float = last.brought + gain_of(run, signal.side, last.amount, signal.rate, price, paid)
    return brought
