"""Runs all trades of one run in the order of time: slots, stakes, and the order in which Freqtrade processes pairs.

At each candle Freqtrade first processes the pairs with open trades, in the order of their entries, then the others in
the order of the whitelist. An exit frees its slot and its stake for everything that comes later. The end of a trade
depends on nothing but itself, so it is simulated as soon as the trade is opened.
"""

import math
import sys

from robustop_plugin.core.grid import grid_of
from robustop_plugin.lab.replay.kernel.candle_exit import FORCED, STILL_OPEN
from robustop_plugin.lab.replay.kernel.drawdown import (
    keep_look,
    look_at_entry,
    look_at_turn,
    next_look,
    watches_drawdown,
)
from robustop_plugin.lab.replay.kernel.entered_trade import end_of
from robustop_plugin.lab.replay.kernel.entries import fill_for, initial_stop_of, is_refused
from robustop_plugin.lab.replay.kernel.exit_records import await_end, funding_at_exit, record_exit
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.open_risk import loss_at
from robustop_plugin.lab.replay.kernel.position_size import liquidation_of
from robustop_plugin.lab.replay.kernel.sale_proceeds import pay, pay_at_turn, pay_before
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings, settings_of_pair
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table

FINE, NO_STOP, NOT_FILLED, OFF_GRID = 0, 1, 2, 3
"""Status of a run: complete, or why it cannot be replayed."""

NEVER = math.inf
NOTHING = -1
LAST_TURN = sys.maxsize
"""All trades that were open when this candle began have had their turns."""


def advance(market: Market, settings: RunSettings, portfolio: Portfolio, until: float) -> None:
    """Open and close trades from where the run is until a time."""
    totals, watches = portfolio.totals[0], watches_drawdown(settings.run)
    next_signal = totals.next_signal
    while totals.status == FINE:
        now = next_moment(market, portfolio, next_signal)
        if watches:
            now = min(now, next_look(market, portfolio))
        if not now < until:
            break
        after = first_after(market, next_signal, now)
        process_candle(market, settings, portfolio, next_signal, after, now)
        next_signal = after
    totals.next_signal = next_signal


def process_candle(
    market: Market, settings: RunSettings, portfolio: Portfolio, next_signal: int, after: int, now: float
) -> None:
    """Process one candle of all pairs, with the signals from `next_signal` on and before `after`."""
    pair_states, open_trades, totals = portfolio.pair_states, portfolio.open_trades, portfolio.totals[0]
    sells, watches = len(portfolio.sales) > 0, watches_drawdown(settings.run)
    # The pairs open at the beginning of this candle, if a trade ends, sells or is looked at; the list changes below.
    open_before = totals.open if sells or watches or now == totals.next_end else 0
    for row in range(open_before):
        open_trades[row].pair_before, open_trades[row].turn = open_trades[row].pair, row
    if sells:
        pay_before(portfolio, open_before, now)
    for turn in range(open_before + after - next_signal):
        totals.turn = turn if turn < open_before else LAST_TURN
        if watches:
            look_at_turn(market, settings.run, portfolio, turn, open_before, now)
        elif sells:
            pay_at_turn(portfolio, turn, open_before, now)
        if turn >= open_before:
            index = entry_if_free(market, portfolio, next_signal + turn - open_before, now)
        elif pair_states[open_trades[turn].pair_before].until == now:
            index = close_and_reverse(
                market, portfolio, pair_states[open_trades[turn].pair_before].trade, next_signal, after
            )
        else:
            continue
        if index >= 0:
            enter(market, settings, portfolio, index)


def next_moment(market: Market, portfolio: Portfolio, next_signal: int) -> float:
    """Return when the next signal comes or the next open trade ends; infinity for never."""
    now = market.signals[next_signal].time if next_signal < len(market.signals) else NEVER
    end = portfolio.totals[0].next_end
    return end if end < now else now  # noqa: FURB136 (compiled, `min` looks for NaN first)


def first_after(market: Market, next_signal: int, now: float) -> int:
    """Return the first signal from `next_signal` on that comes after now."""
    while next_signal < len(market.signals) and market.signals[next_signal].time == now:
        next_signal += 1
    return next_signal


def close_and_reverse(market: Market, portfolio: Portfolio, number: int, next_signal: int, after: int) -> int:
    """Close a trade whose time has come; return the signal at which its pair is reversed at once, -1 for none."""
    close(market, portfolio, number)
    return reversal_signal(market, portfolio, number, next_signal, after)


