"""Terms of positions whose size is known only at the entry: leverage, limits and liquidation price depend on it.

On futures the exchange limits the leverage by the stake, and so does its margin requirement. A fixed stake needs one
question to Freqtrade for each signal; with any other, each of the exchange's tiers has terms of its own.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.grid import Grid, round_towards_market, to_ticks
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.wallet import proposed, stake_of, wallet_of

TOO_LARGE = 4
"""Status of a run: the exchange has no terms for a stake."""


class Tiers(NamedTuple):
    """Terms and margins by position size.

    Attributes:
        terms: Rows of `TERM` of all signals.
        margins: Rows of `MARGIN` of all pairs.
    """

    terms: Table
    margins: Table


def hard_stop(side: int, rate: float, stoploss: float, leverage: float, grid: Grid) -> float:
    """Return Freqtrade's stop at the strategy's `stoploss`; NaN if the entry is not on the price grid."""
    if nearest_price(rate, grid) != rate:
        return math.nan
    return round_towards_market(side, to_ticks(rate * (1 - side * (stoploss / leverage)), grid), grid)


def stake_at(market: Market, tiers: Tiers, run: Table, portfolio: Portfolio, index: int) -> float:
    """Return the stake of a new trade, 0 if it is not opened. Writes the terms for that stake to the signal."""
    signal = market.signals[index]
    if not run.sized:
        return stake_of(run, portfolio, signal.least, signal.most)
    if not set_terms(market, tiers, run, portfolio, index, proposed(run, wallet_of(run, portfolio))):
        return 0.0
    return stake_of(run, portfolio, signal.least, signal.most)


def set_terms(market: Market, tiers: Tiers, run: Table, portfolio: Portfolio, index: int, stake: float) -> bool:
    """Write the terms for a proposed stake to its signal; return False if the exchange has none."""
    signal = market.signals[index]
    for number in range(signal.first_term, signal.end_term):
        term = tiers.terms[number]
        if stake <= term.up_to:
            signal.leverage, signal.least, signal.most = term.leverage, term.least, term.most
            grid = Grid(signal.step, signal.scale)
            signal.hard_stop = hard_stop(signal.side, signal.rate, run.stoploss, term.leverage, grid)
            return True
    portfolio.totals[0].status = TOO_LARGE
    return False


def liquidation_of(market: Market, tiers: Tiers, run: Table, index: int, fill: Fill) -> float:
    """Return a position's liquidation price, which may depend on its size; NaN or 0 for none."""
    signal, ratio, amount = market.signals[index], math.nan, math.nan
    known: float = signal.liquidation
    # Without risk sizing, a fixed stake has one liquidation price at each signal.
    if not (run.sized or (run.futures and run.risk_percent > 0)):
        return known
    pair = market.pairs[signal.pair]
    for number in range(pair.first_margin, pair.end_margin):
        if fill.stake >= tiers.margins[number].least:
            ratio, amount = tiers.margins[number].ratio, tiers.margins[number].amount
    price = liquidated_at(signal.side, signal.rate, fill, ratio, amount, run.buffer)
    return nearest_price(price, Grid(signal.step, signal.scale)) if price > 0 else price


def liquidated_at(side: int, rate: float, fill: Fill, ratio: float, amount: float, buffer: float) -> float:
    """Return the price at which Binance closes an isolated position, with Freqtrade's buffer; 0 for none.

    The formula is that of https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93.

    Args:
        side: +1 long, -1 short.
        rate: Entry price.
        fill: Amount and stake of the position.
        ratio: Maintenance margin as a ratio of the position's value.
        amount: Deduction from that margin, in stake currency.
        buffer: Distance that Freqtrade keeps from the price, as a ratio of the distance to the entry.
    """
    price = ((fill.stake + amount) - (side * fill.amount * rate)) / ((fill.amount * ratio) - (side * fill.amount))
    return max(price + side * (abs(rate - price) * buffer), 0.0)
