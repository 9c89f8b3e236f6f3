"""Real `freqtrade hyperopt` and `--strategy-list` processes on real candles."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from robustop_plugin.runner.process import BacktestResult, run_freqtrade
from tests.conftest import ROOT

pytestmark = pytest.mark.candles

TIMERANGE = "20240110-20240117"
FOUR = ["--pairs", "BTC/USDT", "SOL/USDT", "DOGE/USDT", "PEPE/USDT"]
TUNED = '''
from freqtrade.strategy import IntParameter
from plain_trend import PlainTrend
from robustop_plugin import RobustopMixin


class Tuned(RobustopMixin, PlainTrend):
    """The sample's entries with a gap that is tuned, under a span that follows the ATR."""

    gap = IntParameter(0, 40, default=5, space="buy")
    robustop = {"engines": [{"name": "hand_span", "adaptive": {}}], "initial_stop": {"multiplier": 4.0}, "partials": []}

    def populate_entry_trend(self, dataframe, metadata):
        above = dataframe["fast"] > dataframe["slow"] * (1 + self.gap.value / 10_000)
        dataframe.loc[above & ~above.shift(1, fill_value=True), "enter_long"] = 1
        return dataframe
'''


@pytest.fixture
def strategies(tmp_path: Path) -> list[str]:
    """Return the arguments that name a folder with the sample strategies and a tuned one."""
    for source in (ROOT / "strategies").glob("*.py"):
        (tmp_path / source.name).write_text(source.read_text())
    (tmp_path / "tuned.py").write_text(TUNED)
    return ["--strategy-path", str(tmp_path)]


def results_of(log: Path, arguments: Sequence[str], userdir: Path) -> list[dict[str, Any]]:
    """Run hyperopt and return its epochs without clock-dependent values."""
    before = set((userdir / "hyperopt_results").glob("*.fthypt"))
    run_freqtrade(["hyperopt", *arguments], log)
    (new,) = set((userdir / "hyperopt_results").glob("*.fthypt")) - before
    epochs = [json.loads(line) for line in new.read_text().splitlines()]
    return [
        {
            "params": epoch["params_dict"],
            "loss": epoch["loss"],
            "trades": epoch["results_metrics"]["total_trades"],
            "profit": epoch["results_metrics"]["profit_total_abs"],
        }
        for epoch in epochs
    ]


def test_one_worker_and_two_give_the_same_epochs(
    offline_config: Path, common: list[str], strategies: list[str], tmp_path: Path
) -> None:
    """With one seed, `hyperopt -j 1` and `-j 2` try the same parameters and get the same trades and profits."""
    userdir = Path(common[common.index("--userdir") + 1])
    configs = ["--config", str(ROOT / "config.json"), "--config", str(offline_config)]
    what = ["--strategy", "Tuned", "--timerange", TIMERANGE, "--spaces", "buy", "--epochs", "4"]
    how = ["--random-state", "3", "--hyperopt-loss", "SharpeHyperOptLoss", "--disable-param-export"]
    arguments = [*configs, *common, *strategies, *what, *how, *FOUR]
    alone, shared = (
        results_of(tmp_path / f"jobs-{jobs}.log", [*arguments, "--job-workers", jobs], userdir) for jobs in "12"
    )
    assert len(alone) == 4
    assert len({epoch["trades"] for epoch in alone}) > 1
    assert alone == shared


def test_a_list_of_strategies_gives_each_what_it_gives_alone(
    run_backtest: Callable[[str, str, Sequence[str]], BacktestResult],
    offline_config: Path,
    common: list[str],
    strategies: list[str],
    tmp_path: Path,
) -> None:
    """Neither settings nor states leak from one robustop strategy of a list into another."""
    names = ["HandSpanTrend", "Tuned"]
    alone = {name: run_backtest(name, TIMERANGE, strategies).trades for name in names}
    configs = ["--config", str(ROOT / "config.json"), "--config", str(offline_config)]
    what = ["--timerange", TIMERANGE, "--cache", "none", "--backtest-directory", str(tmp_path)]
    run_freqtrade(
        ["backtesting", *configs, *common, *strategies, *what, "--strategy-list", *names], tmp_path / "list.log"
    )
    (archive,) = tmp_path.glob("backtest-result-*.zip")
    with ZipFile(archive) as files:
        together = json.loads(files.read(archive.with_suffix(".json").name))["strategy"]
    assert alone["HandSpanTrend"] != alone["Tuned"]
    for name in names:
        assert together[name]["trades"] == alone[name]
        assert len(list(tmp_path.glob(f"robustop-audit-{name}-*.jsonl"))) == 1
