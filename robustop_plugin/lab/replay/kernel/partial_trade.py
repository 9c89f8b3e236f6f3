"""The way of a trade that is sold in parts: as `trade.walk`, and at each open, before all else, what is due is sold.

A sale changes what is left, and with it what profits, funding and an exact breakeven amount to. It is written down
with its time, and paid out to the wallet when the run comes there.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better, tighter
from robustop_plugin.lab.replay.kernel.exit_prices import Deal, breakeven_of, price_before_target, profit_watched
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.partial_open import KEPT, SOLD, SOLD_OUT, Opened, Way, at_open, with_virtual
from robustop_plugin.lab.replay.kernel.partial_sales import Rest, Selling, booked, running, whole
from robustop_plugin.lab.replay.kernel.skip_bounds import Calm, calm_of, never_calm
from robustop_plugin.lab.replay.kernel.skip_candles import (
    first_from,
    last_calm,
    late_from,
    passed_over,
    passes_open,
    with_open,
)
from robustop_plugin.lab.replay.kernel.step import CROSSED, HOLDS, TIME_STOP, Choice, Look, Place, State, fresh
from robustop_plugin.lab.replay.kernel.tables import Book, Market, Table
from robustop_plugin.lab.replay.kernel.trade import (
    STILL_OPEN,
    TAKE_PROFIT,
    End,
    Told,
    followed,
    left_at,
    look_at,
    looked,
    walk,
)
from robustop_plugin.protections import gain_before


class Bounds(NamedTuple):
    """What does not change in a trade: a price before which no profit is taken, the first candle of the time stop."""

    watched: float
    late: int


def end_of(
    market: Market,
    choice: Choice,
    run: Table,
    roi: Table,
    selling: Selling | None,
    book: Book,
    pair: int,
    first: int,
    place: Place,
    deal: Deal,
) -> End:
    """Return how a trade ends, sold in parts or not."""
    # Compiled for None by itself: what is not sold in parts has machine code of its own.
    if selling is None:
        return walk(market, choice, run, roi, pair, first, place, deal)
    return walk_in_parts(market, choice, run, roi, selling, book, pair, first, place, deal)


def walk_in_parts(
    market: Market,
    choice: Choice,
    run: Table,
    roi: Table,
    selling: Selling,
    book: Book,
    pair: int,
    first: int,
    place: Place,
    deal: Deal,
) -> End:
    """Return how a trade ends that is filled at the open of candle `first`, and write its sales into the book."""
    way = Way(market, choice, run, selling, pair, place, deal.amount)
    side, end = place.side, market.pairs[pair].end
    exits, bads = (market.exits_long, market.low) if side > 0 else (market.exits_short, market.high)
    state, told = fresh(place, market.columns[first].atr), Told(place.initial_stop, 0.0, False)
    rest = whole(deal, place.opened_at)
    target = price_before_target(place, state, choice)
    bounds = Bounds(profit_watched(place, deal, run, roi, target), late_from(market, choice, first, end))
    look = look_at(market, choice, place, run, first, place.entry, math.nan)
    calm = calm_in_parts(way, first, look, state, told, rest, bounds)
    if not tighter(side, calm.until, place.entry):
        # Nobody was asked yet: an engine may have something to say at the very price of the entry.
        calm = never_calm(calm)
    candle = first
    while candle < end:
        if calm.settled:
            last = min(calm.last, exits[candle])
            # At a signal, too, parts are sold first.
            candle, state = passed_over(market, choice, place, state, candle, last, calm)
            told = followed(side, told, state)
            if candle == end:
                break
        now = market.candles[candle].time
        says, look, state, told, rest, sale = opened(way, candle, calm, look, state, told, rest)
        if sale == SOLD:
            write(book, rest)
        elif sale != KEPT:
            price = nearest_price(market.candles[candle].open, place.grid)
            there = sale == SOLD_OUT and market.low[candle] <= price <= market.high[candle]
            return End(candle, TAKE_PROFIT, price, running(market, run, pair, side, rest, now), there)
        paid, signalled = booked(market, run, pair, side, rest, now), candle == exits[candle]
        if not (signalled or says in (TIME_STOP, CROSSED)) and tighter(side, bads[candle], told.stop):
            breakeven = breakeven_of(place, rest.deal, run, paid) if run.exact else math.nan
            _, look, state, told = looked(market, choice, run, candle, True, place, rest.deal, state, told, breakeven)
            rest = with_virtual(place, look, state, choice, rest)
        if choice.bracket and math.isnan(market.columns[first].atr):
            target = price_before_target(place, state, choice)
        why, price = left_at(market, run, roi, candle, signalled, says, place, rest.deal, told, target, paid)
        if why != STILL_OPEN:
            price = nearest_price(price, place.grid)
            fee = running(market, run, pair, side, rest, now)
            return End(candle, why, price, fee, market.low[candle] <= price <= market.high[candle])
        candle += 1
        calm = calm_in_parts(way, min(candle, end - 1), look, state, told, rest, bounds)
    return End(end, STILL_OPEN, math.nan, 0.0, True)


def opened(way: Way, candle: int, calm: Calm, look: Look, state: State, told: Told, rest: Rest) -> Opened:
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
    if quiet and passes_open(market, place, state, candle, calm):
        state = with_open(market, way.choice, place, state, candle)
        return Opened(int(HOLDS), look, state, told, rest, int(KEPT))
    return at_open(way, candle, state, told, rest)


def calm_in_parts(way: Way, candle: int, look: Look, state: State, told: Told, rest: Rest, bounds: Bounds) -> Calm:
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
    last = last_calm(market, run, way.pair, candle, end, bounds.late)
    if rest.sold and run.exact and run.futures:
        interval = run.funding_seconds
        last = min(last, first_from(market, candle, end, rest.since - rest.since % interval + interval))
    trails = choice.virtual_hand and not rest.progress.portion
    if trails and not math.isnan(rest.virtual):
        stop = better(side, stop, rest.virtual)
    calm = calm_of(place, look, state, choice, stop, watched, last)
    # Bounds of what follows the ATR or the time are bounds of stops.
    return never_calm(calm) if choice.virtual_hand and not choice.steady_hand else calm


def write(book: Book, rest: Rest) -> None:
    """Write a sale down, and what it left."""
    count = book.count[0]
    sale = book.sales[count.sales]
    sale.time, sale.amount, sale.stake = rest.since, rest.deal.amount, rest.deal.stake
    sale.brought, sale.at_once = rest.brought, rest.at_once
    count.sales += 1
