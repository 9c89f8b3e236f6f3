"""The way of a trade that is sold in parts: as `trade.walk`, and at each open, before all else, what is due is sold.

A sale changes what is left, and with it what profits, funding and an exact breakeven amount to. It is written down
with its time, and paid out to the wallet when the run comes there.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better, tighter
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop, decide_candle, tick_at
from robustop_plugin.lab.replay.kernel.candle_exit import STILL_OPEN, TAKE_PROFIT, exit_at_candle
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, breakeven_of, min_profit_price, price_before_target
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.partial_open import (
    KEPT,
    SOLD,
    SOLD_OUT,
    Opened,
    TradeContext,
    at_open,
    with_virtual,
)
from robustop_plugin.lab.replay.kernel.partial_sales import PartialSchedule, Remainder, booked, running, whole
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds, never_skip, skip_bounds
from robustop_plugin.lab.replay.kernel.skip_candles import (
    first_from,
    last_skippable,
    late_from,
    skip_candles,
    skips_open,
    with_open,
)
from robustop_plugin.lab.replay.kernel.step import CROSSED, HOLDS, TIME_STOP, EngineSet, Memory, Position, Tick, fresh
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.trade import TradeEnd, after_trail, simulate_trade
from robustop_plugin.protections import gain_before


class Bounds(NamedTuple):
    """What does not change in a trade: a price before which no profit is taken, the first candle of the time stop."""

    watched: float
    late: int


def end_of(
    market: Market,
    choice: EngineSet,
    run: Table,
    roi: Table,
    selling: PartialSchedule | None,
    book: Portfolio,
    pair: int,
    first: int,
    place: Position,
    deal: Fill,
) -> TradeEnd:
    """Return how a trade ends, sold in parts or not."""
    # Compiled for None by itself: what is not sold in parts has machine code of its own.
    if selling is None:
        return simulate_trade(market, choice, run, roi, pair, first, place, deal)
    return simulate_partial_trade(market, choice, run, roi, selling, book, pair, first, place, deal)


def simulate_partial_trade(
    market: Market,
    choice: EngineSet,
    run: Table,
    roi: Table,
    selling: PartialSchedule,
    book: Portfolio,
    pair: int,
    first: int,
    place: Position,
    deal: Fill,
) -> TradeEnd:
    """Return how a trade ends that is filled at the open of candle `first`, and write its sales into the book."""
    way = TradeContext(market, choice, run, selling, pair, place, deal.amount)
    side, end = place.side, market.pairs[pair].end
    exits, bads = (market.exits_long, market.low) if side > 0 else (market.exits_short, market.high)
    state, told = fresh(place, market.columns[first].atr), HostStop(place.initial_stop, 0.0, False)
    rest = whole(deal, place.opened_at)
    target = price_before_target(place, state, choice)
    bounds = Bounds(min_profit_price(place, deal, run, roi, target), late_from(market, choice, first, end))
    look = tick_at(market, choice, place, run, first, place.entry, math.nan)
    calm = skip_bounds_with_partials(way, first, look, state, told, rest, bounds)
    if not tighter(side, calm.until, place.entry):
        # Nobody was asked yet: an engine may have something to say at the very price of the entry.
        calm = never_skip(calm)
    candle = first
    while candle < end:
        if calm.settled:
            last = min(calm.last, exits[candle])
            # At a signal, too, parts are sold first.
            candle, state = skip_candles(market, choice, place, state, candle, last, calm)
            told = after_trail(side, told, state)
            if candle == end:
                break
        now = market.candles[candle].time
        says, look, state, told, rest, sale = opened(way, candle, calm, look, state, told, rest)
        if sale == SOLD:
            write(book, rest)
        elif sale != KEPT:
            price = nearest_price(market.candles[candle].open, place.grid)
            there = sale == SOLD_OUT and market.low[candle] <= price <= market.high[candle]
            return TradeEnd(candle, TAKE_PROFIT, price, running(market, run, pair, side, rest, now), there)
        paid, signalled = booked(market, run, pair, side, rest, now), candle == exits[candle]
        if not (signalled or says in (TIME_STOP, CROSSED)) and tighter(side, bads[candle], told.stop):
            breakeven = breakeven_of(place, rest.deal, run, paid) if run.exact else math.nan
            _, look, state, told = decide_candle(
                market, choice, run, candle, True, place, rest.deal, state, told, breakeven
            )
            rest = with_virtual(place, look, state, choice, rest)
        if choice.bracket and math.isnan(market.columns[first].atr):
            target = price_before_target(place, state, choice)
        why, price = exit_at_candle(market, run, roi, candle, signalled, says, place, rest.deal, told, target, paid)
        if why != STILL_OPEN:
            price = nearest_price(price, place.grid)
            fee = running(market, run, pair, side, rest, now)
            return TradeEnd(candle, why, price, fee, market.low[candle] <= price <= market.high[candle])
        candle += 1
        calm = skip_bounds_with_partials(way, min(candle, end - 1), look, state, told, rest, bounds)
    return TradeEnd(end, STILL_OPEN, math.nan, 0.0, True)


def opened(
    way: TradeContext, candle: int, calm: SkipBounds, look: Tick, state: Memory, told: HostStop, rest: Remainder
) -> Opened:
    """Return what comes of a candle's open; that of the fill is no look at it, and of most others nothing comes.

    Args:
        way: of the trade.
        candle: its number.
        calm: up to where nothing comes of a candle.
        look: the last one.
        state: after it.
        told: what the host was told of the stop before.
        rest: what is left.
    """
    market, place = way.market, way.place
    row = market.candles[candle]
    if row.time == place.opened_at:
        return Opened(int(HOLDS), look, state, told, rest, int(KEPT))
    quiet = calm.settled and tighter(place.side, row.open, calm.stop)
    if quiet and skips_open(market, place, state, candle, calm):
        state = with_open(market, way.choice, place, state, candle)
        return Opened(int(HOLDS), look, state, told, rest, int(KEPT))
    return at_open(way, candle, state, told, rest)


def skip_bounds_with_partials(
    way: TradeContext, candle: int, look: Tick, state: Memory, told: HostStop, rest: Remainder, bounds: Bounds
) -> SkipBounds:
    """Return up to where nothing comes of a candle, from one on: nothing is due, and no funding is booked anew.

    Args:
        way: of the trade.
        candle: the next one.
        look: the last one.
        state: after it.
        told: what the host knows of the stop.
        rest: what is left.
        bounds: that hold for the whole trade.
    """
    market, choice, run, place, stop = way.market, way.choice, way.run, way.place, told.stop
    side, end = place.side, market.pairs[way.pair].end
    ticks = gain_before(rest.progress.rungs, way.selling.schedule, place.risk)
    watched = better(-side, bounds.watched, place.entry + side * ticks * place.tick_size)
    last = last_skippable(market, run, way.pair, candle, end, bounds.late)
    if rest.sold and run.exact and run.futures:
        interval = run.funding_seconds
        last = min(last, first_from(market, candle, end, rest.since - rest.since % interval + interval))
    trails = choice.virtual_hand and not rest.progress.portion
    if trails and not math.isnan(rest.virtual):
        stop = better(side, stop, rest.virtual)
    calm = skip_bounds(place, look, state, choice, stop, watched, last)
    # Bounds of what follows the ATR or the time are bounds of stops.
    return never_skip(calm) if choice.virtual_hand and not choice.steady_hand else calm


def write(book: Portfolio, rest: Remainder) -> None:
    """Write a sale down, and what it left."""
    count = book.count[0]
    sale = book.sales[count.sales]
    sale.time, sale.amount, sale.stake = rest.since, rest.deal.amount, rest.deal.stake
    sale.brought, sale.at_once = rest.brought, rest.at_once
    count.sales += 1
