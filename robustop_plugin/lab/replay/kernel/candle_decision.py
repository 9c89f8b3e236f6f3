"""Decides what the engines do at one candle: at its open, then at its favorable extreme."""

import math
from typing import NamedTuple

from robustop_plugin.core.side import tighter
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, stop_ratio
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.step import CROSSED, HOLDS, REQUESTED, TIME_STOP, decided
from robustop_plugin.lab.replay.kernel.tables import Market, Table


class HostStop(NamedTuple):
    """What Freqtrade knows of the stop.

    Attributes:
        stop: The stop, in price.
        ratio: The ratio that the bridge returned last for it.
        moved: True if it has moved since the entry.
    """

    stop: float
    ratio: float
    moved: bool


class CandleOutcome(NamedTuple):
    """The result of a candle.

    Attributes:
        action: Action of the step at the open.
        tick: The last decided tick; if stops move only when a candle closes, that of the open.
        memory: The memory after it.
        host_stop: What Freqtrade knows of the stop.
    """

    action: int
    tick: Tick
    memory: Memory
    host_stop: HostStop


def decide_candle(
    market: Market,
    engines: EngineSet,
    run: Table,
    candle: int,
    skip_open: bool,
    position: Position,
    fill: Fill,
    memory: Memory,
    host_stop: HostStop,
    breakeven: float,
    closed: float,
    requested: bool,
    leaves: bool,
) -> CandleOutcome:
    """Decide a candle's open and its favorable extreme.

    Args:
        market: The market.
        engines: The engines.
        run: The configuration.
        candle: Index of the candle.
        skip_open: True if its open is not decided: the trade is filled there, or it changes nothing.
        position: The position.
        fill: Its fill.
        memory: The memory before the candle.
        host_stop: What Freqtrade knew of the stop before.
        breakeven: Price that covers what the trade really pays; NaN if percentages stand for it.
        closed: What the engines see at the open: see `open_extreme`.
        requested: True if the council requests an exit at this candle.
        leaves: True if an exit signal ends the trade at the open: what comes after it does not matter.
    """
    side = position.side
    favorable = market.high[candle] if side > 0 else market.low[candle]
    adverse = market.low[candle] if side > 0 else market.high[candle]
    tick = tick_at(market, engines, position, run, candle, market.candles[candle].open, breakeven, closed, requested)
    asked, action = tick, int(HOLDS)
    for part in range(int(skip_open), 2 - int(leaves)):
        if part == 1:
            # An exit that was decided at the open stands. At a hit stop no engine is asked.
            if action in (TIME_STOP, CROSSED, REQUESTED) or not tighter(side, adverse, host_stop.stop):
                break
            extreme = math.nan if run.at_closes else favorable
            tick = tick_at(market, engines, position, run, candle, favorable, breakeven, extreme, requested)
            if not run.at_closes:
                asked = tick
        new_action, memory = decided(position, tick, memory, engines)
        if part == 0:
            action = new_action
        if tighter(side, memory.stop, host_stop.stop):
            host_stop = HostStop(memory.stop, stop_ratio(position, tick.price, memory.stop, fill.leverage), True)
    return CandleOutcome(action, asked, memory, host_stop)


def open_extreme(market: Market, run: Table, side: int, candle: int) -> float:
    """Return what the engines see at the open of a candle; NaN for nothing.

    Usually that is the open itself. If stops move only when a candle closes, it is the favorable extreme of the main
    candle that closed there, and nothing at the open of a detail candle inside.
    """
    if not run.at_closes:
        price: float = market.candles[candle].open
        return price
    if market.candles[candle].main == market.candles[candle - 1].main:
        return math.nan
    extreme: float = market.closed_high[candle] if side > 0 else market.closed_low[candle]
    return extreme


def tick_at(
    market: Market,
    engines: EngineSet,
    position: Position,
    run: Table,
    candle: int,
    price: float,
    breakeven: float,
    extreme: float,
    requested: bool,
) -> Tick:
    """Return the tick of a candle at a price."""
    now, columns = market.candles[candle].time, market.columns[candle]
    publishable = not tighter(position.side, position.entry, price)
    atr = columns.atr if engines.follows_atr else math.nan
    # Counted from the first candle of the run: weeks do not begin at multiples of their length.
    main = market.candles[candle].main * run.seconds
    return Tick(now, price, main, atr, columns.momentum, breakeven, publishable, extreme, requested)
