"""`robustop sweep --timeframe-detail`: the compiled replay and Freqtrade itself step through detail candles."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade

from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, loaded_backtest
from robustop_plugin.lab.sweep.scores.trade_extremes import trade_extremes
from robustop_plugin.runner.run import BacktestRun
from tests.cli.conftest import GRID, Options, Sweep, line_of
from tests.support.sweep_fixture import ground

pytest.importorskip("numba", reason='compiled replay: pip install "robustop[lab]"')
DETAIL = ["--timeframe-detail", "5m"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BacktestRun]:
    """Return a run on hourly candles with five-minute detail candles."""
    with ground(tmp_path_factory.mktemp("detailed"), "5m") as found:
        yield found


def rows_of(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the rows of a table by search and number."""
    rows = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return {(row["search"], row["number"]): row for row in rows}


def test_detail_candles_are_replayed_and_verified(
    sweep: Sweep, where: Options, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Trades equal Freqtrade's with detail candles, and differ from those without; the printed command has them too."""
    plain = tmp_path / "plain.jsonl"
    assert sweep(*GRID, "--no-export", "--out", str(plain)).exit_code == 0
    result = sweep(*GRID, *DETAIL, "--walk-forward", "1", "--train-windows", "1", "--verify", "4")
    assert result.exit_code == 0, result.output
    assert "verified    4 settings: Freqtrade itself gives the same trades, to the last digit" in result.stdout
    (confirm,) = [line for line in result.stdout.splitlines() if line.startswith("confirm")]
    assert "--timeframe-detail 5m" in confirm
    before, after = rows_of(plain), rows_of(where.table)
    whole = [key for key in before if key[0] == "whole"]
    tell(f"profit with and without: {[(after[key]['profit'], before[key]['profit']) for key in whole]}")
    assert any(after[key]["profit"] != before[key]["profit"] for key in whole)
    assert "was begun with another candles_and_code" in line_of(sweep(*GRID, "--resume"))


def test_best_and_worst_prices_are_those_of_the_detail_candles(run: BacktestRun) -> None:
    """Price extremes equal those of Freqtrade, from the entry candle to the exit candle."""
    detailed = BacktestRun(run.strategy, run.configs, (*run.options, ("timeframe_detail", "5m")))
    block = loaded_backtest(detailed).settings.default
    trades = FreqtradeEvaluator(detailed).trades(block)
    hosts = LocalTrade.bt_trades
    lowest, highest = trade_extremes(trades, detailed)
    assert len(hosts) > 10
    assert lowest.tolist() == [trade.min_rate for trade in hosts]
    assert highest.tolist() == [trade.max_rate for trade in hosts]
    assert trade_extremes(trades, run).highest.tolist() != highest.tolist()
