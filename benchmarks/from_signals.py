"""vectorbt's `Portfolio.from_signals` with a trailing stop, one pair at a time, many stops at once.

This is the fastest form of vectorbt that was found: one column of candles and signals is shared by all stops by
flexible indexing, and memory is reserved for the maximum number of orders.
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
    """Candles of a pair with the signals that act at the open of each, as columns of width one.

    Attributes:
        open: Price.
        high: Price.
        low: Price.
        close: Price.
        entries: Entry signal of the candle before, as Freqtrade uses it.
        exits: Exit signal of the candle before.
    """

    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    entries: NDArray[np.bool_]
    exits: NDArray[np.bool_]


class Outcome(NamedTuple):
    """Number of trades and their profit, in the stake currency."""

    trades: int
    profit: float


def engines() -> tuple[str, ...]:
    """Return the installed vectorbt engines."""
    return ("numba", "rust") if importlib.util.find_spec("vectorbt_rust") else ("numba",)


def columns_of(loaded: LoadedBacktest) -> list[Columns]:
    """Return candles and signals of every pair, as in Freqtrade's backtest."""
    strategy, found = loaded.strategy, []
    for pair, frame in loaded.frames.items():
        signals = strategy.ft_advise_signals(frame.copy(), {"pair": pair})
        # Trim as Freqtrade does: a pair that was listed later starts later.
        kept = signals[signals["date"] <= loaded.stop].iloc[loaded.backtesting.required_startup :]
        if len(kept) > 1:
            found.append(_columns(kept))
    return found


def _columns(frame: DataFrame) -> Columns:
    """Return the columns of a pair: signals act on the next candle, and the last candle has no entry."""
    prices = (np.ascontiguousarray(frame[name].to_numpy()[1:, None], dtype=np.float64) for name in PRICES)
    signals = (np.array(frame[name].eq(1).to_numpy()[:-1, None]) for name in ("enter_long", "exit_long"))
    columns = Columns(*prices, *signals)
    columns.entries[-1] = False
    return columns


def portfolio(pair: Columns, percents: NDArray[np.float64], engine: str) -> Any:
    """Return vectorbt's portfolio of one pair, one column per stop.

    Args:
        pair: Candles and signals.
        percents: Distance of each stop behind the best price, in percent.
        engine: vectorbt's engine.
    """
    import vectorbt  # noqa: PLC0415 (slow to import, and used by this part only)

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
    """Return trades and profit of all stops over all pairs."""
    made = [portfolio(pair, percents, engine).trades for pair in pairs]
    return Outcome(
        sum(int(np.sum(trades.count())) for trades in made), sum(float(np.sum(trades.pnl.sum())) for trades in made)
    )
