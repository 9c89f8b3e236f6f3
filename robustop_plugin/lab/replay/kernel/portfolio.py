"""Runs all trades of one run in the order of time: slots, stakes, and the order in which Freqtrade processes pairs.

At each candle Freqtrade first processes the pairs with open trades, in the order of their entries, then the others in
the order of the whitelist. An exit frees its slot and its stake for everything that comes later. The end of a trade
depends on nothing but itself, so it is simulated as soon as the trade is opened.
"""

import math
import sys

from robustop_plugin.lab.replay.kernel.candle_exit import STILL_OPEN
from robustop_plugin.lab.replay.kernel.drawdown import (
    keep_look,
    look_at_entry,
    look_at_turn,
    next_look,
    watches_drawdown,
)
from robustop_plugin.lab.replay.kernel.entered_trade import EnteredTrade, end_of
from robustop_plugin.lab.replay.kernel.entries import fill_for, is_refused, with_initial_stop
from robustop_plugin.lab.replay.kernel.exit_records import await_end, record_exit
from robustop_plugin.lab.replay.kernel.open_risk import (
    REFUSED,
    first_in_doubt,
    loss_at,
    next_in_doubt,
    note_stop,
    risks_too_much,
    until_now,
)
from robustop_plugin.lab.replay.kernel.sale_proceeds import pay_at_turn, pay_before
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings, settings_of_pair
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.trade import TradeEnd

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
        open_before = begin_candle(portfolio, watches, now)
        for turn in range(open_before + after - next_signal):
            index = process_turn(market, settings.run, portfolio, turn, open_before, next_signal, after, now)
            if index >= 0:
                enter(market, settings, portfolio, index)
        next_signal = after
    totals.next_signal = next_signal


def begin_candle(portfolio: Portfolio, watches: bool, now: float) -> int:
    """Return how many open trades have a turn at this candle, if one ends, sells or is looked at; note their turns."""
    open_trades, totals, sells = portfolio.open_trades, portfolio.totals[0], len(portfolio.sales) > 0
    # The list of open trades changes while the candle is processed.
    open_before: int = totals.open if sells or watches or now == totals.next_end else 0
    for row in range(open_before):
        open_trades[row].pair_before, open_trades[row].turn = open_trades[row].pair, row
    if sells:
        pay_before(portfolio, open_before, now)
    return open_before


def process_turn(
    market: Market,
    run: Table,
    portfolio: Portfolio,
    turn: int,
    open_before: int,
    next_signal: int,
    after: int,
    now: float,
) -> int:
    """Process what is open of one turn of a candle; return the signal at which a trade may be opened, -1 for none.

    Args:
        market: The market.
        run: The configuration.
        portfolio: The run.
        turn: The turn: first those of the open trades, then one for each signal.
        open_before: Number of open trades that have a turn.
        next_signal: First signal of this candle.
        after: First signal after it.
        now: Opening time of the candle.
    """
    pair_states, totals = portfolio.pair_states, portfolio.totals[0]
    if turn >= open_before:
        totals.turn = LAST_TURN
        return entry_if_free(market, portfolio, next_signal + turn - open_before, now)
    totals.turn = turn
    if watches_drawdown(run):
        look_at_turn(market, run, portfolio, turn, now)
    elif len(portfolio.sales) > 0:
        pay_at_turn(portfolio, turn, now)
    pair = portfolio.open_trades[turn].pair_before
    if pair_states[pair].until == now:
        return close_and_reverse(market, portfolio, pair_states[pair].trade, next_signal, after)
    return int(NOTHING)


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
            if kept < index:
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
    fill = fill_for(market, settings, portfolio, index)
    if not fill.amount > 0 or is_refused(market, settings, portfolio):
        return
    first_sale, row = totals.sales, first_in_doubt(market, settings, portfolio, index, fill.amount)
    if row == REFUSED:
        return
    doubtful = row < totals.open
    # One place simulates, whether for the stop of an open trade or for the new one: it is compiled once for each.
    while True:
        asks = row < totals.open
        if asks:
            entered = until_now(market, portfolio, row, signal.time)
        elif doubtful and risks_too_much(market, settings, portfolio, index, fill.amount):
            return
        else:
            entered = with_initial_stop(market, settings, index, fill)
        if math.isnan(entered.initial_stop):
            totals.status = OFF_GRID if math.isnan(signal.hard_stop) else NO_STOP
            return
        own = settings_of_pair(shared, market.signals[entered.signal].pair)
        end = end_of(market, own, own.partials, portfolio, entered)
        if not asks:
            break
        note_stop(market, own.run, portfolio, row, end.stop)
        # Its sales were recorded at its entry.
        totals.sales, row = first_sale, next_in_doubt(portfolio, row + 1)
    record_entry(market, settings, portfolio, entered, first_sale, end)


def record_entry(
    market: Market, settings: RunSettings, portfolio: Portfolio, entered: EnteredTrade, first_sale: int, end: TradeEnd
) -> None:
    """Record a trade with its end.

    Args:
        market: The market.
        settings: The settings.
        portfolio: The run.
        entered: The trade.
        first_sale: Index of its first sale.
        end: How it ends.
    """
    run, totals, signal = settings.run, portfolio.totals[0], market.signals[entered.signal]
    fill, initial_stop = entered.fill, entered.initial_stop
    number, totals.trades, pair = totals.trades, totals.trades + 1, signal.pair
    trade = portfolio.trades[number]
    trade.signal, trade.candle, trade.reason, trade.initial_stop = entered.signal, end.candle, end.reason, initial_stop
    trade.amount, trade.stake, trade.value, trade.whole = fill.amount, fill.stake, fill.value, fill.amount
    trade.end_stop = end.stop
    trade.at_risk = math.inf
    if not math.isinf(run.portfolio_percent):
        trade.at_risk = loss_at(run, signal.side, signal.rate, initial_stop, fill.amount)
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
