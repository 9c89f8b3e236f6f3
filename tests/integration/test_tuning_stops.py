"""Real `freqtrade hyperopt --spaces robustop` processes on real candles, and the backtests that follow them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.runner.process import BacktestResult, run_freqtrade
from tests.conftest import ROOT
from tests.support.sale_witness import LONG

pytestmark = pytest.mark.candles

TIMERANGE = "20240110-20240117"
PAIRS = ["--pairs", "SOL/USDT", "DOGE/USDT", "PEPE/USDT"]
TRIED = [(2.0, 0), (5.5, 0), (2.0, 1), (5.5, 1)]
"""The multiple of the initial stop, and a number without effect, so that each multiple is tried twice."""

AGAIN = f'''
from freqtrade.strategy import IntParameter
from optuna.samplers import RandomSampler
from plain_trend import PlainTrend
from robustop_plugin import RobustopMixin


class InTurns(RandomSampler):
    def sample_independent(self, study, trial, param_name, param_distribution):
        multiple, nothing = {TRIED}[trial.number]
        return multiple if param_name == "robustop_initial_stop_multiplier" else nothing


class Again(RobustopMixin, PlainTrend):
    """The sample's entries, with the same stop tried twice."""

    nothing = IntParameter(0, 1, default=0, space="robustop")
    robustop = {{"hyperopt": True, "partials": [], "initial_stop": {{"multiplier": 3.0}}}}

    class HyperOpt:
        def generate_estimator(dimensions, **kwargs):
            return InTurns()
'''
MEASURED = ("total_trades", "wins", "losses", "profit_total_abs", "max_drawdown_abs", "holding_avg_s")

Tune = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def strategies(tmp_path: Path) -> Path:
    """Return a folder with the sample strategies and one that tries the same stop twice."""
    folder = tmp_path / "strategies"
    folder.mkdir()
    for source in (ROOT / "strategies").glob("*.py"):
        (folder / source.name).write_text(source.read_text())
    (folder / "again.py").write_text(AGAIN)
    return folder


@pytest.fixture
def tune(offline_config: Path, common: list[str], strategies: Path, tmp_path: Path) -> Tune:
    """Return a function that runs hyperopt in the space robustop and returns its epochs."""
    userdir = Path(common[common.index("--userdir") + 1])
    configs = ["--config", str(ROOT / "config.json"), "--config", str(offline_config)]
    loss = ["--hyperopt-loss", "RobustopLoss", "--hyperopt-path", str(ROOT / "user_data" / "hyperopts")]
    where = ["--strategy-path", str(strategies), "--timerange", TIMERANGE, *PAIRS, "--spaces", "robustop"]

    def run(strategy: str, jobs: int, *more: str) -> list[dict[str, Any]]:
        before = set((userdir / "hyperopt_results").glob("*.fthypt"))
        what = ["--strategy", strategy, "--job-workers", str(jobs), "--epochs", "4", "--random-state", "7"]
        log = run_freqtrade(
            ["hyperopt", *configs, *common, *where, *loss, *what, *more], tmp_path / f"{strategy}-{jobs}.log"
        )
        assert "Traceback" not in log
        assert "used during indicator calculation" not in log
        (new,) = set((userdir / "hyperopt_results").glob("*.fthypt")) - before
        return [json.loads(line) for line in new.read_text().splitlines()]

    return run


def measured(statistics: dict[str, Any]) -> dict[str, Any]:
    """Return the results that two runs with the same stops must share."""
    return {name: statistics[name] for name in MEASURED}


def test_an_exported_file_makes_a_backtest_the_best_epoch(
    tune: Tune, strategies: Path, run_backtest: Callable[[str, str, Sequence[str]], BacktestResult]
) -> None:
    """Two engines and the initial stop are tuned; the exported file reproduces the best epoch's trades."""
    epochs = tune("AtrGuardLadder", 2 if LONG else 1)
    assert len(epochs) == 4
    assert set(epochs[0]["params_dict"]) == {
        "robustop_initial_stop_multiplier",
        "robustop_atr_guard_breakeven_atr",
        "robustop_atr_guard_trail_atr",
        "robustop_r_ladder_distance_at_2",
        "robustop_r_ladder_distance_at_4",
    }
    assert len({json.dumps(measured(epoch["results_metrics"])) for epoch in epochs}) == 4
    best = min(epochs, key=lambda epoch: epoch["loss"])
    assert -100 < best["loss"] < 100
    exported = json.loads((strategies / "atr_guard_ladder.json").read_text())
    assert exported["params"]["robustop"] == best["params_details"]["robustop"]
    after = run_backtest("AtrGuardLadder", TIMERANGE, ["--strategy-path", str(strategies), *PAIRS])
    assert measured(after.statistics) == measured(best["results_metrics"])


def test_an_epoch_depends_on_its_parameters_alone(tune: Tune) -> None:
    """One worker or two: the same multiple tried again, after another one, gives the same trades to the last digit."""
    alone, shared = (tune("Again", jobs, "--disable-param-export") for jobs in (1, 2))
    tried = [
        (epoch["params_dict"]["robustop_initial_stop_multiplier"], epoch["params_dict"]["nothing"]) for epoch in alone
    ]
    assert tried == TRIED
    narrow, wide, narrow_again, wide_again = [(epoch["loss"], measured(epoch["results_metrics"])) for epoch in alone]
    assert narrow == narrow_again
    assert wide == wide_again
    assert narrow != wide
    assert [(epoch["loss"], measured(epoch["results_metrics"])) for epoch in shared] == [narrow, wide] * 2
