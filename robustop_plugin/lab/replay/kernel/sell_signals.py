"""Finds the next candle at which the council's columns request an exit."""

import sys

from robustop_plugin.lab.replay.kernel.tables import Market

NEVER = sys.maxsize


def next_sell_signal(market: Market, candle: int) -> int:
    """Return the first candle from `candle` on at which the council sells, whatever its pair; the largest for none."""
    low, high = 0, len(market.sell_signals)
    while low < high:
        middle = (low + high) // 2
        if market.sell_signals[middle] < candle:
            low = middle + 1
        else:
            high = middle
    return int(market.sell_signals[low]) if low < len(market.sell_signals) else int(NEVER)
