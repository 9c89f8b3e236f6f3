"""What the engines decide at one candle: at its open, then at its favorable extreme."""

import math
from typing import NamedTuple

from robustop_plugin.core.side import tighter
from robustop_plugin.lab.replay.kernel.exit_prices import Fill, stop_ratio
from robustop_plugin.lab.replay.kernel.step import CROSSED, HOLDS, TIME_STOP, EngineSet, Memory, Position, Tick, decided
from robustop_plugin.lab.replay.kernel.tables import Market, Table


class HostStop(NamedTuple):
    """What the host was told of the stop: where it stands, the last ratio, and whether it has moved."""

    stop: float
    ratio: float
    moved: bool


class CandleOutcome(NamedTuple):
    """What came of both looks at a candle: the step at the open, the last look, the state and what the host knows."""

    says: int
    look: Tick
    state: Memory
    told: HostStop


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
