"""Leverage brackets: the larger a position, the lower its leverage and the higher its maintenance margin."""

from decimal import Decimal
from typing import Any, NamedTuple


class Bracket(NamedTuple):
    """One bracket.

    Attributes:
        floor: the smallest notional, in the settle currency.
        cap: the largest notional, in the settle currency.
        leverage: the highest that is allowed.
        rate: of the maintenance margin, as a part of the notional.
    """

    floor: int
    cap: int
    leverage: int
    rate: Decimal


# The same for every perpetual: close to Binance's of a large coin.
BRACKETS = (
    Bracket(0, 50_000, 125, Decimal("0.004")),
    Bracket(50_000, 500_000, 100, Decimal("0.005")),
    Bracket(500_000, 10_000_000, 50, Decimal("0.01")),
    Bracket(10_000_000, 80_000_000, 20, Decimal("0.025")),
    Bracket(80_000_000, 500_000_000, 5, Decimal("0.1")),
)
HIGHEST_LEVERAGE = BRACKETS[0].leverage


def deductions() -> list[Decimal]:
    """Return Binance's `cum` of each bracket: what keeps the maintenance margin continuous between them."""
    totals, rate = [Decimal(0)], BRACKETS[0].rate
    for bracket in BRACKETS[1:]:
        totals.append(totals[-1] + bracket.floor * (bracket.rate - rate))
        rate = bracket.rate
    return totals


def maintenance(notional: Decimal) -> tuple[Decimal, Decimal]:
    """Return the maintenance rate of a position of this size, and the amount to deduct."""
    found = 0
    for number, bracket in enumerate(BRACKETS):
        if notional >= bracket.floor:
            found = number
    return BRACKETS[found].rate, deductions()[found]


def brackets_of(symbol: str) -> dict[str, Any]:
    """Return a perpetual's entry of GET /fapi/v1/leverageBracket."""
    rows = [
        {
            "bracket": number,
            "initialLeverage": bracket.leverage,
            "notionalCap": bracket.cap,
            "notionalFloor": bracket.floor,
            "maintMarginRatio": float(bracket.rate),
            "cum": float(deduction),
        }
        for number, (bracket, deduction) in enumerate(zip(BRACKETS, deductions(), strict=True), start=1)
    ]
    return {"symbol": symbol, "brackets": rows}
