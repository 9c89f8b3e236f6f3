"""Objectives equal Freqtrade's own numbers, where they exist."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.constants import HYPEROPT_LOSS_BUILTIN
from freqtrade.data.btanalysis import trade_list_to_dataframe
from freqtrade.optimize.optimize_reports import generate_strategy_stats
from freqtrade.persistence import LocalTrade
from freqtrade.resolvers.hyperopt_resolver import HyperOptLossResolver

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, loaded_backtest
from robustop_plugin.lab.sweep.scores.trade_extremes import trade_extremes
from robustop_plugin.lab.sweep.strategy import SweptStrategy, objective_of, swept_strategy
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.run import BacktestRun, LoadedBacktest
from tests.conftest import ROOT
from tests.support.score_landscapes import HOUR, made_up

CURIOUS = """
from freqtrade.optimize.hyperopt import IHyperOptLoss


class Curious(IHyperOptLoss):
    @staticmethod
    def hyperopt_loss_function(*, results, **more):
        return float(results["max_rate"].max() + results["stop_loss_abs"].max())
"""


class Backtested:
    """One backtest: its trades in a sweep and in Freqtrade."""

    def __init__(self, loaded: LoadedBacktest) -> None:
        """Run the backtest and compute Freqtrade's statistics."""
        self.strategy: SweptStrategy = swept_strategy(loaded)
        self.trades: Trades = FreqtradeEvaluator(loaded.run).trades(loaded.settings.default)
        self.results: pd.DataFrame = trade_list_to_dataframe(LocalTrade.bt_trades)
        content = {
            "results": self.results,
            "config": loaded.backtesting.strategy.config,
            "locks": [],
            "rejected_signals": 0,
            "timedout_entry_orders": 0,
            "timedout_exit_orders": 0,
            "canceled_trade_entries": 0,
            "canceled_entry_orders": 0,
            "replaced_entry_orders": 0,
            "final_balance": self.strategy.balance + self.results["profit_abs"].sum(),
            "wallet_summary": pd.DataFrame(),
            "backtest_start_time": 0,
            "backtest_end_time": 0,
            "run_id": "",
        }
        self.dates = loaded.start.replace(tzinfo=loaded.start.tzinfo), loaded.stop
        pairs = sorted(set(self.results["pair"]))
        self.statistics: dict[str, Any] = generate_strategy_stats(
            pairs, "Swept", content, *self.dates, market_change=0.0, is_hyperopt=True
        )

    def score(self, name: str) -> float | None:
        """Return the score of the whole run."""
        return objective_of(self.strategy, name, 1, "").score(self.trades, self.strategy.window)


@pytest.fixture(scope="module")
def backtested(run: BacktestRun) -> Backtested:
    """Return a backtest with its statistics."""
    return Backtested(loaded_backtest(run))


@pytest.mark.parametrize(
    ("name", "theirs", "sign"),
    [
        ("profit", "profit_total_abs", 1),
        ("calmar", "calmar", 1),
        ("sortino", "sortino", 1),
        ("max_drawdown", "max_drawdown_account", -1),
    ],
)
def test_scores_are_those_of_a_backtest(backtested: Backtested, name: str, theirs: str, sign: int) -> None:
    """Scores equal the statistics that Freqtrade prints."""
    assert backtested.score(name) == pytest.approx(sign * backtested.statistics[theirs], rel=1e-9)
    assert backtested.score(name) != 0


@pytest.mark.parametrize("name", HYPEROPT_LOSS_BUILTIN)
def test_every_loss_of_freqtrades_is_an_objective(backtested: Backtested, name: str) -> None:
    """The score is the negative of the loss that hyperopt computes."""
    loaded = backtested.strategy.loaded
    loss = HyperOptLossResolver.load_hyperoptloss({**loaded.config, "hyperopt_loss": name, "timeframe": "1h"})
    start, stop = backtested.dates
    expected = loss.hyperopt_loss_function(
        results=backtested.results,
        trade_count=len(backtested.results),
        min_date=start,
        max_date=stop,
        config=loaded.config,
        processed={},
        backtest_stats=backtested.statistics,
        starting_balance=backtested.strategy.balance,
    )
    assert backtested.score(name) == pytest.approx(-expected, rel=1e-9)


def test_expectancy_is_the_mean_of_what_is_known(backtested: Backtested) -> None:
    """A trade without an initial stop is left out."""
    objective = objective_of(backtested.strategy, "expectancy_r", 1, "")
    trades = made_up([20.0, -10.0, 5.0])
    window = backtested.strategy.window
    assert objective.score(trades, window) == pytest.approx(0.5)
    stops = trades.initial_stop.copy()
    stops[2] = float("nan")
    assert objective.score(trades._replace(initial_stop=stops), window) == pytest.approx(0.5)
    assert objective.score(trades._replace(initial_stop=stops * float("nan")), window) is None


def test_robustop_s_own_loss_is_an_objective(backtested: Backtested, tell: Callable[[str], None]) -> None:
    """`RobustopLoss` gets every initial stop and Freqtrade's best prices, and equals its documented formula."""
    host = backtested.results.assign(first_stop=backtested.trades.initial_stop).sort_values("close_date", kind="stable")
    # Spot and long: side and leverage play no role.
    risk = 1 - host["first_stop"] / host["open_rate"]
    r = host["profit_ratio"] / risk
    giveback = ((host["max_rate"] / host["open_rate"] - 1) / risk - r.clip(lower=0)).clip(lower=0)
    total = [sum(r[:count]) for count in range(len(r) + 1)]
    drawdown = max(max(total[: index + 1]) - now for index, now in enumerate(total))
    expected = r.mean() - 0.1 * giveback.mean() - drawdown / len(r) - max(0, 1 - len(r) / 30)
    folder = str(ROOT / "user_data" / "hyperopts")
    score = objective_of(backtested.strategy, "RobustopLoss", 1, folder).score(
        backtested.trades, backtested.strategy.window
    )
    tell(f"{score} over {len(r)} trades")
    assert score == pytest.approx(expected, rel=1e-9)


def test_best_and_worst_prices_are_the_hosts(backtested: Backtested) -> None:
    """Highest and lowest prices equal Freqtrade's, on entry and exit candles too."""
    lowest, highest = trade_extremes(backtested.trades, backtested.strategy.loaded.run)
    assert lowest.tolist() == backtested.results["min_rate"].tolist()
    assert highest.tolist() == backtested.results["max_rate"].tolist()


def test_a_loss_that_asks_for_more_than_a_sweep_has_is_refused(backtested: Backtested, tmp_path: Path) -> None:
    """A loss that reads a missing column is rejected, with the name of the column."""
    (tmp_path / "curious.py").write_text(CURIOUS)
    objective = objective_of(backtested.strategy, "Curious", 1, str(tmp_path))
    with pytest.raises(InvalidSettings, match="--objective was Curious: it asks for 'stop_loss_abs'"):
        objective.score(backtested.trades, backtested.strategy.window)


def test_an_unknown_objective_is_refused_with_those_there_are(backtested: Backtested) -> None:
    """The error lists the scores."""
    with pytest.raises(InvalidSettings, match=r"--objective was Luck: .* profit, expectancy_r, calmar"):
        objective_of(backtested.strategy, "Luck", 1, "")


def test_the_window_is_that_of_the_candles(backtested: Backtested) -> None:
    """The window reaches from the first counted candle to the end of the last."""
    start, stop = backtested.dates
    assert backtested.strategy.window == (start.timestamp() * 1000, stop.timestamp() * 1000 + HOUR)
    assert backtested.strategy.balance == 10_000
