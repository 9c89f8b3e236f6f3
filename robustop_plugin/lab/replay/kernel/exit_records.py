"""Records how trades exit: their profit, and the time when the next of them ends."""

from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import profit_at
from robustop_plugin.lab.replay.kernel.partial_sales import funding_since_fill
from robustop_plugin.lab.replay.kernel.sale_proceeds import with_sales
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table


def await_end(portfolio: Portfolio, pair: int) -> None:
    """Make the end of a pair's open trade the next end, if it is the earliest."""
    until, totals = portfolio.pair_states[pair].until, portfolio.totals[0]
    totals.next_end = until if until < totals.next_end else totals.next_end  # noqa: FURB136 (as above)


def record_exit(market: Market, run: Table, portfolio: Portfolio, number: int, price: float, funding: float) -> None:
    """Record the profit of a trade that exits at a price."""
    trade = portfolio.trades[number]
    signal = market.signals[trade.signal]
    if trade.end_sale > trade.sale:
        trade.price, trade.profit = price, with_sales(run, portfolio, number, signal, price, funding)
    else:
        trade.price, trade.profit = price, profit_at(signal.side, trade.amount, price, run.fee, trade.value, funding)
    trade.profit_ratio = trade.profit / trade.value * signal.leverage


def funding_at_exit(market: Market, run: Table, portfolio: Portfolio, number: int, now: float) -> float:
    """Return the funding of a trade since its last fill, positive for a gain."""
    trade = portfolio.trades[number]
    signal = market.signals[trade.signal]
    if not run.futures:
        return 0.0
    if trade.end_sale > trade.sale:
        sale = portfolio.sales[trade.end_sale - 1]
        return funding_since_fill(
            market, run, signal.pair, signal.side, sale.amount, sale.time, True, sale.same_moment_funding, now
        )
    return float(signal.side * -paid_until(market, run, signal.pair, trade.amount, signal.time, now))
