"""The way of one trade through its candles, from its fill to its exit: what host and bridge do together.

A candle is two looks: its open, with the memory from before, and its favourable extreme. Then the host compares the
stop with the other extreme. Candles at which nothing can happen are passed over: no extreme reaches the stop, a
target or the price up to which the engines keep their opinion.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import tighter
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop, decide_candle, tick_at
from robustop_plugin.lab.replay.kernel.candle_exit import STILL_OPEN, exit_at_candle
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, breakeven_of, min_profit_price, price_before_target
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
from robustop_plugin.lab.replay.kernel.step import EngineSet, Memory, Position, fresh
from robustop_plugin.lab.replay.kernel.tables import Market, Table


class TradeEnd(NamedTuple):
    """How a trade ended: at which candle, why, at which price, with which funding; and whether that price was there."""

    candle: int
    why: int
    price: float
    paid: float
    filled: bool


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
