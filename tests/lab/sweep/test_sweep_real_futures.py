"""Freqtrade as an evaluator on real perpetuals: long and short, 3x leverage, with funding."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, loaded_backtest, trades_of_fresh_run
from robustop_plugin.lab.sweep.judging.verify import differences
from robustop_plugin.lab.sweep.scores.objective import r_multiples
from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.settings.tuning import tuned
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT

pytestmark = pytest.mark.candles

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
FEE = 0.0005
"""As a share, charged on entry and exit."""


@pytest.fixture(scope="module")
def perpetuals(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BacktestRun]:
    """Return a run over two weeks."""
    folder = tmp_path_factory.mktemp("perpetuals")
    markets = [market for market in markets_of(candles) if market.pair in PERPETUALS]
    with Venue(markets).serve() as url:
        overlay = {**offline_overlay(url, PERPETUALS, futures=True), "fee": FEE, "dry_run_wallet": 100_000}
        (folder / "futures.json").write_text(json.dumps(overlay))
        yield BacktestRun(
            "TwoWayTrend",
            (str(ROOT / "config.json"), str(folder / "futures.json")),
            (
                ("strategy_path", str(ROOT / "strategies")),
                ("datadir", str(candles)),
                ("user_data_dir", str(folder)),
                ("timerange", "20240319-20240331"),
            ),
        )


def test_settings_in_turn_are_those_of_fresh_runs(perpetuals: BacktestRun, tell: Callable[[str], None]) -> None:
    """Trades equal those of a fresh run, and R is the distance to the initial stop, whatever the leverage."""
    settings = loaded_backtest(perpetuals).settings
    for multiple in (3.0, 8.0):
        block = tuned(settings.default, {"robustop_initial_stop_multiplier": multiple})
        trades = FreqtradeEvaluator(perpetuals).trades(block)
        assert not list(differences({}, trades, trades_of_fresh_run(perpetuals, settings, block)))
        assert min(trades.short.sum(), (~trades.short).sum()) > 10
        assert ((trades.initial_stop > trades.open_rate) == trades.short).all()
        risk = trades.amount * np.abs(trades.open_rate - trades.initial_stop)
        # Freqtrade's ratio refers to the paid or received amount, the entry fee included.
        paid = np.where(trades.short, 1 - FEE, 1 + FEE)
        assert r_multiples(trades) == pytest.approx(trades.profit_abs / risk / paid, abs=1e-4)
        tell(f"{len(trades.pair)} trades, {trades.short.sum()} short")
