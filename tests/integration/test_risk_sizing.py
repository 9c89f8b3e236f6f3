"""Real `freqtrade backtesting` processes with entries sized by risk: the loss at their initial stops, recomputed."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.runner.process import BacktestResult, backtest
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support.explain import records_by_trade, side_of

pytestmark = pytest.mark.candles

Trade = Mapping[str, Any]

WALLET = 100_000.0
RATIO = 0.99
"""Share of the wallet that Freqtrade may trade with: `tradable_balance_ratio` in config.json."""

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
SPOT_PERCENT, FUTURES_PERCENT = 0.02, 0.1
"""Small, so that there is always enough balance for an entry."""
FEWEST_STOPPED = 30
NEARLY = 1e-7
"""Rounding error of the export's sums, in stake currency."""


def sized(percent: float) -> dict[str, Any]:
    """Return a configuration that sizes entries by risk, without slippage, since a backtest has none."""
    robustop = {
        "risk": {"percent_per_trade": percent},
        "breakeven": {"slippage_percent": 0.0},
        # Near, so that many are hit.
        "initial_stop": {"kind": "atr", "multiplier": 2.5},
    }
    return {"robustop": robustop, "stake_amount": "unlimited", "dry_run_wallet": WALLET}


@pytest.fixture(scope="module")
def markets(candles: Path) -> list[Market]:
    """Return the exchange's markets."""
    return list(markets_of(candles, "5m"))


@pytest.fixture(scope="module")
def spot(
    run_backtest: Callable[[str, str, Sequence[str]], BacktestResult], tmp_path_factory: pytest.TempPathFactory
) -> BacktestResult:
    """Run the sample strategy over two weeks of the spot candles, once."""
    overlay = tmp_path_factory.mktemp("sized") / "sized.json"
    overlay.write_text(json.dumps(sized(SPOT_PERCENT)))
    return run_backtest("HandSpanTrend", "20240601-20240615", ["--config", str(overlay)])


@pytest.fixture(scope="module")
def futures(
    markets: list[Market], common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BacktestResult]:
    """Run the two-way sample strategy over five weeks of three perpetuals at three times leverage, once."""
    folder = tmp_path_factory.mktemp("sized-futures")
    with Venue([market for market in markets if market.pair in PERPETUALS]).serve() as url:
        overlay = {**offline_overlay(url, PERPETUALS, futures=True), "max_open_trades": 3, **sized(FUTURES_PERCENT)}
        (folder / "futures.json").write_text(json.dumps(overlay))
        configs = [ROOT / "config.json", folder / "futures.json"]
        yield backtest("TwoWayTrend", configs, folder, [*common, "--timerange", "20240101-20240205"])


def equity_before(entered: Trade, trades: Sequence[Trade]) -> float | None:
    """Return Freqtrade's equity at an entry; None if the export does not show what came first.

    Within a candle Freqtrade processes pairs with an open trade first, and a pair may re-enter on its exit candle.
    """
    moment = entered["open_timestamp"]
    others = [trade for trade in trades if trade is not entered and trade["close_timestamp"] == moment]
    again = any(trade["pair"] == entered["pair"] for trade in others)
    if any(trade["open_timestamp"] == moment for trade in others) or (again and len(others) > 1):
        return None
    before = [trade["profit_abs"] for trade in trades if trade["close_timestamp"] < moment]
    return RATIO * (WALLET + sum(before) + sum(trade["profit_abs"] for trade in others))


def judge(result: BacktestResult, percent: float, lots: Mapping[str, float]) -> tuple[Counter[str], list[str]]:
    """Return the number of trades stopped at their initial stop, and each one with an unexpected loss."""
    records = records_by_trade(result.audit)
    counts, problems = Counter[str](), []
    for trade in result.trades:
        first = records[trade["pair"], trade["open_timestamp"]][0]
        if trade["exit_reason"] != "stop_loss":
            counts["left otherwise"] += 1
            continue
        if trade["close_rate"] != first["new_stop"]:
            counts["gaps"] += 1
            continue
        equity = equity_before(trade, result.trades)
        if equity is None:
            counts["order not known"] += 1
            continue
        counts["short" if trade["is_short"] else "long"] += 1
        asked, lost = equity * percent / 100, -(trade["profit_abs"] - trade["funding_fees"])
        fees = trade["open_rate"] * trade["fee_open"] + trade["close_rate"] * trade["fee_close"]
        unit = side_of(trade) * (trade["open_rate"] - trade["close_rate"]) + fees
        tick = first["facts"]["tick_size"] * (1 + trade["fee_close"])
        least = asked - lots[trade["pair"]] * (unit + tick) - trade["amount"] * tick
        if not least - NEARLY <= lost <= asked + NEARLY:
            problems.append(f"{trade['pair']} {trade['open_date']}: lost {lost}, asked {asked}, at least {least}")
    return counts, problems


@pytest.mark.parametrize(
    ("name", "percent", "sides"), [("spot", SPOT_PERCENT, ["long"]), ("futures", FUTURES_PERCENT, ["long", "short"])]
)
def test_an_initial_stop_loses_what_was_asked_for(
    name: str,
    percent: float,
    sides: list[str],
    markets: list[Market],
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every trade stopped at its initial stop lost the requested share of the equity, within one lot and one tick."""
    result = request.getfixturevalue(name)
    lots = {market.pair: market.step_size for market in markets}
    counts, problems = judge(result, percent, lots)
    with capsys.disabled():
        print(f"\n{name}: {len(result.trades)} trades: {dict(counts)}")  # noqa: T201 (the counts are the point)
    assert problems == []
    assert all(counts[side] > FEWEST_STOPPED for side in sides)
    assert counts["order not known"] < 0.1 * len(result.trades)


@pytest.mark.parametrize("name", ["spot", "futures"])
def test_nothing_went_wrong_in_the_log(name: str, request: pytest.FixtureRequest) -> None:
    """The process logged no exception and no robustop error."""
    log = (request.getfixturevalue(name).folder / "freqtrade.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "robustop:" not in log
