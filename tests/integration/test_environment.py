"""A real `freqtrade backtesting` process whose settings come from environment variables."""

import json
from pathlib import Path

import pytest

from robustop_plugin.runner.process import RunFailed, backtest
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT

PREFIX = "FREQTRADE__ROBUSTOP__"
VARIABLES = {
    "INITIAL_STOP": '{"kind": "percent", "percent": 3.0}',
    "TIME_STOP_HOURS": "null",
    "PARTIALS": "false",
    "PAIRS__ETH/USDT__INITIAL_STOP__PERCENT": "4",
    "PAIRS__ETH/USDT__TIME_STOP_HOURS": "2.5",
}
FILE = {"time_stop_hours": 1.0, "partials": [[0.1, 0.5]], "pairs": {"ETH/USDT": {"initial_stop": {"percent": 5.0}}}}


def test_a_backtest_reads_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object, a null, a switch and a pair in the environment win over the configuration file."""
    markets = write_market(tmp_path / "candles", days=8)[:2]
    assert [market.pair for market in markets] == ["BTC/USDT", "ETH/USDT"]
    arguments = ["--strategy-path", str(ROOT / "strategies"), "--datadir", str(tmp_path / "candles")]
    with Venue(markets).serve() as url:
        overlay = tmp_path / "overlay.json"
        overlay.write_text(json.dumps({**offline_overlay(url, [m.pair for m in markets]), "robustop": FILE}))
        for name, value in VARIABLES.items():
            monkeypatch.setenv(PREFIX + name, value)
        configs = [ROOT / "config.json", overlay]
        result = backtest("HandSpanTrend", configs, tmp_path / "read", arguments)
        monkeypatch.setenv(f"{PREFIX}INITIAL_STOP", '{"kind": "percent"')
        with pytest.raises(RunFailed) as refused:
            backtest("HandSpanTrend", configs, tmp_path / "refused", arguments)
    assert 'robustop.initial_stop was \'{"kind": "percent"\': it is not valid JSON' in str(refused.value)
    assert {record["action"] for record in result.audit} >= {"initial"}
    assert "reduce" not in {record["action"] for record in result.audit}
    stops = {
        (record["pair"], record["token"].split(":")[1]): record["new_stop"]
        for record in result.audit
        if record["action"] == "initial"
    }
    hours: dict[str, list[float]] = {"BTC/USDT": [], "ETH/USDT": []}
    for trade in result.trades:
        hours[trade["pair"]].append(trade["trade_duration"] / 60)
        percent = 3.0 if trade["pair"] == "BTC/USDT" else 4.0
        stop = stops[trade["pair"], str(trade["open_timestamp"])]
        assert abs(100 * (1 - stop / trade["open_rate"]) - percent) < 0.02
    assert max(hours["BTC/USDT"]) > 2.5
    assert max(hours["ETH/USDT"]) == 2.5
