"""What a sweep asks of a backtest: the trades under one block of settings, and nothing else.

Whoever can answer is an evaluator: Freqtrade itself (`host_evaluator.py`), or a replay of the same entries.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.settings.blocks import RobustopBlock

Words = NDArray[np.object_]
"""Texts: a name that comes often is there once."""


class Trades(NamedTuple):
    """Closed trades, one row each, in the order in which Freqtrade lists them.

    Attributes:
        pair: of each trade.
        open_time: of the entry, in milliseconds since the epoch.
        close_time: of the last exit, in milliseconds since the epoch.
        open_rate: average of the filled entries, in price.
        close_rate: of the last exit, in price.
        amount: in the base currency, as Freqtrade lists it.
        stake: in the stake currency, as Freqtrade lists it.
        profit_abs: net of fees and funding, in the stake currency.
        profit_ratio: of the stake.
        initial_stop: the first stop of robustop's, in price; NaN where there was none.
        short: whether the trade was short.
        exit_reason: as Freqtrade names it.
    """

    pair: Words
    open_time: NDArray[np.int64]
    close_time: NDArray[np.int64]
    open_rate: NDArray[np.float64]
    close_rate: NDArray[np.float64]
    amount: NDArray[np.float64]
    stake: NDArray[np.float64]
    profit_abs: NDArray[np.float64]
    profit_ratio: NDArray[np.float64]
    initial_stop: NDArray[np.float64]
    short: NDArray[np.bool_]
    exit_reason: Words


class Evaluator(Protocol):
    """Answers what came of the entries of one strategy in one stretch of time."""

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings.

        Raises:
            RobustopError: one line that says what is not modelled; nothing is approximated in silence.
        """

    def all_trades(self, blocks: Iterable[RobustopBlock]) -> Iterator[Trades]:
        """Yield the trades under each of many blocks, in their order: one after the other, where that is no slower.

        Raises:
            RobustopError: as for `trades`.
        """
        for block in blocks:
            yield self.trades(block)
