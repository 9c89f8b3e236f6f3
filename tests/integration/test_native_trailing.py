"""Differential test: `smart_trail` configured like Freqtrade's `trailing_stop`, trade by trade on real candles.

The environment variable ROBUSTOP_LONG=1 selects eight months of candles instead of half a month of 5m and four of 1h.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest

from robustop_plugin.runner.process import run_freqtrade
from tests.conftest import ROOT
from tests.support.explain import candle_table
from tests.support.native import FEE, Trail, class_of

pytestmark = pytest.mark.candles

TRAILS = {"Narrow": Trail(0.01, 0.005), "Wide": Trail(0.04, 0.0203)}
"""A common setting, and one whose trades are identical."""

STOPLOSS = 0.05
HOURS = {"timeframe": "1h", "startup_candle_count": 250}
LONG = bool(os.environ.get("ROBUSTOP_LONG"))
MINUTES_RANGE, OF_MINUTES = ("20240105-20240905", 400) if LONG else ("20240401-20240416", 200)
HOURS_RANGE, OF_HOURS = ("20240120-20240905", 250) if LONG else ("20240120-20240601", 100)
"""The candles, and the fewest trades that are to be compared on them."""
Trades = dict[tuple[str, int], dict[str, Any]]
Run = Callable[[str, Sequence[str], dict[str, Any]], dict[str, Trades]]


def strategies() -> str:
    """Return the source of each trail twice: Freqtrade's own, and as an engine."""
    text = "from plain_trend import PlainTrend\nfrom robustop_plugin import RobustopMixin\n"
    stop = {"kind": "percent", "percent": 100 * STOPLOSS}
    for name, trail in TRAILS.items():
        block = {"partials": [], "initial_stop": stop, "engines": [trail.engine]}
        settings = "; ".join(f"{key} = {value!r}" for key, value in trail.native.items())
        text += dedent(f"""
            class {name}Native(PlainTrend):
                stoploss = -{STOPLOSS}; {settings}

            class {name}Engine(RobustopMixin, PlainTrend):
                stoploss = -{STOPLOSS}; robustop = {block!r}
            """)
    return text


@pytest.fixture(scope="module")
def run(offline_config: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that backtests all of them over the same candles, in one process."""

    def once(timerange: str, more: Sequence[str], over: dict[str, Any]) -> dict[str, Trades]:
        folder = tmp_path_factory.mktemp("native")
        for source in (ROOT / "strategies").glob("*.py"):
            (folder / source.name).write_text(source.read_text())
        (folder / "trails.py").write_text(strategies())
        (folder / "over.json").write_text(json.dumps(over))
        configs = [ROOT / "config.json", offline_config, folder / "over.json"]
        names = [name + kind for name in TRAILS for kind in ("Native", "Engine")]
        arguments = [part for config in configs for part in ("--config", str(config))]
        arguments += [*common, "--strategy-path", str(folder), "--timerange", timerange, "--fee", str(FEE), *more]
        arguments += ["--cache", "none", "--backtest-directory", str(folder), "--strategy-list", *names]
        log = run_freqtrade(["backtesting", *arguments], folder / "freqtrade.log")
        assert "Traceback" not in log
        assert "robustop:" not in log
        (archive,) = folder.glob("backtest-result-*.zip")
        with ZipFile(archive) as files:
            results = json.loads(files.read(archive.with_suffix(".json").name))["strategy"]
        return {
            name: {(trade["pair"], trade["open_timestamp"]): trade for trade in results[name]["trades"]}
            for name in names
        }

    return once


def compared(results: dict[str, Trades], tables: Callable[[str], pd.DataFrame]) -> dict[str, Counter[str]]:
    """Return, for each trail, how many trades are identical and why the others differ."""
    found = {}
    for name, trail in TRAILS.items():
        native, ours = results[f"{name}Native"], results[f"{name}Engine"]
        assert native.keys() == ours.keys()
        found[name] = Counter(class_of(native[key], ours[key], trail, tables(key[0])) for key in native)
    return found


@pytest.fixture
def tables(candles: Path) -> Callable[[str, str], pd.DataFrame]:
    """Return a function that gives a pair's candles of a timeframe."""
    known: dict[tuple[str, str], pd.DataFrame] = {}

    def table(pair: str, timeframe: str) -> pd.DataFrame:
        if (pair, timeframe) not in known:
            known[pair, timeframe] = candle_table(candles, pair, timeframe)
        return known[pair, timeframe]

    return table


@pytest.mark.parametrize(
    ("timerange", "more", "over", "looked_at", "fewest"),
    [
        (MINUTES_RANGE, [], {}, "5m", OF_MINUTES),
        (HOURS_RANGE, [], HOURS, "1h", OF_HOURS),
        (HOURS_RANGE, ["--timeframe-detail", "5m"], HOURS, "5m", OF_HOURS),
    ],
    ids=["5m", "1h", "1h with 5m detail"],
)
def test_every_difference_to_the_host_s_own_trailing_stop_has_a_known_cause(
    run: Run,
    tables: Callable[[str, str], pd.DataFrame],
    tell: Callable[[str], None],
    timerange: str,
    more: list[str],
    over: dict[str, Any],
    looked_at: str,
    fewest: int,
) -> None:
    """The entries are the same, and every different exit has a cause computed from the candles."""
    found = compared(run(timerange, more, over), lambda pair: tables(pair, looked_at))
    tell(f"{over.get('timeframe', '5m')} {' '.join(more)}: { ({k: dict(v) for k, v in found.items()}) }")
    for counts in found.values():
        assert counts["unexplained"] == 0
        assert sum(counts.values()) > fewest
    # A distance whose stops are never on the grid, and wide enough for coarse grids: only the entry candle remains.
    assert set(found["Wide"]) <= {"same", "entry candle"}
    if more:
        assert set(found["Wide"]) == {"same"}
        assert found["Narrow"]["entry candle"] < 0.05 * found["Narrow"]["same"]
