"""A small strategy on the embedded market, for sweeps that run Freqtrade."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT

PAIRS = ["SOL/USDT", "DOGE/USDT"]
DAYS, TIMEFRAME = 40, "1h"
NAME = "Swept"
STRATEGY = '''
import talib.abstract as ta
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Swept(RobustopMixin, IStrategy):
    """In on a cross of two averages; out by the stop alone."""

    timeframe, stoploss, minimal_roi, startup_candle_count = "1h", -0.20, {}, 60
    robustop = {
        "hyperopt": True,
        "engines": [{"name": "smart_trail", "activation_percent": 2.0, "distance_percent": 2.0}],
        "initial_stop": {"multiplier": 3.0},
        "partials": [],
    }

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.EMA(dataframe, timeperiod=5)
        dataframe["slow"] = ta.EMA(dataframe, timeperiod=15)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        above = dataframe["fast"] > dataframe["slow"]
        dataframe.loc[above & ~above.shift(1, fill_value=True), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''


def summed(candles: pd.DataFrame) -> pd.DataFrame:
    """Aggregate candles to one hour."""
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return candles.resample(TIMEFRAME, on="date").agg(how).dropna().reset_index()


@contextmanager
def ground(folder: Path, detail: str | None = None) -> Iterator[BacktestRun]:
    """Yield a run whose exchange answers until the block ends; the strategy file belongs to the folder.

    Args:
        folder: folder for all files.
        detail: timeframe of the detail candles that the strategy's candles are made of; None for no detail candles.
    """
    markets = write_market(folder / "market", days=DAYS, timeframe=detail or TIMEFRAME)
    if detail is not None:
        for path in (folder / "market").glob("*.feather"):
            summed(pd.read_feather(path)).to_feather(path.with_name(path.name.replace(detail, TIMEFRAME)))
    for name in ("strategies", "user_data"):
        (folder / name).mkdir()
    (folder / "strategies" / "swept.py").write_text(STRATEGY)
    overlay = folder / "offline.json"
    with Venue(markets).serve() as url:
        overlay.write_text(json.dumps({**offline_overlay(url, PAIRS), "timeframe": TIMEFRAME}))
        yield BacktestRun(
            NAME,
            (str(ROOT / "config.json"), str(overlay)),
            (
                ("strategy_path", str(folder / "strategies")),
                ("datadir", str(folder / "market")),
                ("user_data_dir", str(folder / "user_data")),
            ),
        )
