"""Candles of a backtest, read once from the analyzed frames into arrays.

Freqtrade's data provider cuts a new frame for each question, which takes longer than everything else that robustop
does at a candle. A backtest hands out all candles at its start; only those that have closed are ever returned, and the
open of the one that begins, at which Freqtrade looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from freqtrade.strategy import IStrategy
from numpy.typing import NDArray
from pandas import DataFrame

from robustop_plugin.bridge.facts.indicators import ATR_COLUMN

NEEDED = ("date", "open", "high", "low")


class ClosedCandle(NamedTuple):
    """A closed candle.

    Attributes:
        opened: Opening time, in seconds since the epoch.
        previous: Opening time of the candle before it in the frame, likewise; -inf for the first.
        high: Highest price.
        low: Lowest price.
        atr: ATR, in price; NaN if unknown, None if the frame has no such column.
    """

    opened: float
    previous: float
    high: float
    low: float
    atr: float | None


@dataclass(slots=True)
class PairCandles:
    """The candles of one pair, oldest first. Views of memory give their numbers faster than arrays.

    Attributes:
        times: Opening times, in seconds since the epoch.
        opened: A view of them.
        opens: First prices.
        high: Highest prices.
        low: Lowest prices.
        atr: ATR, in price; None if the frame has no such column.
        last: Number of the candle that was found last: the next question is for the same or the next one.
    """

    times: NDArray[np.int64]
    opened: Sequence[int]
    opens: Sequence[float]
    high: Sequence[float]
    low: Sequence[float]
    atr: Sequence[float] | None
    last: int = 0

    def number_of(self, moment: float) -> int:
        """Return how many candles opened before a moment."""
        last = self.last
        if last < len(self.opened):
            if self.opened[last] == moment:
                return last
            if last + 1 < len(self.opened) and self.opened[last + 1] == moment:
                self.last = last + 1
                return last + 1
        self.last = int(self.times.searchsorted(int(moment)))
        return self.last

    def before(self, moment: float) -> ClosedCandle | None:
        """Return the last candle that opened before a moment; None if there is none."""
        index = self.number_of(moment) - 1
        if index < 0:
            return None
        return ClosedCandle(
            float(self.opened[index]),
            float(self.opened[index - 1]) if index else -np.inf,
            self.high[index],
            self.low[index],
            None if self.atr is None else self.atr[index],
        )

    def atr_before(self, moment: float) -> float | None:
        """Return the ATR of the last candle that opened before a moment: NaN if unknown, None if there is none."""
        index = self.number_of(moment) - 1
        if index < 0 or self.atr is None:
            return None
        return self.atr[index]


class ClosedCandles:
    """The candles of a backtest, by pair; empty in a bot."""

    def __init__(self) -> None:
        """Start without candles."""
        self._pairs: dict[str, PairCandles] = {}
        self._last: dict[str, tuple[float, ClosedCandle | None]] = {}

    def take(self, pair: str, frame: DataFrame) -> None:
        """Take the analyzed candles of a pair, with which a backtest begins; a frame of another shape is left out."""
        self._last.pop(pair, None)
        self._pairs.pop(pair, None)
        if frame.empty or not set(NEEDED) <= set(frame.columns):
            return
        opened = frame["date"].dt.as_unit("s").astype("int64").to_numpy()
        if (np.diff(opened) <= 0).any():
            return
        values = [frame[name].to_numpy() for name in (*NEEDED[1:], ATR_COLUMN) if name in frame.columns]
        if any(column.dtype.kind != "f" for column in values):
            return
        opens, high, low, *atr = values
        self._pairs[pair] = PairCandles(
            opened,
            memoryview(opened),
            memoryview(opens),
            memoryview(high),
            memoryview(low),
            memoryview(atr[0]) if atr else None,
        )

    def clear(self) -> None:
        """Drop all candles: arrays of one column keep the memory of their whole frame."""
        self._pairs.clear()
        self._last.clear()

    def open_at(self, pair: str, moment: float) -> float | None:
        """Return the open of the candle of a pair that opens at this moment; None if it is unknown."""
        candles = self._pairs.get(pair)
        if candles is None:
            return None
        index = candles.number_of(moment)
        if index == len(candles.opened) or candles.opened[index] != moment:
            return None
        return candles.opens[index]

    def atr_before(self, pair: str, opened: float) -> float | None:
        """Return the ATR of the candle of a pair before the candle that opens at a time: NaN if it has none.

        Args:
            pair: The pair's name.
            opened: In seconds since the epoch.

        Returns:
            In price; None if the candle, or the column, is unknown.
        """
        candles = self._pairs.get(pair)
        return None if candles is None else candles.atr_before(opened)

    def before(self, pair: str, opened: float) -> ClosedCandle | None:
        """Return the candle of a pair before the candle that opens at a time; None if it is unknown.

        Args:
            pair: The pair's name.
            opened: In seconds since the epoch.
        """
        known = self._last.get(pair)
        if known is not None and known[0] == opened:
            return known[1]
        candles = self._pairs.get(pair)
        if candles is None:
            return None
        closed = candles.before(opened)
        self._last[pair] = opened, closed
        return closed


class SignalsAdvised:
    """Freqtrade's `ft_advise_signals`, which a backtest calls with all candles of a pair, and which hands them on."""

    def __init__(self, strategy: IStrategy, closed: ClosedCandles) -> None:
        """Take the strategy, whose own method is called, and what takes the candles."""
        self._strategy = strategy
        self._closed = closed

    def __call__(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Return what the strategy's own method returns."""
        advised = type(self._strategy).ft_advise_signals(self._strategy, dataframe, metadata)
        self._closed.take(str(metadata.get("pair")), advised)
        return advised
