"""The way of one trade through its candles, from its fill to its exit: what host and bridge do together.

A candle is two looks: its open, with the memory from before, and its favourable extreme. Then the host compares the
stop with the other extreme. Candles at which nothing can happen are passed over: no extreme reaches the stop, a
target or the price up to which the engines keep their opinion.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.exit_prices import (
    Fill,
    breakeven_of,
    entry_candle_trail_price,
    min_profit_price,
    price_before_target,
    profit_taken,
    stop_fill_price,
    stop_ratio,
)
from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.skip_bounds import never_skip, skip_bounds
from robustop_plugin.lab.replay.kernel.skip_candles import (
    last_skippable,
    late_from,
    skip_candles,
    skips_open,
    with_open,
)
from robustop_plugin.lab.replay.kernel.step import (
    CROSSED,
    HOLDS,
    TIME_STOP,
    EngineSet,
    Memory,
    Position,
    Tick,
    decided,
    fresh,
)
from robustop_plugin.lab.replay.kernel.tables import Market, Table

STILL_OPEN, STOP_LOSS, TRAILING_STOP, ROI, TAKE_PROFIT, SIGNAL, CROSSED_LEVEL, TOO_OLD, FORCED = range(9)
"""Why a trade ended."""

SECONDS = 60
"""A trade that is younger counts, for the host, as one that was opened in this candle."""


class TradeEnd(NamedTuple):
    """How a trade ended: at which candle, why, at which price, with which funding; and whether that price was there."""

    candle: int
    why: int
    price: float
    paid: float
    filled: bool


class HostStop(NamedTuple):
    """What the host was told of the stop: where it stands, the last ratio, and whether it has moved."""

    stop: float
    ratio: float
    moved: bool


class CandleExit(NamedTuple):
    """Why a trade is left at a candle, and at which price."""

    why: int
    price: float


class CandleOutcome(NamedTuple):
    """What came of both looks at a candle: the step at the open, the last look, the state and what the host knows."""

    says: int
    look: Tick
    state: Memory
    told: HostStop


def simulate_trade(
    market: Market, choice: EngineSet, run: Table, roi: Table, pair: int, first: int, place: Position, deal: Fill
) -> TradeEnd:
    """Return how a trade ends that is filled at the open of candle `first`."""
    side, end = place.side, market.pairs[pair].end
    leaves = market.exits_long[first] if side > 0 else market.exits_short[first]
    state = activate_at_entry(market, choice, place, run, first, fresh(place, market.columns[first].atr))
    told = HostStop(place.initial_stop, 0.0, False)
    late = late_from(market, choice, first, end)
    target = price_before_target(place, state, choice)
    watched = min_profit_price(place, deal, run, roi, target)
    look = tick_at(market, choice, place, run, first, place.entry, math.nan)
    calm = skip_bounds(
        place, look, state, choice, told.stop, watched, last_skippable(market, run, pair, first, end, late)
    )
    if not tighter(side, calm.until, place.entry):
        # Nobody was asked yet: an engine may have something to say at the very price of the entry.
        calm = never_skip(calm)
    candle, paid = first, 0.0
    while candle < end:
        if calm.settled:
            candle, state = skip_candles(market, choice, place, state, candle, min(calm.last, leaves), calm)
            told = after_trail(side, told, state)
            if candle == end:
                break
        now = market.candles[candle].time
        if run.futures:
            paid = side * -paid_until(market, run, pair, deal.amount, place.opened_at, now)
        breakeven = breakeven_of(place, deal, run, paid) if run.exact else math.nan
        opening = candle == first or (calm.settled and skips_open(market, place, state, candle, calm))
        if opening and candle > first:
            state = with_open(market, choice, place, state, candle)
        says, look, state, told = decide_candle(
            market, choice, run, candle, opening, place, deal, state, told, breakeven
        )
        if choice.bracket and math.isnan(market.columns[first].atr):
            target = price_before_target(place, state, choice)
        why, price = exit_at_candle(market, run, roi, candle, candle == leaves, says, place, deal, told, target, paid)
        if why != STILL_OPEN:
            price = nearest_price(price, place.grid)
            return TradeEnd(candle, why, price, paid, market.low[candle] <= price <= market.high[candle])
        candle += 1
        last = last_skippable(market, run, pair, min(candle, end - 1), end, late)
        calm = skip_bounds(place, look, state, choice, told.stop, watched, last)
    return TradeEnd(end, STILL_OPEN, math.nan, 0.0, True)


def activate_at_entry(
    market: Market, choice: EngineSet, place: Position, run: Table, first: int, state: Memory
) -> Memory:
    """Return the state with `smart_trail` awake where it trails from the entry on, as the first look would wake it.

    The entry itself is no look; a trail behind it is offered only where the first candle brings no better price.
    """
    good = market.high[first] if place.side > 0 else market.low[first]
    at_once = choice.smart and choice.steady_smart and choice.smart_options.activation_percent <= 0
    if run.exact or not at_once or not tighter(place.side, good, place.entry):
        return state
    smart = SmartTrailMemory(True, place.entry, state.smart.protected)
    return Memory(state.stop, state.best, state.level, state.atr, state.atr_at_entry, smart, state.guard)


def after_trail(side: int, told: HostStop, state: Memory) -> HostStop:
    """Return what the host knows after a trail has led the stop; the ratio counts in the candle of the entry alone."""
    return HostStop(state.stop, told.ratio, True) if tighter(side, state.stop, told.stop) else told


def decide_candle(
    market: Market,
    choice: EngineSet,
    run: Table,
    candle: int,
    opening: bool,
    place: Position,
    deal: Fill,
    state: Memory,
    told: HostStop,
    breakeven: float,
) -> CandleOutcome:
    """Return what comes of a candle's open and of its favourable extreme.

    Args:
        market: the candles.
        choice: the engines.
        run: the host's configuration.
        candle: its number.
        opening: its open is no look at it: the trade is filled there, or nothing comes of it.
        place: the position.
        deal: with the host.
        state: from before the candle.
        told: what the host was told of the stop before.
        breakeven: price that really covers the costs; NaN where percents stand for it.
    """
    side = place.side
    good = market.high[candle] if side > 0 else market.low[candle]
    bad = market.low[candle] if side > 0 else market.high[candle]
    look, says = tick_at(market, choice, place, run, candle, market.candles[candle].open, breakeven), int(HOLDS)
    for part in range(int(opening), 2):
        if part == 1:
            # An exit that was decided at the open stands; and of a stop that is hit, nobody is asked.
            if says in (TIME_STOP, CROSSED) or not tighter(side, bad, told.stop):
                break
            look = tick_at(market, choice, place, run, candle, good, breakeven)
        said, state = decided(place, look, state, choice)
        if part == 0:
            says = said
        if tighter(side, state.stop, told.stop):
            told = HostStop(state.stop, stop_ratio(place, look.price, state.stop, deal.leverage), True)
    return CandleOutcome(says, look, state, told)


def exit_at_candle(
    market: Market,
    run: Table,
    roi: Table,
    candle: int,
    signalled: bool,
    says: int,
    place: Position,
    deal: Fill,
    told: HostStop,
    target: float,
    paid: float,
) -> CandleExit:
    """Return whether a trade is left at a candle: robustop's exits, then the host's in their order, each at its price.

    Args:
        market: the candles.
        run: the host's configuration.
        roi: its table of profit ratios.
        candle: its number.
        signalled: an exit signal stands.
        says: the step at the open.
        place: the position.
        deal: with the host.
        told: what the host was told of the stop, at this candle too.
        target: price a quarter of a tick before the bracket's, NaN for none.
        paid: funding so far.
    """
    row, low, high = market.candles[candle], market.low[candle], market.high[candle]
    side, price, stop = place.side, row.open, told.stop
    good, bad = (high, low) if side > 0 else (low, high)
    hit = beyond(side, bad, stop)
    why = CandleExit(STILL_OPEN, price)
    if says in (TIME_STOP, CROSSED):
        why = CandleExit(TOO_OLD if says == TIME_STOP else CROSSED_LEVEL, price)
    elif signalled:
        why = CandleExit(SIGNAL, price)
    elif hit and not told.moved:
        why = CandleExit(STOP_LOSS, stop_fill_price(side, stop, good, price))
    else:
        enters = row.enters_long if side > 0 else row.enters_short
        if not (run.ignores_roi and enters):
            taken = profit_taken(place, deal, run, roi, target, paid, row.time, price, low, high)
            if not math.isnan(taken.price):
                return CandleExit(TAKE_PROFIT if taken.ours else ROI, taken.price)
        if hit:
            why = CandleExit(TRAILING_STOP, stop_fill_price(side, stop, good, price))
            if row.time - place.opened_at < SECONDS and not tighter(side, stop, good):
                why = CandleExit(TRAILING_STOP, entry_candle_trail_price(side, bad, price, told.ratio, deal.leverage))
    return why


def tick_at(
    market: Market, choice: EngineSet, place: Position, run: Table, candle: int, price: float, breakeven: float
) -> Tick:
    """Return one look at the market at a candle."""
    now, columns = market.candles[candle].time, market.columns[candle]
    publishable = not tighter(place.side, place.entry, price)
    atr = columns.atr if choice.follows_atr else math.nan
    # Counted from the first candle of the run: a week begins on no multiple of its length.
    main = market.candles[candle].main * run.seconds
    return Tick(now, price, main, atr, columns.momentum, breakeven, publishable)
