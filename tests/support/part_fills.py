"""Totals of a trade's filled orders in lots, and the part that is due at a price."""

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from tests.oracle.life import exact
from tests.support.expected_stops import ENGINES, SCHEDULES, Expected

LAST = "robustop_take_profit"
DUST = 8
"""In stake currency: the minimum order is 5, and the remainder must be half as much again."""


class Sold(NamedTuple):
    """Totals of the filled orders.

    Attributes:
        bought: lots.
        held: lots that are left.
        owed: lots that the last partial-exit order left unsold.
        rungs: number of rungs taken.
        portion: whether the portion was sold.
        tried: a partial-exit order was cancelled before anything of it was sold.
    """

    bought: int
    held: int
    owed: int
    rungs: int
    portion: bool
    tried: bool


@lru_cache(maxsize=1 << 16)
def lots(amount: float, lot: Fraction) -> int:
    """Return an amount in lots, which must be a whole number."""
    count = exact(float(amount)) / lot
    assert abs(count - round(count)) < Fraction(1, 100), amount
    return round(count)


def sold_of(trade: Any, expected: Expected, lot: Fraction) -> Sold:
    """Return the totals of a trade's orders; sales never exceed purchases."""
    tags = [f"{float(at):g}R" for at, _ in SCHEDULES[expected.kind.schedule]]
    bought = held = owed = rungs = 0
    portion = tried = False
    for order in trade.orders:
        filled = 0 if order.ft_is_open else lots(order.safe_filled, lot)
        if order.ft_order_side == trade.entry_side:
            bought, held = bought + filled, held + filled
            continue
        held -= filled
        assert held >= 0, "more was sold than bought"
        tag = str(order.ft_order_tag)
        part = tag != LAST and tag.startswith("robustop_") and tag.endswith(("R", "portion"))
        tried = tried or (part and not order.ft_is_open and not filled)
        if part and filled:
            owed = lots(order.safe_amount, lot) - filled
            portion = portion or "portion" in tag
            rungs = max([rungs, *(number for number, name in enumerate(tags, 1) if tag.endswith("_" + name))])
    return Sold(bought, held, owed, rungs, portion, tried)


def due(expected: Expected, sold: Sold, price: Fraction) -> tuple[str, int] | None:
    """Return tag and lots of what has to be sold at a price; None if nothing is due."""
    schedule = SCHEDULES[expected.kind.schedule]
    multiple = expected.gain(price, expected.entry) / expected.risk
    reached = max([sold.rungs, *(number for number, (at, _) in enumerate(schedule, 1) if multiple >= exact(at))])
    portions = [exact(engine["portion"]) for engine in ENGINES[expected.kind.engines] if "portion" in engine]
    virtual = expected.virtual is not None and expected.gain(price, expected.virtual) <= 0
    portion = sold.portion or (bool(portions) and virtual)

    def total(rungs: int, *, with_portion: bool) -> Fraction:
        parts = [Fraction(1) if part == "rest" else exact(part) for _, part in schedule[:rungs]]
        return min(sum(parts + (portions if with_portion else []), Fraction(0)), Fraction(1))

    everything = total(reached, with_portion=portion)
    part = everything - total(sold.rungs, with_portion=sold.portion)
    if part <= 0:
        return None
    amount = min(sold.held, int(part * sold.bought) + sold.owed)
    if everything == 1 or amount == sold.held:
        return LAST, sold.held
    rung = f"_{float(schedule[reached - 1][0]):g}R" if reached > sold.rungs else ""
    return f"robustop{'_portion' if portion and not sold.portion else ''}{rung}", amount


def is_dust(tag: str | None, wanted: tuple[str, int] | None, sold: Sold, worth: Fraction) -> bool:
    """Return whether a sale differs from what is due only because of the exchange's minimum order.

    Args:
        tag: tag of the requested order.
        wanted: lots that are due.
        sold: totals so far.
        worth: value of one lot, in stake currency.
    """
    if wanted is None:
        return False
    if tag == LAST:
        return (sold.held - wanted[1]) * worth < DUST
    return tag is None and wanted[1] * worth < DUST