def entry_if_free(market: Market, portfolio: Portfolio, index: int, now: float) -> int:
    """Return the signal, or -1 if its pair has or had a trade at this candle, or one that ended in this main candle."""
    signal = market.signals[index]
    pair_state = portfolio.pair_states[signal.pair]
    occupied = not math.isnan(pair_state.until) or pair_state.last_closed_at == now
    return int(NOTHING) if occupied or market.candles[signal.candle].main <= pair_state.locked_until else index


def reversal_signal(market: Market, portfolio: Portfolio, number: int, next_signal: int, after: int) -> int:
    """Return the signal at which a pair enters the other side as soon as it exits; -1 for none."""
    closed_signal = market.signals[portfolio.trades[number].signal]
    for index in range(next_signal, after):
        if market.signals[index].pair == closed_signal.pair and market.signals[index].side != closed_signal.side:
            return index
    return int(NOTHING)


def close(market: Market, portfolio: Portfolio, number: int) -> None:
    """Close a trade: free its slot and its stake, and book its profit."""
    totals, trade, open_trades = portfolio.totals[0], portfolio.trades[number], portfolio.open_trades
    signal = market.signals[trade.signal]
    kept, totals.next_end = 0, NEVER
    for index in range(totals.open):
        if open_trades[index].trade != number:
            open_trades[kept].trade, open_trades[kept].pair = open_trades[index].trade, open_trades[index].pair
            keep_look(portfolio, index, kept)
            kept += 1
            await_end(portfolio, open_trades[index].pair)
    totals.open = kept
    pair_state = portfolio.pair_states[signal.pair]
    pair_state.until, pair_state.last_closed_at = math.nan, trade.time
    if trade.candle > signal.candle:
        # Freqtrade skips the pair for the rest of the main candle, unless it entered and exited in one candle.
        pair_state.locked_until = market.candles[trade.candle].main
    portfolio.trades[totals.closed].closed = number
    totals.closed += 1
    totals.profit += trade.profit
    totals.locked -= trade.stake


def enter(market: Market, shared: RunSettings, portfolio: Portfolio, index: int) -> None:
    """Open a trade at a signal if there is a slot and a stake for it, and simulate it to its end."""
    totals, signal = portfolio.totals[0], market.signals[index]
    settings = settings_of_pair(shared, signal.pair)
    run = settings.run
    if totals.halted or 0 < run.slots <= totals.open:
        return
    pair, fill = signal.pair, fill_for(market, settings, portfolio, index)
    if not fill.amount > 0 or is_refused(market, settings, portfolio, index, fill.amount):
        return
    liquidation = liquidation_of(market, settings.tiers, run, index, fill)
    initial_stop = initial_stop_of(market, settings, index, liquidation)
    if math.isnan(initial_stop):
        totals.status = OFF_GRID if math.isnan(signal.hard_stop) else NO_STOP
        return
    first_sale = totals.sales
    end = end_of(market, settings, portfolio, index, fill, initial_stop, market.pairs[pair].end)
    number, totals.trades = totals.trades, totals.trades + 1
    trade = portfolio.trades[number]
    trade.signal, trade.candle, trade.reason, trade.initial_stop = index, end.candle, end.reason, initial_stop
    trade.amount, trade.stake, trade.value, trade.whole = fill.amount, fill.stake, fill.value, fill.amount
    trade.end_stop = end.stop
    trade.at_risk = loss_at(settings, signal.side, signal.rate, initial_stop, fill.amount)
    trade.sale, trade.end_sale, trade.sold, trade.realized = first_sale, totals.sales, 0, 0.0
    opened = portfolio.open_trades[totals.open]
    opened.trade, opened.pair, opened.turn = number, pair, NOTHING
    totals.open += 1
    totals.locked += fill.stake
    portfolio.pair_states[pair].trade, portfolio.pair_states[pair].until = number, NEVER
    if not end.filled:
        totals.status = NOT_FILLED
    elif end.reason != STILL_OPEN:
        trade.time = market.candles[end.candle].time
        portfolio.pair_states[pair].until = trade.time
        await_end(portfolio, pair)
        record_exit(market, run, portfolio, number, end.price, end.funding)
    if watches_drawdown(run):
        look_at_entry(market, run, portfolio)
    if end.reason != STILL_OPEN and end.candle == signal.candle:
        close(market, portfolio, number)


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
