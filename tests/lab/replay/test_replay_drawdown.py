"""Parity of `max_drawdown_percent`: the replay's trades equal those of Freqtrade, before and after the halt."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from robustop_plugin.settings import load_settings
from tests.support.replays import PERCENT, STOP, Bench, Row, embedded_bench, rows_of

pytest.importorskip("numba")

HAND = {"name": "hand_span"}
TRAILS = [{"name": "atr_guard"}, {"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 0.2}]
RUNGS: list[list[Any]] = [[0.5, 0.4], [1.0, 0.25], [2.0, "rest"]]
EARLY = {"kind": "atr", "multiplier": 2.0}
PARTS = {"position_adjustment_enable": True}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "early": ({"engines": [HAND], "max_drawdown_percent": 0.02}, {}),
    "late": ({"engines": [HAND], "max_drawdown_percent": 0.05}, {}),
    "capital": ({"engines": TRAILS, "max_drawdown_percent": 1.0}, {"available_capital": 1500}),
    "brackets": (
        {
            "engines": [{"name": "bracket", "max_active_brackets": 2}],
            "initial_stop": {"kind": "percent", "percent": 0.6},
            "max_drawdown_percent": 0.03,
        },
        {},
    ),
    "parts and exact": (
        {
            "engines": [HAND],
            "partials": RUNGS,
            "initial_stop": EARLY,
            "breakeven": {"mode": "exact"},
            "max_drawdown_percent": 0.015,
        },
        PARTS,
    ),
    "parts and risk": (
        {
            "engines": [HAND],
            "partials": RUNGS,
            "risk": {"percent_per_trade": 0.3, "max_portfolio_percent": 1},
            "max_drawdown_percent": 0.4,
        },
        PARTS,
    ),
}
ENDED = "robustop_max_drawdown"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return eight days of the embedded market, of which three warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("drawdown"), days=8) as served:
        yield served


def replayed_alone(market: Bench, block: dict[str, Any], **over: Any) -> list[Row]:
    """Return the trades of the replay, without asking the host."""
    wanted = load_settings({"partials": [], "breakeven": PERCENT, "initial_stop": STOP, **block}).default
    return rows_of(market.evaluator(**over).trades(wanted))


@pytest.mark.parametrize("name", CASES)
def test_a_drawdown_ends_the_trades_as_the_host_does(embedded: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Open trades leave at the same opens, and no trade follows."""
    block, over = CASES[name]
    hosts, replayed = embedded.both(block, **over)
    without = replayed_alone(embedded, {**block, "max_drawdown_percent": None}, **over)
    tell(f"{len(hosts)} trades equal, {len(without)} without: {dict(Counter(row[-1] for row in hosts))}")
    assert 0 < len(hosts) < len(without)
    assert replayed == hosts


def test_trades_are_ended_where_any_are_open(embedded: Bench) -> None:
    """The cases above include trades that the halt itself ends."""
    reasons = Counter(row[-1] for name in ("early", "late") for row in replayed_alone(embedded, CASES[name][0]))
    assert reasons[ENDED] > 1


def test_a_drawdown_that_is_not_reached_changes_nothing(embedded: Bench) -> None:
    """With a limit out of reach the trades are those without a limit."""
    hosts, replayed = embedded.both({"engines": [HAND], "max_drawdown_percent": 60.0})
    without = replayed_alone(embedded, {"engines": [HAND]})
    assert replayed == hosts == without
