"""Ends trading when the equity has fallen far enough from its peak: `max_drawdown_percent`.

The bot looks at each open trade at the open of each candle. At the first look of a new time it checks the equity with
the prices of the time before, and again as soon as every open trade has a price of this time; and it checks before each
entry. When the limit is reached, entries are refused for the rest of the run, and each trade leaves at its next open.
The formulas are those of `core.equity`.
"""

import math

from robustop_plugin.core.decision import Progress
from robustop_plugin.core.equity import fall_from_peak, open_profit, reaches
from robustop_plugin.core.grid import Grid
from robustop_plugin.core.side import beyond
from robustop_plugin.lab.replay.kernel.candle_exit import DRAWDOWN
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.exit_records import await_end, funding_at_exit, record_exit
from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.partial_sales import Remainder, total_funding
from robustop_plugin.lab.replay.kernel.sale_proceeds import pay
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.wallet import Total, added

NEVER = math.inf
NOT_FILLED = 2
"""Status of a run: an exit has a price that its candle did not reach."""


def watches_drawdown(run: Table) -> bool:
    """Return True if a drawdown ends trading."""
    return not math.isinf(run.drawdown_percent)


def next_look(market: Market, portfolio: Portfolio) -> float:
    """Return when the bot looks at an open trade next; infinity if the drawdown matters no more."""
    totals, earliest = portfolio.totals[0], NEVER
    for row in range(0 if totals.halted else totals.open):
        opened = portfolio.open_trades[row]
        if opened.seen + 1 < market.pairs[opened.pair].end:
            earliest = min(earliest, market.candles[opened.seen + 1].time)
    return earliest


def look_at_entry(market: Market, run: Table, portfolio: Portfolio) -> None:
    """Look at the trade that was opened last, at its entry."""
    row = portfolio.totals[0].open - 1
    opened = portfolio.open_trades[row]
    signal = market.signals[portfolio.trades[opened.trade].signal]
    opened.seen, opened.price = signal.candle - 1, signal.rate
    opened.funding = funding_now(market, run, portfolio, opened.trade, signal.time)
    look(market, run, portfolio, row, signal.time)


def look_at_turn(market: Market, run: Table, portfolio: Portfolio, turn: int, now: float) -> None:
    """Look at the open trade whose turn it is, then pay out what it sells now."""
    row = 0
    while portfolio.open_trades[row].turn != turn:
        row += 1
    opened = portfolio.open_trades[row]
    look(market, run, portfolio, row, now)
    trade = portfolio.trades[opened.trade]
    before = trade.sold
    pay(portfolio, opened.trade, now)
    if trade.sold > before:
        opened.funding = funding_now(market, run, portfolio, opened.trade, now)
        set_profit(market, run, portfolio, row)


def keep_look(portfolio: Portfolio, row: int, kept: int) -> None:
    """Move what is known of an open trade's looks to another row."""
    source, opened = portfolio.open_trades[row], portfolio.open_trades[kept]
    opened.turn, opened.seen, opened.price = source.turn, source.seen, source.price
    opened.funding, opened.profit = source.funding, source.profit


def look(market: Market, run: Table, portfolio: Portfolio, row: int, now: float) -> None:
    """Take the price of an open trade at its candle's open, if there is one now, and check the drawdown."""
    totals, opened = portfolio.totals[0], portfolio.open_trades[row]
    candle = opened.seen + 1
    if totals.halted or candle >= market.pairs[opened.pair].end or market.candles[candle].time != now:
        return
    if run.futures and now % run.funding_seconds == 0:
        opened.funding = funding_now(market, run, portfolio, opened.trade, now)
    set_profit(market, run, portfolio, row)
    fallen = False
    if totals.looked_at != now:
        # Not every trade has a candle at every time, so the time before is checked with what it had.
        fallen = not math.isnan(totals.looked_at) and has_fallen(run, portfolio)
        totals.looked_at = now
    opened.seen, opened.price = candle, market.candles[candle].open
    set_profit(market, run, portfolio, row)
    if fallen or (all_seen(market, portfolio, now) and has_fallen(run, portfolio)):
        if candle > market.signals[portfolio.trades[opened.trade].signal].candle:
            # It leaves at this very open; an entry does not leave at its own.
            opened.seen = candle - 1
        halt(market, run, portfolio)


