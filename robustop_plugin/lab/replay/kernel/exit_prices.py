"""Prices at which Freqtrade exits a trade, and the stop ratio and breakeven price that the bridge gives it."""

import math
from typing import NamedTuple

from robustop_plugin.core.exact import add
from robustop_plugin.core.grid import to_price
from robustop_plugin.core.host_margins import STOP_AIM, TAKE_PROFIT_LEAD
from robustop_plugin.core.side import better, signed, tighter, towards_market
from robustop_plugin.engines.bracket import target as target_of
from robustop_plugin.lab.replay.kernel.host_arithmetic import close_value, rate_for, ratio_of
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.step import plain_tick, view_of
from robustop_plugin.lab.replay.kernel.tables import Table

NEAR = 1e-6
"""Relative: a price this near to a profit ratio is calculated exactly instead of being skipped."""


class Fill(NamedTuple):
    """A fill as Freqtrade books it.

    Attributes:
        amount: In base currency.
        leverage: Leverage of the trade.
        stake: In stake currency.
        value: Value of the entry, fee included, in stake currency.
    """

    amount: float
    leverage: float
    stake: float
    value: float


class Taken(NamedTuple):
    """Where profit is taken.

    Attributes:
        price: The exit's price; NaN if no profit is taken.
        ours: True if it is the bracket's target, False for `minimal_roi`.
    """

    price: float
    ours: bool


def stop_ratio(position: Position, price: float, stop: float, leverage: float) -> float:
    """Return the ratio that the bridge returns so that Freqtrade's stop becomes `stop`."""
    aim = stop - position.side * STOP_AIM * position.tick_size
    return abs(1 - aim / price) * leverage


def stop_fill_price(side: int, stop: float, favorable: float, price: float) -> float:
    """Return the price of a hit stop: the stop itself, or the open if the whole candle lies beyond it."""
    return price if tighter(side, stop, favorable) else stop


def entry_candle_trail_price(side: int, adverse: float, price: float, ratio: float, leverage: float) -> float:
    """Return the price of a stop that moved and was hit in the entry candle: Freqtrade's worst case."""
    return better(side, adverse, price * (1 - side * abs(ratio / leverage)))


def breakeven_of(position: Position, fill: Fill, run: Table, funding: float) -> float:
    """Return the rate that covers fees, funding and expected slippage; NaN if no rate does."""
    rate = rate_for(position.side, fill.amount, position.entry, run.fee, funding, fill.leverage, 0.0)
    rate *= 1 + position.side * run.slippage_percent / 100
    return rate if rate > 0 and not math.isinf(rate) else math.nan


def price_before_target(position: Position, memory: Memory, engines: EngineSet) -> float:
    """Return the price a quarter of a tick before the bracket's target; NaN if there is no target."""
    if not engines.bracket:
        return math.nan
    tick = plain_tick(position.opened_at, position.entry, math.nan)
    target = target_of(view_of(position, tick, memory), engines.bracket_options)
    ticks = towards_market(position.side, add(position.entry_ticks, signed(position.side, target)))
    price = to_price(ticks, position.grid) - position.side * TAKE_PROFIT_LEAD * position.tick_size
    return price if price > 0 else math.nan


def min_profit_price(position: Position, fill: Fill, run: Table, roi: Table, target: float) -> float:
    """Return a price before which no profit is taken at any age of the trade."""
    watched = position.side * math.inf
    if not math.isnan(target):
        watched = target
    for row in range(len(roi)):
        rate = rate_for(position.side, fill.amount, position.entry, run.fee, 0.0, fill.leverage, roi[row].ratio)
        watched = better(-position.side, watched, rate)
    if math.isinf(watched):
        return watched
    # Funding changes the ratio at a price.
    known = watched > 0 and not run.futures
    return watched * (1 - position.side * NEAR) if known else -position.side * math.inf


def profit_taken(
    position: Position,
    fill: Fill,
    run: Table,
    roi: Table,
    target: float,
    funding: float,
    now: float,
    price: float,
    low: float,
    high: float,
) -> Taken:
    """Return where profit is taken at a candle.

    Args:
        position: The position.
        fill: Its fill.
        run: The configuration.
        roi: Freqtrade's `minimal_roi`.
        target: Price a quarter of a tick before the bracket's target; NaN for none.
        funding: Funding so far, positive for a gain.
        now: Opening time of the candle.
        price: Its open.
        low: Its lowest price.
        high: Its highest price.
    """
    side = position.side
    age = int((now - position.opened_at) // 60)
    since, wanted, ours = age, math.inf, False
    for row in range(len(roi)):
        if roi[row].minutes <= age:
            since, wanted = roi[row].minutes, roi[row].ratio
    if not math.isnan(target):
        ratio = profit_ratio(position, fill, run, target, funding)
        if ratio < wanted:
            since, wanted, ours = age, ratio, True
    favorable = high if side > 0 else low
    if math.isinf(wanted):
        return Taken(math.nan, False)
    if not profit_ratio(position, fill, run, favorable, funding) > wanted:
        return Taken(math.nan, False)
    on_the_hour = since % run.minutes == 0
    if wanted == -1 and on_the_hour:
        return Taken(price, ours)
    rate = rate_for(side, fill.amount, position.entry, run.fee, funding, fill.leverage, wanted)
    if 0 < age == since and on_the_hour and tighter(side, price, rate):
        return Taken(price, ours)
    return Taken(min(max(rate, low), high), ours)


def profit_ratio(position: Position, fill: Fill, run: Table, rate: float, funding: float) -> float:
    """Return the profit ratio at a rate, as Freqtrade calculates it."""
    closed = close_value(position.side, fill.amount, rate, run.fee, funding)
    return ratio_of(position.side, fill.value, closed, fill.leverage)
