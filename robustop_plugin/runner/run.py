"""Freqtrade in this process: a strategy with its candles and analyzed dataframes, ready for one or many backtests."""

import hashlib
import logging
from collections.abc import Callable, Iterator
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
"""What to do, by a part of Freqtrade's error message."""

FROM_TEXT: dict[str, Callable[[str], Any]] = {"pairs": str.split, "fee": float, "max_open_trades": int}
"""How Freqtrade parses options that are no text."""

CANDLE = ["date", "open", "high", "low", "close", "volume"]


@dataclass(frozen=True)
class BacktestRun:
    """Describes a backtest by the options a user gives to `freqtrade backtesting`.

    Attributes:
        strategy: Name of the strategy class.
        configs: Configuration files; later files override earlier ones.
        options: Other Freqtrade options by name, such as `("timerange", "20240101-20240201")`.
    """

    strategy: str
    configs: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    def between(self, start: int, stop: int) -> "BacktestRun":
        """Return the same run over the candles that open from `start` up to, but not at, `stop` (both in milliseconds).

        No later candle is loaded.
        """
        # Freqtrade includes the candle at the end of a time range: end the range one second earlier.
        timerange = f"{start // SECOND}-{stop // SECOND - 1}"
        return replace(
            self, options=(*(pair for pair in self.options if pair[0] != "timerange"), ("timerange", timerange))
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The run as Freqtrade's parsed command line."""
        options = {name: FROM_TEXT.get(name, str)(value) for name, value in self.options}
        return {"command": "backtesting", "config": list(self.configs), "strategy": self.strategy, **options}


@dataclass
class LoadedBacktest:
    """A backtest whose candles are loaded and analyzed.

    Attributes:
        run: The description of the backtest.
        config: Freqtrade's configuration, as read.
        backtesting: Freqtrade's `Backtesting` with exchange, wallets and data.
        strategy: The strategy that analyzed the frames.
        candles: Raw candles by pair.
        frames: Analyzed dataframes by pair, startup candles included.
        start: Opening time of the first counted candle.
        stop: Opening time of the last candle.
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
        """The settings as written, before any parameter is applied."""
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
        """Return a hash of candles and strategy file."""
        digest = hashlib.sha256(Path(self.strategy.__file__).read_bytes())
        for frames in (self.candles, self.backtesting.detail_data):
            for pair, frame in frames.items():
                digest.update(pair.encode())
                digest.update(util.hash_pandas_object(frame[CANDLE], index=False).to_numpy().tobytes())
        return digest.hexdigest()[:16]


@contextmanager
def quiet_log() -> Iterator[None]:
    """Suppress Freqtrade's log up to level WARNING."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def translated_freqtrade_errors() -> Iterator[None]:
    """Turn Freqtrade's errors into one line, and suppress its log.

    Raises:
        InvalidSettings: Freqtrade's message, and what to do.
    """
    with quiet_log():
        try:
            yield
        except FreqtradeException as error:
            sentence = str(error)
            advice = next((advice_text for phrase, advice_text in ADVICE.items() if phrase in sentence), ADVICE[""])
            raise InvalidSettings(f"{sentence.rstrip('. ')}. {advice}") from error


def read_config(run: BacktestRun) -> dict[str, Any]:
    """Return the configuration of a run, as Freqtrade reads it.

    Raises:
        FreqtradeException: The configuration cannot be read.
    """
    config = setup_optimize_configuration(run.arguments, RunMode.BACKTEST)
    # Write no results and no audit, and reuse no cached result.
    return {**config, "export": "none", "backtest_cache": "none"}


def load_backtest(run: BacktestRun, block: dict[str, Any] | None = None) -> LoadedBacktest:
    """Load a run and analyze its candles.

    Args:
        run: The description of the backtest.
        block: Replaces the `robustop` block of the configuration.

    Raises:
        InvalidSettings: One line that says what is missing or rejected.
    """
    with translated_freqtrade_errors():
        config = read_config(run)
        if block is not None:
            config["robustop"] = block
        progress.report("asking the exchange for its markets")
        backtesting = Backtesting(deepcopy(config))
        (strategy,) = backtesting.strategylist
        if not hasattr(strategy, "_robustop_settings"):
            raise InvalidSettings(f"{run.strategy} does not use RobustopMixin: its stops are not robustop's")
        progress.report("loading candles")
        candles, timerange = backtesting.load_bt_data()
        # Markets and leverage tiers are loaded: a backtest sends no further requests.
        backtesting.exchange.close()
        backtesting._set_strategy(strategy)  # noqa: SLF001 (what Freqtrade's own hyperopt does)
        progress.report(f"analyzing {len(candles)} pairs")
        frames = strategy.advise_all_indicators(candles)
        # Trimming copies: nothing but the times is needed here.
        times = {pair: frame[["date"]] for pair, frame in frames.items()}
        trimmed = trim_dataframes(times, timerange, backtesting.required_startup)
        if not trimmed:
            raise InvalidSettings(f"no candle is left after {backtesting.required_startup} startup candles")
        start, stop = history.get_timerange(trimmed)
    return LoadedBacktest(run, config, backtesting, strategy, candles, frames, start, stop)
