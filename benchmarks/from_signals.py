"""vectorbt's `Portfolio.from_signals` with a trailing stop, one pair at a time, many stops side by side.

This is the form in which vectorbt was fastest: a column of candles and signals is shared by all stops, as its
flexible indexing allows, and room is made for as many orders as there can be.
"""

import importlib.util
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from robustop_plugin.runner.run import LoadedBacktest

FEE = 0.001
WALLET, STAKE = 1_000_000, 1000
PRICES = ("open", "high", "low", "close")
ORDERS_OF_A_TRADE = 2


class Columns(NamedTuple):
    """Candles of a pair with what enters and leaves at the open of each, in columns of one.

    Attributes:
        open: price.
        high: price.
        low: price.
        close: price.
        entries: of the signal of the candle before, as Freqtrade takes it.
        exits: likewise.
    """

    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    entries: NDArray[np.bool_]
    exits: NDArray[np.bool_]


class Outcome(NamedTuple):
    """How many trades there were, and what they brought, in the stake currency."""

    trades: int
    profit: float


def engines() -> tuple[str, ...]:
    """Return vectorbt's engines that are installed."""
    return ("numba", "rust") if importlib.util.find_spec("vectorbt_rust") else ("numba",)


def columns_of(prepared: LoadedBacktest) -> list[Columns]:
    """Return the candles and signals of every pair: those that Freqtrade's backtest has."""
    strategy, found = prepared.strategy, []
    for pair, frame in prepared.frames.items():
        signals = strategy.ft_advise_signals(frame.copy(), {"pair": pair})
        # As Freqtrade trims: a pair that is listed later begins that much later.
        kept = signals[signals["date"] <= prepared.stop].iloc[prepared.backtesting.required_startup :]
        if len(kept) > 1:
            found.append(_columns(kept))
    return found


def _columns(frame: DataFrame) -> Columns:
    """Return a pair's columns: signals count for the next candle, and nobody enters at the last."""
    prices = (np.ascontiguousarray(frame[name].to_numpy()[1:, None], dtype=np.float64) for name in PRICES)
    signals = (np.array(frame[name].eq(1).to_numpy()[:-1, None]) for name in ("enter_long", "exit_long"))
    columns = Columns(*prices, *signals)
    columns.entries[-1] = False
    return columns


def portfolio(pair: Columns, percents: NDArray[np.float64], engine: str) -> Any:
    """Return vectorbt's portfolio of one pair, a column for each stop.

    Args:
        pair: candles and signals.
        percents: behind the best price, of each stop.
        engine: of vectorbt's.
    """
    import vectorbt  # noqa: PLC0415 (slow to load, and for this part alone)

    return vectorbt.Portfolio.from_signals(
        **pair._asdict(),
        price=pair.open,
        sl_stop=percents[None, :] / 100,
        sl_trail=True,
        stop_entry_price="fillprice",
        fees=FEE,
        size=STAKE,
        size_type="value",
        init_cash=WALLET,
        direction="longonly",
        freq="5min",
        max_orders=ORDERS_OF_A_TRADE * int(pair.entries.sum()) * len(percents) + 1,
        engine=engine,
    )


def profits(pairs: Sequence[Columns], percents: NDArray[np.float64], engine: str) -> NDArray[np.float64]:
    """Return the profit of each stop over all pairs."""
    found: NDArray[np.float64] = sum(
        np.asarray(portfolio(pair, percents, engine).trades.pnl.sum(), np.float64) for pair in pairs
    )
    return found


def outcome(pairs: Sequence[Columns], percents: NDArray[np.float64], engine: str) -> Outcome:
    """Return what all stops make over all pairs."""
    made = [portfolio(pair, percents, engine).trades for pair in pairs]
    return Outcome(sum(int(np.sum(one.count())) for one in made), sum(float(np.sum(one.pnl.sum())) for one in made))
