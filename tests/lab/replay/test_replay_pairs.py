"""Parity of settings of single pairs (`robustop.pairs`): the replay's trades equal those of Freqtrade."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.lab.replay.evaluator import ReplayEvaluator
from robustop_plugin.lab.sweep.evaluators.freqtrade import as_config_block
from robustop_plugin.settings import load_settings, tuned, tuned_settings
from robustop_plugin.venue.datadir import markets_of
from tests.support.replays import DEFAULTS, Bench, bench, embedded_bench, played, rows_of

pytest.importorskip("numba")

HAND, GUARD = {"name": "hand_span"}, {"name": "atr_guard"}
EARLY = {"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 0.3}
NEAR = {"kind": "atr", "multiplier": 2.0}
RUNGS: list[list[Any]] = [[0.5, 0.4], [1.0, 0.25], [2.0, "rest"]]
BASES = ("BTC", "ETH", "SUI")
CASES: dict[str, list[dict[str, Any]]] = {
    "engines and stops": [
        {"engines": [HAND]},
        {"engines": [EARLY], "initial_stop": {"kind": "swing", "lookback": 20}, "anchor": "candle"},
        {"engines": [GUARD, {"name": "r_ladder"}], "initial_stop": {**NEAR, "period": 7}, "time_stop_hours": 6.0},
    ],
    "parts of one pair": [
        {"engines": [HAND], "initial_stop": NEAR},
        {"engines": [{**HAND, "portion": 0.5}], "partials": RUNGS, "breakeven": {"mode": "exact"}},
        {"engines": [GUARD], "anchor": "candle"},
    ],
    "brackets": [
        {"engines": [{"name": "bracket", "max_active_brackets": 1}]},
        {"engines": [HAND]},
        {"engines": [{"name": "bracket", "max_active_brackets": 2, "base_ratio": 2.5}]},
    ],
    "risk": [
        {"engines": [HAND], "initial_stop": NEAR, "risk": {"max_portfolio_percent": 0.05}},
        {"engines": [EARLY], "risk": {"percent_per_trade": 0.5, "max_portfolio_percent": 2.0}},
        {"engines": [GUARD], "risk": {"max_portfolio_percent": 0.03}},
    ],
}
"""The shared settings, then those of two pairs."""


def written(case: str, pairs: list[str]) -> dict[str, Any]:
    """Return a block of settings with those of pairs."""
    shared, *own = CASES[case]
    return {**shared, "pairs": dict(zip(pairs, own, strict=True))}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return a week of the embedded market, of which three days warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("pairs"), days=7) as served:
        yield served


@pytest.mark.parametrize("case", CASES)
def test_settings_of_pairs_give_the_trades_of_the_host(embedded: Bench, case: str, tell: Callable[[str], None]) -> None:
    """Each pair lives by its own settings, and by the shared ones where it has none."""
    block = written(case, ["ETH/USDT", "doge/usdt"])
    hosts, replayed = embedded.both(block, position_adjustment_enable="parts" in case)
    tell(f"{len(hosts)} trades equal: {dict(Counter((row[0], row[-1]) for row in hosts))}")
    assert replayed == hosts
    evaluator = embedded.evaluator(position_adjustment_enable="parts" in case)
    assert rows_of(evaluator.trades(load_settings({**DEFAULTS, **CASES[case][0]}))) != hosts


def test_swept_values_leave_what_a_pair_sets_itself(embedded: Bench) -> None:
    """A tuned block gives the trades that its values in a parameter file give beside the settings of pairs."""
    own = {"ETH/USDT": {"initial_stop": {"multiplier": 2.0}}, "BTC/USDT": {"time_stop_hours": 3.0}}
    settings = load_settings({**DEFAULTS, "engines": [GUARD], "hyperopt": True, "pairs": own})
    # Complete blocks, so that nothing is left of the strategy's own; a fixed block would not follow the swept values.
    config = as_config_block(settings)
    for block in (config, *config["pairs"].values()):
        block["hyperopt"] = True
    evaluator = ReplayEvaluator(embedded.backtesting("HandSpanTrend", config))
    tried = [{"robustop_initial_stop_multiplier": 3.0, "robustop_atr_guard_trail_atr": trail} for trail in (1.5, 3.0)]
    found = [rows_of(trades) for trades in evaluator.all_trades(tuned(settings.default, values) for values in tried)]
    hosts = [
        played(embedded.backtesting("HandSpanTrend", as_config_block(tuned_settings(settings, values))))
        for values in tried
    ]
    assert found == hosts
    assert found[0] != found[1]


@pytest.mark.candles
@pytest.mark.parametrize("words", [(), ("--timeframe", "15m", "--timeframe-detail", "5m")], ids=["plain", "detail"])
@pytest.mark.parametrize("case", ["engines and stops", "parts of one pair"])
def test_settings_of_pairs_on_futures_are_those_of_the_host(
    candles: Path,
    tmp_path_factory: pytest.TempPathFactory,
    case: str,
    words: tuple[str, ...],
    tell: Callable[[str], None],
) -> None:
    """Three perpetuals, each with its own settings, long and short, with and without detail candles."""
    pairs = [f"{coin}/USDT:USDT" for coin in BASES]
    markets = [market for market in markets_of(candles) if market.pair in pairs]
    folder = tmp_path_factory.mktemp("futures")
    with bench(markets, candles, folder, "20240129-20240202", futures=True) as futures:
        over = {"position_adjustment_enable": "parts" in case}
        hosts, replayed = futures.both(written(case, pairs[1:]), *words, strategy="TwoWayTrend", **over)
    tell(f"{len(hosts)} trades equal: {dict(Counter((row[0], row[-1]) for row in hosts))}")
    assert replayed == hosts
    assert {row[0] for row in hosts} == set(pairs)
