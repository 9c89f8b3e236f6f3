"""Calculates what is the same under all settings for each entry signal: prices, the usual fill, exact decimals."""

import math

from robustop_plugin.core.exact import decimal
from robustop_plugin.core.grid import grid_of, to_ticks
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.host_arithmetic import open_value, product, truncated
from robustop_plugin.lab.replay.kernel.position_size import hard_stop
from robustop_plugin.lab.replay.kernel.tables import Market, Table


def prepare(market: Market, run: Table) -> None:
    """Calculate the fields of signals that are the same under all settings."""
    for index in range(len(market.signals)):
        signal = market.signals[index]
        side, rate, grid = signal.side, market.candles[signal.candle].open, grid_of(signal.tick_size)
        signal.rate, signal.step, signal.scale = rate, grid.step, grid.scale
        signal.hard_stop = hard_stop(side, rate, run.stoploss, signal.leverage, grid)
        signal.ticks, signal.ticks_rest = to_ticks(rate, grid)
        if not (math.isinf(run.stake) or run.sized):
            fill = fill_of(market, run, index, run.stake)
            signal.amount, signal.stake, signal.value = fill.amount, fill.stake, fill.value


def fill_of(market: Market, run: Table, index: int, stake: float) -> Fill:
    """Return the fill of a stake at a signal: the truncated amount, and the stake calculated back from it."""
    signal = market.signals[index]
    rate = signal.rate
    amount = truncated(stake / rate * signal.leverage, grid_of(market.pairs[signal.pair].lot))
    value = open_value(signal.side, amount, rate, run.fee)
    return Fill(amount, signal.leverage, product(amount, rate) / signal.leverage, value)


def fill_decimals(market: Market) -> None:
    """Make exact decimals of the prices of each signal."""
    for index in range(len(market.signals)):
        signal, row = market.signals[index], market.decimals[index]
        row.entry, row.entry_rest = decimal(signal.rate)
        row.value, row.value_rest = decimal(row.value)
