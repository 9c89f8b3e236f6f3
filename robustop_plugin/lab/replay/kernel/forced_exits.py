"""Closes what is open when the candles end."""

import math

from robustop_plugin.core.grid import grid_of
from robustop_plugin.lab.replay.kernel.candle_exit import FORCED
from robustop_plugin.lab.replay.kernel.exit_records import funding_at_exit, record_exit
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.portfolio import FINE, NEVER, NOT_FILLED, close
from robustop_plugin.lab.replay.kernel.sale_proceeds import pay
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table


def force_all(market: Market, run: Table, portfolio: Portfolio) -> None:
    """Close all open trades after the last candle, in the order in which Freqtrade first processed their pairs."""
    for index in range(len(market.pairs)):
        force_exit(market, run, portfolio, market.pairs[index].first_seen)


def force_exit(market: Market, run: Table, portfolio: Portfolio, pair: int) -> None:
    """Close a pair's open trade after its last candle, at the open of its last main candle."""
    totals, row = portfolio.totals[0], market.pairs[pair]
    if math.isnan(portfolio.pair_states[pair].until) or totals.status != FINE:
        return
    number, last = portfolio.pair_states[pair].trade, row.end - 1
    trade = portfolio.trades[number]
    signal = market.signals[trade.signal]
    price = nearest_price(row.closing_open, grid_of(signal.tick_size))
    if not row.closing_low <= price <= row.closing_high:
        totals.status = NOT_FILLED
        return
    pay(portfolio, number, NEVER)
    funding = funding_at_exit(market, run, portfolio, number, market.candles[last].time)
    record_exit(market, run, portfolio, number, price, funding)
    trade.candle, trade.reason, trade.time = last, FORCED, row.closing_time
    close(market, portfolio, number)
