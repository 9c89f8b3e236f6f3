"""Pays partial sales out to the wallet when their time comes: freed stakes and realized profits."""

from robustop_plugin.lab.replay.kernel.partial_sales import gain_of
from robustop_plugin.lab.replay.kernel.tables import Portfolio, Table


def pay_before(portfolio: Portfolio, open_before: int, now: float) -> None:
    """Pay out what open trades sold before now. Sales at this very time wait for the turn of their pair."""
    for index in range(open_before):
        trade = portfolio.trades[portfolio.open_trades[index].trade]
        for sale in range(trade.sale + trade.sold, trade.end_sale):
            if portfolio.sales[sale].time < now:
                pay_one(portfolio, portfolio.open_trades[index].trade)


def pay_at_turn(portfolio: Portfolio, turn: int, now: float) -> None:
    """Pay out what the open trade whose turn it is sells now."""
    pay(portfolio, portfolio.pair_states[portfolio.open_trades[turn].pair_before].trade, now)


def pay(portfolio: Portfolio, number: int, now: float) -> None:
    """Pay out what a trade sold up to a time."""
    trade = portfolio.trades[number]
    for sale in range(trade.sale + trade.sold, trade.end_sale):
        if portfolio.sales[sale].time <= now:
            pay_one(portfolio, number)


def pay_one(portfolio: Portfolio, number: int) -> None:
    """Pay out a trade's next sale, which reduces its amount and stake."""
    trade = portfolio.trades[number]
    sale = portfolio.sales[trade.sale + trade.sold]
    trade.amount, trade.stake = sale.amount, sale.stake
    if sale.realized != 0.0:
        # Freqtrade keeps the previous profit if the sum is zero.
        trade.realized = sale.realized
    trade.sold += 1


def with_sales(run: Table, portfolio: Portfolio, number: int, signal: Table, price: float, funding: float) -> float:
    """Return the total profit of a trade with partial sales.

    Args:
        run: The configuration.
        portfolio: The run, with the sales.
        number: Number of the trade.
        signal: Its entry signal.
        price: Price at which the remainder exits.
        funding: Funding since the last sale, positive for a gain.
    """
    trade = portfolio.trades[number]
    last = portfolio.sales[trade.end_sale - 1]
    profit: float = last.realized + gain_of(run, signal.side, last.amount, signal.rate, price, funding)
    return profit
