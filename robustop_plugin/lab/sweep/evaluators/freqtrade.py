"""Freqtrade itself as an evaluator: slow, and the reference for anything faster."""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from threading import RLock
from typing import Any

import numpy as np
from freqtrade.persistence import LocalTrade
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.lab.trades import Evaluator, Trades
from robustop_plugin.runner.run import BacktestRun, LoadedBacktest, load_backtest, translated_freqtrade_errors
from robustop_plugin.settings import RobustopBlock, Settings
from robustop_plugin.settings.tuning import with_block

FREQTRADE_LOCK = RLock()
"""Freqtrade keeps the trades of a backtest in class attributes: one backtest at a time per process."""

CACHED_RUNS = 4
"""Number of loaded backtests that a process keeps."""


@dataclass
class InitialStopSink:
    """An audit sink that keeps the initial stop of every trade.

    Attributes:
        by_trade: Initial stop by trade id, in price.
    """

    by_trade: dict[int, float] = field(default_factory=dict)

    def write(self, record: AuditRecord) -> None:
        """Keep the initial stop of a trade; ignore all other records."""
        if record.action == "initial" and record.new_stop is not None:
            self.by_trade[record.trade_id] = record.new_stop

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""


class FreqtradeEvaluator(Evaluator):
    """Runs Freqtrade's own backtest for each block; dataframes are analyzed once per process.

    Only the description of the run is pickled: another process needs the same files.
    """

    def __init__(self, run: BacktestRun) -> None:
        """Store the run; it is loaded on first use."""
        self.run = run

    def load(self) -> None:
        """Load and analyze candles.

        Raises:
            RobustopError: The run cannot be loaded.
        """
        with FREQTRADE_LOCK:
            loaded_backtest(self.run)

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings; settings of single pairs stay in force."""
        with FREQTRADE_LOCK:
            loaded = loaded_backtest(self.run)
            with translated_freqtrade_errors():
                config = {
                    **deepcopy(loaded.config),
                    "robustop": as_config_block(with_block(loaded.settings, block)),
                }
                # A new strategy object: no state is left from earlier settings.
                strategy = StrategyResolver.load_strategy(config)
                return run_backtest(loaded, strategy)


@lru_cache(maxsize=CACHED_RUNS)
def loaded_backtest(run: BacktestRun) -> LoadedBacktest:
    """Return a loaded backtest, cached per process."""
    return load_backtest(run)


def trades_of_fresh_run(run: BacktestRun, settings: Settings, block: RobustopBlock) -> Trades:
    """Return the trades of `freqtrade backtesting` under one block; everything is loaded anew from the files.

    Raises:
        InvalidSettings: The run cannot be loaded.
    """
    with FREQTRADE_LOCK:
        loaded = load_backtest(run, as_config_block(with_block(settings, block)))
        with translated_freqtrade_errors():
            return run_backtest(loaded, loaded.strategy)


def as_config_block(settings: Settings) -> dict[str, Any]:
    """Return settings as the `robustop` block of a configuration; parameter files have no effect on it."""
    not_tunable = {"hyperopt": False}
    pairs = {pair: {**block.model_dump(), **not_tunable} for pair, block in settings.by_pair.items()}
    return {**settings.default.model_dump(), **not_tunable, "pairs": pairs}


def run_backtest(loaded: LoadedBacktest, strategy: IStrategy) -> Trades:
    """Run one backtest and return its trades."""
    backtesting = loaded.backtesting
    backtesting._set_strategy(strategy)  # noqa: SLF001 (what Freqtrade's own hyperopt does)
    sink = InitialStopSink()
    strategy._robustop.recorder.sink = sink  # noqa: SLF001 (the mixin's own)
    # Freqtrade adds columns to the frames and drops rows.
    frames = {pair: frame.copy() for pair, frame in loaded.frames.items()}
    backtesting.backtest(processed=frames, start_date=loaded.start, end_date=loaded.stop)
    return as_trades(LocalTrade.bt_trades, sink.by_trade)


def as_trades(trades: list[LocalTrade], stops: dict[int, float]) -> Trades:
    """Return Freqtrade's closed trades as arrays, in Freqtrade's order."""
    rows = [trade.to_json(minified=True) for trade in trades]

    def column(name: str, kind: type = np.float64) -> Any:
        return np.array([row[name] for row in rows], dtype=kind)

    return Trades(
        pair=column("pair", np.object_),
        open_time=column("open_timestamp", np.int64),
        close_time=column("close_timestamp", np.int64),
        open_rate=column("open_rate"),
        close_rate=column("close_rate"),
        amount=column("amount"),
        stake=column("stake_amount"),
        profit_abs=column("profit_abs"),
        profit_ratio=column("profit_ratio"),
        initial_stop=np.array([stops.get(trade.id, np.nan) for trade in trades], dtype=np.float64),
        short=column("is_short", np.bool_),
        exit_reason=column("exit_reason", np.object_),
    )
