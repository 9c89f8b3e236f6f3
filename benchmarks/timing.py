"""Freqtrade's backtesting in this process; only its loop is timed."""

import gc
import logging
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.data.converter import trim_dataframes
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from ground import Ground
from pandas import DataFrame
from stops import Stop

from robustop_plugin.core.decide import decide
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.side import LONG
from robustop_plugin.settings import load_settings

DECISIONS = 5_000
PASSES = 7


@dataclass(frozen=True)
class Run:
    """One backtest of one stop.

    Attributes:
        seconds: Wall-clock seconds of `Backtesting.backtest()`.
        cpu_seconds: CPU seconds of this process.
        trades: Trades as Freqtrade lists them.
    """

    seconds: float
    cpu_seconds: float
    trades: DataFrame


def quiet_config(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the configuration of a command line, with Freqtrade's log reduced to relevant warnings."""
    logging.disable(logging.INFO)
    config = Configuration(Arguments(list(arguments)).get_parsed_arg(), RunMode.BACKTEST).get_config()
    # Freqtrade warns about startup candles in every backtest, including all of these.
    logging.getLogger("freqtrade.configuration.timerange").setLevel(logging.ERROR)
    return dict(config)


class Bench:
    """One stop, timed repeatedly on candles that are loaded once.

    Attributes:
        stop: The stop.
    """

    def __init__(self, stop: Stop, ground: Ground, more: Sequence[str] = ()) -> None:
        """Configure Freqtrade as its command line does, with `more` words in it, and load the candles."""
        self.stop = stop
        results = ground.folder / stop.strategy
        results.mkdir(parents=True, exist_ok=True)
        for audit in results.glob("robustop-audit-*.jsonl"):
            audit.unlink()
        words = ground.words(stop.strategy, stop.folder)
        how = ["--backtest-directory", str(results), "--eps", "--cache", "none", *more]
        self._backtesting = Backtesting(quiet_config(["backtesting", *words, *how]))
        self._candles, self._timerange = self._backtesting.load_bt_data()

    def run(self) -> Run:
        """Start the strategy, compute its indicators, and time the backtest."""
        backtesting = self._backtesting
        backtesting._set_strategy(backtesting.strategylist[0])  # noqa: SLF001 (Freqtrade's own way to start one)
        processed = backtesting.strategy.advise_all_indicators(self._candles)
        trimmed = trim_dataframes(processed, self._timerange, backtesting.required_startup)
        start, end = get_timerange(trimmed)
        del trimmed
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = backtesting.backtest(processed=processed, start_date=start, end_date=end)
        seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
        return Run(seconds, cpu_seconds, outcome["results"])


def decision_microseconds() -> tuple[float, float]:
    """Return the time of one decision on a trade in profit, without Freqtrade: median and 99th percentile.

    Each price is a new best one. Of several passes over the same prices the fastest counts, price by price, so that
    other processes do not: a decision depends on nothing but its facts. There are more prices than are remembered.
    """
    settings = load_settings({"breakeven": {"mode": "percent"}}).default
    rules, position = settings.step_settings(), Position(LONG, 50_000.0, 49_000.0, 0.01, 0.0)
    fastest = [math.inf] * DECISIONS
    for _ in range(PASSES):
        memory = fresh_memory(position)
        for step in range(DECISIONS):
            tick = Tick(300.0 * step, 52_000 + step / 10)
            started = time.perf_counter_ns()
            memory = decide(position, tick, memory, rules).memory
            fastest[step] = min(fastest[step], (time.perf_counter_ns() - started) / 1000)
    percentiles = statistics.quantiles(fastest, n=100)
    return percentiles[49], percentiles[98]
