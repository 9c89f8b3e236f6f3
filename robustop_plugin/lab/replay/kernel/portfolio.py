"""All trades of one run in the order of time: slots, stakes, and the order in which the host looks at pairs.

At each candle the host first looks at the pairs with open trades, in the order in which these were opened, then at
the others in the order of the whitelist. A trade that is left frees its slot and its stake for all that come after
it. How a trade ends depends on nothing but itself: it is known when it begins.
"""

import math

from robustop_plugin.core.exact import Exact, negate
from robustop_plugin.core.grid import Grid, grid_of, to_ticks
from robustop_plugin.core.side import tighter
from robustop_plugin.lab.replay.kernel.candle_exit import FORCED, STILL_OPEN
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price, open_value, product, profit_at, truncated
from robustop_plugin.lab.replay.kernel.initial_stop import first_stop, technical_stop
from robustop_plugin.lab.replay.kernel.partial_sales import since_fill
from robustop_plugin.lab.replay.kernel.partial_trade import end_of
from robustop_plugin.lab.replay.kernel.position_size import hard_stop, set_liquidation, stake_at
from robustop_plugin.lab.replay.kernel.sale_proceeds import pay, pay_at_turn, pay_before, with_sales
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.step import Position, gain_at
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table

FINE, NO_STOP, NOT_FILLED, OFF_GRID = 0, 1, 2, 3
"""What came of a run: it is whole, or it met what is not modelled."""

NEVER = math.inf
NOTHING = -1


def advance(market: Market, rules: RunSettings, book: Portfolio, until: float) -> None:
    """Open and close trades from where the book is, up to a moment."""
    standing, order, count = book.standing, book.order, book.count[0]
    at, sells = count.at, len(book.sales) > 0
    while count.state == FINE:
        now = next_moment(market, book, at)
        if not now < until:
            break
        after = first_after(market, at, now)
        # Those that stand at this candle, if one of them ends or sells; the list changes below.
        stood = count.open if sells or now == count.soonest else 0
        for place in range(stood):
            order[place].stood = order[place].pair
        if sells:
            pay_before(book, stood, now)
        for turn in range(stood + after - at):
            if sells:
                pay_at_turn(book, turn, stood, now)
            if turn >= stood:
                signal = entry_if_free(market, book, at + turn - stood, now)
            elif standing[order[turn].stood].until == now:
                signal = close_and_reverse(market, book, standing[order[turn].stood].trade, at, after)
            else:
                continue
            if signal >= 0:
                enter(market, rules, book, signal)
        at = after
    count.at = at


def next_moment(market: Market, book: Portfolio, at: int) -> float:
    """Return when something happens next: a signal from `at` on, or the end of an open trade; infinity for never."""
    now, soonest = market.signals[at].time if at < len(market.signals) else NEVER, book.count[0].soonest
    return soonest if soonest < now else now  # noqa: FURB136 (compiled, `min` looks for NaN first)


def first_after(market: Market, at: int, now: float) -> int:
    """Return the first signal from `at` on that comes after a moment."""
    while at < len(market.signals) and market.signals[at].time == now:
        at += 1
    return at


def close_and_reverse(market: Market, book: Portfolio, trade: int, at: int, after: int) -> int:
    """Close a trade whose time has come; return the signal at which its pair is entered anew at once, -1 for none."""
    close(market, book, trade)
    return reversal_signal(market, book, trade, at, after)


def entry_if_free(market: Market, book: Portfolio, signal: int, now: float) -> int:
    """Return a signal, -1 where its pair has or had a trade at this candle, or one that ended in this main candle."""
    chance = market.signals[signal]
    standing = book.standing[chance.pair]
    had = not math.isnan(standing.until) or standing.had == now
    return int(NOTHING) if had or market.candles[chance.candle].main <= standing.locked else signal