def set_profit(market: Market, run: Table, portfolio: Portfolio, row: int) -> None:
    """Calculate the profit of an open trade at the last price."""
    opened = portfolio.open_trades[row]
    trade = portfolio.trades[opened.trade]
    signal = market.signals[trade.signal]
    opened.profit = open_profit(
        signal.side, trade.amount, signal.rate, opened.price, run.fee, run.fee, opened.funding, trade.realized
    )


def all_seen(market: Market, portfolio: Portfolio, now: float) -> bool:
    """Return True if every open trade has a price of this time."""
    for row in range(portfolio.totals[0].open):
        opened = portfolio.open_trades[row]
        first = market.signals[portfolio.trades[opened.trade].signal].candle
        if opened.seen < first or market.candles[opened.seen].time != now:
            return False
    return True


def has_fallen(run: Table, portfolio: Portfolio) -> bool:
    """Return True if the equity has fallen from its peak as far as it may; keep the peak."""
    totals, total = portfolio.totals[0], Total(0.0, 0.0)
    for row in range(totals.open):
        total = added(total, portfolio.open_trades[row].profit)
    profit = totals.profit + (total.whole + total.dropped if run.careful_sums else total.whole)
    if profit >= totals.peak:
        totals.peak = profit
        return False
    return reaches(fall_from_peak(run.start, totals.peak, profit), run.drawdown_percent)


def refuses_entries(market: Market, run: Table, portfolio: Portfolio) -> bool:
    """Check the drawdown before an entry, with the trades that have closed since the last price."""
    if has_fallen(run, portfolio):
        halt(market, run, portfolio)
    halted: bool = portfolio.totals[0].halted
    return halted


def halt(market: Market, run: Table, portfolio: Portfolio) -> None:
    """End trading: every open trade leaves at the next open that the bot looks at, unless it ends before."""
    totals = portfolio.totals[0]
    totals.halted, totals.next_end = True, NEVER
    for row in range(totals.open):
        leave(market, run, portfolio, row)
        await_end(portfolio, portfolio.open_trades[row].pair)


def leave(market: Market, run: Table, portfolio: Portfolio, row: int) -> None:
    """Let an open trade leave at the open after the last one that was looked at, unless it ends before."""
    opened = portfolio.open_trades[row]
    number, candle = opened.trade, opened.seen + 1
    trade = portfolio.trades[number]
    signal = market.signals[trade.signal]
    if candle >= market.pairs[opened.pair].end or trade.candle < candle:
        return
    now, price = market.candles[candle].time, market.candles[candle].open
    # A stop that is hit comes first.
    if trade.candle == candle and beyond(signal.side, price, trade.end_stop):
        return
    while trade.end_sale > trade.sale and portfolio.sales[trade.end_sale - 1].time >= now:
        trade.end_sale -= 1
    price = nearest_price(price, Grid(signal.step, signal.scale))
    if not market.low[candle] <= price <= market.high[candle]:
        portfolio.totals[0].status = NOT_FILLED
    record_exit(market, run, portfolio, number, price, funding_at_exit(market, run, portfolio, number, now))
    trade.candle, trade.reason, trade.time = candle, DRAWDOWN, now
    portfolio.pair_states[opened.pair].until = now


def funding_now(market: Market, run: Table, portfolio: Portfolio, number: int, now: float) -> float:
    """Return all funding of a trade as Freqtrade knows it now, after the sales that were paid out."""
    trade = portfolio.trades[number]
    signal = market.signals[trade.signal]
    if not run.futures:
        return 0.0
    if trade.sold == 0:
        return float(signal.side * -paid_until(market, run, signal.pair, trade.amount, signal.time, now))
    sale = portfolio.sales[trade.sale + trade.sold - 1]
    remainder = Remainder(
        fill=Fill(sale.amount, signal.leverage, sale.stake, 0.0),
        progress=Progress(0, False),
        virtual=math.nan,
        realized=sale.realized,
        since=sale.time,
        sold=True,
        same_moment_funding=sale.same_moment_funding,
        booked_funding=sale.booked_funding,
        dropped=sale.dropped,
    )
    return total_funding(market, run, signal.pair, signal.side, remainder, now)
