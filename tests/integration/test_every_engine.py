"""Each engine alone and three compositions, in real `freqtrade backtesting` over spot pairs and perpetuals.

The environment variable ROBUSTOP_LONG=1 selects all candles (eight months of spot, a year of futures) instead of two
weeks of each.
"""

import json
import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from robustop_plugin.runner.process import BacktestResult, read_result, run_freqtrade
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import PAIRS, ROOM, ROOT
from tests.support.explain import explain
from tests.support.integration_cases import CASES, write_strategies

pytestmark = pytest.mark.candles

LONG = bool(os.environ.get("ROBUSTOP_LONG"))
SPOT_RANGE = "20240105-20240905" if LONG else "20240405-20240419"
FUTURES_RANGE = "20230601-20240514" if LONG else "20240215-20240301"
PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
PERCENT = {"mode": "percent", "fee_percent": 0.2, "slippage_percent": 0.05}
FEWEST = {"spot": 200, "futures": 100}
Results = dict[str, BacktestResult]


@pytest.fixture(scope="module")
def results(candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Results]:
    """Return a function that backtests all cases on one market, in one process, once."""

    @cache
    def run(market: str) -> Results:
        futures = market == "futures"
        folder, pairs = tmp_path_factory.mktemp(market), PERPETUALS if futures else PAIRS
        base, costs = ("TwoWayTrend", {"mode": "exact"}) if futures else ("HandSpanTrend", PERCENT)
        cases = write_strategies(folder, base, costs)
        with Venue([market for market in markets_of(candles, "5m") if market.pair in pairs]).serve() as url:
            overlay = {**offline_overlay(url, pairs, futures=futures), **ROOM}
            (folder / "overlay.json").write_text(json.dumps(overlay))
            configs = ["--config", str(ROOT / "config.json"), "--config", str(folder / "overlay.json")]
            what = ["--timerange", FUTURES_RANGE if futures else SPOT_RANGE, "--cache", "none"]
            where = ["--backtest-directory", str(folder)]
            run_freqtrade(["backtesting", *configs, *common, *what, *where, *cases], folder / "freqtrade.log")
        return {name: read_result(folder, name) for name in CASES}

    return run


markets = pytest.mark.parametrize("market", ["spot", "futures"])


@markets
@pytest.mark.parametrize("name", CASES)
def test_every_exit_is_explained_and_no_stop_loosened(
    results: Callable[[str], Results], candles: Path, tell: Callable[[str], None], market: str, name: str
) -> None:
    """Audit, candles and settings explain every exit; take profit and time stop happen when they are due."""
    result = results(market)[name]
    explanation = explain(result.trades, result.audit, candles, case=CASES[name])
    tell(f"{market} {name}: {len(result.trades)} trades: {dict(explanation)}")
    assert explanation.problems == []
    assert len(result.trades) > FEWEST[market]
    if name.startswith("Bracket"):
        assert explanation["robustop_take_profit"] > 5
    if "time_stop_hours" in CASES[name]:
        assert explanation["robustop_time_stop"] > 5


@markets
def test_both_sides_and_all_pairs_have_traded(results: Callable[[str], Results], market: str) -> None:
    """No case covers only one pair or one side."""
    for result in results(market).values():
        sides = Counter("short" if trade["is_short"] else "long" for trade in result.trades)
        assert set(sides) == ({"short", "long"} if market == "futures" else {"long"})
        assert len({trade["pair"] for trade in result.trades}) == (3 if market == "futures" else len(PAIRS))


@markets
def test_nothing_went_wrong_in_the_log(results: Callable[[str], Results], market: str) -> None:
    """The process logged no exception and no robustop error."""
    log = (results(market)["SmartTrail"].folder / "freqtrade.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "robustop:" not in log


@markets
@pytest.mark.parametrize("name", CASES)
def test_the_audit_has_one_record_per_event(results: Callable[[str], Results], market: str, name: str) -> None:
    """Each trade has one first record, one last record, and gapless numbers between them."""
    result = results(market)[name]
    numbers: dict[str, list[int]] = {}
    for record in result.audit:
        trade, number = record["token"].rsplit(":", 1)
        numbers.setdefault(trade, []).append(int(number))
    assert len(numbers) == len(result.trades)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    for action in ("initial", "closed"):
        assert sum(record["action"] == action for record in result.audit) == len(result.trades)