def reversal_signal(market: Market, book: Portfolio, trade: int, at: int, after: int) -> int:
    """Return the signal at which a pair is entered the other way as soon as it was left; -1 for none."""
    left = market.signals[book.trades[trade].signal]
    for signal in range(at, after):
        if market.signals[signal].pair == left.pair and market.signals[signal].side != left.side:
            return signal
    return int(NOTHING)


def close(market: Market, book: Portfolio, trade: int) -> None:
    """Close a trade: its slot and its stake are free, its profit is booked."""
    count, one = book.count[0], book.trades[trade]
    signal = market.signals[one.signal]
    left, count.soonest = 0, NEVER
    for place in range(count.open):
        if book.order[place].opened != trade:
            book.order[left].opened, book.order[left].pair = book.order[place].opened, book.order[place].pair
            left += 1
            await_end(book, book.order[place].pair)
    count.open = left
    book.standing[signal.pair].until, book.standing[signal.pair].had = math.nan, one.time
    if one.candle > signal.candle:
        # The host skips the pair for the rest of the main candle, unless fill and exit were in one.
        book.standing[signal.pair].locked = market.candles[one.candle].main
    book.trades[count.closed].closed = trade
    count.closed += 1
    count.profit += one.profit
    count.tied -= one.stake


def await_end(book: Portfolio, pair: int) -> None:
    """Take the end of a pair's open trade for the next one, if it is the soonest."""
    until, count = book.standing[pair].until, book.count[0]
    count.soonest = until if until < count.soonest else count.soonest  # noqa: FURB136 (as above)


def prepare(market: Market, run: Table) -> None:
    """Work out of every signal what no settings change."""
    for signal in range(len(market.signals)):
        chance = market.signals[signal]
        side, rate, grid = chance.side, market.candles[chance.candle].open, grid_of(chance.tick_size)
        chance.rate, chance.step, chance.scale = rate, grid.step, grid.scale
        chance.hard = hard_stop(side, rate, run.stoploss, chance.leverage, grid)
        chance.ticks, chance.ticks_rest = to_ticks(rate, grid)
        if not (math.isinf(run.stake) or run.sized):
            deal = deal_of(market, run, signal, run.stake)
            chance.amount, chance.stake, chance.value = deal.amount, deal.stake, deal.value


def deal_of(market: Market, run: Table, signal: int, stake: float) -> Fill:
    """Return what a stake buys at a signal: the amount truncated, and the stake calculated back from it."""
    chance = market.signals[signal]
    rate = chance.rate
    amount = truncated(stake / rate * chance.leverage, grid_of(market.pairs[chance.pair].lot))
    value = open_value(chance.side, amount, rate, run.fee)
    return Fill(amount, chance.leverage, product(amount, rate) / chance.leverage, value)


