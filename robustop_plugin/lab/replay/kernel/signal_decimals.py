"""Prices as decimals, once for all settings: those of entries, and those that initial stops are made of."""

from robustop_plugin.core.exact import decimal
from robustop_plugin.lab.replay.kernel.tables import Market


def write_down(market: Market) -> None:
    """Fill the table of decimals, a row for each signal."""
    for signal in range(len(market.signals)):
        chance, row = market.signals[signal], market.written[signal]
        columns = market.columns[chance.candle]
        row.entry, row.entry_rest = decimal(chance.rate)
        row.value, row.value_rest = decimal(columns.low if chance.side > 0 else columns.high)
