"""The metrics of the trades of one setting."""

from datetime import UTC, datetime

import numpy as np
import pytest
from freqtrade.data.metrics import calculate_calmar, calculate_max_drawdown, calculate_sortino
from scipy import stats

from robustop_plugin.core.side import SHORT
from robustop_plugin.lab.sweep.scores.metrics import compute_metrics, daily_returns, sharpe_and_moments
from robustop_plugin.lab.sweep.scores.objective import Objective, as_dataframe, r_multiples
from robustop_plugin.lab.sweep.windows import Window
from tests.support.score_landscapes import BALANCE, HOUR, WINDOW, made_up

DAY = 24 * HOUR


def test_days_are_those_of_the_exits() -> None:
    """Profits are summed per exit day and divided by the starting balance; days without an exit are zero."""
    trades = made_up([10.0, 5.0, -20.0, 7.0], [0, 5, 30, 23])
    returns = daily_returns(trades, Window(0, 4 * DAY), BALANCE)
    # The last trade opens at 23:00 and closes at midnight.
    assert returns.tolist() == [0.015, -0.013, 0.0, 0.0]


def test_an_exit_at_the_end_of_the_window_belongs_to_its_last_day() -> None:
    """An exit at the end of the window counts on the last day."""
    trades = made_up([4.0], [47])
    assert daily_returns(trades, Window(0, 2 * DAY), BALANCE).tolist() == [0.0, 0.004]


def test_moments_are_those_of_the_textbook() -> None:
    """Sharpe ratio, skewness and kurtosis equal those of another library."""
    returns = np.random.default_rng(3).standard_t(5, 300) / 100 + 0.001
    sharpe, skewness, kurtosis = sharpe_and_moments(returns)
    assert sharpe == pytest.approx(np.mean(returns) / np.std(returns, ddof=1))
    assert skewness == pytest.approx(stats.skew(returns))
    assert kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))
    assert sharpe_and_moments(np.zeros(5))[0] is None
    assert sharpe_and_moments(np.array([0.1]))[0] is None


def test_ratios_and_drawdowns_are_freqtrades() -> None:
    """They equal Freqtrade's on random trades, with simultaneous exits and with only winners or only losers."""
    random = np.random.default_rng(5)
    window = Window(3 * HOUR, 47 * DAY)
    dates = datetime.fromtimestamp(3 * 3600, UTC), datetime.fromtimestamp(47 * 86400 - 3600, UTC)
    for number in range(120):
        count = int(random.integers(1, 60))
        profits = (
            random.normal(0, 30, count) if number % 10 else np.abs(random.normal(0, 30, count)) * (number % 20 - 9)
        )
        trades = made_up(list(profits), list(random.integers(0, 20, count)))
        frame = as_dataframe(trades)
        fall = calculate_max_drawdown(frame, starting_balance=BALANCE)
        expected = {
            "calmar": calculate_calmar(frame, *dates, BALANCE),
            "sortino": calculate_sortino(frame, *dates, BALANCE),
            "max_drawdown": -fall.relative_account_drawdown,
        }
        for name, value in expected.items():
            assert Objective(name, BALANCE, HOUR).score(trades, window) == pytest.approx(value, rel=1e-9, abs=1e-9), (
                name
            )
        assert compute_metrics(trades, Objective("profit", BALANCE, HOUR), window).drawdown == pytest.approx(
            fall.drawdown_abs
        )


def test_a_profit_in_r_is_net_and_without_leverage() -> None:
    """With a stop 10 below an entry of 100, a profit of 25 per coin is 2.5 R, leveraged or not, long or short."""
    assert r_multiples(made_up([25.0, -10.0])).tolist() == [2.5, -1.0]
    assert r_multiples(made_up([25.0], stop=110.0, side=SHORT)).tolist() == [2.5]
    leveraged = made_up([25.0])
    leveraged = leveraged._replace(stake=leveraged.stake / 5, profit_ratio=leveraged.profit_ratio * 5)
    assert r_multiples(leveraged).tolist() == [2.5]
    assert np.isnan(r_multiples(made_up([25.0], stop=float("nan")))).all()


def test_no_trades_are_measured_too() -> None:
    """Without trades the score is None and everything else zero."""
    metrics = compute_metrics(made_up([]), Objective("profit", BALANCE, HOUR), WINDOW)
    assert (metrics.score, metrics.trades, metrics.profit, metrics.drawdown) == (None, 0, 0.0, 0.0)
    assert metrics.days == 20


def test_few_trades_have_no_score() -> None:
    """A setting below the minimum number of trades has no score."""
    objective = Objective("profit", BALANCE, HOUR, min_trades=3)
    assert compute_metrics(made_up([1.0, 2.0]), objective, WINDOW).score is None
    assert compute_metrics(made_up([1.0, 2.0, 4.0]), objective, WINDOW).score == 7.0
    assert compute_metrics(made_up([1.0]), objective.without_min_trades(), WINDOW).score == 1.0
    unknown = made_up([1.0, 2.0, 4.0], stop=float("nan"))
    assert compute_metrics(unknown, Objective("expectancy_r", BALANCE, HOUR), WINDOW).score is None
