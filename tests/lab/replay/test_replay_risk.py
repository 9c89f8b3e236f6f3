"""Parity of stakes by risk and of the limit of all risks together: the replay's trades equal those of Freqtrade."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.evaluator import ReplayEvaluator
from robustop_plugin.lab.replay.kernel import open_risk, portfolio
from robustop_plugin.settings import load_settings
from tests.lab.replay.test_replay_batch import Plain
from tests.support.markets import budget
from tests.support.replays import PERCENT, STOP, Bench, Row, embedded_bench, rows_of

pytest.importorskip("numba")

HAND, LADDER = {"name": "hand_span"}, {"name": "r_ladder"}
TRAILS = [{"name": "atr_guard"}, {"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 0.2}]
RUNGS: list[list[Any]] = [[0.5, 0.4], [1.0, 0.25], [2.0, "rest"]]
EARLY = {"kind": "atr", "multiplier": 2.0}
PARTS = {"position_adjustment_enable": True}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a share of the equity": ({"engines": [HAND], "risk": {"percent_per_trade": 0.5}}, {}),
    "a wallet that is too small": (
        {"engines": [LADDER], "risk": {"percent_per_trade": 1}},
        {"dry_run_wallet": 1000, "stake_amount": 300},
    ),
    "capital and fee": (
        {"engines": [HAND], "risk": {"percent_per_trade": 1}},
        {"available_capital": 1500, "fee": 0.00075},
    ),
    "an unlimited stake": (
        {"engines": [HAND], "risk": {"percent_per_trade": 1}},
        {"stake_amount": "unlimited", "dry_run_wallet": 800, "max_open_trades": 3},
    ),
    "a last stake that is amended": (
        {"engines": [HAND], "risk": {"percent_per_trade": 0.4}},
        {"stake_amount": 400, "dry_run_wallet": 1000, "amend_last_stake_amount": True},
    ),
    "a limit for all": ({"engines": [HAND], "risk": {"max_portfolio_percent": 0.05}}, {}),
    "a limit and trails": ({"engines": TRAILS, "risk": {"max_portfolio_percent": 0.03}}, {}),
    "both": ({"engines": [LADDER], "risk": {"percent_per_trade": 1, "max_portfolio_percent": 1.2}}, {}),
    "both with parts": (
        {
            "engines": [HAND],
            "partials": RUNGS,
            "initial_stop": EARLY,
            "risk": {"percent_per_trade": 1, "max_portfolio_percent": 1.2},
        },
        PARTS,
    ),
    "parts and exact": (
        {
            "engines": [{"name": "smart_trail", "activation_percent": 0.5}],
            "partials": RUNGS,
            "breakeven": {"mode": "exact"},
            "initial_stop": EARLY,
            "risk": {"max_portfolio_percent": 0.012},
        },
        PARTS,
    ),
}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return eight days of the embedded market, of which three warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("risk"), days=8) as served:
        yield served


def replayed_alone(market: Bench, block: dict[str, Any], **over: Any) -> list[Row]:
    """Return the trades of the replay, without asking the host."""
    wanted = load_settings({"partials": [], "breakeven": PERCENT, "initial_stop": STOP, **block}).default
    return rows_of(market.evaluator(**over).trades(wanted))


@pytest.mark.parametrize("name", CASES)
def test_risks_give_the_trades_of_the_host(embedded: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Stakes and refused entries are the same to the last digit, with wallets of every kind."""
    block, over = CASES[name]
    hosts, replayed = embedded.both(block, **over)
    without = replayed_alone(embedded, {**block, "risk": None}, **over)
    tell(f"{len(hosts)} trades equal, {len(without)} without: {dict(Counter(row[-1] for row in hosts))}")
    assert len(hosts) > 10
    assert hosts != without
    assert replayed == hosts


@pytest.mark.parametrize("name", ["both", "both with parts"])
def test_stops_in_force_are_looked_up_only_in_doubt(embedded: Bench, name: str) -> None:
    """Bounds of earlier risks decide some entries; with every stop looked up, the trades are the same."""
    block, over = CASES[name]
    wanted = load_settings({"partials": [], "breakeven": PERCENT, "initial_stop": STOP, **block}).default
    evaluator = embedded.evaluator(**over)
    looked_up: list[int] = []
    look_up, decide = open_risk.processed_until, open_risk.first_in_doubt

    def counted(*given: Any) -> int:
        looked_up.append(given[-2])
        return look_up(*given)

    def without_bounds(market: Any, settings: Any, run: Any, *more: Any) -> int:
        for row in range(run.totals[0].open):
            run.trades[run.open_trades[row].trade].at_risk = math.inf
        return int(decide(market, settings, run, *more))

    with (
        patch.object(evaluator, "_compiled", Plain()),
        patch.object(open_risk, "processed_until", counted),
        np.errstate(all="ignore"),
    ):
        usual, few = rows_of(evaluator.trades(wanted)), len(looked_up)
        with patch.object(portfolio, "first_in_doubt", without_bounds):
            every = rows_of(evaluator.trades(wanted))
    assert 0 < few < len(looked_up) - few
    assert every == usual


def test_risk_needs_liquidation_prices_that_can_be_calculated(embedded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """On futures the size decides about the liquidation price: a stake by risk is refused where it is unknown."""
    evaluator: ReplayEvaluator = embedded.evaluator()
    monkeypatch.setattr(evaluator, "_risk_problem", "the exchange names no leverage tiers of X")
    block = load_settings({"partials": [], "risk": {"percent_per_trade": 1}}).default
    with pytest.raises(NotModelled, match=r"risk\.percent_per_trade was set, and the exchange names no leverage tiers"):
        evaluator.trades(block)
    assert len(evaluator.trades(load_settings({"partials": []}).default).pair) > 0


@given(
    engines=st.sampled_from(([HAND], [LADDER], TRAILS, [HAND, LADDER])),
    multiplier=st.floats(1, 8),
    percent=st.none() | st.floats(0.05, 2),
    together=st.none() | st.floats(0.1, 4),
    drawdown=st.none() | st.floats(0.05, 2),
    partials=st.sampled_from(([], RUNGS)),
    mode=st.sampled_from(("percent", "exact")),
)
@budget(0.03)
def test_random_limits_give_the_trades_of_the_host(
    embedded: Bench,
    engines: list[dict[str, Any]],
    multiplier: float,
    percent: float | None,
    together: float | None,
    drawdown: float | None,
    partials: list[list[Any]],
    mode: str,
) -> None:
    """The lists are equal under any risk, limit and drawdown, with and without partial sales."""
    block = {
        "engines": engines,
        "initial_stop": {"kind": "atr", "multiplier": multiplier},
        "risk": {"percent_per_trade": percent, "max_portfolio_percent": together},
        "max_drawdown_percent": drawdown,
        "partials": partials,
        "breakeven": {"mode": mode},
    }
    hosts, replayed = embedded.both(block, dry_run_wallet=4000, stake_amount=600, **PARTS)
    assert replayed == hosts
