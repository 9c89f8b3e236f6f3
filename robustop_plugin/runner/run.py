"""Freqtrade in this process: a strategy, its candles and its analyzed dataframes, ready for one backtest or many."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from freqtrade.commands.optimize_commands import setup_optimize_configuration
from freqtrade.data import history
from freqtrade.data.converter import trim_dataframes
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.exchange import timeframe_to_msecs
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.strategy import IStrategy
from freqtrade.util import get_dry_run_wallet
from pandas import DataFrame, util

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner import progress
from robustop_plugin.settings import Settings

SECOND = 1000
"""Milliseconds."""

ADVICE = {
    "No data found": "See --datadir and --timerange, or get candles with freqtrade download-data",
    "Impossible to load Strategy": "See --strategy and --strategy-path",
    "": "freqtrade backtesting with the same options shows more",
}
"""What to do, by what Freqtrade says."""

CANDLE = ["date", "open", "high", "low", "close", "volume"]


@dataclass(frozen=True)
class BacktestRun:
    """Which backtest to run: what the user would give to `freqtrade backtesting`.

    Attributes:
        strategy: name of the class.
        configs: configuration files, later ones on top.
        options: more of Freqtrade's options by their names, such as `("timerange", "20240101-20240201")`.
    """

    strategy: str
    configs: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    def between(self, start: int, stop: int) -> "BacktestRun":
        """Return the same run over the candles that open from `start` on and before `stop`, in milliseconds.

        No candle from `stop` on is even loaded.
        """
        # Freqtrade loads the candle at the end of a time range too: the range ends a second before it.
        timerange = f"{start // SECOND}-{stop // SECOND - 1}"
        return replace(
            self, options=(*(pair for pair in self.options if pair[0] != "timerange"), ("timerange", timerange))
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The run as Freqtrade's parsed command line."""
        return {"command": "backtesting", "config": list(self.configs), "strategy": self.strategy, **dict(self.options)}


@dataclass
class LoadedBacktest:
    """A run whose candles are loaded and analyzed.

    Attributes:
        run: which.
        config: as Freqtrade read it, before anything was loaded.
        backtesting: with exchange, wallets and data.
        strategy: that analyzed the frames; its settings are those in force.
        candles: as they were loaded.
        frames: analyzed, by pair, with the startup candles.
        start: the first candle that counts.
        stop: the last one.
    """

    run: BacktestRun
    config: dict[str, Any]
    backtesting: Backtesting
    strategy: IStrategy
    candles: dict[str, DataFrame]
    frames: dict[str, DataFrame]
    start: datetime
    stop: datetime

    @property
    def settings(self) -> Settings:
        """The settings as they are written, before any parameter."""
        written: Settings = self.strategy._robustop_settings  # noqa: SLF001 (the mixin's own)
        return written

    @property
    def candle_ms(self) -> int:
        """Length of a candle, in milliseconds."""
        return int(timeframe_to_msecs(self.strategy.timeframe))

    @property
    def window(self) -> tuple[int, int]:
        """Opening time of the first counted candle and closing time of the last, in milliseconds since the epoch."""
        start, last = (int(candle.timestamp()) * SECOND for candle in (self.start, self.stop))
        return start, last + self.candle_ms

    @property
    def starting_balance(self) -> float:
        """Balance of the wallet at the start, in the stake currency, as Freqtrade's metrics take it."""
        return float(get_dry_run_wallet(self.config))

    def fingerprint(self) -> str:
        """Return what tells two sets of candles or two versions of a strategy apart."""
        digest = hashlib.sha256(Path(self.strategy.__file__).read_bytes())
        for frames in (self.candles, self.backtesting.detail_data):
            for pair, frame in frames.items():
                digest.update(pair.encode())
                digest.update(util.hash_pandas_object(frame[CANDLE], index=False).to_numpy().tobytes())
        return digest.hexdigest()[:16]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Freqtrade's log to itself: it tells of every attribute that it reads."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    """Make one line of Freqtrade's errors, without its log.

    Raises:
        InvalidSettings: with what Freqtrade had to say, and what to do.
    """
    with quiet():
        try:
            yield
        except FreqtradeException as error:
            sentence = str(error)
            advice = next((told for part, told in ADVICE.items() if part in sentence), ADVICE[""])
            raise InvalidSettings(f"{sentence.rstrip('. ')}. {advice}") from error


def read_config(run: BacktestRun) -> dict[str, Any]:
    """Return the configuration of a run, as Freqtrade reads it.

    Raises:
        FreqtradeException: it cannot be read.
    """
    config = setup_optimize_configuration(run.arguments, RunMode.BACKTEST)
    # Neither results nor an audit are written, and nothing is taken from an earlier run.
    return {**config, "export": "none", "backtest_cache": "none"}


def prepare(run: BacktestRun, block: dict[str, Any] | None = None) -> LoadedBacktest:
    """Load a run and analyze its candles.

    Args:
        run: what to load.
        block: takes the place of the configuration's block `robustop`.

    Raises:
        InvalidSettings: what is missing or refused, in one line.
    """
    with refused_in_one_line():
        config = read_config(run)
        if block is not None:
            config["robustop"] = block
        progress.now("asking the exchange for its markets")
        backtesting = Backtesting(deepcopy(config))
        (strategy,) = backtesting.strategylist
        if not hasattr(strategy, "_robustop_settings"):
            raise InvalidSettings(f"{run.strategy} does not use RobustopMixin: its stops are not robustop's")
        progress.now("loading candles")
        candles, timerange = backtesting.load_bt_data()
        # Markets and tiers are known by now: a backtest asks nothing more.
        backtesting.exchange.close()
        backtesting._set_strategy(strategy)  # noqa: SLF001 (what Freqtrade's own hyperopt does)
        progress.now(f"analyzing {len(candles)} pairs")
        frames = strategy.advise_all_indicators(candles)
        trimmed = trim_dataframes(frames, timerange, backtesting.required_startup)
        if not trimmed:
            raise InvalidSettings(f"no candle is left after {backtesting.required_startup} startup candles")
        start, stop = history.get_timerange(trimmed)
    return LoadedBacktest(run, config, backtesting, strategy, candles, frames, start, stop)
