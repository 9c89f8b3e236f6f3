"""Freqtrade's backtesting in this process, its loop alone under the clock."""

import gc
import logging
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

DECISIONS = 20_000


@dataclass(frozen=True)
class Run:
    """One backtest of one stop.

    Attributes:
        seconds: on the wall's clock, of `Backtesting.backtest()` alone.
        cpu_seconds: on this process's clock.
        trades: as Freqtrade lists them.
    """

    seconds: float
    cpu_seconds: float
    trades: DataFrame


def quiet_config(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the configuration of a command line, with Freqtrade's log kept to warnings that matter."""
    logging.disable(logging.INFO)
    config = Configuration(Arguments(list(arguments)).get_parsed_arg(), RunMode.BACKTEST).get_config()
    # It warns of each backtest whose first candles only warm the indicators up: all of these here.
    logging.getLogger("freqtrade.configuration.timerange").setLevel(logging.ERROR)
    return dict(config)


class Bench:
    """One stop, ready to be timed again and again on candles that are loaded once.

    Attributes:
        stop: which one.
    """

    def __init__(self, stop: Stop, ground: Ground) -> None:
        """Configure Freqtrade as its command line would, and load the candles."""
        self.stop = stop
        results = ground.folder / stop.strategy
        results.mkdir(parents=True, exist_ok=True)
        for audit in results.glob("robustop-audit-*.jsonl"):
            audit.unlink()
        words = ground.words(stop.strategy, stop.folder)
        how = ["--backtest-directory", str(results), "--eps", "--cache", "none"]
        self._backtesting = Backtesting(quiet_config(["backtesting", *words, *how]))
        self._candles, self._timerange = self._backtesting.load_bt_data()

    def run(self) -> Run:
        """Start the strategy, add its indicators, and time the backtest."""
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
    """Return what one decision of a trade in profit costs without Freqtrade: the median, and the 99th percentile."""
    settings = load_settings({"partials": []}).default
    rules, position = settings.step_settings(), Position(LONG, 50_000.0, 49_000.0, 0.01, 0.0)
    memory = fresh_memory(position)
    taken = []
    for step in range(DECISIONS):
        tick = Tick(300.0 * step, 52_000 + step % 700 / 10)
        started = time.perf_counter_ns()
        memory = decide(position, tick, memory, rules).memory
        taken.append((time.perf_counter_ns() - started) / 1000)
    percentiles = statistics.quantiles(taken, n=100)
    return percentiles[49], percentiles[98]
