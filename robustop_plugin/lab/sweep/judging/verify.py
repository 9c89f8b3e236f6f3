"""Compares the trades of a sweep with those of Freqtrade itself, on some of the settings."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.trades import Trades

COMPARED = Trades._fields
COUNT = "trades"


class Difference(NamedTuple):
    """A difference between the sweep and Freqtrade.

    Attributes:
        values: The setting.
        trade: Number of the trade, from 1; 0 for the number of trades.
        pair: Pair of the trade.
        field: The field that differs.
        swept: Value in the sweep.
        host: Value in Freqtrade.
    """

    values: Values
    trade: int
    pair: str
    field: str
    swept: str
    host: str


def settings_to_verify(chosen: Row, rows: Sequence[Row], count: int) -> list[Values]:
    """Return the settings to verify: the chosen one, and others evenly spread over the search."""
    others = [row.values for row in rows if row.number != chosen.number]
    wanted = min(count - 1, len(others))
    picked = [others[round(index * (len(others) - 1) / max(1, wanted - 1))] for index in range(wanted)]
    return [chosen.values, *picked]


def differences(values: Values, swept: Trades, host: Trades) -> Iterator[Difference]:
    """Yield every difference between two lists of trades; numbers must be equal in every digit."""
    if len(swept.pair) != len(host.pair):
        yield Difference(values, 0, "", COUNT, str(len(swept.pair)), str(len(host.pair)))
    for index in range(min(len(swept.pair), len(host.pair))):
        for field in COMPARED:
            ours, theirs = getattr(swept, field)[index], getattr(host, field)[index]
            if ours != theirs and not _both_nan(ours, theirs):
                yield Difference(values, index + 1, host.pair[index], field, str(ours), str(theirs))


def _both_nan(first: object, second: object) -> bool:
    return all(isinstance(value, float | np.floating) and np.isnan(value) for value in (first, second))
