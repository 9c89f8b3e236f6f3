"""The breakeven level, shared by several engines."""

import math
from functools import lru_cache

from robustop_plugin.core.engine import View
from robustop_plugin.core.exact import HUNDRED, ONE, Exact, add, decimal, divide, multiply, subtract
from robustop_plugin.core.side import signed


def breakeven_net_of_costs(view: View, fee_percent: float, slippage_percent: float) -> Exact:
    """Return the price, in ticks, at which the position closes with its costs covered.

    If the view holds the real costs of the trade, they replace the percents.

    Args:
        view: what the engine sees.
        fee_percent: fees of one round trip, in percent of the entry.
        slippage_percent: expected slippage, in percent of the entry.
    """
    if not math.isnan(view.breakeven.high):
        return view.breakeven
    return net_of_percents(view.entry, view.side, fee_percent, slippage_percent)


@lru_cache(maxsize=256, typed=True)
def net_of_percents(entry: Exact, side: int, fee_percent: float, slippage_percent: float) -> Exact:
    """Return the price, in ticks, that covers costs in percent of the entry, which stay the same for a whole trade."""
    costs = divide(add(decimal(fee_percent), decimal(slippage_percent)), HUNDRED)
    return multiply(entry, add(ONE, signed(side, costs)))


def next_clearing(view: View, breakeven: Exact) -> float:
    """Return the gain in ticks below which an offered breakeven changes nothing; infinite once it is cleared.

    The level is rounded towards the market before it is compared, so clearing it takes up to one tick more.
    """
    needed = signed(view.side, subtract(breakeven, view.entry)).high
    return max(needed, view.gain.high) if view.gain.high <= needed + 1 else math.inf
