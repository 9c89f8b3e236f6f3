"""Freqtrade itself on some of the settings, from the files on, and the trades of both side by side."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.trades import Trades

COMPARED = Trades._fields
COUNT = "trades"


class Difference(NamedTuple):
    """Something that is not the same.

    Attributes:
        values: the setting.
        trade: number of the trade, from 1; 0 for all of them.
        pair: of the trade.
        field: what differs.
        swept: as the sweep has it.
        host: as Freqtrade has it.
    """

    values: Values
    trade: int
    pair: str
    field: str
    swept: str
    host: str


def sample(chosen: Row, rows: Sequence[Row], count: int) -> list[Values]:
    """Return the settings to look at: the chosen one, and others from one end of the search to the other."""
    others = [row.values for row in rows if row.number != chosen.number]
    wanted = min(count - 1, len(others))
    picked = [others[round(index * (len(others) - 1) / max(1, wanted - 1))] for index in range(wanted)]
    return [chosen.values, *picked]


def differences(values: Values, swept: Trades, host: Trades) -> Iterator[Difference]:
    """Yield everything that two lists of trades do not have in common, to the last digit."""
    if len(swept.pair) != len(host.pair):
        yield Difference(values, 0, "", COUNT, str(len(swept.pair)), str(len(host.pair)))
    for index in range(min(len(swept.pair), len(host.pair))):
        for field in COMPARED:
            ours, theirs = getattr(swept, field)[index], getattr(host, field)[index]
            if ours != theirs and not _neither_is_a_number(ours, theirs):
                yield Difference(values, index + 1, host.pair[index], field, str(ours), str(theirs))


def _neither_is_a_number(one: object, other: object) -> bool:
    return all(isinstance(value, float | np.floating) and np.isnan(value) for value in (one, other))
