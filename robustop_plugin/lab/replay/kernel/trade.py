"""Simulates one trade through its candles, from fill to exit, as Freqtrade and the bridge do together.

A candle is two ticks: its open, decided with the memory from before, and its favorable extreme. Then Freqtrade compares
the stop with the adverse extreme. A candle is skipped if it can change nothing: no extreme reaches the stop, a target,
or the price up to which the engines keep their opinion.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import tighter
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop, decide_candle, open_extreme, tick_at
from robustop_plugin.lab.replay.kernel.candle_exit import STILL_OPEN, exit_at_candle
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, breakeven_of, min_profit_price, price_before_target
from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.sell_signals import next_sell_signal
from robustop_plugin.lab.replay.kernel.skip_bounds import never_skip, skip_bounds
from robustop_plugin.lab.replay.kernel.skip_candles import (
    last_skippable,
    late_from,
)
from robustop_plugin.lab.replay.kernel.skip_inside import skip_ahead
from robustop_plugin.lab.replay.kernel.skip_opens import skips_open, with_open
from robustop_plugin.lab.replay.kernel.step import fresh
from robustop_plugin.lab.replay.kernel.tables import Market, Table


class TradeEnd(NamedTuple):
    """How a trade ended.

    Attributes:
        candle: Index of the candle of the exit.
        reason: Why: a constant of `candle_exit`.
        price: Price of the exit.
        funding: Funding since the last fill, positive for a gain.
        filled: True if the candle reached that price.
        stop: Stop in force before that candle, in price; of an open trade the last one.
    """

    candle: int
    reason: int
    price: float
    funding: float
    filled: bool
    stop: float


def simulate_trade(
    market: Market,
    engines: EngineSet,
    run: Table,
    roi: Table,
    pair: int,
    first: int,
    position: Position,
    fill: Fill,
    end: int,
) -> TradeEnd:
    """Return the end of a trade that is filled at the open of candle `first`; it stays open from candle `end` on."""
    side = position.side
    exit_candle = market.exits_long[first] if side > 0 else market.exits_short[first]
    memory = activate_at_entry(market, engines, position, run, first, fresh(position, market.columns[first].atr))
    host_stop = HostStop(position.initial_stop, 0.0, False)
    late = late_from(market, engines, first, end)
    target = price_before_target(position, memory, engines)
    watched = min_profit_price(position, fill, run, roi, target)
    seen = math.nan if run.at_closes else position.entry
    tick = tick_at(market, engines, position, run, first, position.entry, math.nan, seen, False)
    council = next_sell_signal(market, first + 1)
    bounds = skip_bounds(
        position, tick, memory, engines, host_stop.stop, watched, last_skippable(market, run, pair, first, end, late)
    )
    if not tighter(side, bounds.until, position.entry):
        # The engines were not asked yet: one may offer a level at the entry price itself.
        bounds = never_skip(bounds)
    candle, funding = first, 0.0
    while candle < end:
        last = min(bounds.last, exit_candle, council)
        candle, memory = skip_ahead(market, engines, run, position, memory, candle, last, bounds)
        host_stop = after_trail(side, host_stop, memory)
        if candle == end:
            break
        now = market.candles[candle].time
        if run.futures:
            funding = side * -paid_until(market, run, pair, fill.amount, position.opened_at, now)
        breakeven = breakeven_of(position, fill, run, funding) if run.exact else math.nan
        stop, may_skip = memory.stop, bounds.can_skip and not run.at_closes and candle != council
        skip_open = candle == first or (may_skip and skips_open(market, position, memory, candle, bounds))
        if skip_open and candle > first:
            memory = with_open(market, engines, position, memory, candle)
        seen = open_extreme(market, run, side, candle) if candle > first else tick.extreme
        action, tick, memory, host_stop = decide_candle(
            market,
            engines,
            run,
            candle,
            skip_open,
            position,
            fill,
            memory,
            host_stop,
            breakeven,
            seen,
            candle == council,
            candle == exit_candle,
        )
        if engines.bracket and math.isnan(market.columns[first].atr):
            target = price_before_target(position, memory, engines)
        reason, price = exit_at_candle(
            market, run, roi, candle, candle == exit_candle, action, position, fill, host_stop, target, funding
        )
        if reason != STILL_OPEN:
            price = nearest_price(price, position.grid)
            filled = market.low[candle] <= price <= market.high[candle]
            return TradeEnd(candle, reason, price, funding, filled, stop)
        candle += 1
        last = last_skippable(market, run, pair, min(candle, end - 1), end, late)
        bounds = skip_bounds(position, tick, memory, engines, host_stop.stop, watched, last)
    return TradeEnd(end, STILL_OPEN, math.nan, 0.0, True, memory.stop)


def activate_at_entry(
    market: Market, engines: EngineSet, position: Position, run: Table, first: int, memory: Memory
) -> Memory:
    """Return the memory with `smart_trail` active, if it trails from the entry on.

    The entry itself is not a tick. A trail behind it is offered only if the first candle has no better price.
    """
    favorable = market.high[first] if position.side > 0 else market.low[first]
    trails_from_entry = engines.smart and engines.steady_smart and engines.smart_options.activation_percent <= 0
    if run.exact or run.at_closes or not trails_from_entry or not tighter(position.side, favorable, position.entry):
        return memory
    smart = SmartTrailMemory(True, position.entry, memory.smart.protected)
    return Memory(memory.stop, memory.best, memory.level, memory.atr, memory.atr_at_entry, smart, memory.guard)


def after_trail(side: int, host_stop: HostStop, memory: Memory) -> HostStop:
    """Return what Freqtrade knows after a trail moved the stop. The ratio matters in the entry candle alone."""
    return HostStop(memory.stop, host_stop.ratio, True) if tighter(side, memory.stop, host_stop.stop) else host_stop
