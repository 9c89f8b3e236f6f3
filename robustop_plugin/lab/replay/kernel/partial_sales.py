"""Partial sales: what remains of a position after each, and what Freqtrade has booked by then.

Freqtrade books each sale by itself: its own rounded profit, and the funding since the order before. The remainder
keeps its entry price; its amount, stake and value are new.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.grid import Grid, grid_of, to_price, whole_ticks
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.funding import paid_until
from robustop_plugin.lab.replay.kernel.host_arithmetic import close_value, open_value, product, profit_of, truncated
from robustop_plugin.lab.replay.kernel.scalars import Position
from robustop_plugin.lab.replay.kernel.tables import Market, Table
from robustop_plugin.protections import SAME, is_too_small, leaves_too_little, part_of


class PartialSchedule(NamedTuple):
    """What a block of settings sells in parts.

    Attributes:
        portion: Ratio of the position that `hand_span` sells at its trail; 0 for none.
        schedule: Rows of `PART`; a fraction of infinity sells all that remains.
    """

    portion: float
    schedule: Table


class Remainder(NamedTuple):
    """What remains of a position, and what was booked for it.

    Attributes:
        fill: Amount, stake and value of the remainder.
        progress: What has been sold of the schedule.
        virtual: Tightest level so far at which a portion is sold; NaN for none.
        realized: Profit of all sales, added up as Freqtrade does.
        since: Time of the last fill.
        sold: True if anything was sold.
        same_moment_funding: Funding due at the time of the last sale; Freqtrade counts it for the amount before.
        booked_funding: Funding that was booked with the sales.
        dropped: Rounding error of that sum.
    """

    fill: Fill
    progress: Progress
    virtual: float
    realized: float
    since: float
    sold: bool
    same_moment_funding: float
    booked_funding: float
    dropped: float


class Order(NamedTuple):
    """The part of a sale that Freqtrade accepts.

    Attributes:
        amount: In base currency; 0 for no order yet.
        closes: True if it sells all that remains.
    """

    amount: float
    closes: bool


def whole_position(fill: Fill, opened_at: float) -> Remainder:
    """Return the remainder of a position that was just opened."""
    return Remainder(
        fill=fill,
        progress=Progress(0, False),
        virtual=math.nan,
        realized=0.0,
        since=opened_at,
        sold=False,
        same_moment_funding=0.0,
        booked_funding=0.0,
        dropped=0.0,
    )


def order_of(market: Market, pair: int, original: float, left: float, sale: Sale, price: float) -> Order:
    """Return the order of a sale, as the bridge asks for it and Freqtrade truncates it.

    Args:
        market: The market, for the exchange's smallest order.
        pair: Index of the pair.
        original: Amount of the entry.
        left: Amount that remains of it.
        sale: What is due.
        price: Price of the sale.
    """
    row = market.pairs[pair]
    lot = grid_of(row.lot)
    minimum = max(row.least_value, row.least_amount * price * row.reserve)
    amount = truncated(part_of(left, original, sale.fraction, 0.0), lot)
    if not sale.closes and is_too_small(amount, price, minimum):
        return Order(0.0, False)
    left_over = left - amount
    closes = sale.closes or leaves_too_little(left_over, truncated(left_over * (1 + SAME), lot), price, minimum)
    return Order(left if closes else amount, closes)


def running_funding(market: Market, run: Table, pair: int, side: int, remainder: Remainder, now: float) -> float:
    """Return the funding since the last fill as Freqtrade counts it, positive for a gain."""
    if not run.futures:
        return 0.0
    return funding_since_fill(
        market,
        run,
        pair,
        side,
        remainder.fill.amount,
        remainder.since,
        remainder.sold,
        remainder.same_moment_funding,
        now,
    )


def funding_since_fill(
    market: Market,
    run: Table,
    pair: int,
    side: int,
    amount: float,
    since: float,
    sold: bool,
    same_moment_funding: float,
    now: float,
) -> float:
    """Return the funding of an amount since a fill. Freqtrade updates it at whole intervals and at each fill."""
    if sold and now - now % run.funding_seconds <= since:
        return same_moment_funding
    return side * -paid_until(market, run, pair, amount, since, now)


def total_funding(market: Market, run: Table, pair: int, side: int, remainder: Remainder, now: float) -> float:
    """Return all funding of a trade as Freqtrade knows it now: right after a sale, only that of its orders."""
    if not run.futures:
        return 0.0
    if remainder.sold and now - now % run.funding_seconds <= remainder.since:
        return remainder.booked_funding
    before = remainder.booked_funding + remainder.dropped if run.careful_sums else remainder.booked_funding
    return before + running_funding(market, run, pair, side, remainder, now)


def after_sale(
    market: Market,
    run: Table,
    pair: int,
    position: Position,
    remainder: Remainder,
    amount: float,
    progress: Progress,
    price: float,
    now: float,
) -> Remainder:
    """Return what remains after a sale.

    Args:
        market: The market, for the funding.
        run: The configuration.
        pair: Index of the pair.
        position: The position.
        remainder: What remained before.
        amount: Amount that is sold.
        progress: Progress after the sale.
        price: Price of the sale.
        now: Time of the sale.
    """
    fee = running_funding(market, run, pair, position.side, remainder, now)
    realized = remainder.realized + gain_of(run, position.side, amount, position.entry, price, fee)
    total = remainder.booked_funding + fee
    lost = (
        (remainder.booked_funding - total) + fee
        if abs(remainder.booked_funding) >= abs(fee)
        else (fee - total) + remainder.booked_funding
    )
    # Freqtrade counts a payment due now a second time, before it knows of the smaller amount.
    again = position.side * -paid_until(market, run, pair, remainder.fill.amount, now, now) if run.futures else 0.0
    left = less(remainder.fill.amount, amount, grid_of(market.pairs[pair].lot))
    value = open_value(position.side, left, position.entry, run.fee)
    fill = Fill(left, remainder.fill.leverage, product(left, position.entry) / remainder.fill.leverage, value)
    return Remainder(
        fill=fill,
        progress=progress,
        virtual=remainder.virtual,
        realized=realized,
        since=now,
        sold=True,
        same_moment_funding=again,
        booked_funding=total,
        dropped=remainder.dropped + lost,
    )


def gain_of(run: Table, side: int, amount: float, entry: float, price: float, fee: float) -> float:
    """Return the profit of a part sold at a price, rounded as Freqtrade does. `fee` is its funding."""
    opened = open_value(side, amount, entry, run.fee)
    return profit_of(side, opened, close_value(side, amount, price, run.fee, fee))


def less(amount: float, part: float, lot: Grid) -> float:
    """Return what remains of an amount without rounding error."""
    return to_price(whole_ticks(amount, lot) - whole_ticks(part, lot), lot)
