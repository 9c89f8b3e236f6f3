"""At which prices the host leaves a trade, and what the bridge tells it: pieces of a trade's way."""

import math
from typing import NamedTuple

from robustop_plugin.core.exact import add
from robustop_plugin.core.grid import to_price
from robustop_plugin.core.side import better, signed, tighter, towards_market
from robustop_plugin.engines.bracket import target as target_of
from robustop_plugin.lab.replay.kernel.host_arithmetic import close_value, rate_for, ratio_of
from robustop_plugin.lab.replay.kernel.step import EngineSet, Memory, Position, Tick, view_of
from robustop_plugin.lab.replay.kernel.tables import Table

AHEAD = 0.25
"""In ticks: how far before its target the bridge has the host take profit."""

NEAR = 1e-6
"""Relative: what is so near to a profit ratio is calculated, not passed over."""


class Fill(NamedTuple):
    """What the host agreed on for a trade.

    Attributes:
        amount: in base currency.
        leverage: of the trade.
        stake: that the host counts.
        value: of the entry, fee included.
    """

    amount: float
    leverage: float
    stake: float
    value: float


class Taken(NamedTuple):
    """The price at which profit is taken, NaN for none, and whether it is the bracket's."""

    price: float
    ours: bool


def stop_ratio(place: Position, price: float, stop: float, leverage: float) -> float:
    """Return the ratio that the bridge tells the host for its stop to become `stop`."""
    aim = stop - place.side * place.tick_size / 2
    return abs(1 - aim / price) * leverage


def stop_fill_price(side: int, stop: float, good: float, price: float) -> float:
    """Return where a hit stop is filled: at the stop, or at the open where the whole candle lies beyond it."""
    return price if tighter(side, stop, good) else stop


def entry_candle_trail_price(side: int, bad: float, price: float, ratio: float, leverage: float) -> float:
    """Return where a stop is filled that moved and was hit in the candle of the entry: the host's worst case."""
    return better(side, bad, price * (1 - side * abs(ratio / leverage)))


def breakeven_of(place: Position, deal: Fill, run: Table, paid: float) -> float:
    """Return the rate at which a trade covers fees, funding and the slippage to come; NaN where there is none."""
    rate = rate_for(place.side, deal.amount, place.entry, run.fee, paid, deal.leverage, 0.0)
    rate *= 1 + place.side * run.slippage_percent / 100
    return rate if rate > 0 and not math.isinf(rate) else math.nan


def price_before_target(place: Position, state: Memory, choice: EngineSet) -> float:
    """Return the price a quarter of a tick before the bracket's target; NaN where there is none."""
    if not choice.bracket:
        return math.nan
    look = Tick(place.opened_at, place.entry, place.opened_at, math.nan, math.nan, math.nan, True)
    target = target_of(view_of(place, look, state), choice.bracket_options)
    ticks = towards_market(place.side, add(place.entry_ticks, signed(place.side, target)))
    price = to_price(ticks, place.grid) - place.side * AHEAD * place.tick_size
    return price if price > 0 else math.nan


def min_profit_price(place: Position, deal: Fill, run: Table, roi: Table, target: float) -> float:
    """Return a price before which no profit is taken, whatever the age of the trade."""
    watched = place.side * math.inf
    if not math.isnan(target):
        watched = target
    for row in range(len(roi)):
        rate = rate_for(place.side, deal.amount, place.entry, run.fee, 0.0, deal.leverage, roi[row].ratio)
        watched = better(-place.side, watched, rate)
    if math.isinf(watched):
        return watched
    # Funding moves what a ratio is at a price.
    known = watched > 0 and not run.futures
    return watched * (1 - place.side * NEAR) if known else -place.side * math.inf


def profit_taken(
    place: Position,
    deal: Fill,
    run: Table,
    roi: Table,
    target: float,
    paid: float,
    now: float,
    price: float,
    low: float,
    high: float,
) -> Taken:
    """Return where profit is taken at a candle.

    Args:
        place: the position.
        deal: with the host.
        run: the host's configuration.
        roi: its table of profit ratios.
        target: price a quarter of a tick before the bracket's.
        paid: funding so far.
        now: when the candle opened.
        price: at which it opened.
        low: its lowest price.
        high: its highest.
    """
    side = place.side
    age = int((now - place.opened_at) // 60)
    since, wanted, ours = age, math.inf, False
    for row in range(len(roi)):
        if roi[row].minutes <= age:
            since, wanted = roi[row].minutes, roi[row].ratio
    if not math.isnan(target):
        ratio = profit_ratio(place, deal, run, target, paid)
        if ratio < wanted:
            since, wanted, ours = age, ratio, True
    good = high if side > 0 else low
    if math.isinf(wanted):
        return Taken(math.nan, False)
    if not profit_ratio(place, deal, run, good, paid) > wanted:
        return Taken(math.nan, False)
    on_the_hour = since % run.minutes == 0
    if wanted == -1 and on_the_hour:
        return Taken(price, ours)
    rate = rate_for(side, deal.amount, place.entry, run.fee, paid, deal.leverage, wanted)
    if 0 < age == since and on_the_hour and tighter(side, price, rate):
        return Taken(price, ours)
    return Taken(min(max(rate, low), high), ours)


def profit_ratio(place: Position, deal: Fill, run: Table, rate: float, paid: float) -> float:
    """Return the profit ratio at a rate, as the host calculates it."""
    closed = close_value(place.side, deal.amount, rate, run.fee, paid)
    return ratio_of(place.side, deal.value, closed, deal.leverage)
