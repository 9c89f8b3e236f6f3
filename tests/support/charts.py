"""Backtests of a strategy of a user's on the embedded market, and what Freqtrade draws of them."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from robustop_plugin.runner.process import LAST_RESULT, BacktestResult, backtest, run_freqtrade
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT

PAIR = "BTC/USDT"
SOURCE = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Charted(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi, startup_candle_count = "5m", -0.10, {}, 20
    robustop = {"initial_stop": {"kind": "percent", "percent": 0.6}, "breakeven": {"mode": "percent"}, "plots": True}
    OWN

    def populate_indicators(self, dataframe, metadata):
        dataframe["mean"] = dataframe["close"].rolling(20).mean()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        time = dataframe["date"].dt
        dataframe.loc[(time.hour % 6 == 0) & (time.minute == 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
"""A strategy that enters every six hours, and leaves at its stop alone."""


class Charts:
    """A user's folder with candles, a strategy and the result of a backtest.

    Attributes:
        configs: the configuration files.
        userdir: the folder.
        results: the folder of the results.
        result: the backtest.
        first: the file of its result.
    """

    def __init__(self, url: str, folder: Path, market: Path, own: str) -> None:
        """Run the backtest. `own` is a line of the strategy's class."""
        self.userdir = folder / "user_data"
        (self.userdir / "strategies").mkdir(parents=True)
        (self.userdir / "data").mkdir()
        (self.userdir / "data" / "binance").symlink_to(market)
        (self.userdir / "strategies" / "charted.py").write_text(SOURCE.replace("OWN", own))
        overlay = folder / "offline.json"
        overlay.write_text(json.dumps(offline_overlay(url, [PAIR])))
        self.configs = [ROOT / "config.json", overlay]
        self.results = self.userdir / "backtest_results"
        self.result = self.backtest()
        self.first = str(self.results / json.loads((self.results / LAST_RESULT).read_text())["latest_backtest"])

    def backtest(self, *arguments: str) -> BacktestResult:
        """Run a backtest."""
        own = ["--userdir", str(self.userdir), *arguments]
        return backtest("Charted", self.configs, self.results, own)

    def plot(self, *arguments: str, name: str = "plot") -> dict[str, dict[str, Any]]:
        """Run `freqtrade plot-dataframe`; return the traces by their names."""
        configs = [part for config in self.configs for part in ("--config", str(config))]
        command = ["plot-dataframe", *configs, "--userdir", str(self.userdir), "--strategy", "Charted", "-p", PAIR]
        run_freqtrade([*command, *arguments], self.userdir / f"{name}.log")
        text = (self.userdir / "plot" / "freqtrade-plot-BTC_USDT-5m.html").read_text(encoding="utf-8")
        found = re.search(r"Plotly\.newPlot\(\s*\"[^\"]+\",\s*", text)
        assert found is not None
        traces, _ = json.JSONDecoder().raw_decode(text[found.end() :])
        return {str(trace.get("name")): trace for trace in traces}


def numbers(values: Any) -> np.ndarray:
    """Return the numbers of an axis of a trace, which plotly may write in base 64."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
    return np.array([np.nan if value is None else value for value in values], dtype=float)


@contextmanager
def charts(folder: Path, own: str = "", days: int = 4) -> Iterator[Charts]:
    """Serve a venue, and run a backtest there; the venue stops when the block ends."""
    market = folder / "market"
    write_market(market, days=days)
    with Venue(markets_of(market, "5m"), market).serve() as url:
        yield Charts(url, folder, market, own)
