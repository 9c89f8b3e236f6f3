"""Size of an entry whose initial stop loses no more than a share of the equity.

One unit of the base currency that is bought at `E` and sold at `S` loses, both fees and the slippage included,

    loss = s * (E - S) + E * fee_open + S * fee_close + E * slippage_percent / 100

and an entry that risks `percent` of the equity is

    amount = equity * percent / 100 / loss
    stake  = amount * E / leverage

Prices and the loss are in the quote currency per unit of the base currency, equity and stake in the quote currency,
fees are rates (0.001 is 0.1 percent). The leverage makes the stake smaller and leaves amount and loss as they are.
The side is +1 for long, -1 for short. Funding and the cost of a liquidation are not included.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidFact
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import tighter

MOST_PERCENT = 100


class Costs(NamedTuple):
    """What a trade costs besides the move of the price; each >= 0.

    Attributes:
        fee_open: fee rate of the entry.
        fee_close: fee rate of the exit.
        slippage_percent: how much worse than its stop an exit fills, in percent of the entry.
    """

    fee_open: float
    fee_close: float
    slippage_percent: float


def loss_of_unit(side: int, entry: float, stop: float, costs: Costs) -> float:
    """Return the loss of one unit between entry and stop, costs included; negative if the stop covers the costs."""
    fees = entry * costs.fee_open + stop * costs.fee_close
    return side * (entry - stop) + fees + entry * costs.slippage_percent / 100


def stake_at_risk(
    equity: float, percent: float, leverage: float, side: int, entry: float, stop: float, costs: Costs
) -> float:
    """Return the stake of an entry whose stop loses `percent` of the equity; 0 without equity.

    Args:
        equity: in the quote currency.
        percent: the loss at the stop, in percent of the equity; > 0 and <= 100.
        leverage: >= 1.
        side: +1 long, -1 short.
        entry: the price of the entry.
        stop: the initial stop, in price, on the losing side of the entry.
        costs: fees and slippage.

    Raises:
        InvalidFact: a number is out of these bounds.
    """
    _reject_invalid(percent, leverage, side, entry, stop, costs)
    return stake_for_loss(equity, percent, leverage, side, entry, stop, costs)


def stake_for_loss(
    equity: float, percent: float, leverage: float, side: int, entry: float, stop: float, costs: Costs
) -> float:
    """Return what `stake_at_risk` returns, for numbers that are known to be valid."""
    if not equity > 0:
        return 0.0
    amount = equity * percent / 100 / loss_of_unit(side, entry, stop, costs)
    return amount * entry / leverage


def _reject_invalid(percent: float, leverage: float, side: int, entry: float, stop: float, costs: Costs) -> None:
    if not 0 < percent <= MOST_PERCENT:
        raise InvalidFact("percent", percent, f"> 0 and <= {MOST_PERCENT}")
    if not 1 <= leverage < math.inf:
        raise InvalidFact("leverage", leverage, "finite and >= 1")
    for name, price in (("entry", entry), ("stop", stop)):
        if not is_price(price):
            raise InvalidFact(name, price, "finite and > 0")
    if not tighter(side, entry, stop):
        raise InvalidFact("stop", stop, f"on the losing side of the entry {entry}")
    for name, cost in costs._asdict().items():
        if not 0 <= cost < math.inf:
            raise InvalidFact(name, cost, "finite and >= 0")