def enter(market: Market, rules: RunSettings, book: Portfolio, signal: int) -> None:
    """Open a trade at a signal, if there is a slot and a stake for it, and find out how it ends."""
    run, count, chance = rules.run, book.count[0], market.signals[signal]
    if (0 < run.slots <= count.open) or count.open >= run.brackets:
        return
    pair, side, rate = chance.pair, chance.side, chance.rate
    stake = stake_at(market, rules.tiers, run, book, signal)
    if not stake > 0:
        return
    deal = Fill(chance.amount, chance.leverage, chance.stake, chance.value)
    if stake != run.stake or run.sized:
        deal = deal_of(market, run, signal, stake)
    if not deal.amount > 0:
        return
    grid = Grid(chance.step, chance.scale)
    set_liquidation(market, rules.tiers, run, signal, deal)
    start = initial_stop_of(market, rules, signal, grid)
    if math.isnan(start):
        count.state = OFF_GRID if math.isnan(chance.hard) else NO_STOP
        return
    entry = Exact(chance.ticks, chance.ticks_rest)
    columns, risk = market.columns[chance.candle], negate(gain_at(side, grid, rate, entry, start))
    place = Position(
        side, grid, chance.tick_size, rate, entry, risk, start, chance.time, columns.atr_mean, columns.regime
    )
    options: Table = rules.choice.bracket_options
    options.base_ratio = rules.ratios[pair]
    sale = count.sales
    end = end_of(market, rules.choice, run, rules.roi, rules.selling, book, pair, chance.candle, place, deal)
    trade, count.trades = count.trades, count.trades + 1
    one = book.trades[trade]
    one.signal, one.candle, one.why, one.start = signal, end.candle, end.why, start
    one.amount, one.stake, one.value = deal.amount, deal.stake, deal.value
    one.sale, one.end_sale, one.sold, one.realized = sale, count.sales, 0, 0.0
    book.order[count.open].opened, book.order[count.open].pair = trade, pair
    count.open += 1
    count.tied += deal.stake
    book.standing[pair].trade, book.standing[pair].until = trade, NEVER
    if not end.filled:
        count.state = NOT_FILLED
    elif end.why != STILL_OPEN:
        one.time = market.candles[end.candle].time
        book.standing[pair].until = one.time
        await_end(book, pair)
        record_exit(market, run, book, trade, end.price, end.paid)
        if end.candle == chance.candle:
            close(market, book, trade)


def record_exit(market: Market, run: Table, book: Portfolio, trade: int, price: float, paid: float) -> None:
    """Write down what a trade brings that is left at a price."""
    one = book.trades[trade]
    signal = market.signals[one.signal]
    if one.end_sale > one.sale:
        one.price, one.profit = price, with_sales(run, book, trade, signal, price, paid)
    else:
        one.price, one.profit = price, profit_at(signal.side, one.amount, price, run.fee, one.value, paid)
    one.share = one.profit / one.value * signal.leverage


def force_all(market: Market, run: Table, book: Portfolio) -> None:
    """Close what is open after the last candle, pair by pair in the order in which the host met them."""
    for place in range(len(market.pairs)):
        force_exit(market, run, book, market.pairs[place].met)


def force_exit(market: Market, run: Table, book: Portfolio, pair: int) -> None:
    """Close what a pair has open after its last candle, at the open of its last main candle."""
    count, row = book.count[0], market.pairs[pair]
    if math.isnan(book.standing[pair].until) or count.state != FINE:
        return
    trade, last = book.standing[pair].trade, row.end - 1
    one = book.trades[trade]
    signal = market.signals[one.signal]
    price = nearest_price(row.closing_open, grid_of(signal.tick_size))
    if not row.closing_low <= price <= row.closing_high:
        count.state = NOT_FILLED
        return
    paid = 0.0
    pay(book, trade, NEVER)
    if run.futures and one.end_sale > one.sale:
        sale, until = book.sales[one.end_sale - 1], market.candles[last].time
        paid = since_fill(market, run, pair, signal.side, sale.amount, sale.time, True, sale.at_once, until)
    elif run.futures:
        paid = signal.side * -paid_until(market, run, pair, one.amount, signal.time, market.candles[last].time)
    record_exit(market, run, book, trade, price, paid)
    one.candle, one.why, one.time = last, FORCED, row.closing_time
    close(market, book, trade)


def initial_stop_of(market: Market, rules: RunSettings, signal: int, grid: Grid) -> float:
    """Return the initial stop of an entry; NaN where there is none that the exchange would not close before."""
    chance, written = market.signals[signal], market.written[signal]
    side, rate = chance.side, chance.rate
    if math.isnan(chance.hard):
        return math.nan
    entry, value = Exact(written.entry, written.entry_rest), Exact(written.value, written.value_rest)
    technical = technical_stop(side, entry, rules.stop, value)
    stop = first_stop(side, rate, entry, grid, technical, rules.stop.bounds, chance.hard, chance.liquidation)
    return math.nan if chance.liquidation > 0 and not tighter(side, stop, chance.liquidation) else stop
