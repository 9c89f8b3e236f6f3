"""The hyperopt loss of user_data, on hand-written data frames."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.resolvers.hyperopt_resolver import HyperOptLossResolver

from tests.conftest import ROOT

LONG = {
    "pair": "A/USDT",
    "is_short": False,
    "leverage": 1.0,
    "open_rate": 100.0,
    "initial_stop_loss_abs": 80.0,
    "stop_loss_abs": 96.0,
    "min_rate": 96.0,
    "max_rate": 100.0,
    "profit_ratio": -0.04,
    "exit_reason": "stop_loss",
}
"""Stopped out four percent below the entry: one R."""

WON = {**LONG, "stop_loss_abs": 108.0, "max_rate": 112.0, "profit_ratio": 0.08, "exit_reason": "trailing_stop_loss"}
"""A best of three R, with two kept."""


@pytest.fixture(scope="module")
def hyperopt_loss() -> Any:
    """Return the loss as Freqtrade loads it."""
    config = {"hyperopt_loss": "RobustopLoss", "user_data_dir": ROOT / "user_data", "timeframe": "5m"}
    found = HyperOptLossResolver.load_hyperoptloss(config)
    assert Path(found.__file__).parent == ROOT / "user_data" / "hyperopts"
    return found


@pytest.fixture
def loss(hyperopt_loss: Any) -> Any:
    """Return a function that computes the loss of trades, given in the order in which they closed."""

    def of(*trades: dict[str, Any]) -> float:
        frame = pd.DataFrame(trades, columns=[*LONG])
        frame["close_date"] = pd.date_range("2024-01-01", periods=len(frame), freq="h", tz="UTC")
        return float(hyperopt_loss.hyperopt_loss_function(results=frame, trade_count=len(frame), config={}))

    return of


def test_enough_trades_by_hand(loss: Any) -> None:
    """Twenty times -1R and ten times 2R, losers first: nothing earned, 10R given back, and a drawdown of 20R."""
    assert loss(*[LONG] * 20, *[WON] * 10) == pytest.approx(0 + 0.1 * 10 / 30 + 20 / 30)


def test_the_order_of_trades_counts_by_the_fall_alone(loss: Any) -> None:
    """One winner after two losers, ten times: the sum is never deeper than 2R below its peak."""
    assert loss(*[LONG, LONG, WON] * 10) == pytest.approx(0.1 * 10 / 30 + 2 / 30)


def test_the_fall_is_taken_in_the_order_of_closing(loss: Any, hyperopt_loss: Any) -> None:
    """Freqtrade lists trades in another order than they closed in: the loss is the same."""
    trades = [LONG] * 20 + [WON] * 10
    frame = pd.DataFrame(trades)
    frame["close_date"] = pd.date_range("2024-01-01", periods=30, freq="h", tz="UTC")
    mixed = frame.sample(frac=1, random_state=1)
    assert hyperopt_loss.hyperopt_loss_function(results=mixed) == pytest.approx(loss(*trades))


def test_more_expectancy_is_better(loss: Any) -> None:
    """A profit of 3R is better than one of 2R, with the same best price."""
    more = {**WON, "profit_ratio": 0.12}
    assert loss(*[LONG, more] * 20) < loss(*[LONG, WON] * 20)


def test_giving_back_is_worse(loss: Any) -> None:
    """The same profits from a higher best price are worse, by a tenth of what was given back."""
    higher = {**WON, "max_rate": 116.0}
    assert loss(*[LONG, higher] * 20) - loss(*[LONG, WON] * 20) == pytest.approx(0.1 * 0.5)


def test_what_is_lost_below_the_entry_is_not_given_back(loss: Any) -> None:
    """A loser that was never in profit gave nothing back; one that reached 1R gave back that 1R."""
    once_up = {**LONG, "max_rate": 104.0}
    assert loss(*[once_up] * 40) - loss(*[LONG] * 40) == pytest.approx(0.1)


@pytest.mark.parametrize(("trades", "penalty"), [(30, 0.0), (15, 0.5), (3, 0.9)])
def test_few_trades_are_punished(loss: Any, trades: int, penalty: float) -> None:
    """Only winners of 2R with 1R given back: each trade below 30 costs a thirtieth of R."""
    known = {**WON, "initial_stop_loss_abs": 96.0}
    assert loss(*[known] * trades) == pytest.approx(penalty - 1.9)


def test_no_trades_are_the_worst(loss: Any) -> None:
    """Without a trade the loss is beyond what Freqtrade accepts as a result."""
    assert loss() == 1000.0


def test_shorts_mirror_longs(loss: Any) -> None:
    """A short trade with the same distances has the same loss."""
    lost = {**LONG, "is_short": True, "stop_loss_abs": 104.0, "initial_stop_loss_abs": 120.0, "max_rate": 104.0}
    lost["min_rate"] = 100.0
    won = {**lost, "stop_loss_abs": 92.0, "min_rate": 88.0, "profit_ratio": 0.08, "exit_reason": "trailing_stop_loss"}
    assert loss(*[lost, won] * 20) == pytest.approx(loss(*[LONG, WON] * 20))


def test_leverage_is_no_risk_of_its_own(loss: Any) -> None:
    """With three times the leverage profits per stake are three times as large, and R is the same."""
    lost, won = ({**trade, "leverage": 3.0, "profit_ratio": 3 * trade["profit_ratio"]} for trade in (LONG, WON))
    assert loss(*[lost, won] * 20) == pytest.approx(loss(*[LONG, WON] * 20))


def risk_of(loss: Any, *others: dict[str, Any]) -> float:
    """Return the R, in percent of the entry, used for winners of 8 percent beside other trades.

    The other trades earn nothing, and were never in profit.
    """
    neutral = [{**other, "profit_ratio": 0.0, "max_rate": 100.0} for other in others]
    won = {**WON, "max_rate": 100.0}
    expectancy = -loss(*[won] * 40, *neutral)
    return 8 * 40 / (40 + len(others)) / expectancy


@pytest.mark.parametrize(
    ("others", "risk"),
    [
        ([], 20.0),
        ([LONG], 4.0),
        ([{**LONG, "pair": "B/USDT"}], 4.0),
        ([LONG, {**LONG, "pair": "B/USDT", "stop_loss_abs": 98.0}], 4.0),
        ([LONG, LONG, {**LONG, "stop_loss_abs": 99.9, "exit_reason": "exit_signal"}], 4.0),
        ([{**LONG, "stop_loss_abs": 95.0, "exit_reason": "exit_signal"}], 5.0),
        ([{**LONG, "stop_loss_abs": 101.0, "exit_reason": "stop_loss"}], 20.0),
    ],
    ids=["hard stop", "pair", "all pairs", "pair before all", "median", "stop still below", "stop above"],
)
def test_where_risk_is_taken_from(loss: Any, others: list[dict[str, Any]], risk: float) -> None:
    """The risk of a trade whose stop has moved is the usual one of its pair, of all pairs, or the hard stop."""
    assert risk_of(loss, *others) == pytest.approx(risk)


def test_a_trade_that_left_at_its_first_stop_has_its_own_risk(loss: Any) -> None:
    """Losses of 2 and 6 percent at first stops of 2 and 6 percent are 1R each."""
    near, far = ({**LONG, "stop_loss_abs": 100.0 - away, "profit_ratio": -away / 100} for away in (2, 6))
    assert loss(*[near, far] * 20) == pytest.approx(1 + 40 / 40)


def test_a_first_stop_that_is_known_is_the_risk(hyperopt_loss: Any) -> None:
    """With the data of `robustop sweep`, nothing is estimated, whatever the final stops were."""
    trades = pd.DataFrame([{**WON, "robustop_initial_stop": 98.0}] * 40)
    trades["close_date"] = pd.date_range("2024-01-01", periods=40, freq="h", tz="UTC")
    assert hyperopt_loss.hyperopt_loss_function(results=trades) == pytest.approx(-(8 / 2 - 0.1 * (12 - 8) / 2))
