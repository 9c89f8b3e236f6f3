"""Leverage brackets of the loopback Binance: larger positions get less leverage and more maintenance margin."""

from decimal import Decimal
from typing import Any, NamedTuple


class Bracket(NamedTuple):
    """One leverage bracket.

    Attributes:
        floor: smallest notional, in the settle currency.
        cap: largest notional, in the settle currency.
        leverage: highest allowed leverage.
        rate: maintenance margin rate, as a fraction of the notional.
    """

    floor: int
    cap: int
    leverage: int
    rate: Decimal


# All perpetuals share these brackets, which are close to those of a large coin at Binance.
BRACKETS = (
    Bracket(0, 50_000, 125, Decimal("0.004")),
    Bracket(50_000, 500_000, 100, Decimal("0.005")),
    Bracket(500_000, 10_000_000, 50, Decimal("0.01")),
    Bracket(10_000_000, 80_000_000, 20, Decimal("0.025")),
    Bracket(80_000_000, 500_000_000, 5, Decimal("0.1")),
)
HIGHEST_LEVERAGE = BRACKETS[0].leverage


def deductions() -> list[Decimal]:
    """Return `cum` of each bracket: the deduction that keeps the maintenance margin continuous between brackets."""
    totals, rate = [Decimal(0)], BRACKETS[0].rate
    for bracket in BRACKETS[1:]:
        totals.append(totals[-1] + bracket.floor * (bracket.rate - rate))
        rate = bracket.rate
    return totals


def maintenance(notional: Decimal) -> tuple[Decimal, Decimal]:
    """Return the maintenance margin rate at a notional and the amount to deduct, in the settle currency."""
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
