"""`freqtrade webserver` gives FreqUI the stops of a backtest, from a strategy that is started for the chart alone."""

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import warm
from tests.support.bot import PASSWORD, USER, ask, eventually, free_port
from tests.support.charts import PAIR, Charts, charts

Get = Callable[..., tuple[int, Any]]
COMPUTED = """@property
    def plot_config(self):
        return {"main_plot": {"mean": {"color": "purple"}}}"""
CANDLE = timedelta(minutes=5)


@contextmanager
def serving(made: Charts) -> Iterator[Get]:
    """Run the web server; yield a function that asks its API."""
    port, log, config = free_port(), made.userdir / "webserver.log", made.userdir / "webserver.json"
    server = {
        "enabled": True,
        "listen_ip_address": "127.0.0.1",
        "listen_port": port,
        "username": USER,
        "password": PASSWORD,
        "jwt_secret_key": "for this machine only, for one test",
        "ws_token": "for one test",
    }
    config.write_text(json.dumps({"api_server": server}))
    configs = [part for file in (*made.configs, config) for part in ("--config", str(file))]
    token = b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def get(path: str, **query: str) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{port}"
        return ask(url, f"/api/v1/{path}?{urlencode(query)}", Authorization=f"Basic {token}")

    def answers() -> bool:
        try:
            return get("version")[0] == 200
        except OSError:
            return False

    command = [sys.executable, "-m", "freqtrade", "webserver", *configs, "--userdir", str(made.userdir)]
    with log.open("wb") as output:
        process = warm.start(command, output, cwd=made.userdir)
        try:
            eventually(answers, "the start of the web server", log)
            yield get
        finally:
            process.kill()
            process.wait()


def test_a_chart_of_the_last_backtest(tmp_path: Path) -> None:
    """Each trade has a red box from its entry candle 0.6 % down, and a stop that ends where Freqtrade's ended."""
    with charts(tmp_path, COMPUTED) as made, serving(made) as get:
        days = "20250101-20250110"
        status, drawn = get("pair_history", pair=PAIR, timeframe="5m", timerange=days, strategy="Charted")
        assert status == 200, drawn
        risks = {note["start"]: note["y_end"] for note in drawn["annotations"] if "R = " in note.get("label", "")}
        ends = {note["end"]: note["y_end"] for note in drawn["annotations"] if note.get("width") == 2}
        trades = made.result.trades
        assert len(trades) >= 5
        expected = {moment(trade["open_date"]): trade["open_rate"] * 0.994 for trade in trades}
        assert risks == pytest.approx(expected, abs=0.01)
        for trade in trades:
            assert ends[moment(trade["close_date"], CANDLE)] == trade["stop_loss_abs"]
        assert "robustop_stop" in drawn["columns"]
        status, plot_config = get("plot_config", strategy="Charted")
        assert status == 200
        assert next(iter(plot_config["main_plot"])) == "mean"
        assert {"robustop_stop", "robustop_entry"} <= plot_config["main_plot"].keys()


def moment(text: str, later: timedelta = timedelta(0)) -> str:
    """Return a time as the API writes it."""
    return (datetime.fromisoformat(text) + later).strftime("%Y-%m-%dT%H:%M:%SZ")
