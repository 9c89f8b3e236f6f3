"""`freqtrade plot-dataframe` and `freqtrade webserver` draw the stops of a backtest; a plot those of a bot, too."""

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import sqlalchemy as sa

from robustop_plugin.audit.table import import_records
from robustop_plugin.runner.process import read_result, run_freqtrade
from tests.support import warm
from tests.support.bot import PASSWORD, USER, ask, eventually, free_port
from tests.support.charts import PAIR, Charts, charts, numbers

OWN = 'plot_config = {"main_plot": {"mean": {"color": "purple"}}, "subplots": {"Size": {"volume": {"type": "bar"}}}}'
Get = Callable[..., tuple[int, Any]]
CANDLE = timedelta(minutes=5)
LINES = {"stop", "entry", "initial stop", "next rung", "at risk", "locked in"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charts]:
    """Return a backtest of a strategy with a `plot_config` of its own."""
    with charts(tmp_path_factory.mktemp("charts"), OWN) as made:
        yield made


def moment(text: str) -> np.datetime64:
    """Return the time of a candle as plotly has it."""
    return np.datetime64(datetime.fromisoformat(text).replace(tzinfo=None))


def candles_of(trade: dict[str, Any], times: np.ndarray) -> np.ndarray:
    """Return the places of the candles of a trade."""
    return np.flatnonzero((times >= moment(trade["open_date"])) & (times <= moment(trade["close_date"])))


def test_the_stop_ends_where_freqtrade_ended_it(drawn: Charts) -> None:
    """On the last candle of each trade it is Freqtrade's own stop, on no candle it loosens, outside there is none."""
    traces = drawn.plot()
    times = np.array([moment(text) for text in traces["stop"]["x"]])
    stops, entries = numbers(traces["stop"]["y"]), numbers(traces["entry"]["y"])
    held = np.zeros(len(times), dtype=bool)
    trades = drawn.result.trades
    assert len(trades) >= 5
    for trade in trades:
        places = candles_of(trade, times)
        held[places] = True
        assert stops[places[-1]] == trade["stop_loss_abs"]
        assert (entries[places] == trade["open_rate"]).all()
        assert (np.diff(stops[places]) >= 0).all()
    assert any(trade["stop_loss_abs"] > trade["open_rate"] for trade in trades), "no stop has moved"
    assert np.isnan(stops[~held]).all()


def test_what_the_user_draws_stays(drawn: Charts) -> None:
    """The user's own line, subplot and colors are there, and robustop's beside them."""
    traces = drawn.plot()
    assert traces["mean"]["line"]["color"] == "purple"
    assert traces["volume"]["type"] == "bar"
    assert traces.keys() >= LINES
    asked = drawn.plot("--indicators1", "open", "--indicators2", "close")
    assert {"open", "close"} <= asked.keys() >= LINES
    assert "mean" not in asked, "--indicators1 stands in place of the user's plot_config, as without robustop"


def test_the_stops_belong_to_the_result_that_is_shown(drawn: Charts) -> None:
    """A later backtest of another range does not change the plot of the first one."""
    before = numbers(drawn.plot("--export-filename", drawn.first)["stop"]["y"])
    middle = drawn.result.trades[len(drawn.result.trades) // 2]["open_date"][:10].replace("-", "")
    drawn.backtest("--timerange", f"{middle}-")
    again = numbers(drawn.plot("--export-filename", drawn.first)["stop"]["y"])
    later = numbers(drawn.plot()["stop"]["y"])
    assert np.array_equal(before, again, equal_nan=True)
    assert np.isfinite(later).sum() < np.isfinite(before).sum()


def test_the_audit_of_a_bot_is_drawn_from_its_database(drawn: Charts) -> None:
    """With the same records in a trade database the stops are the same as from the file."""
    url = f"sqlite:///{drawn.userdir / 'trades.sqlite'}"
    run_freqtrade(["show-trades", "--db-url", url], drawn.userdir / "show.log")
    engine = sa.create_engine(url)
    import_records(engine, drawn.result.audit)
    engine.dispose()
    stops, of_file = drawn.plot("--trade-source", "DB", "--db-url", url), drawn.plot("--export-filename", drawn.first)
    assert np.array_equal(*(numbers(traces["stop"]["y"]) for traces in (stops, of_file)), equal_nan=True)


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


def test_the_web_server_shows_the_newest_backtest(drawn: Charts) -> None:
    """Each trade has a red box from its entry candle 0.6 % down, and a stop that ends where Freqtrade's ended."""
    trades = read_result(drawn.results, "Charted").trades
    assert len(trades) >= 3
    with serving(drawn) as get:
        days = "20250101-20250110"
        status, shown = get("pair_history", pair=PAIR, timeframe="5m", timerange=days, strategy="Charted")
        assert status == 200, shown
        _, plot_config = get("plot_config", strategy="Charted")
    risks = {note["start"]: note["y_end"] for note in shown["annotations"] if "R = " in note.get("label", "")}
    ends = {note["end"]: note["y_end"] for note in shown["annotations"] if note.get("width") == 2}
    expected = {api_time(trade["open_date"]): trade["open_rate"] * 0.994 for trade in trades}
    assert risks == pytest.approx(expected, abs=0.01)
    for trade in trades:
        assert ends[api_time(trade["close_date"], CANDLE)] == trade["stop_loss_abs"]
    assert "robustop_stop" in shown["columns"]
    assert [*plot_config["main_plot"]][:1] == ["mean"]
    assert {"robustop_stop", "robustop_entry"} <= plot_config["main_plot"].keys()


def api_time(text: str, later: timedelta = timedelta(0)) -> str:
    """Return a time as the API writes it."""
    return (datetime.fromisoformat(text) + later).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_unreadable_audit_leaves_the_rest_of_the_plot(drawn: Charts) -> None:
    """Candles, trades and the user's line are drawn; the log says once what is missing."""
    kept = {path: path.read_text() for path in drawn.results.glob("robustop-audit-*.jsonl")}
    for path, text in kept.items():
        path.write_text(text + "half a line")
    traces = drawn.plot(name="broken")
    for path, text in kept.items():
        path.write_text(text)
    assert {"Price", "Trade entry", "mean"} <= traces.keys()
    assert "stop" not in traces
    assert (drawn.userdir / "broken.log").read_text().count("the stops of BTC/USDT were not drawn") == 1
