"""Simulates a trade with partial sales: like `trade.simulate_trade`, but each open first sells what is due.

A sale changes the remainder, and with it profits, funding and the exact breakeven price. It is recorded with its time,
and paid out to the wallet when the run reaches that time.
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
    OpenOutcome,
    TradeContext,
    decide_open,
    with_virtual,
)
from robustop_plugin.lab.replay.kernel.partial_sales import (
    PartialSchedule,
    Remainder,
    running_funding,
    total_funding,
    whole_position,
)
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.sell_signals import next_sell_signal
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds, never_skip, skip_bounds
from robustop_plugin.lab.replay.kernel.skip_candles import (
    first_from,
    last_skippable,
    late_from,
)
from robustop_plugin.lab.replay.kernel.skip_inside import skip_ahead
from robustop_plugin.lab.replay.kernel.skip_opens import skips_open, with_open
from robustop_plugin.lab.replay.kernel.step import CROSSED, HOLDS, REQUESTED, TIME_STOP, fresh
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.trade import TradeEnd, after_trail
from robustop_plugin.protections import gain_before


class TradeLimits(NamedTuple):
    """Bounds that stay the same during a trade.

    Attributes:
        watched: Price before which no profit is taken.
        late: Index of the first candle at which the time stop may apply.
        end: Index after the last candle.
    """

    watched: float
    late: int
    end: int


def simulate_partial_trade(
    market: Market,
    engines: EngineSet,
    run: Table,
    roi: Table,
    partials: PartialSchedule,
    portfolio: Portfolio,
    pair: int,
    first: int,
    position: Position,
    fill: Fill,
    end: int,
) -> TradeEnd:
    """Return the end of a trade that is filled at the open of candle `first`, and record its sales."""
    council = next_sell_signal(market, first + 1)
    context = TradeContext(market, engines, run, partials, pair, position, fill.amount, council)
    side = position.side
    exits, adverse_prices = (market.exits_long, market.low) if side > 0 else (market.exits_short, market.high)
    memory, host_stop = fresh(position, market.columns[first].atr), HostStop(position.initial_stop, 0.0, False)
    remainder = whole_position(fill, position.opened_at)
    target = price_before_target(position, memory, engines)
    late = late_from(market, engines, first, end)
    limits = TradeLimits(min_profit_price(position, fill, run, roi, target), late, end)
    seen = math.nan if run.at_closes else position.entry
    tick = tick_at(market, engines, position, run, first, position.entry, math.nan, seen, False)
    bounds = skip_bounds_with_partials(context, first, tick, memory, host_stop, remainder, limits)
    if not tighter(side, bounds.until, position.entry):
        # The engines were not asked yet: one may offer a level at the entry price itself.
        bounds = never_skip(bounds)
    candle = first
    while candle < end:
        # Partial sales come before an exit signal, too.
        last = min(bounds.last, exits[candle], council)
        candle, memory = skip_ahead(market, engines, run, position, memory, candle, last, bounds)
        host_stop = after_trail(side, host_stop, memory)
        if candle == end:
            break
        now, stop = market.candles[candle].time, memory.stop
        action, tick, memory, host_stop, remainder, sale = process_open(
            context, candle, bounds, tick, memory, host_stop, remainder
        )
        if sale == SOLD:
            record_sale(portfolio, remainder)
        elif sale != KEPT:
            price = nearest_price(market.candles[candle].open, position.grid)
            filled = sale == SOLD_OUT and market.low[candle] <= price <= market.high[candle]
            fee = running_funding(market, run, pair, side, remainder, now)
            return TradeEnd(candle, TAKE_PROFIT, price, fee, filled, stop)
        funding, signalled = total_funding(market, run, pair, side, remainder, now), candle == exits[candle]
        if not (signalled or action in (TIME_STOP, CROSSED, REQUESTED)) and tighter(
            side, adverse_prices[candle], host_stop.stop
        ):
            breakeven = breakeven_of(position, remainder.fill, run, funding) if run.exact else math.nan
            _, tick, memory, host_stop = decide_candle(
                market,
                engines,
                run,
                candle,
                True,
                position,
                remainder.fill,
                memory,
                host_stop,
                breakeven,
                tick.extreme,
                False,
                False,
            )
            remainder = with_virtual(position, tick, memory, engines, remainder)
        if engines.bracket and math.isnan(market.columns[first].atr):
            target = price_before_target(position, memory, engines)
        reason, price = exit_at_candle(
            market, run, roi, candle, signalled, action, position, remainder.fill, host_stop, target, funding
        )
        if reason != STILL_OPEN:
            price = nearest_price(price, position.grid)
            fee = running_funding(market, run, pair, side, remainder, now)
            filled = market.low[candle] <= price <= market.high[candle]
            return TradeEnd(candle, reason, price, fee, filled, stop)
        candle += 1
        bounds = skip_bounds_with_partials(context, min(candle, end - 1), tick, memory, host_stop, remainder, limits)
    return TradeEnd(end, STILL_OPEN, math.nan, 0.0, True, memory.stop)


def process_open(
    context: TradeContext,
    candle: int,
    bounds: SkipBounds,
    tick: Tick,
    memory: Memory,
    host_stop: HostStop,
    remainder: Remainder,
) -> OpenOutcome:
    """Process a candle's open. The entry candle's open is skipped; most others change nothing.

    Args:
        context: The trade.
        candle: Index of the candle.
        bounds: Bounds within which candles change nothing.
        tick: The last decided tick.
        memory: The memory after it.
        host_stop: What Freqtrade knew of the stop before.
        remainder: What remains of the position.
    """
    market, position = context.market, context.position
    row = market.candles[candle]
    if row.time == position.opened_at:
        return OpenOutcome(int(HOLDS), tick, memory, host_stop, remainder, int(KEPT))
    may_skip = bounds.can_skip and not context.run.at_closes and candle != context.council
    quiet = may_skip and tighter(position.side, row.open, bounds.stop)
    if quiet and skips_open(market, position, memory, candle, bounds):
        memory = with_open(market, context.engines, position, memory, candle)
        return OpenOutcome(int(HOLDS), tick, memory, host_stop, remainder, int(KEPT))
    return decide_open(context, candle, memory, host_stop, remainder)


def skip_bounds_with_partials(
    context: TradeContext,
    candle: int,
    tick: Tick,
    memory: Memory,
    host_stop: HostStop,
    remainder: Remainder,
    limits: TradeLimits,
) -> SkipBounds:
    """Return the bounds within which candles change nothing: no sale is due, and no funding is booked anew.

    Args:
        context: The trade.
        candle: Index of the next candle.
        tick: The last decided tick.
        memory: The memory after it.
        host_stop: What Freqtrade knows of the stop.
        remainder: What remains of the position.
        limits: Bounds for the whole trade.
    """
    market, engines, run, position, stop = (
        context.market,
        context.engines,
        context.run,
        context.position,
        host_stop.stop,
    )
    side, end = position.side, limits.end
    ticks = gain_before(remainder.progress.rungs, context.partials.schedule, position.risk)
    watched = better(-side, limits.watched, position.entry + side * ticks * position.tick_size)
    last = last_skippable(market, run, context.pair, candle, end, limits.late)
    if remainder.sold and run.exact and run.futures:
        interval = run.funding_seconds
        last = min(last, first_from(market, candle, end, remainder.since - remainder.since % interval + interval))
    trails = engines.virtual_hand and not remainder.progress.portion
    if trails and not math.isnan(remainder.virtual):
        stop = better(side, stop, remainder.virtual)
    bounds = skip_bounds(position, tick, memory, engines, stop, watched, last)
    # Bounds for engines that follow the ATR or the time hold for stops only.
    return never_skip(bounds) if engines.virtual_hand and not engines.steady_hand else bounds


def record_sale(portfolio: Portfolio, remainder: Remainder) -> None:
    """Record a sale and what it left."""
    totals = portfolio.totals[0]
    sale = portfolio.sales[totals.sales]
    sale.time, sale.amount, sale.stake = remainder.since, remainder.fill.amount, remainder.fill.stake
    sale.realized, sale.same_moment_funding = remainder.realized, remainder.same_moment_funding
    sale.booked_funding, sale.dropped = remainder.booked_funding, remainder.dropped
    totals.sales += 1
