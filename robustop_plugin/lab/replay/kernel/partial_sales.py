"""Selling in parts: what is left of a position after each sale, and what the host has booked of it by then.

The host books each sale by itself: its own profit, rounded, and the funding since the order before. What is left
keeps its price of entry; its amount, stake and value are new.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.grid import Grid, grid_of, to_price, whole_ticks
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import close_value, open_value, product, profit_of, truncated
from robustop_plugin.lab.replay.kernel.step import Position
from robustop_plugin.lab.replay.kernel.tables import Market, Table
from robustop_plugin.protections import SAME, is_too_small, leaves_too_little, part_of


class PartialSchedule(NamedTuple):
    """What a block of settings sells in parts.

    Attributes:
        portion: of the position that `hand_span` sells at its trail; 0 for none.
        schedule: a table of rungs, a fraction of infinity for all that is left.
    """

    portion: float
    schedule: Table


class Remainder(NamedTuple):
    """What is left of a position, and what was booked of it.

    Attributes:
        deal: amount, stake and value of what is left.
        progress: what was sold.
        virtual: the tightest level so far at which a portion is sold; NaN for none.
        brought: profit of all sales, as the host adds it up.
        since: time of the last fill.
        sold: anything was.
        at_once: funding of the moment of the last sale, which the host counts of the amount before.
        settled: funding that was booked with the sales.
        dropped: what rounding drops from that sum.
    """

    deal: Fill
    progress: Progress
    virtual: float
    brought: float
    since: float
    sold: bool
    at_once: float
    settled: float
    dropped: float


class Order(NamedTuple):
    """What of a sale the host takes: an amount, 0 for nothing as yet, and whether it is all there is."""

    amount: float
    closes: bool


def whole(deal: Fill, opened_at: float) -> Remainder:
    """Return what is left of a position that was just opened."""
    return Remainder(deal, Progress(0, False), math.nan, 0.0, opened_at, False, 0.0, 0.0, 0.0)


def order_of(market: Market, pair: int, original: float, left: float, sale: Sale, price: float) -> Order:
    """Return the order for a sale, as the bridge asks for it and the host truncates it.

    Args:
        market: for the exchange's smallest order.
        pair: its number.
        original: amount of the entry.
        left: amount of it that is left.
        sale: what is due.
        price: of the sale.
    """
    row = market.pairs[pair]
    lots = grid_of(row.lot)
    minimum = max(row.least_value, row.least_amount * price * row.reserve)
    amount = truncated(part_of(left, original, sale.fraction, 0.0), lots)
    if not sale.closes and is_too_small(amount, price, minimum):
        return Order(0.0, False)
    rest = left - amount
    closes = sale.closes or leaves_too_little(rest, truncated(rest * (1 + SAME), lots), price, minimum)
    return Order(left if closes else amount, closes)


def running(market: Market, run: Table, pair: int, side: int, rest: Remainder, now: float) -> float:
    """Return the funding since the last fill, as the host counts it: gains are positive."""
    if not run.futures:
        return 0.0
    return since_fill(market, run, pair, side, rest.deal.amount, rest.since, rest.sold, rest.at_once, now)


def since_fill(
    market: Market,
    run: Table,
    pair: int,
    side: int,
    amount: float,
    since: float,
    sold: bool,
    at_once: float,
    now: float,
) -> float:
    """Return the funding of an amount since a fill; the host looks at whole intervals, and at each fill."""
    if sold and now - now % run.funding_seconds <= since:
        return at_once
    return side * -paid_until(market, run, pair, amount, since, now)


def booked(market: Market, run: Table, pair: int, side: int, rest: Remainder, now: float) -> float:
    """Return all the funding of a trade as the host knows it at a moment: after a sale, that of its orders at first."""
    if not run.futures:
        return 0.0
    if rest.sold and now - now % run.funding_seconds <= rest.since:
        return rest.settled
    before = rest.settled + rest.dropped if run.careful_sums else rest.settled
    return before + running(market, run, pair, side, rest, now)


def after_sale(
    market: Market,
    run: Table,
    pair: int,
    place: Position,
    rest: Remainder,
    amount: float,
    progress: Progress,
    price: float,
    now: float,
) -> Remainder:
    """Return what is left after a sale.

    Args:
        market: for the funding.
        run: the host's configuration.
        pair: its number.
        place: the position.
        rest: before the sale.
        amount: that is sold.
        progress: that is reached with it.
        price: of the sale.
        now: when it is made.
    """
    fee = running(market, run, pair, place.side, rest, now)
    brought = rest.brought + gain_of(run, place.side, amount, place.entry, price, fee)
    total = rest.settled + fee
    lost = (rest.settled - total) + fee if abs(rest.settled) >= abs(fee) else (fee - total) + rest.settled
    # The host counts once more what is paid at this very moment, before it knows of the smaller amount.
    again = place.side * -paid_until(market, run, pair, rest.deal.amount, now, now) if run.futures else 0.0
    left = less(rest.deal.amount, amount, grid_of(market.pairs[pair].lot))
    value = open_value(place.side, left, place.entry, run.fee)
    deal = Fill(left, rest.deal.leverage, product(left, place.entry) / rest.deal.leverage, value)
    return Remainder(deal, progress, rest.virtual, brought, now, True, again, total, rest.dropped + lost)


def gain_of(run: Table, side: int, amount: float, entry: float, price: float, fee: float) -> float:
    """Return the profit of a part that is sold at a price, as the host rounds it; `fee` is its funding."""
    opened = open_value(side, amount, entry, run.fee)
    return profit_of(side, opened, close_value(side, amount, price, run.fee, fee))


def less(amount: float, part: float, lots: Grid) -> float:
    """Return what is left of an amount, without any error."""
    return to_price(whole_ticks(amount, lots) - whole_ticks(part, lots), lots)
