"""What an evaluator returns: the closed trades of a backtest under one block of settings.

Evaluators are Freqtrade itself (`lab/sweep/evaluators/freqtrade.py`) and the compiled replay of the same entries.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.settings.blocks import RobustopBlock

Words = NDArray[np.object_]
"""Texts; equal texts are one object."""


class Trades(NamedTuple):
    """Closed trades, one row each, in the order in which Freqtrade lists them.

    Attributes:
        pair: The pair.
        open_time: Time of the entry, in milliseconds since the epoch.
        close_time: Time of the last exit, in milliseconds since the epoch.
        open_rate: Average price of the filled entries.
        close_rate: Price of the last exit.
        amount: Amount as Freqtrade lists it, in the base currency.
        stake: Stake as Freqtrade lists it, in the stake currency.
        profit_abs: Profit net of fees and funding, in the stake currency.
        profit_ratio: Profit as a share of the stake.
        initial_stop: The initial stop, in price; NaN if there was none.
        short: True for a short trade.
        exit_reason: Freqtrade's exit reason.
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
    """Returns the trades of one strategy under any block of stop settings."""

    def load(self) -> None:
        """Load now what does not depend on the settings; by default it is loaded with the first block.

        Raises:
            RobustopError: As for `trades`.
        """

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings.

        Raises:
            RobustopError: One line that says what is not modelled; nothing is approximated silently.
        """

    def all_trades(self, blocks: Iterable[RobustopBlock]) -> Iterator[Trades]:
        """Yield the trades under each block, in order. By default the blocks are evaluated one by one.

        Raises:
            RobustopError: As for `trades`.
        """
        for block in blocks:
            yield self.trades(block)
