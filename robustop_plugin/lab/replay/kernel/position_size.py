"""Positions whose size is known only when they are entered: leverage, bounds and liquidation price follow from it.

On futures the exchange bounds the leverage by the stake, and asks for a margin by it. With a fixed stake that is asked
of Freqtrade once for each signal; with any other, each of the exchange's tiers has terms of its own.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.grid import Grid, round_towards_market, to_ticks
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.wallet import proposed, stake_of, wallet_of

TOO_LARGE = 4
"""What came of a run: a stake for which the exchange has no terms."""


class Tiers(NamedTuple):
    """What follows from sizes: the terms of all signals, and the margins of all pairs."""

    terms: Table
    margins: Table


def hard_stop(side: int, rate: float, stoploss: float, leverage: float, grid: Grid) -> float:
    """Return the host's hard stop; NaN where the entry lies between two prices of the grid."""
    if nearest_price(rate, grid) != rate:
        return math.nan
    return round_towards_market(side, to_ticks(rate * (1 - side * (stoploss / leverage)), grid), grid)


def stake_at(market: Market, tiers: Tiers, run: Table, book: Portfolio, signal: int) -> float:
    """Return the stake of a new trade at a signal, which is given the terms for it; 0 for none."""
    chance = market.signals[signal]
    if not run.sized:
        return stake_of(run, book, chance.least, chance.most)
    stake = proposed(run, wallet_of(run, book))
    for number in range(chance.first_term, chance.end_term):
        term = tiers.terms[number]
        if stake <= term.up_to:
            chance.leverage, chance.least, chance.most = term.leverage, term.least, term.most
            grid = Grid(chance.step, chance.scale)
            chance.hard = hard_stop(chance.side, chance.rate, run.stoploss, term.leverage, grid)
            return stake_of(run, book, chance.least, chance.most)
    book.count[0].state = TOO_LARGE
    return 0.0


def set_liquidation(market: Market, tiers: Tiers, run: Table, signal: int, deal: Fill) -> None:
    """Give a signal the liquidation price of a position, where that follows from its size."""
    if not run.sized:
        return
    chance, ratio, amount = market.signals[signal], math.nan, math.nan
    pair = market.pairs[chance.pair]
    for number in range(pair.first_margin, pair.end_margin):
        if deal.stake >= tiers.margins[number].least:
            ratio, amount = tiers.margins[number].ratio, tiers.margins[number].amount
    chance.liquidation = liquidated_at(chance.side, chance.rate, deal, ratio, amount, run.buffer)
    if chance.liquidation > 0:
        chance.liquidation = nearest_price(chance.liquidation, Grid(chance.step, chance.scale))


def liquidated_at(side: int, rate: float, deal: Fill, ratio: float, amount: float, buffer: float) -> float:
    """Return the price at which Binance closes an isolated position, with the host's buffer; 0 for none.

    The formula is that of https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93.

    Args:
        side: +1 long, -1 short.
        rate: of the entry.
        deal: with the host.
        ratio: of the position's value that is to be kept as a margin.
        amount: by which that margin is smaller.
        buffer: how far, of the way to the entry, the host keeps off.
    """
    price = ((deal.stake + amount) - (side * deal.amount * rate)) / ((deal.amount * ratio) - (side * deal.amount))
    return max(price + side * (abs(rate - price) * buffer), 0.0)
