"""Freqtrade itself as an evaluator: slow, and the truth that anything faster is compared with."""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from threading import RLock
from typing import Any

import numpy as np
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.lab.trades import Evaluator, Trades
from robustop_plugin.runner.run import BacktestRun, LoadedBacktest, prepare, refused_in_one_line
from robustop_plugin.settings import RobustopBlock, Settings
from robustop_plugin.settings.tuning import tunable_parameters, tuned_settings

ONE_AT_A_TIME = RLock()
"""Freqtrade keeps the trades of a backtest in one place for the whole process."""

KEPT = 4
"""Runs that stay prepared in a worker process."""


@dataclass
class FirstStops:
    """An audit that keeps the first stop of every trade."""

    by_trade: dict[int, float] = field(default_factory=dict)

    def write(self, record: AuditRecord) -> None:
        """Keep a first stop; forget anything else."""
        if record.action == "initial" and record.new_stop is not None:
            self.by_trade[record.trade_id] = record.new_stop

    def flush(self) -> None:
        """Do nothing: it is kept already."""


class FreqtradeEvaluator(Evaluator):
    """Runs Freqtrade's own backtest for each block, with dataframes that were analyzed once in each process.

    Only the run travels to another process, which needs the same files.
    """

    def __init__(self, run: BacktestRun) -> None:
        """Take the run; it is prepared when it is first asked."""
        self.run = run

    def trades(self, block: RobustopBlock) -> Trades:
        """Return the trades under one block of stop settings; pairs with values of their own keep them."""
        with ONE_AT_A_TIME:
            prepared = prepared_of(self.run)
            with refused_in_one_line():
                config = {**deepcopy(prepared.config), "robustop": as_written(settings_with(prepared.settings, block))}
                # A strategy that was never used: nothing is left in it of the settings before.
                strategy = StrategyResolver.load_strategy(config)
                return backtest(prepared, strategy)


@lru_cache(maxsize=KEPT)
def prepared_of(run: BacktestRun) -> LoadedBacktest:
    """Return a run that is prepared, once in each process."""
    return prepare(run)


def trades_of_a_fresh_run(run: BacktestRun, settings: Settings, block: RobustopBlock) -> Trades:
    """Return what `freqtrade backtesting` gives for one block, from the files on: nothing is shared with another run.

    Raises:
        InvalidSettings: the run cannot be loaded.
    """
    with ONE_AT_A_TIME:
        prepared = prepare(run, as_written(settings_with(settings, block)))
        with refused_in_one_line():
            return backtest(prepared, prepared.strategy)


def settings_with(settings: Settings, block: RobustopBlock) -> Settings:
    """Return the settings of all pairs under another shared block."""
    if block == settings.default:
        return settings
    before = {knob.name: knob.value for knob in tunable_parameters(settings.default)}
    values = {knob.name: knob.value for knob in tunable_parameters(block) if knob.value != before.get(knob.name)}
    return Settings(block, tuned_settings(settings, values).by_pair)


def as_written(settings: Settings) -> dict[str, Any]:
    """Return settings as a block of a configuration; values of parameters have no say in it."""
    closed = {"hyperopt": False}
    pairs = {pair: {**block.model_dump(), **closed} for pair, block in settings.by_pair.items()}
    return {**settings.default.model_dump(), **closed, "pairs": pairs}


def backtest(prepared: LoadedBacktest, strategy: IStrategy) -> Trades:
    """Run one backtest and return its trades."""
    backtesting: Backtesting = prepared.backtesting
    backtesting._set_strategy(strategy)  # noqa: SLF001 (what Freqtrade's own hyperopt does)
    stops = FirstStops()
    strategy._robustop.recorder.sink = stops  # noqa: SLF001 (the mixin's own)
    # The host adds signals to the frames it gets, and takes rows from them.
    frames = {pair: frame.copy() for pair, frame in prepared.frames.items()}
    backtesting.backtest(processed=frames, start_date=prepared.start, end_date=prepared.stop)
    return listed(LocalTrade.bt_trades, stops.by_trade)


def listed(trades: list[LocalTrade], stops: dict[int, float]) -> Trades:
    """Return the host's closed trades in its order, with their first stops."""
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
